"""Which norm is a preprocessing like? Four on real pictures, to be matched; then what each depends on, measured."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy import ndarray

from nnlib.labs.normalization.preprocessing import PREPROCESSINGS, as_preprocessing, influence
from nnlib.normalization import NORMALIZATIONS
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.widgets import datasets
from ui.widgets.looks import NORM_NAMES
from ui.widgets.options import BOUND
from ui.widgets.pictures import sheet

PAGE = "layernorm"
PICTURES, IN_MEAN = 6, 100
PAIRS = (("rows", "images"), ("mean", "threshold"))  # as they stand on the page
RIGHT = {"rows": 2, "images": 1, "mean": 0, "threshold": 3}  # indices into the part `options`


def preprocessing() -> None:
    """The whole part of the page."""
    _matching()
    for pair in PAIRS:
        for name, column in zip(pair, st.columns(2, gap="large"), strict=True):
            with column:
                lesson.source(PREPROCESSINGS[name])


def _matching() -> None:
    name = datasets.of_course()[0]
    X, levels = _pictures(name)
    lesson.show(PAGE, "game", data=datasets.title(name))
    options = lesson.text(PAGE, "options").split("; ")
    answers, feedback = {}, {}
    for pair in PAIRS:
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
        show(lesson.text(PAGE, f"match {which} {number + 1}"))
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
    every = PREPROCESSINGS | {norm: as_preprocessing(norm) for norm in NORMALIZATIONS}
    titles = {norm: NORM_NAMES[norm] for norm in NORMALIZATIONS}
    rows = {
        titles.get(which) or lesson.text(PAGE, f"title {which}"): [words[found] for found in influence(prepare, X[:20])]
        for which, prepare in every.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["another picture", "its own row", "other rows"])
