// Draws arrays as heat maps with the numbers in them; which cells are chosen or lit is marked afterwards.

import { html, set } from "../shared/dom.js";
import { EXACT, plain } from "../shared/numbers.js";
import { cellName, formShape } from "./format.js";

const FAINTEST = 1e-9; // what is smaller is round-off, and gets no colour

// How strong a number's colour is, 0 to 1.
function strength(value, most) {
    return typeof value === "number" ? Math.abs(value) / most : 0;
}

function drawCell(node, flat, value, { number, gradient, most, digits, editable }) {
    const name = cellName(node, flat, gradient);
    const sign = typeof value === "number" ? Math.sign(value) : 0;
    return html(node.shape.length ? "td" : "span", {
        class: "cell",
        role: "gridcell",
        "data-node": number,
        "data-flat": flat,
        "data-gradient": gradient,
        "data-cell": name,
        "data-sign": sign,
        "data-editable": editable ? "" : null,
        style: `--strength:${strength(value, most).toFixed(3)}`,
        tabindex: flat === 0 ? 0 : -1,
        "aria-label": `${name} = ${plain(value, digits)}`,
        title: `${name} = ${plain(value, EXACT)}`,
    }, plain(value, digits));
}

// A value (gradient 0) or gradient (1) of node `number`: {values: instead of the node's own, label, digits, wide}.
export function drawMatrix(nodes, number, gradient, { values, label, digits }) {
    const node = nodes[number];
    const shown = values ?? (gradient ? node.gradient : node.value);
    const most = Math.max(...shown.filter((value) => typeof value === "number").map(Math.abs), FAINTEST);
    const editable = !values && (gradient ? node.edit_gradient : node.edit) !== null;
    const how = { number, gradient, most, digits, editable };
    const cells = shown.map((value, flat) => drawCell(node, flat, value, how));
    const about = { class: "matrix", "data-matrix": `${gradient ? "d" : ""}${node.name}`, "data-editable": editable ? "" : null };
    if (!node.shape.length) {
        return html("span", { ...about, class: "matrix scalar" }, html("span", { class: "label" }, label), cells[0],
            html("span", { class: "shape" }, "\u00a0"));
    }
    const columns = node.shape.at(-1);
    const rows = Array.from({ length: shown.length / columns }, (_, i) => cells.slice(i * columns, (i + 1) * columns));
    const heads = Array.from({ length: columns }, (_, j) => html("th", { scope: "col" }, String(j)));
    const side = (i) => (node.shape.length === 1 ? [] : [html("th", { scope: "row" }, String(i))]);
    const table = html("table", { role: "grid", "aria-label": `${about["data-matrix"]} ${formShape(node.shape)}` },
        html("thead", {}, html("tr", {}, ...(node.shape.length === 1 ? [] : [html("th")]), ...heads)),
        html("tbody", {}, ...rows.map((row, i) => html("tr", {}, ...side(i), ...row))));
    return html("span", about, html("span", { class: "label" }, label), table,
        html("span", { class: "shape" }, formShape(node.shape)));
}

// Mark the chosen cell, and those that went into its number, wherever they are shown below `root`.
export function light(root, chosen, operands) {
    const name = ([number, flat, gradient]) => `${number},${flat},${gradient}`;
    const lit = new Set(operands.map(name));
    for (const cell of root.querySelectorAll(".cell")) {
        const own = name([cell.dataset.node, cell.dataset.flat, cell.dataset.gradient]);
        set(cell, { "data-lit": lit.has(own) ? "" : null, "data-chosen": own === name(chosen) ? "" : null });
    }
}
