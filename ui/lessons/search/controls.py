"""Widgets that make up a `SearchPlan`; each is bound to the address bar."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import streamlit as st

from nnlib.runs import SETTINGS, RunSpec
from nnlib.search import Choice, Interval, SearchPlan
from nnlib.search.plan import METHODS, PRUNINGS, searchable
from ui import lesson
from ui.lessons.train.presets import TRAIN
from ui.widgets import controls, datasets
from ui.widgets.options import BOUND, one_of
from ui.widgets.words import NONE, label_of, value

PAGE = "search"
HERE = "The run in Train"
# setting -> where its interval begins and ends, or which of its names are tried, unless changed
USUAL: dict[str, Any] = {
    "learning_rate": (1e-5, 1.0),
    "weight_scale": (1e-3, 1.0),
    "depth": (1, 5),
    "width": (16, 256),
    "taper": (0.25, 1.0),
    "dropout_keep_ratio": (0.5, 1.0),
    "reg": (1e-5, 0.1),
    "weight_decay": (1e-4, 0.1),
    "batch_size": (10, 200),
    "warmup": (0.0, 0.3),
    "lr_decay": (0.8, 1.0),
    "seed": (0, 99),
    "update_rule": ["sgd_momentum", "adam"],
    "normalization": [NONE, "batchnorm"],
    "schedule": ["constant", "cosine"],
    "augment": [NONE, "flip"],
}
SEEDS = [0, 9, 99, 999, 9999]
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


def _base() -> RunSpec:
    """The settings that are not varied: a preset's or the present run's, with so many epochs."""
    bases = {name: spec for name, spec in TRAIN.items() if spec.data in datasets.available()}
    if (run := st.session_state.get("train_run")) is not None:
        bases[HERE] = run.spec
    base = bases[st.selectbox("As in", list(bases), key="search_base", **BOUND)]
    changes: dict[str, Any] = {}
    if SETTINGS["num_train"].is_offered(base):
        label, sizes = label_of("num_train").capitalize(), controls.stops(base, "num_train")
        how: dict[str, Any] = {"format_func": SETTINGS["num_train"].text, "key": "search_num_train"}
        changes["num_train"] = st.select_slider(label, sizes, 0, **how, **BOUND)
    epochs = controls.STOPS["num_epochs"]
    changes["num_epochs"] = st.select_slider("Epochs a trial", epochs, 10, key="search_epochs", **BOUND)
    base = replace(base, **changes)
    st.caption(summary(base))
    return base


def summary(spec: RunSpec, without: Collection[str] = ()) -> str:
    """The data, and the settings that are not as `RunSpec` has them by itself, or that say how long a trial takes."""
    changed = {*spec.differences(RunSpec(data=spec.data)), *ALWAYS} - {*without}
    settings = [f"{label_of(name)} {value(spec, name)}" for name in vars(spec) if name in changed]
    return ", ".join([datasets.title(spec.data), *settings])


def _space(base: RunSpec) -> dict[str, Interval | Choice]:
    known = sorted(searchable(), key=[*USUAL, *searchable()].index)
    names = [name for name in known if SETTINGS[name].offered is None or SETTINGS[name].is_offered(base)]
    chosen = st.multiselect("Settings", names, VARIED, format_func=label_of, key="search_vary", **BOUND)
    return {name: _interval(name) if SETTINGS[name].searched else _choice(name) for name in chosen}


def stops(name: str) -> list[Any]:
    """The numbers at which an interval of a setting can begin and end."""
    numbers = SEEDS if name == "seed" else controls.numbers(name)
    return [n for n in numbers if n > 0 or not SETTINGS[name].log]


def _interval(name: str) -> Interval:
    numbers = stops(name)
    ends = USUAL.get(name, (numbers[0], numbers[-1]))
    how: dict[str, Any] = {"format_func": "{:g}".format, "key": f"vary_{name}"}
    return Interval(*st.select_slider(label_of(name).capitalize(), numbers, ends, **how, **BOUND))


def _choice(name: str) -> Choice:
    names = [NONE if name is None else name for name in SETTINGS[name].values]
    how: dict[str, Any] = {"default": USUAL.get(name, names), "key": f"vary_{name}", "wrap": True}
    values = st.pills(label_of(name).capitalize(), names, selection_mode="multi", **how, **BOUND)
    return Choice(tuple(None if value == NONE else value for value in values))
