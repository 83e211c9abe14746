"""Depth and scale: a deep network at its start, layer by layer, forward and back."""

import numpy as np
import streamlit as st
from numpy import ndarray

from nnlib.data import digits
from nnlib.fc_net import weight_std
from nnlib.labs.depth_and_scale import LayerSignal, rms, shrinkage, signals
from nnlib.numerals import plain, short
from ui import lesson
from ui.lessons.layers import depth_charts
from ui.widgets.options import BOUND, one_of

PAGE = "layers"
SCALES = ["0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]
WIDTHS = [10, 20, 50, 100, 200]
EVERY = {"after every layer": 1, "after every second layer": 2, "nowhere": 0}
AFTER, BEFORE = "after ReLU", "before ReLU"
SIZE, VALUE = "size", "value"
NUM_EXAMPLES = 200
GROWN = 10.0  # from here on a signal explodes; below 1 / 10 it vanishes
DEPTHS, FACTORS = (2, 5, 10, 20), tuple(2.0 ** (k / 4) for k in range(-8, 9))
TOO_SMALL = 0.8
GUESSES = ["2 layers", "20 layers", "both alike"]


@st.cache_data(max_entries=1, show_spinner=False)
def _batch() -> tuple[ndarray, ndarray]:
    """Real digits, (200, 64), scaled so that their mean square is 1, and their labels."""
    data = digits.load()
    X = data.X_train[:NUM_EXAMPLES].reshape(NUM_EXAMPLES, -1).astype(np.float64)
    return X / rms(X), data.y_train[:NUM_EXAMPLES]


@st.cache_data(max_entries=2, show_spinner=False)  # an entry takes up to 26 MB, and some 50 ms to make
def _signals(depth: int, width: int, scale: float | str, relu_every: int, seed: int) -> list[LayerSignal]:
    return signals(*_batch(), depth, width, scale, relu_every, seed)


@st.cache_data(max_entries=5, show_spinner=False)
def _shrinkage(width: int, seed: int) -> ndarray:
    return shrinkage(*_batch(), DEPTHS, width, (*FACTORS, TOO_SMALL), seed)


def depth_panel() -> None:
    """The whole part of the page."""
    lesson.show(PAGE, "depth")
    _compared_depths()
    st.header("What to look for")
    lesson.show(PAGE, "depth look for")
    lesson.ask(PAGE, "question relu")
    st.header("The code")
    lesson.source(signals)


def _compared_depths() -> None:
    """The prediction, then controls and histograms, then all depths compared."""
    guess = lesson.predict(PAGE, "predict depth", GUESSES, "lay_guess")
    if guess is None:
        return
    settings, picture = st.columns([1, 4], gap="large")
    with settings:
        depth, width, scale, relu_every, seed = _network_controls()
        shown = one_of("Show", [AFTER, BEFORE], "lay_show")
        axis = one_of("Axis", [SIZE, VALUE], "lay_axis")
    passed = _signals(depth, width, scale, relu_every, seed)
    forward = [s.after if shown == AFTER else s.before for s in passed]
    backward = [s.dafter if shown == AFTER else s.dbefore for s in passed]
    with picture:
        columns = st.columns(2)
        for column, name, arrays in zip(columns, ("forward", "backward"), (forward, backward), strict=True):
            with column:
                _verdict(name, arrays)
                frame = depth_charts.ridges_frame(arrays, 0 if name == "forward" else -1, axis == SIZE)
                st.vega_lite_chart(frame, depth_charts.RIDGES[name, axis == SIZE], key=f"lay_ridges_{name}")
        lesson.show(PAGE, "one layer", **_one_layer(width, scale, relu_every))
    _compare(guess, width, seed)


def _network_controls() -> tuple[int, int, float | str, int, int]:
    how = one_of("Initial weights", ["fixed", "xavier", "he"], "lay_init")
    scale = st.select_slider("Weight scale", SCALES, "0.01", key="lay_scale", disabled=how != "fixed", **BOUND)
    depth = st.slider("Hidden layers", 1, 20, 10, key="lay_depth", **BOUND)
    width = st.select_slider("Units in each", WIDTHS, 100, key="lay_width", **BOUND)
    every = st.selectbox("ReLU", list(EVERY), key="lay_relu", **BOUND)
    seed = st.number_input("Seed", 0, 9999, 0, key="lay_deep_seed", **BOUND)
    return depth, width, float(scale) if how == "fixed" else how, EVERY[every or next(iter(EVERY))], int(seed)


def _verdict(name: str, arrays: list[ndarray]) -> None:
    """How much a signal grows on its way through all layers: forward from the first, backward from the last."""
    way = arrays if name == "forward" else arrays[::-1]
    start, end = rms(way[0]), rms(way[-1])
    growth = end / start if start else 0.0
    kind = "explodes" if growth > GROWN else "vanishes" if growth < 1 / GROWN else "keeps"
    layers = (1, len(arrays)) if name == "forward" else (len(arrays), 1)
    lesson.show(PAGE, f"signal {name} {kind}", growth=short(growth, 2), first=layers[0], last=layers[1])


def _one_layer(width: int, scale: float | str, relu_every: int) -> dict[str, str]:
    """The figures that say what one layer does: D s², and what is left of it after ReLU."""
    s = weight_std(scale, width)
    left = {0: 1.0, 1: 0.5, 2: 0.5**0.5}[relu_every]
    return {
        "D": f"{width}",
        "s": plain(s, 3),
        "gain": plain(width * s * s, 3),
        "left": short(left, 2),
        "factor": short(np.sqrt(width * s * s * left)),
    }


def _compare(guess: str, width: int, seed: int) -> None:
    """All depths over all scales, and the answer to the prediction."""
    ratios = _shrinkage(width, seed)
    shallow, deep = ratios[0, -1], ratios[-1, -1]
    st.subheader("Which depth suffers more?")
    text, chart = st.columns([1, 2], gap="large")
    with text:
        lesson.show(
            PAGE, "depth outcome", guess=guess, factor=TOO_SMALL, shallow=short(shallow, 2), deep=short(deep, 2)
        )
    with chart:
        frame = depth_charts.shrinkage_frame(DEPTHS, FACTORS, ratios[:, :-1])
        st.vega_lite_chart(frame, depth_charts.SHRINKAGE, key="lay_shrinkage")
