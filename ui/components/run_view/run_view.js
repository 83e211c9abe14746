// Draws a live or recorded training run: curves, picture, health and diagnosis at the step that the scrubber points to.

import { html, set, write } from "../shared/dom.js";
import { mount } from "../shared/mount.js";
import { isNumber, NOTHING, percent, short, tickLabel, whole } from "../shared/numbers.js";
import { Diagnosis } from "./diagnosis.js";
import { Health } from "./health.js";
import { LineChart } from "./line_chart.js";
import { Picture } from "./picture.js";
import { Recording } from "./recording.js";
import { Reveal, upTo } from "./reveal.js";
import { axisNote, lossAxis, stepsEnd } from "./scales.js";
import { Scrubber } from "./scrubber.js";

const STATUS = {
    ready: "Ready",
    queued: "Waiting",
    running: "Running",
    paused: "Paused",
    stopped: "Stopped",
    finished: "Finished",
    diverged: "Diverged",
};
const METRICS = [
    ["iteration", "step"],
    ["epoch", "epoch"],
    ["loss", "loss (nats)"],
    ["train_acc", "training accuracy"],
    ["val_acc", "validation accuracy"],
    ["learning_rate", "learning rate"],
];
const EMPTY = {
    curve: "The curve starts with the first step.",
    queued: "Waiting for its turn.",
    card: "Appears with the first step.",
    unremarkable: "Nothing stands out at this step.",
};

const LOSS = {
    name: "loss",
    title: "Loss (nats)",
    format: short,
    tick: tickLabel,
    series: [
        { key: "raw", label: "each batch", brief: "batch" },
        { key: "smooth", label: "smoothed", brief: "smooth" },
    ],
};
const ACCURACY = {
    name: "accuracy",
    title: "Accuracy (%)",
    format: percent,
    tick: (value) => tickLabel(Math.round(100 * value)),
    series: [
        { key: "train", label: "training", brief: "train", bridge: true },
        { key: "val", label: "validation", brief: "val", bridge: true },
    ],
};
const recordings = new Map(); // of the runs seen last, by name: a view that is mounted anew goes on with them
const MOST_RECORDINGS = 4;

class RunView {
    constructor(css) {
        this.reveal = new Reveal((until) => this.drawUntil(until));
        this.buildDom();
        this.root.prepend(html("style", {}, css));
        this.reset("");
    }

    buildDom() {
        const scrub = (x) => {
            this.scrubber.stop();
            this.scrubber.slider.focus({ preventScroll: true });
            this.go(this.recording.nearest(x));
        };
        const hover = (x) => this.charts.forEach((chart) => chart.showHover(x));
        const shared = { xTitle: "step (one mini-batch each)", scrub, hover };
        this.loss = new LineChart({ ...shared, ...LOSS });
        this.accuracy = new LineChart({ ...shared, ...ACCURACY });
        this.charts = [this.loss, this.accuracy];
        this.picture = new Picture();
        this.health = new Health();
        this.scrubber = new Scrubber({ go: (index) => this.go(index), follow: (on) => this.follow(on) });
        this.status = html("strong", { class: "status", role: "status", "data-part": "status" });
        this.progress = html("span", { class: "progress", "data-part": "progress" });
        this.metrics = Object.fromEntries(METRICS.map(([name]) => [name, html("dd", { "data-metric": name })]));
        this.diagnosis = new Diagnosis();
        const numbers = METRICS.map(([name, label]) => html("div", {}, html("dt", {}, label), this.metrics[name]));
        const top = html("div", { class: "top" },
            html("div", { class: "state" }, this.status, this.progress),
            html("dl", { class: "metrics", "aria-label": "Numbers at the shown step" }, ...numbers));
        const layout = html("div", { class: "layout" },
            html("div", { class: "curves" }, this.loss.node, this.accuracy.node), this.picture.node,
            html("div", { class: "side" }, this.health.node, this.diagnosis.node));
        const names = { role: "region", "aria-label": "Training run", "data-testid": "run-view", "data-updates": 0 };
        const heard = {
            onkeydown: (event) => this.scrubber.key(event),
            onpointerenter: () => { this.hovered = true; },
            onpointerleave: () => { this.hovered = false; },
        };
        this.root = html("div", { class: "component run-view", ...names, ...heard }, top, layout, this.scrubber.node);
    }

    // A key pressed elsewhere on the page, while the pointer is here.
    onKey(event) {
        const target = event.composedPath()[0];
        if (this.hovered && !event.composedPath().includes(this.root) && isIdle(target, event.key)) {
            this.scrubber.key(event);
        }
    }

    leave() {
        this.scrubber.stop();
        this.reveal.stop();
    }

    reset(run) {
        this.run = run;
        this.reveal.stop();
        this.recording = recordings.get(run) ?? new Recording();
        recordings.set(run, this.recording);
        if (recordings.size > MOST_RECORDINGS) {
            recordings.delete(recordings.keys().next().value);
        }
        this.following = true;
        this.shown = 0;
        this.lossAxis = null;
        this.xEnd = 0;
        this.diagnosis.reset();
    }

    // Take one message of the server: the whole state, and the frames that are new (or all, when the run stands still).
    receive(data) {
        const start = performance.now();
        if (data.run !== this.run) {
            this.scrubber.stop();
            this.reset(data.run);
        }
        this.data = data;
        if (data.status === "running" || data.status === "queued" || data.partial) {
            this.recording.merge(data.frames ?? []);
        } else {
            this.recording.replace(data.frames ?? []);
        }
        this.drawStatus();
        this.picture.describe(data.picture ?? null, data.run);
        this.reveal.take(data.iteration, data.status === "running");
        const updates = Number(this.root.dataset.updates) + 1;
        set(this.root, { "data-updates": updates, "data-draw-ms": (performance.now() - start).toFixed(2) });
    }

    drawStatus() {
        const { status, iteration, iterations, epoch, epochs } = this.data;
        set(this.root, { "data-run": this.run, "data-status": status });
        set(this.root, { "data-latest": iteration, "data-frames": this.recording.length });
        write(this.status, STATUS[status] ?? status);
        const steps = `step ${whole(iteration)}${iterations ? ` of ${whole(iterations)}` : ""}`;
        const passes = isNumber(epoch) ? `, epoch ${epoch.toFixed(1)}${epochs ? ` of ${whole(epochs)}` : ""}` : "";
        write(this.progress, steps + passes);
    }

    // What there is up to a step: the curves, and the frame that is followed or was chosen.
    drawUntil(until) {
        this.until = until;
        this.drawCharts();
        const newest = this.recording.iterations.findLastIndex((iteration) => iteration <= until);
        this.drawFrame(this.following ? newest : this.recording.nearest(this.shown));
    }

    drawCharts() {
        const { loss, accuracy, chance, iterations, status, iteration } = this.data;
        const newest = Math.max(loss.x.at(-1) ?? 0, accuracy.x.at(-1) ?? 0, iteration ?? 0);
        this.xEnd = Math.max(newest > 0 && this.newest > 0 ? this.xEnd : 0, stepsEnd(newest, iterations));
        this.newest = newest;
        this.lossAxis = lossAxis(loss, chance?.loss, this.lossAxis);
        const started = loss.x.length > 0;
        const empty = started ? "" : EMPTY[status === "queued" ? "queued" : "curve"];
        const broken = status === "diverged" ? { x: newest, label: `diverged at step ${whole(newest)}` } : null;
        const [losses, accuracies] = [upTo(loss, this.until), upTo(accuracy, this.until)];
        this.loss.draw({
            x: losses.x,
            values: losses,
            axes: { xEnd: this.xEnd, ...this.lossAxis },
            chance: chance && { value: chance.loss, label: `chance ${short(chance.loss)}` },
            mark: broken,
            note: axisNote(this.lossAxis),
            empty,
        });
        this.accuracy.draw({
            x: accuracies.x,
            values: accuracies,
            axes: { xEnd: this.xEnd, low: 0, high: 1, log: false },
            chance: chance && { value: chance.accuracy, label: `chance ${percent(chance.accuracy, 0)}` },
            mark: null,
            note: "",
            empty,
        });
    }

    // Everything that belongs to one recorded step; -1 if none is recorded.
    drawFrame(index) {
        const frame = this.recording.frames[index] ?? null;
        const latest = (field) => (frame ? this.recording.latestWith(field, index) : null);
        const { iterations, epochs, layers } = this.data;
        const values = frame ? {
            iteration: whole(frame.iteration),
            epoch: iterations && epochs ? ((frame.iteration / iterations) * epochs).toFixed(1) : NOTHING,
            loss: short(frame.loss),
            train_acc: percent(frame.train_acc),
            val_acc: percent(frame.val_acc),
            learning_rate: short(frame.learning_rate, 2),
        } : {};
        METRICS.forEach(([name]) => write(this.metrics[name], values[name] ?? NOTHING));
        this.loss.cursor(frame?.iteration ?? null, { raw: frame?.loss });
        this.accuracy.cursor(frame?.iteration ?? null, {});
        this.picture.show(latest("picture"), frame?.iteration, EMPTY.card);
        this.health.show(latest("layers"), frame?.iteration, layers ?? [], EMPTY.card);
        const sentences = frame?.diagnosis ?? [];
        this.diagnosis.show(this.data.message ?? "", sentences.length ? sentences : [frame ? EMPTY.unremarkable : EMPTY.card]);
        set(this.root, { "data-iteration": frame?.iteration, "data-following": this.following });
        this.shown = frame?.iteration ?? this.shown;
        const place = frame ? this.place(frame.iteration) : "no steps yet";
        this.scrubber.show({ count: this.recording.length, at: index, following: this.following, place });
    }

    place(iteration) {
        const goesOn = this.data.status === "running" && !this.following ? " (live goes on)" : "";
        return `step ${whole(iteration)} of ${whole(this.data.iteration)}${goesOn}`;
    }

    // Show the recorded frame at `index`; standing at the newest one means following it.
    go(index) {
        if (index >= 0) {
            this.following = index === this.recording.length - 1;
            this.drawFrame(index);
        }
    }

    follow(on) {
        this.scrubber.stop();
        this.following = on;
        this.drawFrame(on ? this.recording.length - 1 : this.recording.nearest(this.shown));
    }

    resize() {
        if (this.width !== this.root.clientWidth) { // other line breaks
            this.width = this.root.clientWidth;
            this.diagnosis.reset();
        }
        this.charts.forEach((chart) => chart.measure());
        this.picture.resize();
        if (this.data) {
            this.drawCharts();
            this.drawFrame(this.recording.nearest(this.shown));
        }
    }
}

// Whether `element`, which has the page's focus, leaves a key to the component under the pointer.
function isIdle(element, key) {
    const uses = key === " " ? "button, a, summary, [role]" : "[role]:not(main, div)";
    return !element.matches?.(`input, textarea, select, iframe, [contenteditable=true], ${uses}`);
}

// Show `message` under `parent`, a shadow root, with the style sheet `css`; returns the clean-up.
export function show(parent, message, css) {
    return mount(parent, () => new RunView(css), message);
}
