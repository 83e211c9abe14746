// Unpacks what Python sends: each track's numbers, step by step, and how a rule is told from the others.

import { each, set, svg } from "../shared/dom.js";

function bytes(base64) {
    return Uint8Array.from(window.atob(base64), (character) => character.charCodeAt(0)).buffer;
}

export function floats(base64) {
    return new Float32Array(bytes(base64));
}

export function shorts(base64) {
    return new Uint16Array(bytes(base64));
}

// One rule's walk: what Python sent of it, its numbers as typed arrays, its last step, and how its line is drawn.
export function unpack(track) {
    const losses = floats(track.losses);
    const memory = track.memory.map(({ name, signed, values }) => {
        const numbers = floats(values);
        return { name, signed, values: numbers, most: numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0) };
    });
    const colour = `--rule:var(--slot-${track.slot})`;
    return { ...track, colour, losses, memory, points: floats(track.points), last: losses.length - 1 };
}

// The step of this track that is shown when the race stands at `step`.
export function stepOf(track, step) {
    return Math.min(step, track.last);
}

// Whether the race at `step` has gone beyond the track's end, since it diverged.
export function isLost(track, step) {
    return track.diverged !== null && step >= track.diverged;
}

// How it stands with a track at `step` of a race of so many steps, in words.
export function standing(track, step, steps) {
    if (isLost(track, step)) {
        return `diverged at step ${track.diverged}`;
    }
    if (track.arrived !== null && step >= track.arrived) {
        return `arrived at step ${track.arrived}`;
    }
    return step >= steps ? "has not arrived" : "on its way";
}

// A line's pieces, one a step: what continues it there; "" where it has moved by less than a pixel, which saves much paint.
export function pieces(points) {
    let [lastX, lastY] = [NaN, NaN];
    return points.map(({ x, y }, i) => {
        if (Math.hypot(x - lastX, y - lastY) < 1) {
            return "";
        }
        [lastX, lastY] = [x, y];
        return `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    });
}

// Each track's line up to `step`, from its pieces; returns their paths.
export function drawLines(parent, tracks, all, step) {
    const paths = tracks.map((track, i) => all[i].slice(0, stepOf(track, step) + 1).join(""));
    each(parent, tracks, () => svg("path"), (line, { colour, dash, rule }, i) => {
        set(line, { class: "line", style: colour, "stroke-dasharray": dash, d: paths[i], "data-rule": rule });
    });
    return paths;
}
