"""Examine: one unit after the other: the inputs that excite it most, its weights, and units that are dead."""

from collections import Counter
from typing import Any

import numpy as np
import streamlit as st
from numpy import ndarray

from nnlib.fc_net import FullyConnectedNet
from nnlib.labs.examine import network
from nnlib.numerals import fixed, short, whole
from ui import lesson
from ui.components.gallery import Tile, gallery
from ui.lessons.examine import charts
from ui.lessons.examine.plane import plane
from ui.lessons.examine.subject import EXAMPLES, Examined
from ui.widgets import pictures as matrices
from ui.widgets.options import BOUND, one_of

PAGE = "examine"
TOP = 10
PARTS = {"test": "test", "validation": "val", "training": "train"}
GRID = 72  # places each way at which a unit over the plane is measured


def examples_from(key: str) -> tuple[str, str]:
    """Name and part of the data whose first examples are looked at."""
    name = one_of("Examples", list(PARTS), key)
    return name, PARTS[name]


def units(subject: Examined) -> None:
    """Layer and unit are chosen; what excites it, its weights, and which classes it answers to."""
    options = lesson.text(PAGE, "options units").split("; ")
    guess = lesson.predict(PAGE, "predict units", options, "ex_guess_units")
    if guess:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            layer = subject.layers.index(one_of("Layer", subject.layers[1:-1], "ex_layer"))
            _, part = examples_from("ex_units_from")
            H = subject.model.hidden_dims[layer - 1]
            if st.session_state.get("ex_unit", 1) > H:
                st.session_state["ex_unit"] = H
            unit = int(st.number_input("Unit", 1, H, 1, key="ex_unit", width=150, **BOUND)) - 1
        a = subject.activations(part, layer)
        _, y = subject.examples(part)
        y = y[:EXAMPLES]
        _layer(subject, a, y, layer, guess)
        _unit(subject, part, a, y, layer, unit)
        lesson.look_for(PAGE, "units look for")
    lesson.source(network.input_gradient)
    lesson.source(network.strongest)


def _layer(subject: Examined, a: ndarray, y: ndarray, layer: int, guess: str) -> None:
    """The measured answer to the prediction, over all units, and the dead ones by name."""
    tops = [rows for unit in range(a.shape[1]) if len(rows := network.strongest(a, unit, TOP)) == TOP]
    alike = [Counter(y[rows].tolist()).most_common(1)[0][1] for rows in tops]
    rng = np.random.default_rng(0)
    drawn = [np.bincount(rng.choice(y, TOP, replace=False)).max() for _ in range(500)]
    mean, chance = (fixed(float(np.mean(counts)), 1) if counts else "0" for counts in (alike, drawn))
    lesson.show(PAGE, "units outcome", guess=guess, mean=mean, top=TOP, chance=chance)
    dead = network.dead_units(a)
    facts: dict[str, Any] = {"layer": subject.layers[layer].capitalize(), "H": a.shape[1], "N": whole(len(a))}
    if len(dead):
        few = ", ".join(str(unit + 1) for unit in dead[:30])
        lesson.show(PAGE, "dead", count=len(dead), names=few + (", …" if len(dead) > 30 else ""), **facts)
    else:
        lesson.show(PAGE, "none dead", **facts)


def _unit(subject: Examined, part: str, a: ndarray, y: ndarray, layer: int, unit: int) -> None:
    rows = network.strongest(a, unit, TOP)
    st.subheader(lesson.text(PAGE, "unit title", unit=unit + 1, layer=subject.layers[layer]))
    if not len(rows):
        st.warning(lesson.text(PAGE, "unit dead", N=whole(len(a))))
        return
    X, _ = subject.examples(part)
    if subject.saved.image_shape is None:
        _plane(subject, X[: len(a)], a[:, unit], y, rows, layer, unit)
        return
    pictures = subject.data.pictures(X[rows])
    tiles = [
        Tile(matrices.data_uri(picture), short(a[i, unit]), f"{subject.class_names[y[i]]}, no. {i}")
        for i, picture in zip(rows, pictures, strict=True)
    ]
    lesson.show(PAGE, "unit pictures", shown=len(rows))
    gallery(tiles, key="ex_strongest", size=104)
    first = layer == 1
    model = subject.model
    weights = model.params["W1"][:, unit] if first else network.input_gradient(model, X[rows], layer, unit)
    picture, classes = st.columns([1, 2], gap="large")
    with picture:
        sheet = matrices.weight_tiles(weights.reshape(-1, 1), subject.saved.image_shape, 1)
        title = lesson.text(PAGE, "weights title" if first else "gradient title")
        gallery([Tile(matrices.data_uri(sheet), title)], key="ex_weights", size=220)
        grey = subject.saved.image_shape[0] == 1
        lesson.show(PAGE, "weights" if first else "gradient")
        lesson.show(PAGE, "weights grey" if grey else "weights colour")
    with classes:
        _by_class(subject, a[:, unit], y)


def _by_class(subject: Examined, a: ndarray, y: ndarray) -> None:
    frame = charts.by_class_frame(a, y, subject.class_names)
    st.vega_lite_chart(frame, charts.BY_CLASS, key="ex_by_class")


def _plane(subject: Examined, X: ndarray, a: ndarray, y: ndarray, rows: ndarray, layer: int, unit: int) -> None:
    """What the unit gives everywhere in the plane, and the points that excite it most."""

    def paint(model: FullyConnectedNet, extent: tuple[float, float, float, float]) -> ndarray:
        everywhere = network.activations(model, matrices.grid(extent, GRID), layer)[:, unit]
        return matrices.diverging(everywhere.reshape(GRID, GRID))

    shown = np.union1d(rows, np.arange(min(200, len(y))))
    words = [f"activation {short(value)}" for value in a[shown]]
    chart, classes = st.columns([3, 2], gap="large")
    with chart:
        points = (X[shown], y[shown], words, np.isin(shown, rows))
        plane(subject, points, lesson.text(PAGE, "unit plane title"), "ex_plane_unit", paint=paint)
    with classes:
        if layer == 1:
            w, b = subject.model.params["W1"], subject.model.params["b1"]
            figures = zip(("first", "second", "bias"), map(short, (*w[:, unit], b[unit])), strict=True)
            lesson.show(PAGE, "unit plane weights", **dict(figures))
        lesson.show(PAGE, "unit plane")
        _by_class(subject, a, y)
