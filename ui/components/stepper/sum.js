// Tells how the chosen cell was made, in names and in numbers; an input's number can be changed here.

import { html } from "../shared/dom.js";
import { EXACT, plain } from "../shared/numbers.js";
import { cellName, indexOf, sumParts, valueOf } from "./format.js";

// `change(name, index, text)` sends a new number, `point(cell)` shows where a number stands, null: no longer.
export class Sum {
    constructor({ change, point }) {
        this.change = change;
        this.point = point;
        this.node = html("div", { class: "sum", "data-part": "sum", "aria-live": "polite" });
    }

    // Show the cell [node, flat, gradient].
    show(cell, nodes, digits, texts, message) {
        const [number, flat, gradient] = cell;
        const node = nodes[number];
        const sums = gradient ? node.gradient_sums : node.sums;
        const name = cellName(node, flat, gradient);
        const value = valueOf(cell, nodes);
        const edit = gradient ? node.edit_gradient : node.edit;
        if (sums) {
            const { short, tokens } = sums[flat];
            this.node.replaceChildren(this.equation(name, short, sumParts(tokens, nodes, digits), plain(value, digits)));
        } else if (node.same) { // handed on from there
            const from = cellName(nodes[node.same[0]], flat, node.same[1]);
            this.node.replaceChildren(this.equation(name, from, [], plain(value, digits)));
        } else if (edit) {
            this.node.replaceChildren(this.form(name, edit, indexOf(flat, node.shape), value, texts));
        } else {
            const why = texts[gradient ? "upstream" : "constant"];
            this.node.replaceChildren(html("p", {}, html("b", {}, `${name} = ${plain(value, digits)}`), ` ${why}`));
        }
        if (message) {
            this.node.append(html("p", { role: "alert", class: "alert" }, message));
        }
    }

    // out[1,2] = x[1,:] · w[:,2] + b[2] = 0.31 · 1.2 + ... = 0.874; what is only handed on is not written twice.
    equation(name, short, parts, value) {
        const numbers = parts.map(({ text }) => text).join("");
        const terms = html("span", { class: "numbers" }, ...parts.map(({ text, cell }) => this.term(text, cell)));
        const line = html("p", { class: "equation" }, html("b", {}, name), ` = ${short}`);
        if (numbers && numbers !== value) {
            line.append(" = ", terms);
        }
        line.append(" = ", html("b", { class: "result" }, value));
        return line;
    }

    term(text, cell) {
        if (!cell) {
            return text;
        }
        const pointed = { onpointerenter: () => this.point(cell), onpointerleave: () => this.point(null) };
        return html("span", { class: "term", ...pointed }, text);
    }

    form(name, edit, index, value, texts) {
        const typed = plain(value, EXACT).replaceAll("−", "-");
        const field = html("input", { type: "text", inputmode: "decimal", value: typed, "aria-label": name, maxlength: 40,
            autocomplete: "off", "data-control": "number" });
        const onsubmit = (event) => {
            event.preventDefault();
            this.change(edit, index, field.value);
        };
        return html("form", { class: "edit", onsubmit }, html("label", {}, html("b", {}, `${name} = `), field),
            html("button", { type: "submit" }, texts.set), html("span", {}, texts.input));
    }
}
