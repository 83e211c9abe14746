// Shows the health of the layers at one step, a row a layer: histograms, mean and spread, dead units, update-to-weight
// ratio.

import { card } from "../shared/card.js";
import { display, each, html, set, svg, write } from "../shared/dom.js";
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

// The health of one layer.
class Row {
    constructor() {
        const titles = Object.fromEntries(HEADS);
        const cell = (column, ...children) => (
            html("span", { role: "cell", class: column, "data-label": titles[column] }, ...children));
        const [low, high] = RATIO.usual.map(ratioPosition);
        this.name = cell("layer");
        this.histograms = ["activations", "gradients"].map(histogram);
        this.moments = cell("moments");
        this.fill = html("span", { class: "fill" });
        this.bar = html("span", { class: "bar" }, this.fill);
        this.dead = html("span", { class: "value" });
        this.mark = svg("svg", { overflow: "visible", y: 11 }, svg("path", { class: "ratio-mark", d: "M0 -9l7 9l-7 9l-7 -9z" }));
        this.scale = svg("svg", { class: "ratio-scale", role: "img" },
            svg("rect", { class: "track", width: "100%", height: 4, y: 9, rx: 2 }),
            svg("rect", { class: "usual", x: `${low}%`, width: `${high - low}%`, height: 22 }), this.mark);
        this.ratio = html("span", { class: "value" });
        this.node = html("div", { class: "row", role: "row" }, this.name,
            ...this.histograms.map(({ what, node }) => cell(what, node)), this.moments,
            cell("dead", this.bar, this.dead), cell("ratio", this.scale, this.ratio));
    }

    draw(layer, ranges) {
        set(this.node, { "data-layer": layer.name });
        write(this.name, layer.name);
        this.histograms.forEach(({ what, draw }) => draw(layer[what], layer.name, ranges[what]));
        write(this.moments, isNumber(layer.mean) ? `${short(layer.mean, 2)} ± ${short(layer.std, 2)}` : NOTHING);
        const dead = isNumber(layer.dead);
        set(this.fill, { style: `transform:scaleX(${dead ? layer.dead : 0})` });
        set(this.bar, { "data-none": dead ? null : "" });
        write(this.dead, percent(layer.dead, 0));
        const measured = isNumber(layer.ratio);
        const verdict = measured ? judge(layer.ratio) : "";
        const ratio = measured ? `${scientific(layer.ratio)} ${verdict}` : NOTHING;
        set(this.scale, { "aria-label": `update-to-weight ratio ${ratio}`, "data-verdict": verdict });
        const x = `${measured ? ratioPosition(Math.log10(layer.ratio)) : 0}%`;
        set(this.mark, { x });
        display(measured, this.mark);
        write(this.ratio, ratio);
    }
}

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
        this.drawn = new Map();
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
        const ranges = { activations: this.range("activations"), gradients: this.range("gradients") };
        const make = () => {
            const row = new Row();
            this.drawn.set(row.node, row);
            return row.node;
        };
        each(this.rows, this.layers, make, (node, layer) => this.drawn.get(node).draw(layer, ranges));
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
    return { what, node, draw };
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
