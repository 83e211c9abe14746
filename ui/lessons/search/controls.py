"""Widgets that make up a `SearchPlan`; each is bound to the address bar."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from nnlib.optim import RULES
from nnlib.runs.spec import POINTS, RunSpec
from nnlib.search import Choice, Interval, SearchPlan
from nnlib.search.plan import METHODS, NAMES, PRUNINGS
from ui import lesson
from ui.lessons.train.presets import TRAIN
from ui.widgets import controls, datasets
from ui.widgets.controls import BOUND, NONE
from ui.widgets.options import one_of
from ui.widgets.words import LABELS, value

PAGE = "search"
HERE = "The run in Train"


@dataclass(frozen=True)
class Range:
    """Where a setting's interval may begin and end, and where it does unless changed."""

    options: list[Any]
    low: Any
    high: Any


RANGES = {
    "learning_rate": Range(controls.LEARNING_RATES, 1e-5, 1.0),
    "weight_scale": Range([float(s) for s in controls.WEIGHT_SCALES if s[0].isdigit()], 1e-3, 1.0),
    "depth": Range(list(range(1, 11)), 1, 5),
    "width": Range(controls.WIDTHS, 16, 256),
    "taper": Range(sorted(controls.TAPERS), 0.25, 1.0),
    "dropout_keep_ratio": Range([k / 20 for k in range(2, 21)], 0.5, 1.0),
    "reg": Range(controls.STRENGTHS[1:], 1e-5, 0.1),
    "weight_decay": Range(controls.STRENGTHS[1:], 1e-4, 0.1),
    "batch_size": Range(controls.BATCHES, 10, 200),
    "warmup": Range([k / 20 for k in range(11)], 0.0, 0.3),
    "lr_decay": Range([k / 20 for k in range(10, 21)], 0.8, 1.0),
    "seed": Range([0, 9, 99, 999, 9999], 0, 99),
}
USUAL = {
    "update_rule": ["sgd_momentum", "adam"],
    "normalization": [NONE, "batchnorm"],
    "schedule": ["constant", "cosine"],
    "augment": [NONE, "flip"],
}
ALWAYS = ("depth", "width", "update_rule", "learning_rate", "batch_size", "num_epochs")  # are told of a search
VARIED = ["learning_rate", "weight_scale", "depth"]
TRIALS = [5, 10, 20, 30, 50, 100, 200, 500]
POINTS_OF_GRID = [2, 3, 4, 5, 6, 8, 10]


def plan_controls() -> SearchPlan:
    """Three columns: what stays, what is varied, how it is chosen.

    Raises:
        SearchError: they make no search, in one sentence.
    """
    stays, varied, how = st.columns([2, 3, 2], gap="large")
    with stays:
        st.subheader("What stays")
        base = _base()
    with varied:
        st.subheader("What is varied")
        space = _space(base)
    with how:
        st.subheader("How")
        method = one_of(
            "Choose settings", METHODS, "search_method", format_func=lambda m: lesson.text(PAGE, f"name {m}")
        )
        st.caption(lesson.text(PAGE, f"method {method}"))
        trials: dict[str, int] = {}
        if method == "grid":
            label = "Points for each interval"
            trials["points"] = st.select_slider(label, POINTS_OF_GRID, 4, key="search_points", **BOUND)
        else:
            trials["num_trials"] = st.select_slider("Trials", TRIALS, 30, key="search_trials", **BOUND)
        pruning = one_of("Give up early", PRUNINGS, "search_pruning")
        st.caption(lesson.text(PAGE, f"pruning {pruning}"))
        seed = st.number_input("Seed of the choices", 0, 9999, 0, key="search_seed", **BOUND)
    return SearchPlan(base, space, method, pruning, seed=int(seed), **trials)


def _method_name(method: str) -> str:
    return lesson.text(PAGE, f"name {method}")


def _base() -> RunSpec:
    """The settings that are not varied: a preset's or the present run's, with so many epochs."""
    here = datasets.available()
    bases = {name: spec for name, spec in TRAIN.items() if spec.data in here}
    if (run := st.session_state.get("train_run")) is not None:
        bases[HERE] = run.spec
    base = bases[st.selectbox("As in", list(bases), key="search_base", **BOUND)]
    changes: dict[str, Any] = {}
    if base.data not in POINTS:
        sizes = [n for n in controls.TRAINING_SIZES if base.data == "cifar10" or n <= 1000]
        how: dict[str, Any] = {"format_func": controls.FORMATS["num_train"], "key": "search_num_train"}
        changes["num_train"] = st.select_slider("Training pictures", sizes, 0, **how, **BOUND)
    changes["num_epochs"] = st.select_slider("Epochs a trial", controls.EPOCHS, 10, key="search_epochs", **BOUND)
    base = replace(base, **changes)
    st.caption(summary(base))
    return base


def summary(spec: RunSpec, without: Collection[str] = ()) -> str:
    """The data, and the settings that are not as `RunSpec` has them by itself, or that say how long a trial takes."""
    changed = {*spec.differences(RunSpec(data=spec.data)), *ALWAYS} - {*without}
    settings = [f"{LABELS[name]} {value(spec, name)}" for name in vars(spec) if name in changed]
    return ", ".join([datasets.TITLES.get(spec.data, spec.data), *settings])


def _space(base: RunSpec) -> dict[str, Interval | Choice]:
    names = [name for name in (*RANGES, *NAMES) if name != "augment" or base.data == "cifar10"]
    chosen = st.multiselect("Settings", names, VARIED, format_func=LABELS.__getitem__, key="search_vary", **BOUND)
    space: dict[str, Interval | Choice] = {}
    for name in chosen:
        key = f"vary_{name}"
        if name in RANGES:
            reach = RANGES[name]
            label = LABELS[name].capitalize()
            low, high = st.select_slider(label, reach.options, (reach.low, reach.high), _short, key=key, **BOUND)
            space[name] = Interval(low, high)
        else:
            options = [*RULES] if name == "update_rule" else [NONE if v is None else v for v in NAMES[name]]
            label, usual = LABELS[name].capitalize(), USUAL[name]
            values = st.pills(label, options, selection_mode="multi", default=usual, key=key, wrap=True, **BOUND)
            space[name] = Choice(tuple(None if value == NONE else value for value in values))
    return space


def _short(value: float) -> str:
    return f"{value:g}"


def can_be_opened(spec: RunSpec) -> bool:
    """Whether the controls of Train reach as far as these settings."""
    values = {name: getattr(spec, name) for name in RANGES if name != "seed"}
    numbers = {name: value for name, value in values.items() if value and not isinstance(value, str)}
    return all(RANGES[name].options[0] <= value <= RANGES[name].options[-1] for name, value in numbers.items())
