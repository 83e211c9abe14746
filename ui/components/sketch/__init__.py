"""Lets a learner sketch a curve before it is measured: a few points to drag, by pointer, finger or keyboard.

>>> scales, accuracy = Axis("weight scale", 1e-4, 1.0, log=True), Axis("accuracy", 0.0, 1.0, percent=True)
>>> sketch = Sketch("my_sketch", (1e-4, 1e-2, 1.0), scales, accuracy, {"none": (0.5, 0.5, 0.5)}, slots=(0,))
>>> sketch.show("Drag the points.")
>>> sketch.drawn()["none"]                           # heights of its points
>>> height(sketch.at, (0.1, 0.2, 0.3), scales, 0.02) # of a sketched curve, between its points

What is drawn stands in the address bar under the sketch's key, so that a link reproduces it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np
import streamlit as st

from ui.components.bundle import mount

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


@dataclass(frozen=True)
class Sketch:
    """Curves to be drawn.

    key: of the component, and in the address bar. at: where on x the points stand. start: name of each line -> heights
    of its points at the start. slots: which of the theme's colours each line has.
    """

    key: str
    at: Sequence[float]
    x: Axis
    y: Axis
    start: Curves
    slots: Sequence[int]

    def show(self, about: str = "", reference: tuple[str, float] | None = None) -> None:
        """Let it be changed. about: how to do so. reference: name and height of a line to go by."""

        def moved() -> None:
            new = _checked(st.session_state[self.key].drawn, self.start, self.y)
            if new is not None:
                st.session_state[self._kept] = new
                st.query_params[self.key] = write(new)

        drawn = zip(self.drawn().items(), self.slots, strict=True)
        lines = [{"name": name, "slot": slot, "heights": heights} for (name, heights), slot in drawn]
        data: dict[str, Any] = {"x": asdict(self.x), "y": asdict(self.y), "at": list(self.at)}
        data |= {"lines": lines, "about": about, "reference": reference}
        _component(data=data, key=self.key, height="content", on_drawn_change=moved)

    def drawn(self) -> dict[str, tuple[float, ...]]:
        """What is drawn in this session, else what the address bar holds, else the start."""
        kept = st.session_state.get(self._kept)
        if kept is None:
            kept = read(st.query_params.get(self.key, ""), self.start, self.y)
            if kept is not None:
                st.session_state[self._kept] = kept
        elif self.key not in st.query_params:
            st.query_params[self.key] = write(kept)  # back from another page, whose address has no room for it
        return kept or {name: tuple(heights) for name, heights in self.start.items()}

    @property
    def _kept(self) -> str:
        return f"{self.key}_drawn"


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


_component = mount("sketch", __file__)
