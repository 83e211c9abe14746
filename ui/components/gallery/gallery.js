// Draws pictures in rows: each with its title, a note, and a bar a class.

function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
}

function bar({ name, share, text, kind }) {
    const filled = element("span", { class: "filled" });
    filled.style.width = `${100 * share}%`;
    return element("li", { "data-kind": kind },
        element("span", { class: "name" }, name),
        element("span", { class: "track" }, filled),
        element("span", { class: "share" }, text));
}

function tile({ picture, title, note, bars }, size) {
    const image = element("img", { src: picture, alt: title });
    image.style.width = `${size}px`;
    const words = element("figcaption", {}, element("strong", {}, title), ...(note ? [element("span", {}, note)] : []));
    const list = bars.length ? [element("ul", { "aria-label": "Probability of each class" }, ...bars.map(bar))] : [];
    return element("figure", {}, image, words, ...list);
}

export default function render({ data, parentElement }) {
    parentElement.querySelector(".gallery")?.remove();
    parentElement.append(element("div", { class: "gallery" }, ...data.tiles.map((one) => tile(one, data.size))));
}
