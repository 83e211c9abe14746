// Builds HTML and SVG once and afterwards writes only what changed.

const SVG_SPACE = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
    set(node, attributes);
    node.append(...children);
    return node;
}

// One HTML element; strings among the children become text.
export function html(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

// One SVG element.
export function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG_SPACE, tag), attributes, children);
}

// Write the attributes that differ; null or undefined removes one, a function (as `onclick`) listens.
export function set(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
        if (typeof value === "function") {
            node.addEventListener(name.slice(2), value);
        } else if (value === null || value === undefined) {
            node.removeAttribute(name);
        } else if (node.getAttribute(name) !== String(value)) {
            node.setAttribute(name, value);
        }
    }
}

// Whether the nodes are seen.
export function display(is, ...nodes) {
    nodes.forEach((node) => set(node, { display: is ? null : "none" }));
}

// Write the text if it differs.
export function write(node, string) {
    if (node.textContent !== string) {
        node.textContent = string;
    }
}

// A child an item: made by `make(i)` when first needed, drawn by `draw(child, item, i)`, hidden when not needed.
export function each(parent, items, make, draw) {
    while (parent.children.length < items.length) {
        parent.append(make(parent.children.length));
    }
    [...parent.children].forEach((child, i) => {
        set(child, { hidden: i < items.length ? null : "" });
        display(i < items.length, child);
        if (i < items.length) {
            draw(child, items[i], i);
        }
    });
}

// The root font size in px, which every margin follows.
export function rem() {
    return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

export function clamp(value, low, high) {
    return Math.max(low, Math.min(high, value));
}
