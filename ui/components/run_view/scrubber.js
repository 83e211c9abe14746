// Moves through the recorded frames: slider, buttons, keys, replay, and following the newest frame.

import { html, set, svg, write } from "../shared/dom.js";

const ICONS = {
    first: "M4 4v16M20 4L9 12l11 8z",
    previous: "M17 4L6 12l11 8z",
    play: "M6 3l14 9l-14 9z",
    pause: "M6 5h3v14h-3zM15 5h3v14h-3z",
    next: "M7 4l11 8l-11 8z",
    last: "M20 4v16M4 4l11 8l-11 8z",
};
const REPLAY_MS = 12000; // a whole replay, between the shortest and the longest time for one frame
const FRAME_MS = [50, 400];
const CALM_FRAME_MS = 400; // with prefers-reduced-motion

// `go(index)` shows a frame, `follow(on)` is called when the learner turns following on or off.
export class Scrubber {
    constructor({ go, follow }) {
        this.go = go;
        this.count = 0;
        this.at = -1;
        this.following = true;
        this.playing = 0;
        const button = (name, label, act) => {
            const node = html("button", { type: "button", "aria-label": label, title: label, "data-control": name },
                svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[name] })));
            node.addEventListener("click", act);
            return node;
        };
        this.buttons = {
            first: button("first", "First recorded step", () => this.move(0)),
            previous: button("previous", "Previous recorded step", () => this.move(this.at - 1)),
            play: button("play", "Replay", () => this.toggle()),
            next: button("next", "Next recorded step", () => this.move(this.at + 1)),
            last: button("last", "Last recorded step", () => this.move(this.count - 1)),
        };
        const slider = { type: "range", min: 0, max: 0, step: 1, value: 0 };
        this.slider = html("input", { ...slider, "aria-label": "Recorded step", "data-control": "slider" });
        this.slider.addEventListener("input", () => this.move(Number(this.slider.value)));
        this.readout = html("output", { class: "place", "data-part": "place" });
        const on = { type: "button", "aria-pressed": "true", "data-control": "follow" };
        this.followButton = html("button", on, "Follow latest");
        this.followButton.addEventListener("click", () => follow(!this.following));
        this.node = html("div", { class: "scrubber", role: "group", "aria-label": "Recorded steps" },
            html("div", { class: "buttons" }, ...Object.values(this.buttons)), this.slider, this.readout,
            this.followButton);
    }

    // Write the state; `place` is the sentence that says where the view stands.
    show({ count, at, following, place }) {
        Object.assign(this, { count, at, following });
        const none = count === 0;
        set(this.slider, { max: Math.max(0, count - 1), disabled: none ? "" : null, "aria-valuetext": place });
        this.slider.value = Math.max(0, at);
        this.slider.style.setProperty("--done", count > 1 ? at / (count - 1) : 1);
        const { first, previous, play, next, last } = this.buttons;
        [first, previous].forEach((button) => set(button, { "aria-disabled": at <= 0 ? "true" : null }));
        [next, last].forEach((button) => set(button, { "aria-disabled": at >= count - 1 ? "true" : null }));
        set(play, { "aria-disabled": count < 2 ? "true" : null });
        set(this.followButton, { "aria-pressed": following });
        write(this.readout, place);
    }

    move(index) {
        this.stop();
        this.step(index);
    }

    step(index) {
        if (this.count > 0) {
            this.go(Math.max(0, Math.min(this.count - 1, index)));
        }
    }

    toggle() {
        if (this.playing) {
            this.stop();
            return;
        }
        if (this.count < 2) {
            return;
        }
        this.step(this.at >= this.count - 1 ? 0 : this.at);
        const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
        let due = performance.now();
        const tick = (now) => {
            const frame = calm ? CALM_FRAME_MS : Math.max(FRAME_MS[0], Math.min(FRAME_MS[1], REPLAY_MS / this.count));
            if (now - due >= frame) {
                due = now;
                this.step(this.at + 1);
            }
            if (this.at >= this.count - 1) {
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
        const label = this.playing ? "Pause the replay" : "Replay";
        set(play, { "aria-label": label, title: label, "data-playing": this.playing ? "" : null });
        set(play.querySelector("path"), { d: this.playing ? ICONS.pause : ICONS.play });
    }

    // Left, right, home, end and space; true if the key was one of them.
    key(event) {
        const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.count - 1 };
        if (event.key === " ") {
            this.toggle();
        } else if (event.key in to) {
            this.move(to[event.key]);
        } else {
            return false;
        }
        return true;
    }
}
