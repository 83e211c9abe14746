"""A square to draw in with mouse, pen or finger; what was drawn comes back as strokes."""

import math
from typing import Any

import streamlit as st

from ui.components.bundle import mount

SIDE = 100.0  # the square's, in the strokes' units
MAX_STROKES, MAX_POINTS = 100, 2000

Strokes = list[list[tuple[float, float]]]


def draw_pad(label: str, key: str) -> Strokes:
    """The strokes so far, each a list of points (x, y), 0..100, y downwards."""
    drawn = checked((st.session_state.get(key) or {}).get("strokes"))
    _component(data={"label": label, "strokes": drawn}, key=key, height="content", on_strokes_change=lambda: None)
    return drawn


def checked(strokes: Any) -> Strokes:
    """What a browser sent, as far as it is strokes within the square."""
    kept: Strokes = []
    left = MAX_POINTS
    for stroke in strokes[:MAX_STROKES] if isinstance(strokes, list) else []:
        points = [
            (float(point[0]), float(point[1]))
            for point in (stroke[:left] if isinstance(stroke, list) else [])
            if isinstance(point, list | tuple) and len(point) == 2 and all(_inside(value) for value in point)
        ]
        left -= len(points)
        if points:
            kept.append(points)
    return kept


def _inside(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and 0 <= value <= SIDE


_component = mount("draw_pad", __file__)
