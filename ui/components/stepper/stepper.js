// Walks through a trace (see trace.py): the graph, the node's formula with its numbers, and the line of source.

import { card } from "../shared/card.js";
import { html, set, write } from "../shared/dom.js";
import { component } from "../shared/mount.js";
import { Player } from "../shared/player.js";
import { Address } from "./address.js";
import { cellName, formShape } from "./format.js";
import { Graph, SMALLEST } from "./graph.js";
import { isForWalk, moveInMatrix } from "./keys.js";
import { light } from "./matrix.js";
import { NodeView } from "./node_view.js";
import { Source } from "./source.js";
import { Sum } from "./sum.js";

const DIGITS = [[3, "3 digits"], [6, "6 digits"], [17, "all digits"]];
const GRAPH_SHARE = 0.6; // of the width, if the source stands beside it
const STEP_MS = 1400; // to read one step
const left = new Map(); // by the component's key, the title and step at which it was left

class Stepper {
    constructor() {
        this.graph = new Graph((node) => this.goTo(node));
        this.walk = new Player({ go: (step) => this.go(step), pace: () => STEP_MS, name: "walk", lowest: 1 });
        this.source = new Source();
        this.sum = new Sum({ change: (name, index, text) => this.change(name, index, text), point: (cell) => this.point(cell) });
        this.heading = html("h2");
        this.phase = html("span", { class: "phase", "data-part": "phase" });
        this.view = new NodeView();
        this.elsewhere = html("div", { class: "elsewhere", "data-part": "elsewhere", hidden: "" });
        const about = { "aria-label": "Digits", "data-control": "digits", onchange: () => this.draw(this.chosen) };
        this.digits = html("select", about, ...DIGITS.map(([digits, label]) => html("option", { value: digits }, label)));
        const node = card({ class: "node", "aria-label": "This node" }, this.heading, [this.phase, this.digits],
            ...this.view.parts, html("div", { class: "footer" }, this.sum.node, this.elsewhere));
        this.layout = html("div", { class: "layout" }, this.graph.node, this.walk.node, this.source.node, node);
        const names = { role: "region", "aria-label": "Step by step", "data-testid": "stepper" };
        this.root = html("div", {
            class: "component stepper", ...names,
            onclick: (event) => this.pick(event.target.closest?.(".cell")),
            // the arrow keys go on stepping after a click
            onmousedown: (event) => event.target.closest?.(".cell") && event.preventDefault(),
            onkeydown: (event) => moveInMatrix(event, (cell) => this.pick(cell)),
        }, this.layout);
    }

    onKey(event) {
        if (event.key !== " " && isForWalk(event, this.root) && this.walk.press(event.key)) {
            event.preventDefault();
        }
    }

    leave() {
        this.walk.stop();
        this.address.forget();
    }

    // Take what the server sends: at first, and whenever numbers, shapes or theme change.
    receive({ trace, texts, message, param, key }, { setTriggerValue }) {
        const first = !this.trace;
        const other = first || trace.title !== this.trace.title || trace.steps.length !== this.trace.steps.length;
        Object.assign(this, { trace, texts, message, name: key, setTriggerValue });
        if (first) {
            this.address = new Address(param);
        }
        if (other) {
            this.chosen = null;
            const known = left.get(key);
            const remembered = first && known?.title === trace.title ? known.step : 0;
            this.step = (first ? this.address.read() : null) ?? remembered;
        }
        this.step = Math.min(this.step, trace.steps.length - 1);
        this.drawn = null;
        this.arrange();
        this.draw(this.chosen);
        this.address.keep(this.step, true);
    }

    go(step) {
        this.message = "";
        this.step = step;
        this.draw();
        this.address.keep(step);
    }

    // The step of this node: on the way on which the walk is, if it has one there.
    goTo(number) {
        const { steps } = this.trace;
        const { phase } = steps[this.step];
        const same = steps.findIndex((step) => step.node === number && step.phase === phase);
        const any = steps.findIndex((step) => step.node === number);
        if (any >= 0) {
            this.walk.move(same >= 0 ? same : any);
        }
    }

    // Everything that belongs to the step; `cell` stays chosen.
    draw(cell = null) {
        const start = performance.now();
        const { nodes, steps, graphs, sources } = this.trace;
        const step = steps[this.step];
        const gradient = step.phase === "backward" ? 1 : 0;
        const node = nodes[step.node];
        if (this.drawn !== graphs[step.graph]) {
            this.drawn = graphs[step.graph];
            this.graph.build(this.drawn, nodes);
        }
        const walked = steps.slice(0, this.step + 1);
        const settings = nodes.flatMap((other, i) => (other.kind === "constant" && !other.shape.length ? [i] : []));
        const reached = new Set([...settings, ...walked.filter((s) => s.phase !== "backward").map((s) => s.node)]);
        const returned = new Set(walked.filter((s) => s.phase === "backward").map((s) => s.node));
        this.graph.show(step.node, step.phase, reached, returned);
        const name = `${gradient ? "d" : ""}${node.name}`;
        const phase = step.phase === "update" ? `update of ${this.drawn.title.split(":")[0]}` : step.phase;
        const turn = steps.findIndex((s) => s.phase !== "forward");
        this.walk.slider.style.setProperty("--turn", steps.length > 1 && turn >= 0 ? turn / (steps.length - 1) : 1);
        const place = `step ${this.step + 1} of ${steps.length}, ${phase}: ${name}`;
        this.walk.show({ at: this.step, count: steps.length, place });
        write(this.heading, name);
        write(this.phase, `${step.phase === "update" ? `update of ${this.drawn.title}` : phase} · ${formShape(node.shape)}`);
        this.view.show(nodes, step.node, gradient, this.precision);
        this.source.show(sources[step.source] ?? null, step.line, this.texts["no line"]);
        this.choose(cell && cell[1] < nodes[cell[0]].value.length ? cell : this.startingCell(step.node, gradient));
        set(this.root, { "data-step": this.step + 1, "data-steps": steps.length, "data-phase": step.phase, "data-node": name,
            "data-draw-ms": (performance.now() - start).toFixed(2) });
        left.set(this.name, { title: this.trace.title, step: this.step });
    }

    get precision() {
        return Number(this.digits.value);
    }

    // The cell that is chosen when a step is shown: the same place as before if the shape is the same, else the first.
    startingCell(number, gradient) {
        const { nodes } = this.trace;
        const same = this.chosen && nodes[this.chosen[0]]?.shape.join() === nodes[number].shape.join();
        return [number, same ? this.chosen[1] : 0, gradient];
    }

    pick(cell) {
        if (cell) {
            this.message = "";
            this.choose([cell.dataset.node, cell.dataset.flat, cell.dataset.gradient].map(Number));
        }
    }

    // Show how this cell was made; if it is not the step's own, with its own formula in numbers.
    choose(cell) {
        this.chosen = cell;
        const { nodes, steps } = this.trace;
        const [number, flat, gradient] = cell;
        const step = steps[this.step];
        const { same } = nodes[number];
        const own = !same && number === step.node && gradient === (step.phase === "backward" ? 1 : 0);
        const [from, way] = same ?? [number, gradient];
        const made = own || !this.view.tree(from, way) ? [] : [...this.view.equations(from, way), this.link(from, way)];
        this.elsewhere.replaceChildren(...made);
        set(this.elsewhere, { hidden: made.length ? null : "" });
        this.sum.show(cell, nodes, this.precision, this.texts, this.message);
        const sums = gradient ? nodes[number].gradient_sums : nodes[number].sums;
        const cells = (sums?.[flat].tokens ?? []).filter((token) => typeof token !== "string");
        light(this.root, cell, [...cells, ...(sums?.[flat].chosen_by ?? []), ...(same ? [[from, flat, way]] : [])]);
        set(this.root, { "data-chosen": cellName(nodes[number], flat, gradient) });
    }

    // A button to the step that made the chosen number.
    link(number, gradient) {
        const to = this.trace.steps.findIndex((s) => s.node === number && (s.phase === "backward") === Boolean(gradient));
        const about = { type: "button", "data-control": "there", hidden: to < 0 ? "" : null, onclick: () => this.walk.move(to) };
        return html("button", about, `${this.texts.there} ${to + 1}`);
    }

    // Point to where a number of the sum stands; null: nowhere any more.
    point(cell) {
        this.root.querySelectorAll(".cell[data-pointed]").forEach((other) => set(other, { "data-pointed": null }));
        if (cell) {
            const [number, flat, gradient] = cell;
            const place = `[data-node="${number}"][data-flat="${flat}"][data-gradient="${gradient}"]`;
            this.root.querySelectorAll(`.cell${place}`).forEach((other) => set(other, { "data-pointed": "" }));
        }
    }

    // The count makes the same number, typed again, a new event.
    change(name, index, text) {
        this.changes = (this.changes ?? 0) + 1;
        this.setTriggerValue("edit", { name, index, text, count: this.changes });
    }

    // A wide graph takes a row of its own, a small one shares it with the source; so it stays for the whole walk.
    arrange() {
        const widest = Math.max(...this.trace.graphs.map(({ width }) => width)) * SMALLEST;
        set(this.layout, { "data-graph": widest > GRAPH_SHARE * this.root.clientWidth ? "wide" : "small" });
    }

    resize() {
        if (this.trace && this.width !== this.root.clientWidth) {
            this.width = this.root.clientWidth;
            this.arrange();
            this.graph.resize();
            this.graph.scrollTo(this.trace.steps[this.step].node);
        }
    }
}

export default component(Stepper);
