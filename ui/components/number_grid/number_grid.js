// Draws small matrices as tables: a coloured cell a number, a frame around lit cells, the change below the number.

function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
}

function cell({ text, colour, ink, lit, change }, at, pick) {
    const inside = [element("span", {}, text), ...(change ? [element("small", {}, change)] : [])];
    const shown = pick ? element("button", { type: "button", "data-at": at.join() }, ...inside) : element("div", {}, ...inside);
    shown.style.background = colour;
    shown.style.color = ink;
    return element("td", { class: [lit ? "lit" : "", change ? "changed" : ""].join(" ").trim() }, shown);
}

// Numbers about a row or a column, in the margin.
function margin(text) {
    return element("td", { class: "margin" }, text);
}

function table(grid) {
    const head = element("tr", {}, element("td"),
        ...[...grid.columns, ...grid.beside.map(([name]) => name)].map((name) => element("th", { scope: "col" }, name)));
    const rows = grid.cells.map((cells, i) => element("tr", {}, element("th", { scope: "row" }, grid.rows[i]),
        ...cells.map((one, j) => cell(one, [i, j], grid.pick)), ...grid.beside.map(([, texts]) => margin(texts[i]))));
    const below = grid.below.map(([name, texts]) =>
        element("tr", {}, element("th", { scope: "row" }, name), ...texts.map(margin)));
    return element("figure", {}, element("table", {}, element("caption", {}, grid.title),
        element("thead", {}, head), element("tbody", {}, ...rows, ...below)), element("figcaption", {}, grid.note));
}

export default function render({ data, parentElement, setTriggerValue }) {
    const focused = parentElement.querySelector("button:focus")?.dataset.at;
    const root = element("div", { class: "number-grids" }, ...data.grids.map(table));
    root.addEventListener("click", (event) => {
        const at = event.target.closest("[data-at]")?.dataset.at;
        if (at) {
            setTriggerValue("pick", at.split(",").map(Number));
        }
    });
    parentElement.querySelector(".number-grids")?.remove();
    parentElement.append(root);
    root.querySelector(`[data-at="${focused}"]`)?.focus();
}
