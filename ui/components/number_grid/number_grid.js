// Draws small matrices as tables: a coloured cell a number, a frame around lit cells, the change below the number.

import { html } from "../shared/dom.js";
import { component } from "../shared/mount.js";

function cell({ text, colour, ink, lit, change }, at, pick) {
    const inside = [html("span", {}, text), ...(change ? [html("small", {}, change)] : [])];
    const how = { style: `background:${colour};color:${ink}` };
    const shown = pick ? html("button", { type: "button", "data-at": at.join(), ...how }, ...inside) : html("div", how, ...inside);
    return html("td", { class: [lit ? "lit" : "", change ? "changed" : ""].join(" ").trim() }, shown);
}

// Numbers about a row or a column, in the margin.
function margin(text) {
    return html("td", { class: "margin" }, text);
}

function table(grid) {
    const head = html("tr", {}, html("td"),
        ...[...grid.columns, ...grid.beside.map(([name]) => name)].map((name) => html("th", { scope: "col" }, name)));
    const rows = grid.cells.map((cells, i) => html("tr", {}, html("th", { scope: "row" }, grid.rows[i]),
        ...cells.map((one, j) => cell(one, [i, j], grid.pick)), ...grid.beside.map(([, texts]) => margin(texts[i]))));
    const below = grid.below.map(([name, texts]) =>
        html("tr", {}, html("th", { scope: "row" }, name), ...texts.map(margin)));
    return html("figure", {}, html("table", {}, html("caption", {}, grid.title),
        html("thead", {}, head), html("tbody", {}, ...rows, ...below)), html("figcaption", {}, grid.note));
}

class NumberGrids {
    constructor() {
        const onclick = (event) => {
            const at = event.target.closest("[data-at]")?.dataset.at;
            if (at) {
                this.send.setTriggerValue("pick", at.split(",").map(Number));
            }
        };
        this.root = html("div", { class: "component number-grids", onclick });
    }

    receive({ grids }, send) {
        this.send = send;
        const focused = this.root.querySelector("button:focus")?.dataset.at;
        this.root.replaceChildren(...grids.map(table));
        this.root.querySelector(`[data-at="${focused}"]`)?.focus();
    }
}

export default component(NumberGrids);
