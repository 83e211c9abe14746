// A race of update rules over a loss surface: contour picture, loss, what each rule remembers, all at one step.

import { html, set, write } from "../shared/dom.js";
import { Contour } from "./contour.js";
import { LossChart } from "./loss_chart.js";
import { Memory } from "./memory.js";
import { Player } from "./player.js";
import { unpack } from "./tracks.js";

const decoder = new window.TextDecoder();
const BESIDE = 4; // so many rules' numbers fit beside the picture, more go below it
const SEND_MS = 100; // while the start is dragged, Python is asked for new paths at most this often

class SurfaceRace {
    constructor(parent) {
        this.step = 0;
        this.contour = new Contour((x, y, done) => this.moveStart(x, y, done));
        this.loss = new LossChart((step) => this.player.move(step));
        this.memory = new Memory();
        this.player = new Player((step) => this.go(step));
        this.guess = html("p", { class: "guess" });
        this.outcome = html("p", { class: "outcome", role: "status", "data-part": "outcome" });
        this.layout = html("div", { class: "layout" }, this.contour.node, this.player.node, this.loss.node, this.memory.node);
        const names = { role: "region", "aria-label": "Race on a surface", "data-testid": "surface-race", tabindex: -1 };
        this.root = html("div", { class: "surface-race", ...names },
            html("div", { class: "verdict" }, this.guess, this.outcome),
            this.layout);
        this.root.addEventListener("keydown", (event) => this.key(event));
        parent.append(this.root);
        this.observer = new ResizeObserver(() => this.resize());
        this.connect();
    }

    connect() {
        this.observer.observe(this.root);
        this.connected = true;
    }

    disconnect() {
        this.observer.disconnect();
        this.player.stop();
        this.connected = false;
    }

    // Take one message of the server, the whole race.
    receive(data, send) {
        if (!this.connected) {
            this.connect();
        }
        const another = data.surface.name !== this.data?.surface.name;
        this.asked = another ? null : this.asked;
        Object.assign(this, { data, send });
        this.applyTheme();
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

    // The rules' colours are the theme's; whether it is dark, only its background tells.
    applyTheme() {
        const style = getComputedStyle(this.root);
        const background = style.getPropertyValue("--st-background-color").trim();
        const [red, green, blue] = [1, 3, 5].map((i) => parseInt(background.slice(i, i + 2), 16));
        set(this.root, { "data-theme": 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light" });
        style.getPropertyValue("--st-chart-categorical-colors").split(",").forEach((colour, i) => {
            this.root.style.setProperty(`--rule-${i}`, colour.trim());
        });
    }

    show() {
        const start = performance.now();
        const { steps, outcome } = this.data;
        this.contour.show(this.step);
        this.loss.show(this.step);
        this.memory.show(this.step, steps);
        this.player.show({ at: this.step, steps, ready: this.tracks.length > 0 });
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
            this.send("start", message);
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

    key(event) {
        const target = event.composedPath()[0];
        const own = target.matches?.("select, [data-control=start]") || (target.tagName === "BUTTON" && event.key === " ");
        if (!event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey && !own && this.player.key(event)) {
            event.preventDefault();
            event.stopPropagation();
        }
    }

    resize() {
        this.contour.layout();
        this.loss.layout();
        if (this.data) {
            this.show();
        }
    }
}

const races = new WeakMap();

// Streamlit calls this at the first mount and whenever data or theme change; `data` is JSON in UTF-8.
export default function render({ data, parentElement, setStateValue }) {
    const race = races.get(parentElement) ?? new SurfaceRace(parentElement);
    races.set(parentElement, race);
    race.receive(JSON.parse(decoder.decode(data)), setStateValue);
    race.calls = (race.calls ?? 0) + 1;
    const call = race.calls;
    return () => { // the clean-up of an outdated call may run while the component lives on
        if (call === race.calls) {
            race.disconnect();
        }
    };
}
