// Draws a formula, a tree as in nnlib's formulas.py, with HTML alone, so that matrices can stand in it and be clicked.

import { html, svg } from "../shared/dom.js";

const RADICAL = "M1 60L5 56L11 98L20 1";

// The formula; `drawNode(number, gradient)` draws what stands for a node, `drawSymbol` likewise where there is no room.
export function drawFormula(tree, drawNode, drawSymbol = drawNode) {
    const draw = (part) => drawFormula(part, drawNode, drawSymbol);
    const small = (part) => drawFormula(part, drawSymbol, drawSymbol);
    const [kind, ...parts] = tree;
    switch (kind) {
        case "row":
            return html("span", { class: "row" }, ...parts.map((part, i) => mark(draw(part), part, parts[i - 1])));
        case "frac":
            return html("span", { class: "frac" }, html("span", {}, draw(parts[0])), html("span", {}, draw(parts[1])));
        case "sqrt": {
            const sign = svg("svg", { viewBox: "0 0 20 100", preserveAspectRatio: "none", "aria-hidden": "true" },
                svg("path", { d: RADICAL, "vector-effect": "non-scaling-stroke" }));
            return html("span", { class: "sqrt" }, sign, html("span", { class: "inner" }, draw(parts[0])));
        }
        case "script": {
            const [base, upper, lower] = parts;
            const scripts = html("span", { class: "scripts" }, html("sup", {}, ...(upper ? [draw(upper)] : [])),
                html("sub", {}, ...(lower ? [small(lower)] : [])));
            return html("span", { class: "script" }, draw(base), scripts);
        }
        case "under":
            return html("span", { class: "under" }, html("span", { class: parts[0] === "∑" ? "sign" : "text" }, parts[0]),
                html("span", { class: "below" }, ...(parts[1] ? [small(parts[1])] : [])));
        case "hat":
            return parts[0][0] === "id" ? html("i", {}, `${parts[0][1]}\u0302`)
                : html("span", { class: "row" }, draw(parts[0]), "\u0302");
        case "fence": {
            const side = (sign) => html("span", { class: `fence ${sign === "(" || sign === ")" ? "round" : "square"}`,
                "data-side": sign === "(" || sign === "[" ? "left" : "right" }, html("span", { class: "read" }, sign));
            return html("span", { class: "row" }, side(parts[0]), draw(parts[2]), side(parts[1]));
        }
        case "node":
            return drawNode(parts[0], parts[1]);
        case "id":
            return html("i", {}, parts[0]);
        default: // text, num, op
            return html("span", { class: kind }, parts[0].replaceAll("-", "−"));
    }
}

// A sign between two parts has space around it; before the first part, or after another sign, it has none.
function mark(element, part, before) {
    const between = part[0] === "op" && before && before[0] !== "op" && !/^[,⊤]$/.test(part[1]);
    element.classList.toggle("between", Boolean(between));
    return element;
}
