// Shows one node: its formula in symbols and in numbers, and on the way back the branches by which its gradient arrives.

import { html, write } from "../shared/dom.js";
import { drawFormula } from "./formula.js";
import { drawMatrix } from "./matrix.js";

export class NodeView {
    constructor() {
        this.formula = html("div", { class: "formula", "data-part": "formula" });
        this.rules = html("p", { class: "rules", "data-part": "rules" });
        this.numbers = html("div", { "data-part": "numbers" });
        this.parts = [this.formula, this.rules, this.numbers];
    }

    // The value (gradient 0) or gradient (1) of node `number`, with so many digits.
    show(nodes, number, gradient, digits) {
        Object.assign(this, { nodes, digits });
        const node = nodes[number];
        const tree = this.tree(number, gradient);
        const line = [this.symbol(number, gradient)];
        if (tree) {
            line.push(sign("="), drawFormula(tree, (n, g) => this.symbol(n, g)));
        }
        this.formula.replaceChildren(html("span", { class: "row math" }, ...line));
        write(this.rules, gradient && node.branches.length === 1 ? node.branches[0].rules.join(" ") : "");
        this.numbers.replaceChildren(...this.equations(number, gradient));
    }

    tree(number, gradient) {
        return gradient ? this.nodes[number].gradient_formula : this.nodes[number].formula;
    }

    // The numbers with the formula they come from; where branches meet, first their sum, then each branch.
    equations(number, gradient) {
        const node = this.nodes[number];
        const tree = this.tree(number, gradient);
        if (!gradient || node.branches.length < 2) {
            return [this.equation(this.matrix(number, gradient), tree ? this.withNumbers(tree) : [], gradient ? number : null)];
        }
        const from = (branch) => `from ${this.nodes[branch.from].name}`;
        const part = (branch) => this.matrix(number, 1, { values: branch.value, label: from(branch) });
        const sum = node.branches.flatMap((branch, i) => (i ? [sign("+"), part(branch)] : [part(branch)]));
        const each = node.branches.map((branch) => html("div", { class: "branch", "data-part": "branch" },
            html("p", { class: "rules" }, html("b", {}, `${from(branch)}: `), branch.rules.join(" ")),
            this.equation(part(branch), this.withNumbers(branch.formula))));
        return [this.equation(this.matrix(number, 1), sum, number), html("div", { class: "branches" }, ...each)];
    }

    // result = parts; beside a gradient stands the value it belongs to.
    equation(result, parts, valueOf = null) {
        const line = html("div", { class: "numeric math" }, html("span", { class: "result" }, result),
            ...(parts.length ? [sign("="), ...parts] : []));
        if (valueOf !== null) {
            const label = `value of ${this.nodes[valueOf].name}`;
            line.append(html("span", { class: "beside" }, this.matrix(valueOf, 0, { label })));
        }
        return line;
    }

    // The parts of a formula with matrices for its symbols; what stands only in an index is given behind it.
    withNumbers(tree) {
        const small = new Set();
        const drawNode = (number, gradient) => this.matrix(number, gradient);
        const drawSymbol = (number, gradient) => {
            small.add(number);
            return this.symbol(number, gradient);
        };
        const formula = drawFormula(tree, drawNode, drawSymbol);
        const parts = tree[0] === "row" ? [...formula.children] : [formula];
        return [...parts, ...[...small].flatMap((number) => [html("span", { class: "op" }, ","), this.matrix(number, 0)])];
    }

    matrix(number, gradient, { values, label } = {}) {
        return drawMatrix(this.nodes, number, gradient, { values, label: label ?? this.symbol(number, gradient), digits: this.digits });
    }

    symbol(number, gradient) {
        const drawn = drawFormula(this.nodes[number].symbol, () => "");
        return gradient ? html("span", { class: "row gradient" }, html("span", { class: "text" }, "d"), drawn) : drawn;
    }
}

function sign(text) {
    return html("span", { class: "op between" }, text);
}
