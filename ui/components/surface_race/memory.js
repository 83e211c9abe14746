// Tells what each rule is about: loss, step, and bars for what it remembers, along x and along y.

import { card } from "../shared/card.js";
import { html, set, svg, write } from "../shared/dom.js";
import { short } from "../shared/numbers.js";
import { standing, stepOf } from "./tracks.js";

const AXES = ["x", "y"];

// A short piece of the rule's line, as in the picture.
function swatch(track) {
    return svg("svg", { class: "swatch", viewBox: "0 0 40 10", "aria-hidden": "true" },
        svg("line", { x1: 1, x2: 39, y1: 5, y2: 5, class: "line", style: track.colour, "stroke-dasharray": track.dash }));
}

// What one rule is about.
class Block {
    constructor(track) {
        this.track = track;
        this.state = html("span", { class: "standing" });
        this.numbers = html("span", { class: "numbers" });
        this.bars = track.memory.flatMap((quantity) => AXES.map((_, axis) => bar(track, quantity, axis)));
        this.node = html("div", { class: "rule", "data-rule": track.rule },
            html("div", { class: "title" }, swatch(track), html("strong", {}, track.label), this.state),
            this.numbers, html("div", { class: "bars" }, ...this.bars.map(({ node }) => node)));
    }

    show(step, steps) {
        const { losses, points } = this.track;
        const at = stepOf(this.track, step);
        const moved = at > 0 ? Math.hypot(...AXES.map((_, k) => points[2 * at + k] - points[2 * at - 2 + k])) : null;
        const stands = standing(this.track, step, steps);
        write(this.state, stands);
        set(this.node, { "data-standing": stands.split(" ")[0] });
        write(this.numbers, `loss ${short(losses[at])} · step length ${short(moved)}`);
        this.bars.forEach(({ draw }) => draw(at));
    }
}

// What a rule remembers along one axis, as a part of the most that it ever remembers.
function bar(track, { name, signed, values, most }, axis) {
    const fill = html("span", { class: "fill" });
    const number = html("span", { class: "value" });
    const node = html("div", { class: "quantity" }, html("span", { class: "name" }, `${name} ${AXES[axis]}`),
        html("span", { class: "bar", "data-signed": signed ? "" : null }, fill), number);
    const draw = (at) => {
        const value = values[2 * at + axis];
        const share = most > 0 ? value / most : 0;
        const [left, width] = signed ? [50 + 50 * Math.min(0, share), 50 * Math.abs(share)] : [0, 100 * share];
        set(fill, { style: `${track.colour};left:${left}%;width:${width}%` });
        write(number, short(value));
    };
    return { node, draw };
}

export class Memory {
    constructor() {
        this.rows = html("div", { class: "rules" });
        this.empty = html("p", { class: "empty" });
        const about = { class: "memory", "aria-label": "What each rule remembers" };
        this.node = card(about, "Each rule at this step", [], this.rows, this.empty);
    }

    // Make a block for each track.
    build(tracks, waiting) {
        write(this.empty, waiting);
        this.blocks = tracks.map((track) => new Block(track));
        this.rows.replaceChildren(...this.blocks.map(({ node }) => node));
    }

    show(step, steps) {
        this.blocks.forEach((block) => block.show(step, steps));
    }
}
