// Spreads what one message of a live run brought over the time until the next, so that few messages make curves grow evenly.

const PARTS = 3;
const LONGEST_MS = 1500; // between two messages; what comes later is shown at once

// `draw(until)` draws everything up to that step; Infinity is all there is.
export class Reveal {
    constructor(draw) {
        Object.assign(this, { draw, newest: null, taken: 0 });
    }

    // A message came whose newest step is `newest`; if the run is `live`, another one follows.
    take(newest, live) {
        clearTimeout(this.timer);
        const [before, now] = [this.newest, performance.now()];
        const gap = now - this.taken;
        Object.assign(this, { newest, taken: now });
        if (!live || before === null || newest <= before || gap > LONGEST_MS) {
            this.draw(Infinity);
            return;
        }
        const part = (i) => {
            this.draw(i < PARTS ? before + ((newest - before) * i) / PARTS : Infinity);
            if (i < PARTS) {
                this.timer = setTimeout(part, gap / PARTS, i + 1);
            }
        };
        part(1);
    }

    stop() {
        clearTimeout(this.timer);
        this.newest = null;
    }
}

// The part of a curve, lists of equal length with "x" among them, that goes up to a step.
export function upTo(curve, until) {
    const length = curve.x.filter((x) => x <= until).length;
    return Object.fromEntries(Object.entries(curve).map(([name, values]) => [name, values.slice(0, length)]));
}
