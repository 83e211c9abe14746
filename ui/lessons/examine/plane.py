"""Examine: points in the plane, over a picture of what the network makes of every place."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy import ndarray

from ui.lessons.examine import charts
from ui.lessons.examine.subject import Examined
from ui.runs.painter import Painter
from ui.widgets import pictures


def plane(
    subject: Examined,
    points: tuple[ndarray, Any, Sequence[str], Any],
    title: str,
    key: str,
    extent: tuple[float, float, float, float] | None = None,
    paint: Callable[..., ndarray] = pictures.decision_boundary,
) -> None:
    """Draw points: their places (N, 2), classes, words for the tooltip, and whether each has a ring.

    extent: by default where the data lie. paint: makes the picture of model and extent.
    """
    X, y, words, ringed = points
    names, extent = subject.class_names, extent or Painter(subject.data).extent
    frame = pd.DataFrame({"x": X[:, 0], "y": X[:, 1], "class": np.array(names)[y], "words": words, "ringed": ringed})
    picture = pictures.data_uri(paint(subject.model, extent))
    st.vega_lite_chart(frame, charts.plane(names, title, picture, extent), key=key, width="content")
