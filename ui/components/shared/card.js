// Frames a part of a component.

import { html } from "./dom.js";

// A card: its title, what stands beside it, and what it holds.
export function card(about, title, beside, ...children) {
    const heading = typeof title === "string" ? html("h3", {}, title) : title;
    return html("section", { ...about, class: `card ${about.class}` }, html("header", {}, heading, ...beside), ...children);
}
