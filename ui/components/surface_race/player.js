// Moves through the race: play, pause, single steps, a slider, speed, keys.

import { html, set, svg, write } from "../shared/dom.js";
import { whole } from "../shared/numbers.js";

const ICONS = {
    first: "M4 4v16M20 4L9 12l11 8z",
    previous: "M17 4L6 12l11 8z",
    play: "M6 3l14 9l-14 9z",
    pause: "M6 5h3v14h-3zM15 5h3v14h-3z",
    next: "M7 4l11 8l-11 8z",
    last: "M20 4v16M4 4l11 8l-11 8z",
};
const SPEEDS = [1, 5, 20, 60, 200]; // steps a second
const USUAL = 20;

// `go(step)` shows a step.
export class Player {
    constructor(go) {
        Object.assign(this, { go, at: 0, steps: 0, ready: false, playing: 0 });
        const button = (name, label, act) => {
            const node = html("button", { type: "button", "aria-label": label, title: label, "data-control": name },
                svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[name] })));
            node.addEventListener("click", () => this.ready && act());
            return node;
        };
        this.buttons = {
            first: button("first", "To the start", () => this.move(0)),
            previous: button("previous", "One step back", () => this.move(this.at - 1)),
            play: button("play", "Play", () => this.toggle()),
            next: button("next", "One step", () => this.move(this.at + 1)),
            last: button("last", "To the end", () => this.move(this.steps)),
        };
        this.slider = html("input", { type: "range", min: 0, step: 1, value: 0, "aria-label": "Step", "data-control": "slider" });
        this.slider.addEventListener("input", () => this.move(Number(this.slider.value)));
        this.speed = html("select", { "aria-label": "Speed", "data-control": "speed" },
            ...SPEEDS.map((speed) => html("option", { value: speed }, `${speed} ${speed > 1 ? "steps" : "step"} / s`)));
        this.speed.value = String(USUAL);
        this.readout = html("output", { class: "place", "data-part": "place" });
        this.node = html("div", { class: "player", role: "group", "aria-label": "Steps of the race" },
            html("div", { class: "buttons" }, ...Object.values(this.buttons)), this.slider, this.readout, this.speed);
    }

    // Write the state.
    show({ at, steps, ready }) {
        Object.assign(this, { at, steps, ready });
        if (!ready) {
            this.stop();
        }
        const place = `step ${whole(at)} of ${whole(steps)}`;
        set(this.slider, { max: steps, disabled: ready ? null : "", "aria-valuetext": place });
        this.slider.value = at;
        this.slider.style.setProperty("--done", steps > 0 ? at / steps : 0);
        const off = (disabled) => ({ "aria-disabled": disabled ? "true" : null });
        const { first, previous, play, next, last } = this.buttons;
        [first, previous].forEach((button) => set(button, off(!ready || at <= 0)));
        [next, last].forEach((button) => set(button, off(!ready || at >= steps)));
        set(play, off(!ready));
        write(this.readout, place);
    }

    move(step) {
        this.stop();
        this.step(step);
    }

    step(step) {
        if (this.ready) {
            this.go(Math.max(0, Math.min(this.steps, step)));
        }
    }

    toggle() {
        if (this.playing) {
            this.stop();
            return;
        }
        this.step(this.at >= this.steps ? 0 : this.at);
        let since = performance.now();
        const tick = (now) => {
            const due = Math.floor(((now - since) / 1000) * Number(this.speed.value));
            if (due > 0) {
                since += (1000 * due) / Number(this.speed.value);
                this.step(this.at + due);
            }
            if (this.at >= this.steps) {
                this.stop();
            } else if (this.playing) {
                this.playing = requestAnimationFrame(tick);
            }
        };
        this.playing = requestAnimationFrame(tick);
        this.drawPlay();
    }

    stop() {
        cancelAnimationFrame(this.playing);
        this.playing = 0;
        this.drawPlay();
    }

    drawPlay() {
        const { play } = this.buttons;
        const label = this.playing ? "Pause" : "Play";
        set(play, { "aria-label": label, title: label, "data-playing": this.playing ? "" : null });
        set(play.querySelector("path"), { d: this.playing ? ICONS.pause : ICONS.play });
    }

    // Left, right, home, end and space; true if the key was one of them.
    key(event) {
        const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.steps };
        if (event.key === " " && this.ready) {
            this.toggle();
        } else if (event.key in to) {
            this.move(to[event.key]);
        } else {
            return false;
        }
        return true;
    }
}
