// Draws the computation as a graph: what was walked, where the walk stands, and the way of the gradients back.

import { html, set, svg } from "../shared/dom.js";
import { formShape } from "./format.js";

const BOX = 50; // px, height of a node
const ASIDE = 7; // px between an edge and the way back beside it
export const SMALLEST = 0.82; // drawings are scaled from here
const LARGEST = 1.2; // to here

// `go(node)` is called with the node that was clicked.
export class Graph {
    constructor(go) {
        this.go = go;
        this.node = html("div", { class: "graph", "data-part": "graph", tabindex: -1 });
    }

    // Build the drawing anew.
    build(graph, nodes) {
        this.graph = graph;
        this.at = new Map(graph.boxes.map((box) => [box.node, box]));
        this.edges = graph.edges.map((edge) => {
            const forward = svg("path", { class: "edge", d: this.path(edge, 0), "marker-end": "url(#arrow)" });
            const back = svg("path", { class: "edge back", d: this.path(edge, ASIDE), "marker-end": "url(#arrow-back)" });
            return { ...edge, forward, back };
        });
        this.boxes = graph.boxes.map((box) => ({ ...box, element: this.box(box, nodes[box.node]) }));
        const { width, height } = graph;
        this.svg = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Graph of ${graph.title}` },
            svg("title", {}, graph.title), svg("defs", {}, arrow("arrow"), arrow("arrow-back")),
            ...this.edges.flatMap(({ forward, back }) => [forward, back]), ...this.boxes.map(({ element }) => element));
        this.node.replaceChildren(this.svg);
        this.resize();
    }

    box({ node, x, y, width }, { name, shape, kind }) {
        const onkeydown = (event) => {
            if (event.key === "Enter" || event.key === " ") {
                event.preventDefault();
                this.go(node);
            }
        };
        const about = { role: "button", tabindex: 0, "data-kind": kind, "data-name": name, "aria-label": `${name}, ${formShape(shape)}` };
        return svg("g", { class: "box", transform: `translate(${x},${y})`, ...about, onclick: () => this.go(node), onkeydown },
            svg("rect", { x: -width / 2, y: -BOX / 2, width, height: BOX, rx: kind === "computed" ? 6 : BOX / 2 }),
            svg("text", { class: "name", y: -3 }, name), svg("text", { class: "size", y: 16 }, formShape(shape)));
    }

    // From one node to another through the edge's points; the way back runs `aside` below it, the other way round.
    path({ from, to, points }, aside) {
        const [start, end] = [this.at.get(from), this.at.get(to)];
        const through = [[start.x + start.width / 2, start.y], ...points, [end.x - end.width / 2, end.y]];
        const stops = through.map(([x, y]) => [x, y + aside]);
        if (aside) {
            stops.reverse();
        }
        return stops.slice(1).reduce((d, [x, y], i) => {
            const middle = (stops[i][0] + x) / 2;
            return `${d}C${middle} ${stops[i][1]} ${middle} ${y} ${x} ${y}`;
        }, `M${stops[0].join(" ")}`);
    }

    // Light the current node; `reached` are the nodes walked forward, `returned` those whose gradient has arrived.
    show(current, phase, reached, returned) {
        for (const { node, element } of this.boxes) {
            set(element, {
                "data-reached": reached.has(node) ? "" : null,
                "data-returned": returned.has(node) ? "" : null,
                "data-current": node === current ? phase : null,
                "aria-current": node === current ? "step" : null,
            });
        }
        for (const { from, to, forward, back } of this.edges) {
            const [there, home] = [to === current && phase !== "backward", from === current && phase === "backward"];
            set(forward, { "data-reached": reached.has(to) ? "" : null, "data-current": there ? "" : null });
            set(back, { display: returned.has(from) ? null : "none", "data-current": home ? "" : null });
        }
        this.scrollTo(current);
    }

    // Keep the current node in view where the graph is wider than the window.
    scrollTo(current) {
        const box = this.at.get(current);
        if (box && this.node.scrollWidth > this.node.clientWidth + 1) {
            this.node.scrollLeft = box.x * this.scale - this.node.clientWidth / 2;
        }
    }

    resize() {
        const { width, height } = this.graph;
        this.scale = Math.max(SMALLEST, Math.min(LARGEST, (this.node.clientWidth - 8) / width));
        set(this.svg, { width: width * this.scale, height: height * this.scale });
    }
}

function arrow(id) {
    return svg("marker", { id, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse",
        orient: "auto" }, svg("path", { d: "M0 0L10 5L0 10z" }));
}
