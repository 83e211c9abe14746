// Draws the axes of a chart in real pixels, and says where on them a value lies.

import { clamp, each, set, svg, write } from "./dom.js";

// The smallest of 1, 2, 5, 10, 20, ... that is not below `value`.
export function roundUp(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return power * [1, 2, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9));
}

// About `about` round values from `low` to `high`, both ends included if they are round.
export function ticks(low, high, about) {
    const step = roundUp((high - low) / Math.max(1, about));
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    const count = Math.max(0, last - first + 1);
    return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// Powers of ten from `low` to `high`, at most about `count` of them.
export function logTicks(low, high, count) {
    const first = Math.ceil(Math.log10(low) - 1e-9);
    const last = Math.floor(Math.log10(high) + 1e-9);
    const stride = Math.max(1, Math.ceil((last - first) / Math.max(1, count)));
    const exponents = [];
    for (let exponent = last; exponent >= first; exponent -= stride) {
        exponents.unshift(exponent);
    }
    return exponents.map((exponent) => 10 ** exponent);
}

// Labels pushed apart: entries {y, ...} get `at`, at least `gap` from each other and between top and bottom.
export function spread(entries, gap, top, bottom) {
    const sorted = [...entries].sort((p, q) => p.y - q.y);
    let before = top - gap;
    for (const entry of sorted) {
        entry.at = Math.max(entry.y, before + gap);
        before = entry.at;
    }
    let floor = bottom + gap;
    for (const entry of sorted.reverse()) {
        entry.at = Math.min(entry.at, floor - gap);
        floor = entry.at;
    }
}

// Which part of an axis {low, high, log} lies below `value`; and which value has this part below it.
function shareOf({ low, high, log }, value) {
    return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

function valueAt({ low, high, log }, share) {
    return log ? low * (high / low) ** share : low + share * (high - low);
}

// Titles, numbers and lines of an area; which of the lines are seen, the style sheet says. Distances in rem: `beside`
// and `below` from the area to the numbers, `titleBelow` to the title of x, `titleAt` from the drawing's edge to that of
// y, which may be `turned`; `inset`: the first and the last numbers stay so far inside.
export class Axes {
    constructor({ titles = ["", ""], beside = 0.4, below = 1.1, titleBelow = 2.3, titleAt = 0, turned = false, inset = null }) {
        Object.assign(this, { beside, below, titleBelow, titleAt, turn: turned ? " rotate(-90)" : "", inset });
        this.grid = svg("g", { class: "grid" });
        this.line = svg("line", { class: "axis" });
        this.xNumbers = svg("g", { class: "ticks x" });
        this.yNumbers = svg("g", { class: "ticks y" });
        this.titles = titles.map((title) => svg("text", {}, title));
        const named = svg("g", { class: "axis-title" }, ...this.titles);
        this.node = svg("g", {}, this.grid, this.line, this.xNumbers, this.yNumbers, named);
    }

    // `area` in px, `unit` a rem in px; x and y: {low, high, log, about: how many numbers, label: writes one}.
    draw(area, unit, x, y) {
        Object.assign(this, { area, x, y });
        const { left, right, top, bottom } = area;
        const edge = this.inset === null ? -Infinity : this.inset * unit;
        const ys = y.log ? logTicks(y.low, y.high, y.about) : ticks(y.low, y.high, y.about);
        const xs = x.log ? logTicks(x.low, x.high, x.about) : ticks(x.low, x.high, x.about);
        each(this.grid, ys, () => svg("line"), (line, value) => {
            set(line, { x1: left, x2: right, y1: this.sy(value), y2: this.sy(value) });
        });
        set(this.line, { x1: left, x2: right, y1: bottom, y2: bottom });
        each(this.xNumbers, xs, () => svg("text"), (number, value) => {
            set(number, { x: Math.min(this.sx(value), right - edge), y: bottom + this.below * unit });
            write(number, x.label(value));
        });
        each(this.yNumbers, ys, () => svg("text", { dy: "0.35em" }), (number, value) => {
            set(number, { x: left - this.beside * unit, y: Math.max(this.sy(value), top + edge) });
            write(number, y.label(value));
        });
        set(this.titles[0], { x: (left + right) / 2, y: bottom + this.titleBelow * unit });
        set(this.titles[1], { transform: `translate(${this.titleAt * unit} ${(top + bottom) / 2})${this.turn}` });
    }

    sx(value) {
        return this.area.left + (this.area.right - this.area.left) * shareOf(this.x, value);
    }

    sy(value) {
        return this.area.bottom - (this.area.bottom - this.area.top) * shareOf(this.y, value);
    }

    // The values under the pointer of `event` over the drawing `canvas`, kept within the axes.
    at(event, canvas) {
        const { left, top } = canvas.getBoundingClientRect();
        const { area, x, y } = this;
        const across = (event.clientX - left - area.left) / (area.right - area.left);
        const up = (area.bottom - (event.clientY - top)) / (area.bottom - area.top);
        return [valueAt(x, clamp(across, 0, 1)), valueAt(y, clamp(up, 0, 1))];
    }
}
