// Writes names of cells, shapes and sums for people.

import { plain } from "../shared/numbers.js";

// [4, 3] -> "4×3", [] -> "scalar"
export function formShape(shape) {
    return shape.length ? shape.join("×") : "scalar";
}

// Where the cell with this place in the flat list stands: [1, 2]
export function indexOf(flat, shape) {
    const index = [];
    let rest = flat;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
        index.unshift(rest % shape[axis]);
        rest = Math.floor(rest / shape[axis]);
    }
    return index;
}

// As in the source: xhat[0,2], dxhat[0,2]; a number without axes has no brackets.
export function cellName(node, flat, gradient) {
    const index = indexOf(flat, node.shape);
    return `${gradient ? "d" : ""}${node.name}${index.length ? `[${index.join(",")}]` : ""}`;
}

// The parts of a sum with numbers for its cells, [{text, cell}]; negative ones in parentheses: 0.31 · 1.2 + 0.4 · (−0.5)
export function sumParts(tokens, nodes, digits) {
    const written = tokens.map((token) => (typeof token === "string" ? token : plain(valueOf(token, nodes), digits)));
    let before = "";
    return written.map((text, i) => {
        const negative = text.startsWith("−") && text.length > 1;
        const bare = (before !== "" && !/[([]$/.test(before)) || written[i + 1] === "^";
        before += text;
        const cell = typeof tokens[i] === "string" ? null : tokens[i];
        return { text: negative && bare ? `(${text})` : text, cell };
    });
}

// The number in a cell [node, place in the flat list, whether it is the gradient's].
export function valueOf([number, flat, gradient], nodes) {
    return (gradient ? nodes[number].gradient : nodes[number].value)[flat];
}
