"""Examine: what is taken for what, and the most confident mistakes, one by one."""

from typing import Any

import numpy as np
import streamlit as st
from numpy import ndarray

from nnlib.labs.examine.network import confident_mistakes, confusion_matrix
from nnlib.numerals import percent, whole
from ui import lesson
from ui.components.gallery import Tile, bars, gallery, sureness
from ui.components.number_grid import Grid, number_grids
from ui.lessons.examine.accuracy import ask_for_class, whole_test
from ui.lessons.examine.plane import plane
from ui.lessons.examine.subject import Examined
from ui.widgets import pictures
from ui.widgets.options import BOUND, one_of

PAGE = "examine"
ANY, SHOWN = "any class", 12
COUNTS, SHARES = "numbers", "percent of each row"


def mistakes(subject: Examined) -> None:
    """The confusion matrix; below it the pictures of a cell, or of all mistakes."""
    every = whole_test(subject)
    if ask_for_class(subject):
        p, y = subject.probabilities("test", every)
        names = list(subject.class_names)
        confusion = confusion_matrix(y, p.argmax(axis=1), len(names))
        _matrix(confusion, names)
        st.subheader(lesson.text(PAGE, "mistakes title"))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            true = st.selectbox("It is", [ANY, *names], key="ex_is", width=240, **BOUND)
            said = st.selectbox("It is taken for", [ANY, *names], key="ex_said", width=240, **BOUND)
        rows = _chosen(p, y, names.index(true) if true != ANY else None, names.index(said) if said != ANY else None)
        if not len(rows):
            st.info(lesson.text(PAGE, "no mistakes"))
        elif subject.saved.image_shape is not None:
            lesson.show(PAGE, "mistakes", shown=min(SHOWN, len(rows)), count=whole(len(rows)))
            _pictures(subject, every, rows[:SHOWN], p, y)
        else:
            _points(subject, rows, p, y)
        lesson.look_for(PAGE, "mistakes look for")
    lesson.ask(PAGE, "question sure")
    lesson.source(confusion_matrix)
    lesson.source(confident_mistakes)


def _matrix(confusion: ndarray, names: list[str]) -> None:
    """A table of buttons: right ones blue, wrong ones orange, each the darker the more."""
    how = one_of("Show", [COUNTS, SHARES], "ex_counts")
    total = np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    shares = confusion / total
    wrong = np.where(np.eye(len(names), dtype=bool), 0, shares)
    shades = wrong / max(float(wrong.max()), 1e-9) - np.eye(len(names)) * shares
    percents = how == SHARES
    texts = [
        [percent(share, 0) if percents else whole(count) for count, share in zip(*row, strict=True)]
        for row in zip(confusion, shares, strict=True)
    ]
    true, said = (st.session_state.get(key, ANY) for key in ("ex_is", "ex_said"))
    lit = np.outer(np.array(names) == true, np.array(names) == said)

    def pick(row: int, column: int) -> None:
        if 0 <= row < len(names) and 0 <= column < len(names):
            st.session_state["ex_is"], st.session_state["ex_said"] = names[row], names[column]

    look: dict[str, Any] = {"rows": names, "columns": names, "texts": texts, "lit": lit, "pick": True, "limit": 1.0}
    grid = Grid(lesson.text(PAGE, "confusion title"), shades, lesson.text(PAGE, "confusion note"), **look)
    number_grids([grid], key="ex_confusion", on_pick=pick)


def _chosen(p: ndarray, y: ndarray, true: int | None, said: int | None) -> ndarray:
    """Examples of a class taken for a class, the surest first; all mistakes where neither is chosen."""
    predicted = p.argmax(axis=1)
    if true is not None and true == said:
        rows = np.flatnonzero((y == true) & (predicted == true))
        return rows[np.argsort(-p[rows].max(axis=1), kind="stable")]
    rows = confident_mistakes(p, y)
    return rows[((true is None) | (y[rows] == true)) & ((said is None) | (predicted[rows] == said))]


def _pictures(subject: Examined, every: bool, rows: ndarray, p: ndarray, y: ndarray) -> None:
    X, _ = subject.examples("test", every)
    names = subject.class_names
    tiles = [
        Tile(
            pictures.data_uri(picture),
            f"{names[int(p[i].argmax())]}: {sureness(float(p[i].max()))}",
            lesson.text(PAGE, "it is", what=names[y[i]], number=int(i)),
            bars(p[i], names, int(y[i])),
        )
        for i, picture in zip(rows, subject.data.pictures(X[rows]), strict=True)
    ]
    gallery(tiles, key="ex_mistakes")


def _points(subject: Examined, rows: ndarray, p: ndarray, y: ndarray) -> None:
    """All test points over what the network says everywhere; those of the rows have a ring."""
    words = [f"taken for {subject.class_names[each.argmax()]}, {sureness(float(each.max()))}" for each in p]
    points = (subject.data.X_test, y, words, np.isin(np.arange(len(y)), rows))
    plane(subject, points, lesson.text(PAGE, "ringed title"), "ex_plane_mistakes")
    lesson.show(PAGE, "ringed", count=len(rows))
