// Shows a frame's picture: a montage of tiles, or a decision boundary with axes and the data points over it.

import { Axes } from "../shared/axes.js";
import { card } from "../shared/card.js";
import { each, html, rem, set, svg, write } from "../shared/dom.js";
import { tickLabel, whole } from "../shared/numbers.js";

// One marker a class, as a path around (x, y): told apart by shape, not by colour only.
const MARKERS = [
    (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
    (x, y, r) => `M${x - 0.9 * r} ${y - 0.9 * r}h${1.8 * r}v${1.8 * r}h${-1.8 * r}z`,
    (x, y, r) => `M${x} ${y - 1.2 * r}l${1.15 * r} ${2 * r}h${-2.3 * r}z`,
    (x, y, r) => `M${x} ${y - 1.3 * r}l${1.3 * r} ${1.3 * r}l${-1.3 * r} ${1.3 * r}l${-1.3 * r} ${-1.3 * r}z`,
    (x, y, r) => `M${x} ${y + 1.2 * r}l${1.15 * r} ${-2 * r}h${-2.3 * r}z`,
    (x, y, r) => cross(x, y, r / 1.5),
    (x, y, r) => `M${x - 1.3 * r} ${y - 0.5 * r}h${2.6 * r}v${r}h${-2.6 * r}z`,
    (x, y, r) => `M${x - 0.5 * r} ${y - 1.3 * r}h${r}v${2.6 * r}h${-r}z`,
];

function cross(x, y, a) {
    return `M${x - 1.5 * a} ${y - a / 2}h${a}v${-a}h${a}v${a}h${a}v${a}h${-a}v${a}h${-a}v${-a}h${-a}z`;
}

export class Picture {
    constructor() {
        this.heading = html("h3");
        this.image = html("img", { class: "picture", decoding: "sync", alt: "", draggable: "false", onload: () => this.fit() });
        this.axes = new Axes({});
        this.markers = svg("g", { class: "points" });
        this.overlay = svg("svg", { class: "overlay", "aria-hidden": "true" }, this.axes.node, this.markers);
        this.empty = html("p", { class: "empty" });
        this.box = html("div", { class: "box" }, this.image, this.overlay, this.empty);
        this.legend = html("ul", { class: "legend" });
        this.caption = html("p", { class: "caption" });
        const about = { class: "picture-card", "data-part": "picture" };
        this.node = card(about, this.heading, [], this.box, this.legend, this.caption);
    }

    // What stays the same over a run: null if the run has no picture.
    describe(about, run) {
        set(this.node, { hidden: about ? null : "", "data-kind": about?.kind, "aria-label": about?.title });
        this.about = about;
        this.run = run;
        if (!about) {
            return;
        }
        write(this.heading, about.title ?? "");
        write(this.caption, about.caption ?? "");
        set(this.overlay, { display: about.kind === "boundary" ? null : "none" });
        this.boundary = about.kind === "boundary" && about.extent;
        this.fit();
    }

    // The picture of `frame`, which was recorded at or before `iteration`; null if there is none yet.
    show(frame, iteration, empty) {
        write(this.empty, frame ? "" : empty);
        set(this.image, { src: frame?.picture, hidden: frame ? null : "" });
        if (frame) {
            const older = frame.iteration === iteration ? "" : `, as recorded at step ${whole(frame.iteration)}`;
            set(this.image, { alt: `${this.about?.title ?? "Picture"} at step ${whole(iteration)}${older}` });
            set(this.node, { "data-iteration": frame.iteration });
        }
    }

    resize() {
        this.drawn = null;
        this.fit();
    }

    // Place the picture in its box: whole multiples of its pixels for tiles, the plot area for a boundary.
    fit() {
        const { clientWidth: width, clientHeight: height } = this.box;
        if (!this.about || width === 0) {
            return;
        }
        if (this.boundary) {
            this.fitBoundary(width, height);
            return;
        }
        const { naturalWidth, naturalHeight } = this.image;
        if (naturalWidth > 0) {
            const room = Math.min(width / naturalWidth, height / naturalHeight);
            const scale = room >= 1 ? Math.floor(room) : room;
            this.place(0, 0, naturalWidth * scale, naturalHeight * scale);
            set(this.image, { "data-reduced": scale < 1 ? "" : null });
        }
    }

    place(left, top, width, height) {
        const style = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
        set(this.image, { style });
    }

    fitBoundary(width, height) {
        const [x0, x1, y0, y1] = this.about.extent;
        const points = this.about.points ?? [];
        const key = [this.run, width, height, x0, x1, y0, y1, points.length].join();
        if (key === this.drawn) {
            return;
        }
        this.drawn = key;
        const unit = rem();
        const [left, top] = [2.2 * unit, 0.5 * unit];
        const scale = Math.min((width - left - top) / (x1 - x0), (height - 1.7 * unit - top) / (y1 - y0));
        const inner = { width: (x1 - x0) * scale, height: (y1 - y0) * scale };
        this.place(left, top, inner.width, inner.height);
        set(this.overlay, { width, height });
        this.axes.draw({ left, top, right: left + inner.width, bottom: top + inner.height }, unit,
            { low: x0, high: x1, about: 4, label: tickLabel },
            { low: y0, high: y1, about: 4, label: tickLabel });
        const classes = Math.max(this.about.labels?.length ?? 0, ...points.map((point) => point[2] + 1), 0);
        const paths = Array(classes).fill("");
        const radius = unit * (points.length > 150 ? 0.24 : 0.3);
        for (const [x, y, label] of points) {
            paths[label] += MARKERS[label % MARKERS.length](round(this.axes.sx(x)), round(this.axes.sy(y)), round(radius));
        }
        const make = (i) => svg("path", { class: `class-${i % MARKERS.length}`, "data-class": i });
        each(this.markers, paths, make, (path, d) => set(path, { d }));
        this.drawLegend(paths.map((_, i) => this.about.labels?.[i] ?? `class ${i}`), unit);
    }

    drawLegend(names, unit) {
        const size = 1.1 * unit;
        const make = (i) => {
            const marker = MARKERS[i % MARKERS.length](size / 2, size / 2, size / 3);
            const icon = svg("svg", { class: "points", width: size, height: size, "aria-hidden": "true" },
                svg("path", { class: `class-${i % MARKERS.length}`, d: marker }));
            return html("li", {}, icon, html("span"));
        };
        each(this.legend, names, make, (item, name) => write(item.lastChild, name));
    }
}

function round(value) {
    return Math.round(10 * value) / 10;
}
