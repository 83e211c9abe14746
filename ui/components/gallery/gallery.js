// Draws pictures in rows: each with its title, a note, and a bar a class.

import { html } from "../shared/dom.js";
import { component } from "../shared/mount.js";

function bar({ name, share, text, kind }) {
    return html("li", { "data-kind": kind },
        html("span", { class: "name" }, name),
        html("span", { class: "track" }, html("span", { class: "filled", style: `width:${100 * share}%` })),
        html("span", { class: "share" }, text));
}

function tile({ picture, title, note, bars }, size) {
    const image = html("img", { src: picture, alt: title, style: `width:${size}px` });
    const words = html("figcaption", {}, html("strong", {}, title), ...(note ? [html("span", {}, note)] : []));
    const list = bars.length ? [html("ul", { "aria-label": "Probability of each class" }, ...bars.map(bar))] : [];
    return html("figure", {}, image, words, ...list);
}

class Gallery {
    root = html("div", { class: "component gallery" });

    receive({ tiles, size }) {
        this.root.replaceChildren(...tiles.map((one) => tile(one, size)));
    }
}

export default component(Gallery);
