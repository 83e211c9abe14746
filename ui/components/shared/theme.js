// Tells a drawing the theme's colours: whether the background is dark, and the charts' colours as --slot-0, --slot-1, ...

import { set } from "./dom.js";

// "#rrggbb" -> [red, green, blue]
export function rgb(colour) {
    const text = colour.trim();
    return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
}

export function applyTheme(root) {
    const style = getComputedStyle(root);
    const [red, green, blue] = rgb(style.getPropertyValue("--st-background-color"));
    set(root, { "data-theme": 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light" });
    const colours = style.getPropertyValue("--st-chart-categorical-colors").split(",").map((colour) => colour.trim());
    colours.filter(Boolean).forEach((colour, i) => root.style.setProperty(`--slot-${i}`, colour));
}
