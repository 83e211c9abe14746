// Curves to be drawn by hand: points that move up and down, by pointer, finger or arrow keys.

import { Axes } from "../shared/axes.js";
import { clamp, html, rem, set, svg, write } from "../shared/dom.js";
import { isPlain, take } from "../shared/input.js";
import { component } from "../shared/mount.js";
import { percent, short, tickLabel } from "../shared/numbers.js";

const REACH = 32; // px: so near to a point a press takes hold of it
const SMALL = 0.01; // of the axis: one press of an arrow key
const LARGE = 0.1; // of the axis: with Page Up and Page Down
const SEND_MS = 250; // after the last key
const SHAPES = ["M-9 0A9 9 0 1 0 9 0A9 9 0 1 0 -9 0", "M-9 -9H9V9H-9Z", "M0 -12L11 9H-11Z"];
const DASHES = [null, "9 5", "3 4"];
const UP = { ArrowUp: SMALL, ArrowDown: -SMALL, PageUp: LARGE, PageDown: -LARGE };
const ASIDE = { ArrowLeft: -1, ArrowRight: 1 };

// The colour of a line.
function colour({ slot }) {
    return `--line:var(--slot-${slot})`;
}

// A piece of the line with one of its points, for the legend.
function swatch(line, i) {
    return svg("svg", { viewBox: "-24 -13 48 26", "aria-hidden": "true", style: colour(line) },
        svg("path", { d: "M-24 0H24", class: "curve", "stroke-dasharray": DASHES[i] }),
        svg("path", { d: SHAPES[i], class: "mark" }));
}

class Sketch {
    constructor() {
        this.legend = html("ul", { class: "legend" });
        this.readout = html("output", { "aria-live": "off" });
        this.about = html("p", { class: "about" });
        this.canvas = svg("svg", { role: "group" });
        this.box = html("div", { class: "box" }, this.canvas);
        this.root = html("div", { class: "component sketch", "data-testid": "sketch" },
            html("header", {}, this.legend, this.readout), this.box, this.about);
        this.listen();
    }

    // Take what Python sends; what is drawn here is newer than what it sends back.
    receive(data, send) {
        this.send = send;
        const shape = JSON.stringify({ ...data, lines: data.lines.map(({ name, slot }) => [name, slot]) });
        if (shape !== this.shape) {
            Object.assign(this, { shape, data, heights: data.lines.map(({ heights }) => [...heights]) });
            this.build();
        }
        this.resize();
    }

    build() {
        const { x, y, lines, at, about, reference } = this.data;
        write(this.about, about);
        this.legend.replaceChildren(...lines.map((line, i) => html("li", {}, swatch(line, i), line.name)));
        const titles = [x.title, y.title];
        this.axes = new Axes({ titles, beside: 0.5, below: 1.3, titleBelow: 2.9, titleAt: 0.9, turned: true });
        this.reference = reference && [svg("line", { class: "reference" }), svg("text", { class: "reference-label" }, reference[0])];
        this.curves = lines.map((line, i) => svg("path", { class: "curve", style: colour(line), "stroke-dasharray": DASHES[i] }));
        this.handles = lines.map((line, i) => at.map((value) => svg("g", {
            class: "handle", style: colour(line), role: "slider", tabindex: 0, "aria-orientation": "vertical",
            "aria-label": `${line.name}, ${x.title} ${tickLabel(value)}`, "aria-valuemin": y.low, "aria-valuemax": y.high,
        }, svg("circle", { r: 20, class: "grip" }), svg("path", { d: SHAPES[i], class: "mark" }))));
        set(this.canvas, { "aria-label": `${y.title} against ${x.title}, to be sketched` });
        this.canvas.replaceChildren(this.axes.node, ...(this.reference ?? []), ...this.curves, ...this.handles.flat());
    }

    say(value, decimals = 1) {
        return this.data.y.percent ? percent(value, decimals) : short(value);
    }

    resize() {
        const width = this.box.clientWidth;
        if (!this.data || width === 0) {
            return;
        }
        const unit = rem();
        const tall = clamp(0.5 * width, 15 * unit, 22 * unit);
        const area = { left: 4.6 * unit, right: width - 1.4 * unit, top: 1 * unit, bottom: tall - 3.6 * unit };
        const { x, y } = this.data;
        set(this.canvas, { width, height: tall });
        this.axes.draw(area, unit,
            { ...x, about: x.log ? 8 : 6, label: tickLabel }, { ...y, about: 5, label: (value) => this.say(value, 0) });
        if (this.reference) {
            const level = this.axes.sy(this.data.reference[1]);
            set(this.reference[0], { x1: area.left, x2: area.right, y1: level, y2: level });
            const [before, last] = this.data.at.slice(-2).map((value) => this.axes.sx(value));
            set(this.reference[1], { x: (before + last) / 2, y: level, dy: "-0.35em" }); // where no point can hide it
        }
        this.draw();
    }

    draw() {
        this.heights.forEach((heights, i) => {
            const points = heights.map((height, k) => [this.axes.sx(this.data.at[k]), this.axes.sy(height)]);
            set(this.curves[i], { d: `M${points.map((point) => point.join(" ")).join("L")}` });
            points.forEach(([px, py], k) => set(this.handles[i][k], {
                transform: `translate(${px} ${py})`, "aria-valuenow": heights[k], "aria-valuetext": this.say(heights[k], 0),
            }));
        });
    }

    // The point that is nearest to the pointer, as [line, point]; null if none is near.
    near(event) {
        const { left, top } = this.canvas.getBoundingClientRect();
        const [px, py] = [event.clientX - left, event.clientY - top];
        const found = this.heights.flatMap((heights, i) => heights.map((height, k) =>
            ({ i, k, far: Math.hypot(this.axes.sx(this.data.at[k]) - px, this.axes.sy(height) - py) })));
        const nearest = found.reduce((best, point) => (point.far <= best.far ? point : best));
        return nearest.far <= REACH ? [nearest.i, nearest.k] : null;
    }

    listen() {
        const drag = (event) => this.put(...this.held, this.axes.at(event, this.canvas)[1]);
        const end = () => {
            if (this.held) {
                this.held = null;
                this.tell(0);
            }
        };
        set(this.canvas, {
            onpointerdown: (event) => {
                this.held = event.button === 0 ? this.near(event) : null;
                if (this.held) {
                    this.canvas.setPointerCapture(event.pointerId);
                    this.handles[this.held[0]][this.held[1]].focus({ preventScroll: true });
                    event.preventDefault();
                    drag(event);
                }
            },
            onpointermove: (event) => {
                if (this.held) {
                    drag(event);
                } else {
                    set(this.canvas, { "data-near": this.near(event) ? "" : null });
                }
            },
            onpointerup: end,
            onpointercancel: end,
            onkeydown: (event) => this.key(event),
            onfocusin: (event) => this.read(...this.find(event.target)),
        });
        // Chromium heeds touch-action on no part of an SVG picture, and would scroll instead.
        this.canvas.addEventListener("touchstart", (event) => {
            if (this.near(event.touches[0])) {
                event.preventDefault();
            }
        }, { passive: false });
    }

    find(handle) {
        const i = this.handles.findIndex((handles) => handles.includes(handle));
        return i < 0 ? [] : [i, this.handles[i].indexOf(handle)];
    }

    key(event) {
        const [i, k] = this.find(event.target);
        if (i === undefined || !isPlain(event)) {
            return;
        }
        const { low, high } = this.data.y;
        if (event.key in UP) {
            this.put(i, k, this.heights[i][k] + UP[event.key] * (high - low));
        } else if (event.key === "Home" || event.key === "End") {
            this.put(i, k, event.key === "Home" ? low : high);
        } else if (event.key in ASIDE) {
            this.handles[i][clamp(k + ASIDE[event.key], 0, this.data.at.length - 1)].focus();
        } else {
            return;
        }
        take(event);
        if (!(event.key in ASIDE)) {
            this.tell(SEND_MS);
        }
    }

    // Move a point, rounded to what a link holds.
    put(i, k, height) {
        const { low, high } = this.data.y;
        this.heights[i][k] = Number(clamp(height, low, high).toPrecision(3));
        this.draw();
        this.read(i, k);
    }

    read(i, k) {
        if (i !== undefined) {
            const { x, at, lines } = this.data;
            write(this.readout, `${lines[i].name}, ${x.title} ${tickLabel(at[k])}: ${this.say(this.heights[i][k], 0)}`);
        }
    }

    tell(wait) {
        clearTimeout(this.later);
        this.later = setTimeout(() => this.send.setStateValue("drawn", this.heights), wait);
    }
}

export default component(Sketch);
