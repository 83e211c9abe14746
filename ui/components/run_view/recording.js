// Keeps the recorded frames of one run in order of their iteration, in bounded memory.

const MOST_FRAMES = 800; // a frame with a picture is about 15 kB

export class Recording {
    constructor() {
        this.frames = [];
        this.iterations = [];
    }

    get length() {
        return this.frames.length;
    }

    // All frames of the run: what was known before is forgotten.
    replace(frames) {
        this.frames = [...frames].sort((a, b) => a.iteration - b.iteration);
        this.index();
    }

    // Frames that are new, or newer versions of known ones.
    merge(frames) {
        for (const frame of frames) {
            const last = this.frames.at(-1);
            if (!last || frame.iteration > last.iteration) {
                this.frames.push(frame);
                continue;
            }
            const at = this.frames.findIndex((known) => known.iteration >= frame.iteration);
            this.frames.splice(at, this.frames[at].iteration === frame.iteration ? 1 : 0, frame);
        }
        if (this.frames.length > MOST_FRAMES) { // every second one goes, the first and the newest stay
            this.frames = this.frames.filter((_, i, all) => i % 2 === 0 || i === all.length - 1);
        }
        this.index();
    }

    index() {
        this.iterations = this.frames.map((frame) => frame.iteration);
    }

    // The index of the frame nearest to `iteration`, -1 if there is none.
    nearest(iteration) {
        return nearest(this.iterations, iteration);
    }

    // The frame at `index` or the last one before it whose `field` was recorded; null if there is none.
    latestWith(field, index) {
        for (let i = index; i >= 0; i -= 1) {
            const value = this.frames[i][field];
            if (value !== null && value !== undefined && value.length !== 0) {
                return this.frames[i];
            }
        }
        return null;
    }
}

// The index of the entry of the ascending array `xs` nearest to `x`, -1 if it is empty.
export function nearest(xs, x) {
    let low = 0;
    let high = xs.length - 1;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (xs[middle] < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && x - xs[low - 1] <= xs[low] - x ? low - 1 : Math.min(low, xs.length - 1);
}
