// Unpacks what Python sends: each track's numbers, step by step, and how a rule is told from the others.

const DASHES = ["", "12 5", "5 4 1.5 4", "15 4 4 4", "6 3", "20 4", "2.5 3"]; // by slot; colours alone would not do

function bytes(base64) {
    return Uint8Array.from(window.atob(base64), (character) => character.charCodeAt(0)).buffer;
}

export function floats(base64) {
    return new Float32Array(bytes(base64));
}

export function shorts(base64) {
    return new Uint16Array(bytes(base64));
}

// One rule's walk: rule, label, slot, dash, steps, points and losses as typed arrays, memory, arrived, diverged.
export function unpack(track) {
    const losses = floats(track.losses);
    const memory = track.memory.map(({ name, signed, values }) => {
        const numbers = floats(values);
        return { name, signed, values: numbers, most: numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0) };
    });
    const { rule, label, slot, arrived, diverged } = track;
    const points = floats(track.points);
    return { rule, label, slot, dash: DASHES[slot], arrived, diverged, losses, memory, points, last: losses.length - 1 };
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

// Labels pushed apart: entries {y, ...} get `at`, at least `gap` from each other and between top and bottom.
export function spread(entries, gap, top, bottom) {
    const sorted = [...entries].sort((p, q) => p.y - q.y);
    let before = top - gap;
    for (const entry of sorted) {
        entry.at = Math.max(entry.y, before + gap);
        before = entry.at;
    }
    let floor = bottom + gap;
    for (const entry of sorted.reverse()) {
        entry.at = Math.min(entry.at, floor - gap);
        floor = entry.at;
    }
}
