// Shows the health of the layers at one step, a row a layer: histograms, mean and spread, dead units, update-to-weight
// ratio.

import { card, html, pool, set, svg, write } from "../shared/dom.js";
import { isNumber, NOTHING, percent, powerOfTen, scientific, short, whole } from "../shared/numbers.js";

const RATIO = { lowest: -6, highest: 0, usual: [-4, -2] }; // powers of ten
const HEADS = [
    ["layer", "layer"],
    ["activations", "activations"],
    ["gradients", "gradients"],
    ["moments", "mean ± spread"],
    ["dead", "dead units"],
    ["ratio", "update ÷ weight"],
];

export class Health {
    constructor() {
        this.sharedAxis = false;
        this.note = html("span", { class: "note" });
        const off = { type: "button", role: "switch", "aria-checked": "false", "data-control": "shared-axis" };
        const onclick = () => {
            this.sharedAxis = !this.sharedAxis;
            set(this.toggle, { "aria-checked": this.sharedAxis });
            this.draw();
        };
        this.toggle = html("button", { ...off, onclick }, "same axis for all layers");
        this.head = html("div", { class: "row head", role: "row" },
            ...HEADS.map(([column, label]) => html("span", { role: "columnheader", class: column }, label)));
        const [low, high] = RATIO.usual;
        this.head.lastChild.append(html("small", {}, ` usual ${powerOfTen(low)} to ${powerOfTen(high)}`));
        this.rows = html("div", { class: "rows", role: "rowgroup" });
        this.table = html("div", { class: "table", role: "table", "aria-label": "Health of the layers" },
            html("div", { role: "rowgroup" }, this.head), this.rows);
        this.empty = html("p", { class: "empty" });
        const about = { class: "health", "data-part": "health", "aria-label": "Health of the layers" };
        this.node = card(about, "Health of the layers", [this.note, this.toggle], this.table, this.empty);
        this.cells = new Map();
    }

    // The health in `frame`, recorded at or before `iteration`; null shows only the layers' `names` and `empty`.
    show(frame, iteration, names, empty) {
        this.layers = frame?.layers ?? names.map((name) => ({ name }));
        write(this.empty, frame ? "" : empty);
        write(this.note, frame && frame.iteration !== iteration ? `measured at step ${whole(frame.iteration)}` : "");
        set(this.table, { "data-iteration": frame?.iteration });
        this.draw();
    }

    draw() {
        const rows = pool(this.rows, this.layers.length, () => this.makeRow());
        const ranges = { activations: this.range("activations"), gradients: this.range("gradients") };
        rows.forEach((row, i) => this.drawRow(this.cells.get(row), this.layers[i], ranges));
    }

    makeRow() {
        const titles = Object.fromEntries(HEADS);
        const cell = (column, ...children) => (
            html("span", { role: "cell", class: column, "data-label": titles[column] }, ...children));
        const [low, high] = RATIO.usual.map(ratioPosition);
        const parts = {
            name: cell("layer"),
            activations: histogram("activations"),
            gradients: histogram("gradients"),
            moments: cell("moments"),
            deadBar: html("span", { class: "fill" }),
            deadText: html("span", { class: "value" }),
            ratioMark: svg("path", { class: "ratio-mark", d: "M0 -9l7 9l-7 9l-7 -9z" }),
            ratioText: html("span", { class: "value" }),
        };
        parts.ratioScale = svg("svg", { class: "ratio-scale", role: "img" },
            svg("rect", { class: "track", width: "100%", height: 4, y: 9, rx: 2 }),
            svg("rect", { class: "usual", x: `${low}%`, width: `${high - low}%`, height: 22 }),
            svg("svg", { class: "ratio-place", overflow: "visible" }, parts.ratioMark));
        const row = html("div", { class: "row", role: "row" }, parts.name,
            cell("activations", parts.activations.node), cell("gradients", parts.gradients.node), parts.moments,
            cell("dead", html("span", { class: "bar" }, parts.deadBar), parts.deadText),
            cell("ratio", parts.ratioScale, parts.ratioText));
        parts.row = row;
        this.cells.set(row, parts);
        return row;
    }

    drawRow(parts, layer, ranges) {
        set(parts.row, { "data-layer": layer.name });
        write(parts.name, layer.name);
        parts.activations.draw(layer.activations, layer.name, ranges.activations);
        parts.gradients.draw(layer.gradients, layer.name, ranges.gradients);
        const moments = isNumber(layer.mean) ? `${short(layer.mean, 2)} ± ${short(layer.std, 2)}` : NOTHING;
        write(parts.moments, moments);
        const dead = isNumber(layer.dead);
        set(parts.deadBar, { style: `transform:scaleX(${dead ? layer.dead : 0})` });
        set(parts.deadBar.parentNode, { "data-none": dead ? null : "" });
        write(parts.deadText, percent(layer.dead, 0));
        const measured = isNumber(layer.ratio);
        const verdict = measured ? judge(layer.ratio) : "";
        const ratio = measured ? `${scientific(layer.ratio)} ${verdict}` : NOTHING;
        const x = `${measured ? ratioPosition(Math.log10(layer.ratio)) : 0}%`;
        set(parts.ratioScale, { "aria-label": `update-to-weight ratio ${ratio}`, "data-verdict": verdict });
        set(parts.ratioScale.lastChild, { x, y: 11, display: measured ? null : "none" });
        write(parts.ratioText, ratio);
    }

    // The axis that all layers share, null if each has its own.
    range(field) {
        const all = this.layers.map((layer) => layer[field]).filter(isKnown);
        if (!this.sharedAxis || all.length === 0) {
            return null;
        }
        return [Math.min(...all.map(({ lo }) => lo)), Math.max(...all.map(({ hi }) => hi))];
    }
}

function isKnown(counts) {
    return Boolean(counts) && isNumber(counts.lo) && isNumber(counts.hi) && counts.counts.length > 0;
}

// One histogram: a filled step curve, a line at zero, its ends written below.
function histogram(what) {
    const area = svg("path", { class: "area" });
    const zero = svg("line", { class: "zero", y1: 0, y2: 40 });
    const box = { viewBox: "0 0 100 40", preserveAspectRatio: "none" };
    const canvas = svg("svg", { class: `histogram ${what}`, role: "img", ...box }, area, zero);
    const [low, high] = [html("span"), html("span")];
    const node = html("span", { class: "histogram-cell" }, canvas, html("span", { class: "ends" }, low, high));
    function draw(counts, layer, range) {
        const known = isKnown(counts);
        const found = known ? `${what} from ${short(counts.lo, 2)} to ${short(counts.hi, 2)}` : `no ${what}`;
        set(canvas, { "aria-label": `${layer}: ${found}` });
        const [lo, hi] = range ?? [counts?.lo, counts?.hi];
        const sx = (x) => (hi > lo ? (100 * (x - lo)) / (hi - lo) : 50);
        set(area, { d: known ? steps(counts, sx) : "" });
        set(zero, { x1: sx(0), x2: sx(0), display: known && lo < 0 && hi > 0 ? null : "none" });
        write(low, known ? short(lo, 2) : "");
        write(high, known ? short(hi, 2) : "");
    }
    return { node, draw };
}

function steps({ counts, lo, hi }, sx) {
    const tallest = Math.max(...counts, 1e-12);
    const width = (hi - lo) / counts.length;
    let path = `M${sx(lo).toFixed(2)} 40`;
    counts.forEach((count, i) => {
        path += `V${(40 - (38 * count) / tallest).toFixed(1)}H${sx(lo + (i + 1) * width).toFixed(2)}`;
    });
    return `${path}V40z`;
}

// Where a power of ten lies on the ratio's scale, in % of its width.
function ratioPosition(exponent) {
    const share = (exponent - RATIO.lowest) / (RATIO.highest - RATIO.lowest);
    return 100 * Math.max(0, Math.min(1, share));
}

function judge(ratio) {
    const [low, high] = RATIO.usual;
    const exponent = Math.log10(ratio);
    return exponent < low ? "low" : exponent > high ? "high" : "usual";
}
