// The controls of a walk: first, previous, play, next, last, and a slider.

import { html, set, svg, write } from "../shared/dom.js";

const ICONS = {
    first: "M4 4v16M20 4L9 12l11 8z",
    previous: "M17 4L6 12l11 8z",
    play: "M6 3l14 9l-14 9z",
    pause: "M7 4v16M17 4v16",
    next: "M7 4l11 8l-11 8z",
    last: "M20 4v16M4 4l11 8l-11 8z",
};
const LABELS = { first: "First step", previous: "Previous step", play: "Play", next: "Next step", last: "Last step" };
const STEP_MS = 1400; // to read one step

export class Walk {
    constructor(go) {
        this.go = go;
        this.count = 0;
        this.at = 0;
        this.playing = 0;
        const acts = {
            first: () => this.move(0),
            previous: () => this.move(this.at - 1),
            play: () => this.toggle(),
            next: () => this.move(this.at + 1),
            last: () => this.move(this.count - 1),
        };
        this.buttons = Object.fromEntries(Object.entries(acts).map(([name, act]) => {
            const button = html("button", { type: "button", "aria-label": LABELS[name], title: LABELS[name], "data-control": name },
                svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[name] })));
            button.addEventListener("click", act);
            return [name, button];
        }));
        this.slider = html("input", { type: "range", min: 1, max: 1, step: 1, "aria-label": "Step", "data-control": "slider" });
        this.slider.addEventListener("input", () => this.move(Number(this.slider.value) - 1));
        this.place = html("output", { class: "place", "data-part": "place" });
        this.node = html("div", { class: "walk", role: "group", "aria-label": "Steps" },
            html("div", { class: "buttons" }, ...Object.values(this.buttons)), this.slider, this.place);
    }

    show(at, count, turn, place) {
        Object.assign(this, { at, count });
        set(this.slider, { max: count, "aria-valuetext": place });
        this.slider.value = at + 1;
        this.slider.style.setProperty("--done", count > 1 ? at / (count - 1) : 1);
        this.slider.style.setProperty("--turn", count > 1 ? turn / (count - 1) : 1);
        const { first, previous, next, last } = this.buttons;
        [first, previous].forEach((button) => set(button, { "aria-disabled": at <= 0 ? "true" : null }));
        [next, last].forEach((button) => set(button, { "aria-disabled": at >= count - 1 ? "true" : null }));
        write(this.place, place);
    }

    // A step by hand, which ends the playing.
    move(index) {
        this.stop();
        this.go(Math.max(0, Math.min(this.count - 1, index)));
    }

    toggle() {
        if (this.playing) {
            this.stop();
            return;
        }
        const tick = () => {
            this.go(this.at + 1);
            this.playing = this.at < this.count - 1 ? setTimeout(tick, STEP_MS) : 0;
            this.drawPlay();
        };
        if (this.at >= this.count - 1) {
            this.go(0);
        }
        this.playing = setTimeout(tick, STEP_MS / 3);
        this.drawPlay();
    }

    stop() {
        clearTimeout(this.playing);
        this.playing = 0;
        this.drawPlay();
    }

    drawPlay() {
        const label = this.playing ? "Pause" : LABELS.play;
        set(this.buttons.play, { "aria-label": label, title: label, "data-playing": this.playing ? "" : null });
        set(this.buttons.play.querySelector("path"), { d: this.playing ? ICONS.pause : ICONS.play });
    }

    // Left, right, home and end; true if the key was one of them.
    key(name) {
        const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.count - 1 };
        if (!(name in to)) {
            return false;
        }
        this.move(to[name]);
        return true;
    }
}
