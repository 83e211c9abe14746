// Tells what each rule is about: loss, step, and bars for what it remembers, along x and along y.

import { card, html, set, svg, write } from "../shared/dom.js";
import { NOTHING, short } from "../shared/numbers.js";
import { standing, stepOf } from "./tracks.js";

const AXES = ["x", "y"];

// A short piece of the rule's line, as in the picture.
export function swatch(track) {
    return svg("svg", { class: "swatch", viewBox: "0 0 40 10", "aria-hidden": "true" },
        svg("line", { x1: 1, x2: 39, y1: 5, y2: 5, class: "line", style: track.colour, "stroke-dasharray": track.dash }));
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
        this.tracks = tracks;
        write(this.empty, waiting);
        this.parts = tracks.map((track) => {
            const parts = {
                state: html("span", { class: "standing" }),
                numbers: html("span", { class: "numbers" }),
                bars: track.memory.map(({ name, signed }) => AXES.map((axis) => ({
                    fill: html("span", { class: "fill", style: track.colour }),
                    value: html("span", { class: "value" }),
                    label: `${name} ${axis}`,
                    signed,
                }))),
            };
            const bars = parts.bars.flat().map(({ fill, value, label, signed }) => html("div", { class: "quantity" },
                html("span", { class: "name" }, label), html("span", { class: "bar", "data-signed": signed ? "" : null }, fill), value));
            parts.node = html("div", { class: "rule", "data-rule": track.rule },
                html("div", { class: "title" }, swatch(track), html("strong", {}, track.label), parts.state),
                parts.numbers, html("div", { class: "bars" }, ...bars));
            return parts;
        });
        this.rows.replaceChildren(...this.parts.map(({ node }) => node));
    }

    show(step, steps) {
        this.tracks.forEach((track, i) => {
            const at = stepOf(track, step);
            const { state, numbers, bars, node } = this.parts[i];
            const moved = at > 0 ? Math.hypot(...AXES.map((_, k) => track.points[2 * at + k] - track.points[2 * at - 2 + k])) : null;
            const stands = standing(track, step, steps);
            write(state, stands);
            set(node, { "data-standing": stands.split(" ")[0] });
            write(numbers, `loss ${short(track.losses[at])} · step length ${moved === null ? NOTHING : short(moved)}`);
            track.memory.forEach(({ values, most, signed }, quantity) => AXES.forEach((_, axis) => {
                const value = values[2 * at + axis];
                const share = most > 0 ? value / most : 0;
                const { fill, value: number } = bars[quantity][axis];
                const [left, width] = signed ? [50 + 50 * Math.min(0, share), 50 * Math.abs(share)] : [0, 100 * share];
                fill.style.left = `${left}%`;
                fill.style.width = `${width}%`;
                write(number, short(value));
            }));
        });
    }
}

