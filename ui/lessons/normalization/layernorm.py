"""Layernorm's labs: narrow layers, seen and trained, and which preprocessing is like which norm."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy import ndarray

from nnlib.labs.normalization.batches import NORMS, normalize
from nnlib.labs.normalization.narrow_net import NORMALIZATIONS, WIDTHS, NarrowRun, train_narrow
from nnlib.labs.normalization.preprocessing import PREPROCESSINGS, as_preprocessing, influence
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.components.number_grid import Grid, number_grids
from ui.lessons.normalization import charts
from ui.widgets import datasets
from ui.widgets.pictures import sheet

PAGE = "layernorm"
EXAMPLES, SEEDS, PICTURES, IN_MEAN = 6, 3, 6, 100
RIGHT = {"rows": 2, "images": 1, "mean": 0, "threshold": 3}  # indices into the part `options`
BOUND: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}


# -------------------------------------------------------------------------------------------------- narrow layers
def narrow_examples() -> None:
    """A few examples with D features, before and after layer norm."""
    guess = lesson.predict(PAGE, "predict two", ["any number", "−1 to 1", "+1 or −1", "0"], "ln_guess_two")
    if not guess:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        D = st.slider("D, features", 1, 6, 2, width=300, key="ln_D_narrow", **BOUND)
        seed = int(st.number_input("Seed", 0, 9999, 0, width=130, key="ln_seed_narrow", **BOUND))
    x = np.random.default_rng(seed).normal(1, 2, (EXAMPLES, D)).round(2)
    out = normalize("layernorm", x)
    distinct = len(np.unique(out.round(2), axis=0))
    lesson.show(PAGE, "two outcome", guess=guess, count=EXAMPLES, D=D, distinct=distinct)
    number_grids([Grid("x", x), Grid("layer norm", out, limit=2.0)], key="ln_narrow_grids")
    lesson.show(PAGE, "narrow about")


def narrow_training() -> None:
    """Accuracy against the width of the normalized layer, trained on demand."""
    options = ["nothing much", "it halves it", "it comes down to guessing", "it rises"]
    guess = lesson.predict(PAGE, "predict narrow", options, "ln_guess_narrow")
    if not guess:
        return
    plan = [(norm, D, seed) for seed in range(SEEDS) for D in WIDTHS for norm in NORMALIZATIONS]
    if st.button(lesson.text(PAGE, "train"), type="primary", icon=":material/play_arrow:", key="ln_train"):
        runs, bar = [], st.progress(0.0)
        for norm, D, seed in plan:
            runs.append(_trained(norm, D, seed))
            bar.progress(len(runs) / len(plan), lesson.text(PAGE, "training", done=len(runs), count=len(plan)))
        bar.empty()
        st.session_state["ln_runs"] = runs
    runs: list[NarrowRun] = st.session_state.get("ln_runs", [])
    if not runs:
        st.caption(lesson.text(PAGE, "train first", count=len(plan)))
        return

    def mean(norm: str | None, D: int) -> str:
        return f"{np.mean([run.accuracy for run in runs if (run.normalization, run.width) == (norm, D)]):.0%}"

    facts = {
        name + suffix: mean(norm, D)
        for norm, name in zip(NORMALIZATIONS, ("none", "batch", "layer"), strict=True)
        for D, suffix in ((1, ""), (2, "_two"), (WIDTHS[-1], "_most"))
    }
    lesson.show(PAGE, "narrow outcome", guess=guess, most=WIDTHS[-1], seeds=SEEDS, **facts)
    st.vega_lite_chart(charts.narrow_frame(runs), charts.NARROW, key="ln_narrow")
    st.subheader("What to look for")
    lesson.show(PAGE, "narrow look for")


@st.cache_data(max_entries=200, show_spinner=False)
def _trained(normalization: str | None, width: int, seed: int) -> NarrowRun:
    return train_narrow(datasets.load(RunSpec(data="digits")), normalization, width, seed)


# -------------------------------------------------------------------------------------------------- preprocessing
def matching() -> None:
    """Four preprocessings on real pictures, to be matched with norms; then what each depends on, measured."""
    name = "cifar10" if "cifar10" in datasets.available() else "digits"
    X, levels = _pictures(name)
    lesson.show(PAGE, "game", data=datasets.TITLES[name])
    options = lesson.text(PAGE, "options").split("; ")
    answers, feedback = {}, {}
    for pair in (("rows", "images"), ("mean", "threshold")):
        for which, column in zip(pair, st.columns(2, gap="large"), strict=True):
            with column.container(border=True):
                st.markdown(lesson.text(PAGE, f"title {which}"))
                prepared = PREPROCESSINGS[which](X)[:PICTURES]
                st.image(_enlarged(sheet(np.concatenate([levels, _visible(prepared)]), PICTURES)), width="stretch")
                kept: dict[str, Any] = {"key": f"ln_match_{which}", **BOUND}
                answers[which] = st.segmented_control("It is like", options, wrap=True, **kept)
                feedback[which] = st.empty()
    st.caption(lesson.text(PAGE, "drawn", count=IN_MEAN))
    left = sum(answer is None for answer in answers.values())
    if left:
        st.info(lesson.text(PAGE, "game open", left=left))
        return
    for which, answer in answers.items():
        number = options.index(answer)
        show = feedback[which].success if number == RIGHT[which] else feedback[which].warning
        show(lesson.text(PAGE, f"{which} {number + 1}"))
    lesson.show(PAGE, "measured")
    st.table(_influences(name))


@st.cache_data(max_entries=2, show_spinner=False)
def _pictures(name: str) -> tuple[ndarray, ndarray]:
    """Some pictures, (n, C, H, W) with values of 0 to 255, and the first of them for the eye, (n, H, W, 3) uint8."""
    dataset = datasets.load(RunSpec(data=name))
    pictures = dataset.pictures(dataset.X_train[:IN_MEAN])  # (n, H, W) or (n, H, W, 3)
    pictures = pictures[..., None] if pictures.ndim == 3 else pictures
    X = np.moveaxis(pictures, -1, 1).astype(np.float64)
    return X, np.repeat(pictures[:PICTURES], 3 // pictures.shape[-1], axis=-1)


def _visible(X: ndarray) -> ndarray:
    """Prepared pictures, (n, C, H, W), for the eye, (n, H, W, 3) uint8: each in full range; if negative, 0 is grey."""
    reach = np.abs(X).max(axis=(1, 2, 3), keepdims=True) + 1e-12
    levels = 127.5 + 127.5 * X / reach if (X < 0).any() else 255 * X / reach
    return np.repeat(np.moveaxis(levels, 1, -1), 3 // X.shape[1], axis=-1).astype(np.uint8)


def _enlarged(pixels: ndarray) -> ndarray:
    """Each pixel as a block, which browsers do not blur."""
    factor = -(-1200 // pixels.shape[1])
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


@st.cache_data(max_entries=2, show_spinner=False)
def _influences(name: str) -> pd.DataFrame:
    X, _ = _pictures(name)
    words = {True: lesson.text(PAGE, "measured yes"), False: lesson.text(PAGE, "measured no")}
    every = PREPROCESSINGS | {norm: as_preprocessing(norm) for norm in NORMS}
    titles = {norm: charts.NORM_NAMES[norm] for norm in NORMS}
    rows = {
        titles.get(which) or lesson.text(PAGE, f"title {which}"): [words[found] for found in influence(prepare, X[:20])]
        for which, prepare in every.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["another picture", "its own row", "other rows"])
