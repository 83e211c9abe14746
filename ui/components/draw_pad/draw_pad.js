// A square to draw in: a stroke from pointer down to pointer up, each sent when it is done.

import { clamp, html, set, svg } from "../shared/dom.js";
import { component } from "../shared/mount.js";

const SIDE = 100;
const NEAR = 0.8; // points closer than this to the last one are left out
const MOST = 2000; // points

class Pad {
    constructor() {
        this.strokes = [];
        this.line = null; // the stroke that is being drawn
        this.square = svg("svg", {
            viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", tabindex: 0,
            onpointerdown: (event) => this.begin(event),
            onpointermove: (event) => this.go(event),
            onpointerup: () => this.end(),
            onpointercancel: () => this.end(),
            onkeydown: (event) => this.key(event),
        });
        this.undo = html("button", { type: "button", onclick: () => this.change(this.strokes.slice(0, -1)) }, "Undo");
        this.clear = html("button", { type: "button", onclick: () => this.change([]) }, "Clear");
        this.root = html("div", { class: "component draw-pad" }, this.square, html("div", {}, this.undo, this.clear));
    }

    // What is drawn here is newer than what Python sends back.
    receive({ label, strokes }, send) {
        if (!this.send) {
            set(this.square, { "aria-label": label });
            this.strokes = strokes;
            this.draw();
        }
        this.send = send;
    }

    // A place in the square, in its own units.
    place(event) {
        const box = this.square.getBoundingClientRect();
        return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
            .map((share) => Math.round(10 * SIDE * clamp(share, 0, 1)) / 10);
    }

    begin(event) {
        if (event.button !== 0 || this.line) {
            return;
        }
        event.preventDefault();
        this.square.focus();
        this.square.setPointerCapture(event.pointerId);
        this.line = [this.place(event)];
        this.draw();
    }

    go(event) {
        if (!this.line) {
            return;
        }
        for (const one of event.getCoalescedEvents?.() ?? [event]) {
            const [x, y] = this.place(one);
            const [lastX, lastY] = this.line.at(-1);
            if (Math.hypot(x - lastX, y - lastY) >= NEAR && this.count() < MOST) {
                this.line.push([x, y]);
            }
        }
        this.draw();
    }

    end() {
        if (this.line) {
            const drawn = [...this.strokes, this.line];
            this.line = null;
            this.change(drawn);
        }
    }

    count() {
        return [...this.strokes, this.line ?? []].reduce((sum, stroke) => sum + stroke.length, 0);
    }

    key(event) {
        if (event.key === "Delete" || event.key === "Escape") {
            this.change([]);
        } else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) {
            event.preventDefault();
            this.change(this.strokes.slice(0, -1));
        }
    }

    change(strokes) {
        this.strokes = strokes;
        this.draw();
        this.send.setStateValue("strokes", strokes);
    }

    draw() {
        this.undo.disabled = this.clear.disabled = this.strokes.length === 0;
        this.square.replaceChildren(...[...this.strokes, ...(this.line ? [this.line] : [])].map((stroke) => {
            const points = stroke.length > 1 ? stroke : [...stroke, ...stroke]; // a dot
            return svg("polyline", { points: points.map((point) => point.join()).join(" ") });
        }));
    }
}

export default component(Pad);
