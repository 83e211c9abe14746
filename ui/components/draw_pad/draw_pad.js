// A square to draw in: a stroke from pointer down to pointer up, each sent when it is done.

const SIDE = 100;
const NEAR = 0.8; // points closer than this to the last one are left out
const MOST = 2000; // points
const SVG = "http://www.w3.org/2000/svg";
const pads = new WeakMap(); // parent element -> Pad

function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
}

class Pad {
    constructor(parent, label) {
        this.strokes = [];
        this.line = null; // the stroke that is being drawn
        this.square = document.createElementNS(SVG, "svg");
        this.square.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
        this.square.setAttribute("role", "img");
        this.square.setAttribute("tabindex", "0");
        this.square.setAttribute("aria-label", label);
        this.undo = button("Undo", () => this.change(this.strokes.slice(0, -1)));
        this.clear = button("Clear", () => this.change([]));
        const buttons = document.createElement("div");
        buttons.append(this.undo, this.clear);
        this.root = document.createElement("div");
        this.root.className = "draw-pad";
        this.root.append(this.square, buttons);
        parent.append(this.root);
        this.square.addEventListener("pointerdown", (event) => this.begin(event));
        this.square.addEventListener("pointermove", (event) => this.go(event));
        for (const end of ["pointerup", "pointercancel"]) {
            this.square.addEventListener(end, () => this.end());
        }
        this.square.addEventListener("keydown", (event) => this.key(event));
        this.draw();
    }

    // A place in the square, in its own units.
    place(event) {
        const box = this.square.getBoundingClientRect();
        return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
            .map((share) => Math.round(10 * SIDE * Math.min(1, Math.max(0, share))) / 10);
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
        this.send?.("strokes", strokes);
    }

    draw() {
        this.undo.disabled = this.clear.disabled = this.strokes.length === 0;
        this.square.replaceChildren(...[...this.strokes, ...(this.line ? [this.line] : [])].map((stroke) => {
            const line = document.createElementNS(SVG, "polyline");
            const points = stroke.length > 1 ? stroke : [...stroke, ...stroke]; // a dot
            line.setAttribute("points", points.map((point) => point.join()).join(" "));
            return line;
        }));
    }
}

export default function render({ data, parentElement, setStateValue }) {
    let pad = pads.get(parentElement);
    if (!pad || !parentElement.contains(pad.root)) {
        pad = new Pad(parentElement, data.label);
        pad.strokes = data.strokes;
        pad.draw();
        pads.set(parentElement, pad);
    }
    pad.send = setStateValue;
}
