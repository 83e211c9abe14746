// Chooses the axes: they change seldom while a run goes on, and never shrink.

import { roundUp } from "../shared/axes.js";
import { isNumber, short } from "../shared/numbers.js";

const EXPLODED = 10; // times the loss of knowing nothing: from here on a linear axis would flatten all that matters

// The end of the step axis: a round number not far beyond the newest step, at most the whole run.
export function stepsEnd(newest, iterations) {
    if (!isNumber(iterations) || iterations <= 0) {
        return roundUp(Math.max(10, newest));
    }
    return newest > 0 ? Math.max(newest, Math.min(iterations, roundUp(Math.max(10, newest)))) : iterations;
}

// The loss axis {low, high, log, peak}; `before` is the axis drawn last (or null), which is never left for a smaller one.
export function lossAxis(loss, chance, before) {
    const raw = loss.raw.filter(isNumber);
    const smooth = loss.smooth.filter(isNumber);
    const reference = isNumber(chance) && chance > 0 ? chance : (smooth[0] ?? raw[0] ?? 1);
    const peak = Math.max(reference, ...raw, ...smooth);
    if (before?.log || peak > EXPLODED * reference) {
        const positive = [...raw, ...smooth].filter((value) => value > 0);
        const lowest = Math.max(reference * 1e-4, Math.min(reference, ...positive));
        const low = 10 ** Math.floor(Math.log10(lowest));
        const high = Math.max(10 ** Math.ceil(Math.log10(peak)), 10 * low);
        const known = before?.log ? before : { low, high };
        return { low: Math.min(low, known.low), high: Math.max(high, known.high), log: true, peak };
    }
    const sorted = raw.sort((a, b) => a - b);
    const most = sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0; // a single outlier does not squeeze the rest
    const top = Math.max(1.15 * reference, most, ...smooth);
    const step = roundUp(top / 5);
    const high = Number((Math.ceil(top / step - 1e-9) * step).toPrecision(12));
    return { low: 0, high: Math.max(high, before?.high ?? 0), log: false, peak };
}

// What a logarithmic axis needs to have said.
export function axisNote(axis) {
    return axis.log ? `logarithmic axis: the loss reached ${short(axis.peak, 2)}` : "";
}
