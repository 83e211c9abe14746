// Draws a gradient check: a heat map a parameter, a column of maps a layer, and the numbers of the chosen cell.

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const chosen = new WeakMap(); // parent element -> {shape, block, cell} of the cell that was clicked last

function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
}

// 0.0000000123 -> "1.2e-8"; null, which stands for what is not finite, -> "not finite"
function number(value, digits) {
    if (value === null) {
        return "not finite";
    }
    const size = Math.abs(value);
    const plain = size === 0 || (size >= 1e-3 && size < 1e6);
    const text = plain ? String(Number(value.toPrecision(digits))) : value.toExponential(Math.max(0, digits - 1));
    return text.replaceAll("-", "−");
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
    return error ? Math.min(1, Math.max(0, 1 + Math.log10(error / limit) / 6)) : 0;
}

class ErrorMap {
    constructor(parent, data) {
        this.parent = parent;
        this.data = data;
        this.shape = JSON.stringify(data.blocks.map(({ name, rows, columns }) => [name, rows, columns]));
        this.detail = element("div", { class: "detail", role: "status" });
        this.grids = data.blocks.map((block, index) => this.grid(block, index));
        this.root = element("div", { class: "error-map" }, this.legend(), this.maps(), this.detail);
        const before = chosen.get(parent);
        const [block, cell] = before?.shape === this.shape ? [before.block, before.cell] : data.start;
        this.choose(block, cell);
        this.root.addEventListener("pointerover", (event) => this.at(event, (b, c) => this.show(b, c)));
        this.root.addEventListener("pointerleave", () => this.show(this.block, this.cell));
        this.root.addEventListener("click", (event) => this.at(event, (b, c) => this.choose(b, c)));
        this.root.addEventListener("keydown", (event) => this.step(event));
    }

    legend() {
        const entries = this.data.verdicts.map(({ name, count }) =>
            element("li", { "data-verdict": name }, element("span", { class: "swatch" }), `${name}: ${count}`));
        return element("div", { class: "legend" }, element("ul", {}, ...entries), element("p", {}, this.data.note));
    }

    maps() {
        const layers = [...new Set(this.data.blocks.map((block) => block.layer))];
        const maps = element("div", { class: "maps" }, ...layers.map((layer) => {
            const own = this.grids.filter((_, i) => this.data.blocks[i].layer === layer);
            return element("section", {}, element("h4", {}, `Layer ${layer}`), ...own);
        }));
        const widths = layers.map((layer) => this.data.blocks.find((block) => block.layer === layer).columns);
        maps.style.setProperty("--layers", layers.length);
        maps.style.setProperty("--total", widths.reduce((sum, width) => sum + width, 0));
        return maps;
    }

    // One parameter: its title, what is to be said of all of it, and its cells.
    grid(block, index) {
        const size = block.matrix ? `${block.rows}×${block.columns}` : `${block.columns}`;
        const rows = Array.from({ length: block.rows }, (_, row) =>
            element("div", { role: "row" }, ...Array.from({ length: block.columns }, (__, column) =>
                this.drawCell(block, index, row * block.columns + column))));
        const facts = [`largest error ${number(block.largest, 2)}`];
        if (block.over) {
            facts.push(`${block.over} of ${block.rows * block.columns} over the limit`);
        }
        if (block.ratio) {
            facts.push(`analytic / numerical ${block.ratio.replaceAll("-", "−")}`);
        }
        const cells = element("div", { role: "grid", "aria-label": `${block.name}, ${size}`, class: "cells" }, ...rows);
        cells.style.setProperty("--columns", block.columns);
        return element("div", { class: "block", "data-name": block.name },
            element("div", { class: "title" }, element("strong", {}, block.name), ` ${size}`),
            element("div", { class: "facts" }, facts.join(" · ")), cells);
    }

    drawCell(block, index, cell) {
        const error = block.errors[cell];
        const verdict = this.data.verdicts[block.verdicts[cell]].name;
        const place = { "data-block": index, "data-cell": cell, "data-verdict": verdict };
        const drawn = element("div", { role: "gridcell", tabindex: "-1", ...place }, power(error));
        drawn.style.setProperty("--near", nearness(error, this.data.limit).toFixed(2));
        return drawn;
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
        const before = this.find(this.block, this.cell);
        before?.removeAttribute("aria-selected");
        before?.setAttribute("tabindex", "-1");
        [this.block, this.cell] = [block, cell];
        const now = this.find(block, cell);
        now.setAttribute("aria-selected", "true");
        now.setAttribute("tabindex", "0");
        chosen.set(this.parent, { shape: this.shape, block, cell });
        this.show(block, cell);
    }

    step(event) {
        const move = ARROWS[event.key];
        if (!move) {
            return;
        }
        const { rows, columns } = this.data.blocks[this.block];
        const row = Math.min(rows - 1, Math.max(0, Math.floor(this.cell / columns) + move[0]));
        const column = Math.min(columns - 1, Math.max(0, (this.cell % columns) + move[1]));
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
        const list = facts.map(([what, value]) => element("div", {}, element("dt", {}, what), element("dd", {}, value)));
        const kinks = block.kinks[cell];
        const said = [element("strong", {}, verdict.name), ` ${verdict.text}`];
        if (kinks) {
            said.push(` ReLU switched: ${kinks.join("; ")}.`);
        }
        this.detail.replaceChildren(element("strong", { class: "name" }, name), element("dl", {}, ...list),
            element("p", { "data-verdict": verdict.name }, ...said));
    }
}

export default function render({ data, parentElement }) {
    parentElement.querySelector(".error-map")?.remove();
    parentElement.append(new ErrorMap(parentElement, data).root);
}
