// Moves through a row of steps: first, previous, play, next, last, a slider, and the keys for them.

import { clamp, html, set, svg, write } from "./dom.js";
import { isPlain, take } from "./input.js";

const ICONS = {
    first: "M4 4v16M20 4L9 12l11 8z",
    previous: "M17 4L6 12l11 8z",
    play: "M6 3l14 9l-14 9z",
    next: "M7 4l11 8l-11 8z",
    last: "M20 4v16M4 4l11 8l-11 8z",
};
const PAUSE = "M6 5h3v14h-3zM15 5h3v14h-3z";
const USUAL = {
    first: "First step",
    previous: "Previous step",
    play: "Play",
    pause: "Pause",
    next: "Next step",
    last: "Last step",
    slider: "Step",
    group: "Steps",
};
const LEAD = 1 / 3; // of the time that a step has: so soon after "play" comes the first
const OWN_KEYS = "select, svg [role=slider]";

// Options: `go(index)` shows a step, `pace()` tells how many ms a step has while it plays, and `atOnce` how many may go
// by from one picture to the next; `words` are labels other than the usual ones; `lowest` is the
// slider's number for the first step; `name` is the group's class, `more` stands behind all.
export class Player {
    constructor({ go, pace, words = {}, name = "player", lowest = 0, atOnce = 1, more = [] }) {
        Object.assign(this, { go, pace, words: { ...USUAL, ...words }, lowest, atOnce, count: 0, at: 0, ready: false, playing: 0 });
        this.buttons = Object.fromEntries(Object.entries(ICONS).map(([act, icon]) => {
            const label = this.words[act];
            const about = { type: "button", "aria-label": label, title: label, "data-control": act, onclick: () => this.act(act) };
            return [act, html("button", about, svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: icon })))];
        }));
        this.slider = html("input", { type: "range", min: lowest, max: lowest, step: 1, value: lowest, "data-control": "slider",
            "aria-label": this.words.slider, oninput: () => this.move(Number(this.slider.value) - lowest) });
        this.place = html("output", { class: "place", "data-part": "place" });
        this.node = html("div", { class: `transport ${name}`, role: "group", "aria-label": this.words.group },
            html("div", { class: "buttons" }, ...Object.values(this.buttons)), this.slider, this.place, ...more);
    }

    // Write the state; `place` is the sentence that says where the view stands.
    show({ at, count, ready = count > 0, place }) {
        Object.assign(this, { at, count, ready });
        if (!ready) {
            this.stop();
        }
        set(this.slider, { max: this.lowest + Math.max(0, count - 1), disabled: ready ? null : "", "aria-valuetext": place });
        this.slider.value = this.lowest + Math.max(0, at);
        this.slider.style.setProperty("--done", count > 1 ? at / (count - 1) : 1);
        const off = (names, is) => names.forEach((name) => set(this.buttons[name], { "aria-disabled": is ? "true" : null }));
        off(["first", "previous"], !ready || at <= 0);
        off(["next", "last"], !ready || at >= count - 1);
        off(["play"], !ready || count < 2);
        write(this.place, place);
    }

    act(name) {
        if (name === "play") {
            this.toggle();
        } else {
            this.move({ first: 0, previous: this.at - 1, next: this.at + 1, last: this.count - 1 }[name]);
        }
    }

    // A step by hand, which ends the playing.
    move(index) {
        this.stop();
        this.step(index);
    }

    step(index) {
        if (this.ready) {
            this.go(clamp(index, 0, this.count - 1));
        }
    }

    toggle() {
        if (this.playing) {
            this.stop();
            return;
        }
        if (!this.ready || this.count < 2) {
            return;
        }
        this.step(this.at >= this.count - 1 ? 0 : this.at);
        let since = performance.now() - (1 - LEAD) * this.pace();
        const tick = (now) => {
            const due = Math.floor((now - since) / this.pace());
            if (due > 0) {
                since = now - ((now - since) % this.pace());
                this.step(this.at + Math.min(this.atOnce, due));
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
        const label = this.words[this.playing ? "pause" : "play"];
        set(play, { "aria-label": label, title: label, "data-playing": this.playing ? "" : null });
        set(play.querySelector("path"), { d: this.playing ? PAUSE : ICONS.play });
    }

    // Left, right, home, end and space; true if the key was one of them.
    press(key) {
        const act = { ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last", " ": "play" }[key];
        if (!act || (act === "play" && !this.ready)) {
            return false;
        }
        this.act(act);
        return true;
    }

    // Take the key, unless `target`, which has the focus, uses it itself.
    key(event, target = event.composedPath()[0]) {
        const own = target?.matches?.(OWN_KEYS) || (target?.tagName === "BUTTON" && event.key === " ");
        if (isPlain(event) && !own && this.press(event.key)) {
            take(event);
        }
    }
}
