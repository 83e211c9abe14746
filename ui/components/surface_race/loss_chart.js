// Draws loss against step for all rules on a logarithmic axis, up to the step shown.

import { html, pool, rem, set, svg, write } from "../shared/dom.js";
import { logTicks, powerOfTen, tickLabel, ticks, whole } from "../shared/numbers.js";
import { pieces, spread, stepOf } from "./tracks.js";

const FLOOR = 1e-8; // what is nearer to the lowest loss counts as there
const CEILING = 1e8;

// `scrub(step)` shows a step.
export class LossChart {
    constructor(scrub) {
        this.heading = html("h3", {}, "Loss against step");
        this.note = html("span", { class: "note" });
        this.grid = svg("g", { class: "grid" });
        this.xLabels = svg("g", { class: "ticks" });
        this.yLabels = svg("g", { class: "ticks" });
        this.axis = svg("line", { class: "axis" });
        this.xTitle = svg("text", { class: "axis-title", "text-anchor": "middle" }, "step");
        this.cursor = svg("line", { class: "cursor" });
        this.lines = svg("g", {});
        this.marks = svg("g", {});
        this.labels = svg("g", {});
        this.target = svg("rect", { class: "target", "data-target": "loss" });
        this.canvas = svg("svg", { class: "canvas", role: "img", "aria-label": "Loss against step" },
            this.grid, this.axis, this.xLabels, this.yLabels, this.xTitle, this.cursor, this.lines, this.marks, this.labels, this.target);
        this.box = html("div", { class: "box" }, this.canvas);
        this.node = html("section", { class: "card loss" }, html("header", {}, this.heading, this.note), this.box);
        const go = (event) => scrub(this.stepAt(event.clientX - this.canvas.getBoundingClientRect().left));
        this.target.addEventListener("pointerdown", (event) => {
            this.target.setPointerCapture(event.pointerId);
            go(event);
        });
        this.target.addEventListener("pointermove", (event) => event.buttons & 1 && go(event));
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
        const above = this.tracks.map(({ losses }) => Array.from(losses, (loss) => Math.min(CEILING, Math.max(FLOOR, loss - this.lowest))));
        const all = above.flat();
        const low = 10 ** Math.floor(Math.log10(all.reduce((a, b) => Math.min(a, b), 1)));
        const high = 10 ** Math.ceil(Math.log10(all.reduce((a, b) => Math.max(a, b), 10 * low)) + 1e-9);
        Object.assign(this, { area, unit });
        const sy = (loss) => area.bottom - ((area.bottom - area.top) * Math.log(loss / low)) / Math.log(high / low);
        this.px = above.map((losses) => losses.map((loss, step) => ({ x: this.sx(step), y: sy(loss) })));
        this.pieces = this.px.map(pieces);
        set(this.canvas, { width, height });
        set(this.target, { x: area.left, y: area.top, width: area.right - area.left, height: area.bottom - area.top });
        set(this.axis, { x1: area.left, x2: area.right, y1: area.bottom, y2: area.bottom });
        set(this.xTitle, { x: (area.left + area.right) / 2, y: height - 0.3 * unit });
        const ys = logTicks(low, high, (area.bottom - area.top) / (2 * unit));
        pool(this.grid, ys.length, () => svg("line")).forEach((line, i) => {
            set(line, { x1: area.left, x2: area.right, y1: sy(ys[i]), y2: sy(ys[i]) });
        });
        pool(this.yLabels, ys.length, () => svg("text", { "text-anchor": "end", dy: "0.35em" })).forEach((label, i) => {
            set(label, { x: area.left - 0.4 * unit, y: sy(ys[i]) });
            write(label, powerOfTen(Math.round(Math.log10(ys[i]))));
        });
        const xs = ticks(0, this.steps, (area.right - area.left) / (3.5 * unit)).filter(Number.isInteger);
        pool(this.xLabels, xs.length, () => svg("text", { "text-anchor": "middle" })).forEach((label, i) => {
            set(label, { x: this.sx(xs[i]), y: area.bottom + 1.1 * unit });
            write(label, whole(xs[i]));
        });
    }

    sx(step) {
        return this.area.left + ((this.area.right - this.area.left) * step) / Math.max(1, this.steps);
    }

    stepAt(px) {
        const { left, right } = this.area;
        return Math.round((this.steps * Math.max(0, Math.min(1, (px - left) / (right - left)))));
    }

    show(step) {
        if (!this.pieces) {
            return;
        }
        const { top, bottom } = this.area;
        const count = this.tracks.length;
        set(this.cursor, { x1: this.sx(step), x2: this.sx(step), y1: top, y2: bottom });
        const ends = this.tracks.map((track, i) => ({ track, i, ...this.px[i][stepOf(track, step)] }));
        pool(this.lines, count, () => svg("path")).forEach((line, i) => {
            const { slot, dash, rule } = this.tracks[i];
            const d = this.pieces[i].slice(0, stepOf(this.tracks[i], step) + 1).join("");
            set(line, { class: `line rule-${slot}`, "stroke-dasharray": dash, d, "data-rule": rule });
        });
        pool(this.marks, count, () => svg("circle")).forEach((mark, i) => {
            const { arrived, slot } = this.tracks[i];
            const there = arrived !== null && step >= arrived ? this.px[i][arrived] : null;
            set(mark, { class: `flag rule-${slot}`, r: there ? 5 : 0, cx: there?.x, cy: there?.y });
        });
        spread(ends, 1.05 * this.unit, top, bottom);
        pool(this.labels, count, () => svg("text", { class: "label", dy: "0.35em" })).forEach((label, i) => {
            set(label, { x: ends[i].x + 0.45 * this.unit, y: ends[i].at });
            write(label, this.tracks[i].label);
        });
    }
}
