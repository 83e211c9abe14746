"""The settings of the overfit lesson: the values that can be chosen, the presets, and the widgets of a run."""

import math
from dataclasses import replace
from typing import Any

import streamlit as st

from nnlib.experiments import Experiment
from nnlib.experiments.presets import COURSE, OVERFIT, on
from nnlib.numerals import plain
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.widgets import datasets
from ui.widgets.options import BOUND, one_of

PAGE = "overfit"
TRY = "overfit_try"  # in the session: whether the run is to be tried
DEPTHS = {"three layers": 2, "five layers": 4}  # -> hidden layers
NAMES = {hidden: name for name, hidden in DEPTHS.items()}
MOST_SEED = 999_999


def map_experiment(data: str, seed: int = 0) -> Experiment:
    """Every weight scale with every learning rate, each with three layers and with five."""
    three, five = (on(data, f"overfit_50_{depth}_layer_map") for depth in ("three", "five"))
    runs = (run for pair in zip(three.runs, five.runs, strict=True) for run in pair)
    return Experiment(three.name.replace("three_layer_map", "maps"), tuple(runs)).with_settings(seed=seed)


def _grid(data: str, setting: str) -> list[float]:
    return sorted({getattr(run, setting) for run in map_experiment(data).runs})


def _between(grid: list[float]) -> list[float]:
    """The grid's values and some between them: 1, 2, 3 and 5 times the powers of ten."""
    values = (float(f"{digit}e{power}") for power in range(-6, 2) for digit in (1, 2, 3, 5))
    return [value for value in values if grid[0] <= value <= grid[-1]]


# of the map's axes
GRID_SCALES = {data: _grid(data, "weight_scale") for data in COURSE}
GRID_RATES = {data: _grid(data, "learning_rate") for data in COURSE}
# that can be chosen
SCALES = {data: _between(grid) for data, grid in GRID_SCALES.items()}
RATES = {data: _between(grid) for data, grid in GRID_RATES.items()}


def spec_of(data: str, hidden: int, scale: float, rate: float, seed: int = 0) -> RunSpec:
    return replace(OVERFIT, data=data, depth=hidden, weight_scale=scale, learning_rate=rate, seed=seed)


START = {"cifar10": spec_of("cifar10", 2, 3e-3, 1e-3), "digits": spec_of("digits", 2, 3e-2, 3e-2)}  # learn too little
# Why each is good or bad: assets/prose/overfit.md
PRESETS: dict[str, dict[str, RunSpec]] = {
    "cifar10": {
        "Published: three layers": on("cifar10", "overfit_50_three_layer").runs[0],
        "Published: five layers": on("cifar10", "overfit_50_five_layer").runs[0],
        "Bad: weights too small": spec_of("cifar10", 4, 1e-2, 1e-2),
        "Bad: weights too large": spec_of("cifar10", 4, 0.3, 2e-3),
        "Bad: rate too low": spec_of("cifar10", 2, 1e-2, 1e-5),
        "Bad: rate too high": spec_of("cifar10", 2, 1e-2, 0.1),
        "Bad: dead units": spec_of("cifar10", 2, 0.1, 3e-2),
    },
    "digits": {
        "Good: three layers": on("digits", "overfit_50_three_layer").runs[0],
        "Good: five layers": on("digits", "overfit_50_five_layer").runs[0],
        "Bad: weights too small": spec_of("digits", 4, 3e-2, 3e-2),
        "Bad: weights too large": spec_of("digits", 4, 1.0, 3e-2),
        "Bad: rate too low": spec_of("digits", 2, 0.2, 1e-3),
        "Bad: rate too high": spec_of("digits", 2, 0.2, 10.0),
    },
}


def data_controls() -> tuple[str, int]:
    """Which pictures (CIFAR-10 if it is here, digits otherwise, unless chosen), and the seed."""
    names = datasets.of_course()
    with st.container(horizontal=True, gap="small", width="content"):
        chosen = one_of("Pictures", [datasets.title(name) for name in names], "of_data", width="content")
        about = lesson.text(PAGE, "seed help")
        seed = st.number_input("Seed", 0, MOST_SEED, 0, key="of_seed", help=about, width=145, **BOUND)
    if len(names) < len(COURSE):
        st.caption(lesson.text(PAGE, "no cifar10"))
    return next(name for name in names if datasets.title(name) == chosen), int(seed or 0)


def run_controls(data: str, seed: int) -> RunSpec:
    """Network, weight scale and learning rate in a row, with the button that tries them."""
    start, about = START[data], lesson.text(PAGE, "scale help")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layers = one_of("Network", list(DEPTHS), "of_depth", width="content")
        scale = _slider("Weight scale", SCALES[data], start.weight_scale, f"of_scale_{data}", help=about)
        rate = _slider("Learning rate", RATES[data], start.learning_rate, f"of_rate_{data}")
        how: dict[str, Any] = {"icon": ":material/play_arrow:", "type": "primary", "key": "of_try"}
        st.button(lesson.text(PAGE, "try"), on_click=lambda: st.session_state.update({TRY: True}), **how)
    return spec_of(data, DEPTHS[layers], scale, rate, seed)


def take(spec: RunSpec) -> None:
    """Put a spec's settings into the widgets (the seed stays); to be called before they are drawn."""
    st.session_state["of_depth"] = NAMES[spec.depth]
    st.session_state[f"of_scale_{spec.data}"] = spec.weight_scale
    st.session_state[f"of_rate_{spec.data}"] = spec.learning_rate


def presets_of(spec: RunSpec) -> None:
    """A row of presets, the one with these settings lit, and why it is good or bad."""
    presets = PRESETS[spec.data]
    name = next((name for name, preset in presets.items() if replace(spec, seed=preset.seed) == preset), None)
    st.session_state["of_preset"] = name
    st.pills("Presets", list(presets), key="of_preset", wrap=True, on_change=_take_preset, args=(spec.data,))
    st.caption(lesson.text(PAGE, f"preset {name}", **_facts(spec)) if name else lesson.text(PAGE, "no preset"))


def _take_preset(data: str) -> None:
    name = st.session_state["of_preset"]
    if name in PRESETS[data]:
        take(PRESETS[data][name])


def _facts(spec: RunSpec) -> dict[str, str]:
    """What the presets' texts name; factor: a hidden layer's, on the size of what passes through it."""
    factor = float(spec.weight_scale) * math.sqrt(spec.width / 2)
    numbers = {"scale": spec.weight_scale, "rate": spec.learning_rate, "factor": factor, "all": factor**spec.depth}
    return {name: plain(float(value), 2) for name, value in numbers.items()}


def _slider(label: str, values: list[float], start: Any, key: str, **how: Any) -> float:
    return st.select_slider(label, values, start, key=key, format_func=plain, width=210, **how, **BOUND)
