// Draws a gradient check: a heat map a parameter, a column of maps a layer, and the numbers of the chosen cell.

import { clamp, html, set } from "../shared/dom.js";
import { component } from "../shared/mount.js";
import { plain } from "../shared/numbers.js";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// null stands for what is not finite
function number(value, digits) {
    return value === null ? "not finite" : plain(value, digits);
}

// What stands in a cell: the power of ten of its error.
function power(error) {
    if (error === null) {
        return "∞";
    }
    return error === 0 ? "=" : String(Math.floor(Math.log10(error))).replace("-", "−");
}

// How near to the limit a passing cell comes: 0, six decades below, to 1.
function nearness(error, limit) {
    return error ? clamp(1 + Math.log10(error / limit) / 6, 0, 1) : 0;
}

class ErrorMap {
    constructor() {
        this.detail = html("div", { class: "detail", role: "status" });
        this.root = html("div", {
            class: "component error-map",
            onpointerover: (event) => this.at(event, (block, cell) => this.show(block, cell)),
            onpointerleave: () => this.show(this.block, this.cell),
            onclick: (event) => this.at(event, (block, cell) => this.choose(block, cell)),
            onkeydown: (event) => this.step(event),
        });
    }

    // The cell that was chosen last stays chosen while the shapes are the same.
    receive(data) {
        this.data = data;
        const shape = JSON.stringify(data.blocks.map(({ name, rows, columns }) => [name, rows, columns]));
        const [block, cell] = shape === this.shape ? [this.block, this.cell] : data.start;
        this.shape = shape;
        this.grids = data.blocks.map((one, index) => this.grid(one, index));
        this.root.replaceChildren(this.legend(), this.maps(), this.detail);
        this.choose(block, cell);
    }

    legend() {
        const entries = this.data.verdicts.map(({ name, count }) =>
            html("li", { "data-verdict": name }, html("span", { class: "swatch" }), `${name}: ${count}`));
        return html("div", { class: "legend" }, html("ul", {}, ...entries), html("p", {}, this.data.note));
    }

    maps() {
        const layers = [...new Set(this.data.blocks.map((block) => block.layer))];
        const widths = layers.map((layer) => this.data.blocks.find((block) => block.layer === layer).columns);
        const style = `--layers:${layers.length};--total:${widths.reduce((sum, width) => sum + width, 0)}`;
        return html("div", { class: "maps", style }, ...layers.map((layer) => {
            const own = this.grids.filter((_, i) => this.data.blocks[i].layer === layer);
            return html("section", {}, html("h4", {}, `Layer ${layer}`), ...own);
        }));
    }

    // One parameter: its title, what is to be said of all of it, and its cells.
    grid(block, index) {
        const size = block.matrix ? `${block.rows}×${block.columns}` : `${block.columns}`;
        const rows = Array.from({ length: block.rows }, (_, row) =>
            html("div", { role: "row" }, ...Array.from({ length: block.columns }, (__, column) =>
                this.drawCell(block, index, row * block.columns + column))));
        const facts = [`largest error ${number(block.largest, 2)}`];
        if (block.over) {
            facts.push(`${block.over} of ${block.rows * block.columns} over the limit`);
        }
        if (block.ratio) {
            facts.push(`analytic / numerical ${block.ratio.replaceAll("-", "−")}`);
        }
        const about = { role: "grid", "aria-label": `${block.name}, ${size}`, class: "cells", style: `--columns:${block.columns}` };
        return html("div", { class: "block", "data-name": block.name },
            html("div", { class: "title" }, html("strong", {}, block.name), ` ${size}`),
            html("div", { class: "facts" }, facts.join(" · ")), html("div", about, ...rows));
    }

    drawCell(block, index, cell) {
        const error = block.errors[cell];
        const verdict = this.data.verdicts[block.verdicts[cell]].name;
        const place = { "data-block": index, "data-cell": cell, "data-verdict": verdict };
        const style = `--near:${nearness(error, this.data.limit).toFixed(2)}`;
        return html("div", { role: "gridcell", tabindex: "-1", ...place, style }, power(error));
    }

    at(event, act) {
        const { block, cell } = event.target.dataset ?? {};
        if (cell !== undefined) {
            act(Number(block), Number(cell));
        }
    }

    find(block, cell) {
        return this.root.querySelector(`[data-block="${block}"][data-cell="${cell}"]`);
    }

    choose(block, cell) {
        const before = this.root.querySelector("[aria-selected]");
        if (before) {
            set(before, { "aria-selected": null, tabindex: "-1" });
        }
        [this.block, this.cell] = [block, cell];
        set(this.find(block, cell), { "aria-selected": "true", tabindex: "0" });
        this.show(block, cell);
    }

    step(event) {
        const move = ARROWS[event.key];
        if (!move) {
            return;
        }
        const { rows, columns } = this.data.blocks[this.block];
        const row = clamp(Math.floor(this.cell / columns) + move[0], 0, rows - 1);
        const column = clamp((this.cell % columns) + move[1], 0, columns - 1);
        event.preventDefault();
        this.choose(this.block, row * columns + column);
        this.find(this.block, this.cell).focus();
    }

    // The numbers of a cell.
    show(index, cell) {
        const block = this.data.blocks[index];
        const verdict = this.data.verdicts[block.verdicts[cell]];
        const [row, column] = [Math.floor(cell / block.columns), cell % block.columns];
        const name = `${block.name}[${block.matrix ? `${row}, ` : ""}${column}]`;
        const facts = [
            ["analytic", number(block.analytic[cell], 8)],
            ["numerical", number(block.numerical[cell], 8)],
            ["relative error", number(block.errors[cell], 2)],
        ];
        const list = facts.map(([what, value]) => html("div", {}, html("dt", {}, what), html("dd", {}, value)));
        const kinks = block.kinks[cell];
        const said = [html("strong", {}, verdict.name), ` ${verdict.text}`];
        if (kinks) {
            said.push(` ReLU switched: ${kinks.join("; ")}.`);
        }
        this.detail.replaceChildren(html("strong", { class: "name" }, name), html("dl", {}, ...list),
            html("p", { "data-verdict": verdict.name }, ...said));
    }
}

export default component(ErrorMap);
