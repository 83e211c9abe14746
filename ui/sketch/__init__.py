"""Lets a learner sketch a curve before it is measured: a few points to drag, by pointer, finger or keyboard.

>>> SCALES = Axis("weight scale", 1e-4, 1.0, log=True)
>>> ACCURACY = Axis("validation accuracy", 0.0, 1.0, percent=True)
>>> at = (1e-4, 1e-2, 1.0)
>>> drawn = sketch("my_sketch", at, {"none": (0.5, 0.5, 0.5)}, SCALES, ACCURACY, slots=(0,))
>>> height(at, drawn["none"], SCALES, 0.02)                   # of the sketched curve, between its points

What is drawn stands in the address bar under the sketch's key, so that a link reproduces it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2 import component

from ui.run_view import bundle

HERE = Path(__file__).parent
LINES, POINTS = "~", "_"  # between lines and between points in the address: signs that need no escapes there
Curves = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Axis:
    """What an axis shows; percent: values from 0 to 1 are written as percentages."""

    title: str
    low: float
    high: float
    log: bool = False
    percent: bool = False


def sketch(
    key: str,
    at: Sequence[float],
    start: Curves,
    x: Axis,
    y: Axis,
    slots: Sequence[int],
    about: str = "",
    reference: tuple[str, float] | None = None,
) -> dict[str, tuple[float, ...]]:
    """Draw a sketch to be changed; returns what is drawn: name of the line -> heights of its points.

    key: of the component, and in the address bar. at: where on x the points stand. start: the lines as they begin.
    slots: which of the theme's colours each line has. about: how to use it. reference: name and height of a line to
    go by.
    """
    drawn = drawing(key, at, start, y)

    def moved() -> None:
        new = _checked(st.session_state[key].drawn, start, y)
        if new is not None:
            st.session_state[_kept(key)] = new
            st.query_params[key] = write(new)

    lines = [{"name": name, "slot": slot, "heights": drawn[name]} for name, slot in zip(drawn, slots, strict=True)]
    axes: dict[str, Any] = {"x": asdict(x), "y": asdict(y)}
    data = axes | {"at": list(at), "lines": lines, "about": about, "reference": reference}
    _component(data=data, key=key, height="content", on_drawn_change=moved)
    return drawn


def drawing(key: str, at: Sequence[float], start: Curves, y: Axis) -> dict[str, tuple[float, ...]]:
    """What is drawn in this session, else what the address bar holds, else the start."""
    kept = st.session_state.get(_kept(key))
    if kept is None:
        kept = read(st.query_params.get(key, ""), start, y)
        if kept is not None:
            st.session_state[_kept(key)] = kept
    elif key not in st.query_params:
        st.query_params[key] = write(kept)  # back from another page, whose address has no room for it
    return kept or {name: tuple(heights) for name, heights in start.items()}


def write(curves: Curves) -> str:
    """As the address bar holds it, with three digits a height."""
    return LINES.join(POINTS.join(f"{height:.3g}" for height in heights) for heights in curves.values())


def read(text: str, like: Curves, y: Axis) -> dict[str, tuple[float, ...]] | None:
    """What `write` gave; None for anything else, as links may hold anything."""
    try:
        heights = [[float(height) for height in line.split(POINTS)] for line in text.split(LINES)]
    except ValueError:
        return None
    return _checked(heights, like, y)


def height(at: Sequence[float], heights: Sequence[float], x: Axis, where: float) -> float:
    """How high a sketched curve stands there: straight between its points, as it is drawn."""
    scale = np.log if x.log else np.asarray
    return float(np.interp(scale(where), scale(at), heights))


def _checked(heights: Any, like: Curves, y: Axis) -> dict[str, tuple[float, ...]] | None:
    """Heights of lines as `like` has them, kept within the axis; a browser may send anything."""
    counts = [len(line) for line in like.values()]
    if not isinstance(heights, list) or [len(h) if isinstance(h, list) else None for h in heights] != counts:
        return None
    if not all(isinstance(h, int | float) and isfinite(h) for line in heights for h in line):
        return None
    inside = (tuple(min(y.high, max(y.low, float(h))) for h in line) for line in heights)
    return dict(zip(like, inside, strict=True))


def _kept(key: str) -> str:
    return f"{key}_drawn"


_component = component(
    "sketch",
    js=bundle(HERE, ("../run_view/dom", "../run_view/numbers", "sketch")),
    css=(HERE / "sketch.css").read_text("utf-8"),
)
