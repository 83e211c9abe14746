// Draws curves over the iterations in real pixels: axes, curves with labels at their tips, chance line, cursor, hover.

import { Axes, spread } from "../shared/axes.js";
import { card } from "../shared/card.js";
import { clamp, display, html, rem, set, svg, write } from "../shared/dom.js";
import { onDrag } from "../shared/input.js";
import { isNumber, powerOfTen, whole } from "../shared/numbers.js";
import { nearest } from "./recording.js";

const PAD = 4; // px by which the clipped plot area is larger than the axes, so that lines on its edge keep their width

// Options: name (for data-chart), title, xTitle, format(value), tick(value), scrub(x), hover(x | null), and
// series: [{key, label, brief, bridge}] where `bridge` draws through gaps (values not measured) instead of breaking the
// line (values that are not finite).
export class LineChart {
    constructor(options) {
        Object.assign(this, options);
        this.x = [];
        this.values = {};
        this.build();
    }

    build() {
        this.note = html("span", { class: "note" });
        this.readout = html("output", { class: "readout", "aria-label": `${this.title} under the pointer` });
        this.axes = new Axes({ titles: [this.xTitle, ""], beside: 0.5, below: 1.15, titleBelow: 2.35 });
        this.chanceLine = svg("line", { class: "chance" });
        this.chanceText = svg("text", { class: "chance-label", dy: "0.35em" });
        this.markLine = svg("line", { class: "mark" });
        this.markText = svg("text", { class: "mark-label" });
        this.hoverLine = svg("line", { class: "hover", display: "none" });
        this.cursorLine = svg("line", { class: "cursor", display: "none" });
        this.empty = svg("text", { class: "empty", "text-anchor": "middle" });
        this.parts = this.series.map(({ key }) => ({
            line: svg("path", { class: `line ${key}`, "data-series": key }),
            dots: svg("path", { class: `dots ${key}` }),
            tip: svg("circle", { class: `tip ${key}`, r: 5, display: "none" }),
            label: svg("text", { class: `tip-label ${key}`, display: "none" }),
            cursor: svg("circle", { class: `cursor-dot ${key}`, r: 6, display: "none" }),
        }));
        const all = (part) => this.parts.map((parts) => parts[part]);
        this.plot = svg("svg", { class: "plot", overflow: "hidden" }, this.chanceLine, this.markLine, this.hoverLine,
            ...all("line"), ...all("dots"));
        const at = (event) => this.axes.at(event, this.canvas)[0];
        this.target = svg("rect", { class: "target", "data-target": this.name, ...onDrag((event) => this.scrub(at(event))) });
        set(this.target, { onpointermove: (event) => this.hover(at(event)), onpointerleave: () => this.hover(null) });
        this.canvas = svg("svg", { class: "canvas", role: "img", "aria-label": this.title }, this.axes.node, this.plot,
            this.cursorLine, ...all("tip"), ...all("cursor"), this.chanceText, this.markText, ...all("label"), this.empty, this.target);
        this.box = html("div", { class: "box" }, this.canvas);
        const about = { class: `chart ${this.name}`, "data-chart": this.name, "aria-label": this.title };
        this.node = card(about, this.title, [this.note, this.readout], this.box);
    }

    // Take the size that the style sheet gives; true if there is any.
    measure() {
        const { clientWidth: width, clientHeight: height } = this.box;
        if (width === 0 || height === 0) {
            return false;
        }
        const unit = rem();
        const narrow = width < 22 * unit;
        Object.assign(this, { unit, narrow });
        set(this.canvas, { width, height });
        const right = width - (narrow ? 3.6 : 6) * unit;
        this.area = { left: 3.4 * unit, top: 0.7 * unit, right, bottom: height - 2.9 * unit };
        return true;
    }

    // Model: x, values {key: array}, axes {xEnd, low, high, log}, chance {value, label} | null, mark {x, label} | null,
    // note and empty (strings).
    draw(model) {
        Object.assign(this, { x: model.x, values: model.values, model });
        if (!this.area && !this.measure()) {
            return;
        }
        const { left, top, right, bottom } = this.area;
        const [x, y, width, height] = [left - PAD, top - PAD, right - left + 2 * PAD, bottom - top + 2 * PAD];
        set(this.plot, { x, y, width, height, viewBox: [x, y, width, height].join(" ") });
        set(this.target, { x: left, y: top, width: right - left, height: bottom - top });
        set(this.node, { "data-scale": model.axes.log ? "log" : "linear", "data-points": model.x.length });
        set(this.empty, { x: (left + right) / 2, y: (top + bottom) / 2 });
        write(this.empty, model.empty);
        write(this.note, model.note);
        this.drawAxes(model.axes);
        this.drawReferences(model);
        this.drawCurves();
    }

    sx(x) {
        return this.axes.sx(x);
    }

    sy(y) {
        const { low, log } = this.axes.y;
        return clamp(this.axes.sy(log ? Math.max(y, low) : y), this.area.top - 50, this.area.bottom + 50);
    }

    drawAxes({ xEnd, low, high, log }) {
        const { left, top, right, bottom } = this.area;
        const key = [left, top, right, bottom, xEnd, low, high, log].join();
        if (key === this.axesDrawn) {
            return;
        }
        this.axesDrawn = key;
        const rows = Math.max(2, (bottom - top) / (1.9 * this.unit));
        const columns = Math.max(2, (right - left) / (3.3 * this.unit));
        const label = log && high > 1e4 ? (y) => powerOfTen(Math.round(Math.log10(y))) : this.tick;
        this.axes.draw(this.area, this.unit,
            { low: 0, high: xEnd, about: Math.min(xEnd, columns), label: whole }, { low, high, log, about: rows, label });
    }

    // The line of what knowing nothing gives, and the mark of where the run broke off.
    drawReferences({ chance, mark }) {
        const { left, top, right, bottom } = this.area;
        const known = chance && isNumber(chance.value);
        display(known, this.chanceLine, this.chanceText);
        if (known) {
            const y = this.sy(chance.value);
            set(this.chanceLine, { x1: left, x2: right, y1: y, y2: y });
            write(this.chanceText, this.narrow ? "chance" : chance.label);
        }
        display(mark, this.markLine, this.markText);
        if (mark) {
            const x = this.sx(mark.x);
            const late = x > (left + right) / 2;
            set(this.markLine, { x1: x, x2: x, y1: top, y2: bottom });
            set(this.markText, { x: x + (late ? -6 : 6), y: top + 0.9 * this.unit, "text-anchor": late ? "end" : "start" });
            write(this.markText, mark.label);
        }
    }

    drawCurves() {
        const px = this.x.map((x) => this.sx(x));
        const tips = this.series.map((series, s) => this.drawCurve(series, this.parts[s], px)).filter(Boolean);
        const { chance } = this.model;
        if (chance && isNumber(chance.value)) {
            tips.push({ label: this.chanceText, x: this.area.right, y: this.sy(chance.value) });
        }
        this.placeTips(tips);
    }

    // One curve; returns where its label goes, null if it has no point yet.
    drawCurve({ key, bridge, label, brief }, parts, px) {
        const values = this.values[key] ?? [];
        let [line, dots, open, last] = ["", "", false, -1];
        for (let i = 0; i < px.length; i += 1) {
            if (!isNumber(values[i])) {
                open = open && bridge;
                continue;
            }
            const point = `${px[i].toFixed(1)} ${this.sy(values[i]).toFixed(1)}`;
            line += open ? `L${point}` : `M${point}h0`; // h0: a point without neighbours shows as a dot
            dots += `M${point}h0`;
            [open, last] = [true, i];
        }
        set(parts.line, { d: line });
        set(parts.dots, { d: bridge && px.length <= 40 ? dots : "" });
        display(last >= 0, parts.label, parts.tip);
        if (last < 0) {
            return null;
        }
        const [x, y] = [px[last], this.sy(values[last])];
        display(y >= this.area.top - PAD, parts.tip);
        set(parts.tip, { cx: x, cy: y });
        write(parts.label, this.narrow ? brief : label);
        return { label: parts.label, x, y };
    }

    // Labels beside the ends of the curves and of the chance line, pushed apart where they would meet.
    placeTips(tips) {
        const { top, right, bottom } = this.area;
        const reach = right - 5 * this.unit; // a label that starts further left does not meet the chance line's
        const curves = tips.filter((tip) => tip.label !== this.chanceText);
        tips.forEach((tip) => { tip.at = clamp(tip.y, top, bottom); });
        spread(curves.some((tip) => tip.x > reach) ? tips : curves, 1.15 * this.unit, top, bottom);
        for (const { label, x, at } of tips) {
            set(label, { x: x + 0.65 * this.unit, y: at, dy: "0.35em" });
        }
    }

    // The scrubber's place (null: none): a line, and a dot on each curve, at `values` or at what was measured last.
    cursor(x, values) {
        this.place(this.cursorLine, x);
        this.series.forEach(({ key }, s) => {
            const known = x === null || !this.area ? null : this.known(key, x, values[key]);
            set(this.parts[s].cursor, known ? { cx: this.sx(known.x), cy: this.sy(known.y) } : {});
            display(known, this.parts[s].cursor);
        });
    }

    known(key, x, value) {
        if (value !== undefined) {
            return isNumber(value) ? { x, y: value } : null;
        }
        const values = this.values[key] ?? [];
        const last = this.x.findLastIndex((before, i) => before <= x && isNumber(values[i]));
        return last < 0 ? null : { x: this.x[last], y: values[last] };
    }

    // The values at the measured point nearest to `x`; null ends it.
    showHover(x) {
        const i = x === null ? -1 : nearest(this.x, x);
        this.place(this.hoverLine, i < 0 ? null : this.x[i]);
        const values = this.series.map(({ key, label }) => `${label} ${this.format(this.values[key]?.[i])}`);
        write(this.readout, i < 0 ? "" : `step ${whole(this.x[i])}: ${values.join(", ")}`);
    }

    place(line, x) {
        const shown = x !== null && this.area;
        display(shown, line);
        set(line, shown ? { x1: this.sx(x), x2: this.sx(x), y1: this.area.top, y2: this.area.bottom } : {});
    }
}
