// Tells which pressed keys are meant for the walk, and moves from cell to cell in a matrix.

import { isPlain } from "../shared/input.js";

const ARROW_ROLES = ["slider", "radio", "radiogroup", "tab", "combobox", "listbox", "menu"];
const OWN_ARROWS = `input, textarea, select, [contenteditable], .cell, ${ARROW_ROLES.map((role) => `[role=${role}]`).join()}`;

// Whether the key may step: left and right wherever nothing that has the focus uses them itself, home and end inside.
export function isForWalk(event, root) {
    const target = event.composedPath()[0];
    const inside = event.composedPath().includes(root);
    const alone = isPlain(event) && !event.shiftKey;
    return alone && isVisible(root) && (inside || event.key.startsWith("Arrow")) && isFree(target, inside);
}

function isFree(target, inside) {
    if (!target.closest || (inside && target.matches("input[type=range]"))) { // the window; our slider, with the same steps
        return true;
    }
    return !target.closest(OWN_ARROWS);
}

function isVisible(root) {
    const { top, bottom } = root.getBoundingClientRect();
    return bottom > 0 && top < window.innerHeight;
}

// In a matrix reached by the tab key the arrow keys move the focus, and enter calls `pick(cell)`.
export function moveInMatrix(event, pick) {
    const cell = event.target.closest?.(".cell");
    if (!cell) {
        return;
    }
    const cells = [...cell.closest(".matrix").querySelectorAll(".cell")];
    const columns = cell.closest("tr")?.querySelectorAll(".cell").length ?? 1;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (event.key === "Enter" || event.key === " ") {
        pick(cell);
    } else if (by) {
        cells[cells.indexOf(cell) + by]?.focus();
    } else {
        return;
    }
    event.preventDefault();
}
