// A race of update rules over a loss surface: contour picture, loss, what each rule remembers, all at one step.

import { html, set, write } from "../shared/dom.js";
import { component } from "../shared/mount.js";
import { whole } from "../shared/numbers.js";
import { Player } from "../shared/player.js";
import { Contour } from "./contour.js";
import { LossChart } from "./loss_chart.js";
import { Memory } from "./memory.js";
import { unpack } from "./tracks.js";

const BESIDE = 4; // so many rules' numbers fit beside the picture, more go below it
const SEND_MS = 100; // while the start is dragged, Python is asked for new paths at most this often
const SPEEDS = [1, 5, 20, 60, 200]; // steps a second
const SPEED = 20;
const WORDS = { first: "To the start", previous: "One step back", next: "One step", last: "To the end", group: "Steps of the race" };

class SurfaceRace {
    constructor() {
        this.step = 0;
        this.contour = new Contour((x, y, done) => this.moveStart(x, y, done));
        this.loss = new LossChart((step) => this.player.move(step));
        this.memory = new Memory();
        this.speed = html("select", { "aria-label": "Speed", "data-control": "speed" },
            ...SPEEDS.map((speed) => html("option", { value: speed }, `${speed} ${speed > 1 ? "steps" : "step"} / s`)));
        this.speed.value = String(SPEED);
        const pace = () => 1000 / Number(this.speed.value);
        const go = (step) => this.go(step);
        this.player = new Player({ go, pace, atOnce: Infinity, words: WORDS, more: [this.speed] });
        this.guess = html("p", { class: "guess" });
        this.outcome = html("p", { class: "outcome", role: "status", "data-part": "outcome" });
        this.layout = html("div", { class: "layout" }, this.contour.node, this.player.node, this.loss.node, this.memory.node);
        const names = { role: "region", "aria-label": "Race on a surface", "data-testid": "surface-race", tabindex: -1 };
        const onkeydown = (event) => this.player.key(event);
        this.root = html("div", { class: "component surface-race", ...names, onkeydown },
            html("div", { class: "verdict" }, this.guess, this.outcome), this.layout);
    }

    leave() {
        this.player.stop();
    }

    // Take one message of the server, the whole race.
    receive(data, send) {
        const another = data.surface.name !== this.data?.surface.name;
        this.asked = another ? null : this.asked;
        Object.assign(this, { data, send });
        this.tracks = data.tracks.map(unpack);
        this.step = another || this.tracks.length === 0 ? 0 : Math.min(this.step, data.steps);
        set(this.layout, { "data-many": this.tracks.length > BESIDE ? "" : null });
        this.memory.build(this.tracks, this.tracks.length ? "" : data.texts.waiting);
        this.contour.build(data.surface, this.startAfter(data), this.tracks, data.texts);
        this.loss.build(this.tracks, data.steps, data.surface.lowest);
        write(this.guess, data.texts.guess ?? "");
        set(this.root, { "data-start": data.start.join(), "data-steps": data.steps, "data-surface": data.surface.name });
        this.show();
    }

    show() {
        const start = performance.now();
        const { steps, outcome } = this.data;
        this.contour.show(this.step);
        this.loss.show(this.step);
        this.memory.show(this.step, steps);
        const place = `step ${whole(this.step)} of ${whole(steps)}`;
        this.player.show({ at: this.step, count: steps + 1, ready: this.tracks.length > 0, place });
        write(this.outcome, outcome && this.step >= outcome.step ? outcome.text : "");
        set(this.root, { "data-step": this.step, "data-draw-ms": (performance.now() - start).toFixed(2) });
    }

    go(step) {
        this.step = step;
        this.show();
    }

    // Ask for the paths from another start; while it is dragged not too often, and where it is let go for certain.
    // Each message has a number: without, the same place sent twice would be no news to Python, which would then take
    // the start from the fields beside the picture, and these may still hold an earlier place.
    moveStart(x, y, done) {
        clearTimeout(this.later);
        const wait = done ? 0 : Math.max(0, (this.sent ?? 0) + SEND_MS - performance.now());
        this.number = (this.number ?? Date.now()) + 1;
        const message = [x, y, this.number];
        this.later = setTimeout(() => {
            this.sent = performance.now();
            this.send.setStateValue("start", message);
        }, wait);
        this.asked = { start: [x, y], number: this.number };
    }

    // Where the start stands after an answer: one to an earlier message does not take it back there.
    startAfter({ start, answers }) {
        if (this.asked && this.asked.number !== answers) {
            return this.asked.start;
        }
        this.asked = null;
        return start;
    }

    resize() {
        this.contour.layout();
        this.loss.layout();
        if (this.data) {
            this.show();
        }
    }
}

export default component(SurfaceRace);
