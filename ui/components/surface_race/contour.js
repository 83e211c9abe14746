// Draws the surface as a contour picture, the paths on it up to the step shown, and the start, which can be dragged.

import { Axes, spread } from "../shared/axes.js";
import { card } from "../shared/card.js";
import { clamp, each, html, rem, set, svg, write } from "../shared/dom.js";
import { isPlain, take } from "../shared/input.js";
import { short, tickLabel } from "../shared/numbers.js";
import { rgb } from "../shared/theme.js";
import { Heights } from "./heights.js";
import { drawLines, isLost, pieces, stepOf } from "./tracks.js";

const INSIDE = 10; // px from the edge at which a point outside is marked
const LENGTH = 34; // px: arrows show the direction, bars how much
const WING = { length: 9, angle: 0.45 }; // px, radians
const STILL = 1e-3; // px: a shorter velocity or m has no direction worth showing
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
const SMALL = 0.01; // of the extent: one press of an arrow key; with Shift a tenth of it

// `move(x, y, done)` is called while the start is dragged, and once more, with true, where it is let go.
export class Contour {
    constructor(move) {
        this.move = move;
        this.heading = html("h3");
        this.readout = html("output", { class: "readout", "aria-label": "Under the pointer" });
        this.picture = html("canvas", { class: "picture", "aria-hidden": "true" });
        this.axes = new Axes({ titles: ["x", "y"], titleBelow: 1.9, titleAt: 0.2, inset: 0.4 });
        this.minima = svg("g", { class: "minima" });
        this.halos = svg("g", {});
        this.lines = svg("g", {});
        this.arrows = svg("g", {});
        this.heads = svg("g", {});
        this.labels = svg("g", {});
        this.target = svg("rect", { class: "target", "data-target": "surface" });
        const about = { tabindex: 0, role: "slider", "aria-label": "Start", "data-control": "start" };
        this.handle = svg("g", { class: "start", ...about }, svg("title"), svg("circle", { r: 24, class: "grip" }),
            svg("circle", { r: 9, class: "ring" }), svg("path", { d: "M-14 0h28M0 -14v28" }));
        this.inside = svg("svg", { overflow: "hidden" }, this.minima, this.halos, this.lines, this.arrows, this.target,
            this.handle, this.heads, this.labels);
        this.canvas = svg("svg", { class: "canvas" }, this.axes.node, this.inside);
        this.box = html("div", { class: "box" }, this.picture, this.canvas);
        this.node = card({ class: "contour", "aria-label": "Surface" }, this.heading, [this.readout], this.box);
        this.listen();
    }

    listen() {
        const at = (event) => this.axes.at(event, this.canvas);
        const drag = (event, done) => this.place(...at(event), done);
        for (const node of [this.handle, this.target]) {
            set(node, {
                onpointerdown: (event) => {
                    if (event.button === 0 && (node === this.handle || event.pointerType !== "touch")) {
                        node.setPointerCapture(event.pointerId); // a finger on the surface scrolls the page; a tap places the start
                        this.dragging = true;
                        drag(event, false);
                    }
                },
                onpointermove: (event) => this.dragging && drag(event, false),
                onpointerup: (event) => {
                    if (this.dragging) {
                        drag(event, true);
                        this.dragging = false;
                    }
                },
                onpointercancel: () => { this.dragging = false; },
            });
        }
        set(this.target, {
            onclick: (event) => event.pointerType === "touch" && drag(event, true),
            onpointermove: (event) => this.read(...at(event)),
            onpointerleave: () => write(this.readout, ""),
        });
        set(this.handle, { onkeydown: (event) => this.key(event) });
        // Chromium heeds touch-action on no part of an SVG picture, and would scroll instead.
        this.handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    }

    key(event) {
        if (event.key in KEYS && isPlain(event)) {
            const [x0, x1, y0, y1] = this.surface.extent;
            const size = event.shiftKey ? SMALL / 10 : SMALL;
            const [across, up] = KEYS[event.key];
            this.place(this.start[0] + across * size * (x1 - x0), this.start[1] + up * size * (y1 - y0), true);
            take(event);
        }
    }

    read(x, y) {
        write(this.readout, `x ${short(x)}, y ${short(y)}: loss ≈ ${short(this.heights.loss(x, y))}`);
    }

    // Put the start there, within the picture, rounded to what a pixel is worth, and say so.
    place(x, y, done) {
        const [x0, x1, y0, y1] = this.surface.extent;
        const digits = (low, high) => Math.max(0, 3 - Math.floor(Math.log10(high - low)));
        this.start = [Number(clamp(x, x0, x1).toFixed(digits(x0, x1))), Number(clamp(y, y0, y1).toFixed(digits(y0, y1)))];
        this.drawStart();
        this.read(...this.start);
        this.move(...this.start, done);
    }

    build(surface, start, tracks, texts) {
        const changed = this.surface?.name !== surface.name;
        Object.assign(this, { surface, tracks });
        if (!this.dragging) {
            this.start = start;
        }
        if (changed) {
            this.heights = new Heights(surface);
            this.painted = null;
        }
        write(this.heading, surface.title);
        write(this.handle.querySelector("title"), texts.handle ?? "");
        this.layout();
    }

    layout() {
        const { clientWidth: width, clientHeight: height } = this.box;
        if (!this.surface || width === 0) {
            return;
        }
        const unit = rem();
        this.unit = unit;
        const area = { left: 2.4 * unit, right: width - 0.3 * unit, top: 0.4 * unit, bottom: height - 2 * unit };
        this.area = area;
        const [w, h] = [area.right - area.left, area.bottom - area.top];
        set(this.canvas, { width, height });
        set(this.inside, { x: area.left, y: area.top, width: w, height: h, viewBox: [area.left, area.top, w, h].join(" ") });
        set(this.target, { x: area.left, y: area.top, width: w, height: h });
        this.paint(Math.round(w), Math.round(h));
        this.drawAxes();
        this.pieces = this.tracks.map(({ points, losses }) => pieces(
            Array.from(losses, (_, i) => ({ x: this.axes.sx(points[2 * i]), y: this.axes.sy(points[2 * i + 1]) }))));
        const cross = () => svg("path", { d: "M-7 -7L7 7M-7 7L7 -7" });
        each(this.minima, this.surface.minima, cross, (mark, [x, y]) => set(mark, { transform: this.at(x, y) }));
        this.drawStart();
    }

    paint(width, height) {
        const style = getComputedStyle(this.node);
        const colour = (name) => rgb(style.getPropertyValue(`--band-${name}`));
        const colours = { low: colour("low"), high: colour("high"), line: colour("line") };
        const scale = Math.min(2, window.devicePixelRatio || 1);
        const key = [this.surface.name, width, height, scale, ...Object.values(colours)].join();
        if (key === this.painted || width < 10 || height < 10) {
            return;
        }
        this.painted = key;
        set(this.picture, { width: Math.round(width * scale), height: Math.round(height * scale) });
        const { left, top } = this.area;
        set(this.picture, { style: `left:${left}px;top:${top}px;width:${width}px;height:${height}px` });
        this.heights.paint(this.picture, colours);
    }

    // The place of a point, as an SVG transform.
    at(x, y) {
        return `translate(${this.axes.sx(x)} ${this.axes.sy(y)})`;
    }

    drawAxes() {
        const [x0, x1, y0, y1] = this.surface.extent;
        const { left, right, top, bottom } = this.area;
        this.axes.draw(this.area, this.unit,
            { low: x0, high: x1, about: (right - left) / (4 * this.unit), label: tickLabel },
            { low: y0, high: y1, about: (bottom - top) / (3 * this.unit), label: tickLabel });
    }

    drawStart() {
        if (this.area) {
            const [x, y] = this.start;
            const [x0, x1, y0, y1] = this.surface.extent;
            set(this.handle, { transform: this.at(clamp(x, x0, x1), clamp(y, y0, y1)) });
            set(this.handle, { "aria-valuenow": x, "aria-valuemin": x0, "aria-valuemax": x1 });
            set(this.handle, { "aria-valuetext": `x ${short(x)}, y ${short(y)}` });
        }
    }

    show(step) {
        if (!this.area) {
            return;
        }
        const paths = drawLines(this.lines, this.tracks, this.pieces, step);
        each(this.halos, paths, () => svg("path", { class: "halo" }), (halo, d) => set(halo, { d }));
        const ends = this.tracks.map((track) => this.end(track, step));
        each(this.arrows, ends, () => svg("path", { class: "arrow" }), (arrow, end) => set(arrow, { d: this.arrow(end) }));
        each(this.heads, ends, () => svg("path", { class: "head" }), (head, { track, px, py, turn }) => {
            const d = turn === null ? "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0z" : "M-6 -7L8 0L-6 7z";
            set(head, { style: track.colour, d, transform: `translate(${px} ${py}) rotate(${turn ?? 0})` });
        });
        this.drawLabels(ends, step);
    }

    // Where a path ends, in px; outside the picture at its edge, with the direction in which it lies.
    end(track, step) {
        const at = stepOf(track, step);
        const { left, right, top, bottom } = this.area;
        const [x, y] = [this.axes.sx(track.points[2 * at]), this.axes.sy(track.points[2 * at + 1])];
        const out = x < left || x > right || y < top || y > bottom || isLost(track, step);
        const [px, py] = [clamp(x, left + INSIDE, right - INSIDE), clamp(y, top + INSIDE, bottom - INSIDE)];
        return { track, at, px, py, y: py, turn: out ? (180 / Math.PI) * Math.atan2(y - py, x - px) : null };
    }

    drawLabels(ends, step) {
        const { right, top, bottom } = this.area;
        spread(ends, 1.05 * this.unit, top + 0.7 * this.unit, bottom - 0.7 * this.unit);
        each(this.labels, ends, () => svg("text", { class: "label", dy: "0.35em" }), (label, { track, px, at: y }) => {
            const text = isLost(track, step) ? `${track.label} diverged at step ${track.diverged}` : track.label;
            const flip = px + (0.62 * text.length + 1) * this.unit > right;
            set(label, { x: px + (flip ? -0.7 : 0.7) * this.unit, y, "text-anchor": flip ? "end" : "start" });
            write(label, text);
        });
    }

    // Where the rule would go if the gradient were 0 from now on: along its velocity, or against its m.
    arrow({ track, px, py, at, turn }) {
        const memory = track.memory.find(({ signed }) => signed);
        if (!memory || turn !== null || at === 0) {
            return "";
        }
        const sign = memory.name === "m" ? -1 : 1;
        const [x0, x1, y0, y1] = this.surface.extent;
        const { left, right, top, bottom } = this.area;
        const across = sign * memory.values[2 * at] * ((right - left) / (x1 - x0));
        const up = sign * memory.values[2 * at + 1] * ((bottom - top) / (y1 - y0));
        return Math.hypot(across, up) < STILL ? "" : arrowPath(px, py, across, -up);
    }
}

// The path of an arrow from (x, y) in the direction (across, down), all in px.
function arrowPath(x, y, across, down) {
    const angle = Math.atan2(down, across);
    const from = (px, py, length, at) => `${(px + length * Math.cos(at)).toFixed(1)} ${(py + length * Math.sin(at)).toFixed(1)}`;
    const [tipX, tipY] = [x + LENGTH * Math.cos(angle), y + LENGTH * Math.sin(angle)];
    const wing = (side) => from(tipX, tipY, -WING.length, angle + side * WING.angle);
    const tip = from(tipX, tipY, 0, 0);
    return `M${x} ${y}L${tip}M${wing(1)}L${tip}L${wing(-1)}`;
}
