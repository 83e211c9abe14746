// Draws loss against step for all rules on a logarithmic axis, up to the step shown.

import { Axes, spread } from "../shared/axes.js";
import { card } from "../shared/card.js";
import { clamp, each, html, rem, set, svg, write } from "../shared/dom.js";
import { onDrag } from "../shared/input.js";
import { powerOfTen, tickLabel, whole } from "../shared/numbers.js";
import { drawLines, pieces, stepOf } from "./tracks.js";

const FLOOR = 1e-8; // what is nearer to the lowest loss counts as there
const CEILING = 1e8;

// `scrub(step)` shows a step.
export class LossChart {
    constructor(scrub) {
        this.note = html("span", { class: "note" });
        this.axes = new Axes({ titles: ["step", ""] });
        this.cursor = svg("line", { class: "cursor" });
        this.lines = svg("g", {});
        this.marks = svg("g", {});
        this.labels = svg("g", {});
        const drag = onDrag((event) => scrub(Math.round(this.axes.at(event, this.canvas)[0])));
        this.target = svg("rect", { class: "target", "data-target": "loss", ...drag });
        this.canvas = svg("svg", { class: "canvas", role: "img", "aria-label": "Loss against step" },
            this.axes.node, this.cursor, this.lines, this.marks, this.labels, this.target);
        this.box = html("div", { class: "box" }, this.canvas);
        this.node = card({ class: "loss" }, "Loss against step", [this.note], this.box);
    }

    build(tracks, steps, lowest) {
        Object.assign(this, { tracks, steps, lowest });
        write(this.note, lowest === 0 ? "logarithmic axis" : `above the lowest, ${tickLabel(lowest)}; logarithmic axis`);
        this.layout();
    }

    // Axes and the full curves, in px.
    layout() {
        const { clientWidth: width, clientHeight: height } = this.box;
        if (!this.tracks || width === 0) {
            return;
        }
        const unit = rem();
        const area = { left: 3.2 * unit, right: width - 5.6 * unit, top: 0.6 * unit, bottom: height - 2.6 * unit };
        const above = this.tracks.map(({ losses }) => Array.from(losses, (loss) => clamp(loss - this.lowest, FLOOR, CEILING)));
        const all = above.flat();
        const low = 10 ** Math.floor(Math.log10(all.reduce((a, b) => Math.min(a, b), 1)));
        const high = 10 ** Math.ceil(Math.log10(all.reduce((a, b) => Math.max(a, b), 10 * low)) + 1e-9);
        const label = (y) => powerOfTen(Math.round(Math.log10(y)));
        this.axes.draw(area, unit,
            { low: 0, high: Math.max(1, this.steps), about: Math.min(this.steps, (area.right - area.left) / (3.5 * unit)), label: whole },
            { low, high, log: true, about: (area.bottom - area.top) / (2 * unit), label });
        this.px = above.map((losses) => losses.map((loss, step) => ({ x: this.axes.sx(step), y: this.axes.sy(loss) })));
        this.pieces = this.px.map(pieces);
        this.unit = unit;
        set(this.canvas, { width, height });
        set(this.target, { x: area.left, y: area.top, width: area.right - area.left, height: area.bottom - area.top });
    }

    show(step) {
        if (!this.pieces) {
            return;
        }
        const { top, bottom } = this.axes.area;
        set(this.cursor, { x1: this.axes.sx(step), x2: this.axes.sx(step), y1: top, y2: bottom });
        drawLines(this.lines, this.tracks, this.pieces, step);
        each(this.marks, this.tracks, () => svg("circle"), (mark, { arrived, colour }, i) => {
            const there = arrived !== null && step >= arrived ? this.px[i][arrived] : null;
            set(mark, { class: "flag", style: colour, r: there ? 5 : 0, cx: there?.x, cy: there?.y });
        });
        const ends = this.tracks.map((track, i) => ({ label: track.label, ...this.px[i][stepOf(track, step)] }));
        spread(ends, 1.05 * this.unit, top, bottom);
        each(this.labels, ends, () => svg("text", { class: "label", dy: "0.35em" }), (text, { x, at, label }) => {
            set(text, { x: x + 0.45 * this.unit, y: at });
            write(text, label);
        });
    }
}
