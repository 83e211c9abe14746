// Shows the functions that compute what is on screen, with the line of the current node lit.

import { html, set, write } from "../shared/dom.js";

export class Source {
    constructor() {
        this.name = html("h3");
        this.code = html("div", { class: "code", tabindex: 0, "data-part": "source" });
        this.note = html("p", { class: "note" });
        this.node = html("section", { class: "card source", "aria-label": "Source" }, this.name, this.code, this.note);
        this.shown = null;
    }

    show(source, line, note) {
        if (source !== this.shown) {
            this.shown = source;
            write(this.name, source?.name ?? "");
            this.code.replaceChildren(...(source?.lines ?? []).map(([number, text]) => drawLine(number, text)));
        }
        for (const row of this.code.children) {
            const lit = Number(row.dataset.line) === line;
            set(row, { "data-lit": lit ? "" : null, "aria-current": lit ? "true" : null });
            if (lit) { // in the middle, without moving the page
                this.code.scrollTop = row.offsetTop - (this.code.clientHeight - row.offsetHeight) / 2;
                this.code.scrollLeft = 0;
            }
        }
        write(this.note, line ? "" : note);
    }
}

function drawLine(number, text) {
    const [, code, comment] = /^((?:[^#"']|"[^"]*"|'[^']*')*)(#.*)?$/.exec(text) ?? [null, text, ""];
    return html("div", { class: "line", "data-line": number }, html("span", { class: "number" }, String(number)),
        html("code", {}, code, html("span", { class: "comment" }, comment ?? "")));
}
