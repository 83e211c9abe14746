// Says what the numbers of a step say, in a space that grows when it must and never shrinks while the run lasts.

import { card } from "../shared/card.js";
import { each, html, set, write } from "../shared/dom.js";

export class Diagnosis {
    constructor() {
        this.message = html("p", { class: "message" });
        this.findings = html("ul");
        const about = { class: "diagnosis", "data-part": "diagnosis", "aria-label": "Diagnosis" };
        this.node = card(about, "What the numbers say", [], this.message, this.findings);
        this.reset();
    }

    // Another run, or other line breaks.
    reset() {
        this.height = 0;
        this.shown = null;
        set(this.findings, { style: null });
    }

    show(message, sentences) {
        write(this.message, message);
        each(this.findings, sentences, () => html("li"), write);
        const shown = `${sentences.join()}${message}`;
        if (shown !== this.shown) {
            this.shown = shown;
            this.height = Math.max(this.height, this.findings.offsetHeight);
            set(this.findings, { style: `min-height:${this.height}px` });
        }
    }
}
