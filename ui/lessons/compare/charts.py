"""The charts that lay runs over each other, and the rows that they draw."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from ui.runs.log import ITERATION, SMOOTH, TRAIN, VAL, Entry
from ui.widgets.charts import PERCENT, SHARE, SHORT, as_spec, thinned, tips, x, y

POINTS = 300  # a line at most
WIDE = 50  # times the least loss: from there on the largest would hide all others but for a logarithmic axis
DASHES = [[1, 0], [8, 4], [2, 3], [12, 3, 2, 3], [5, 2], [1, 2]]  # beside the colours
MOST = len(DASHES)  # runs in one chart
AXES = {"epochs": "epoch", "steps": "step"}


def _lines(title: str, height: alt.Y, x_title: str, tooltip: alt.Tooltip) -> dict[str, Any]:
    legend = alt.Legend(title=None, orient="bottom", columns=3, symbolSize=400)
    run = {"sort": alt.EncodingSortField("number", op="min"), "legend": legend}
    lines = alt.Chart().encode(
        x("x", x_title, grid=False, tickCount=6),
        height,
        alt.Color("run:N", **run),
        alt.StrokeDash("run:N", scale=alt.Scale(range=DASHES), **run),
        tooltip=tips("run:N", "settings:N", alt.Tooltip("x:Q", title=x_title, format=",.4~g"), tooltip),
    )
    return as_spec(lines.mark_line(strokeWidth=2.5), title=title, height=420)


def _loss(x_title: str, logarithmic: bool) -> dict[str, Any]:
    scale: dict[str, Any] = {"type": "log", "nice": False} if logarithmic else {}
    title = "Loss, smoothed (logarithmic)" if logarithmic else "Loss, smoothed"
    loss = y("y", "loss (nats)", tickCount=6, format="~g", grid=not logarithmic, **scale)
    return _lines(title, loss, x_title, alt.Tooltip("y:Q", title="loss", format=SHORT))


def _accuracy(title: str, x_title: str) -> dict[str, Any]:
    accuracy = y("y", "accuracy", zero=False, **PERCENT)
    return _lines(title, accuracy, x_title, alt.Tooltip("y:Q", title="accuracy", format=SHARE))


# columns: run (text), number (its), settings (text), x, y
LOSS = {(axis, log): _loss(title, log) for axis, title in AXES.items() for log in (False, True)}
TRAINING = {axis: _accuracy("Training accuracy", title) for axis, title in AXES.items()}
VALIDATION = {axis: _accuracy("Validation accuracy", title) for axis, title in AXES.items()}


def charts(labels: Mapping[str, str], entries: Sequence[Entry], axis: str) -> dict[str, tuple[pd.DataFrame, dict]]:
    """Rows and spec of each chart by name; labels: what tells a run apart, by its name, in the entries' order."""
    loss, training, validation = (frame(labels, entries, column, axis) for column in (SMOOTH, TRAIN, VAL))
    positive = loss["y"].to_numpy() > 0
    values = loss["y"].to_numpy()[positive]
    logarithmic = bool(values.size) and float(values.max()) > WIDE * float(values.min())
    return {
        "loss": (loss.loc[positive] if logarithmic else loss, LOSS[axis, logarithmic]),
        "training": (training, TRAINING[axis]),
        "validation": (validation, VALIDATION[axis]),
    }


def frame(labels: Mapping[str, str], entries: Sequence[Entry], column: int, axis: str) -> pd.DataFrame:
    """The curves of runs, at most `POINTS` each and always with the newest.

    column: of `Entry.rows`; axis: one of `AXES`.
    """
    frames = []
    for (run, settings), entry in zip(labels.items(), entries, strict=True):
        rows = entry.rows[np.isfinite(entry.rows[:, column])]
        rows = rows[thinned(len(rows), POINTS)]
        x = rows[:, ITERATION] / (entry.iterations_per_epoch if axis == "epochs" else 1)
        frames.append(
            pd.DataFrame({"run": run, "number": entry.number, "settings": settings, "x": x, "y": rows[:, column]})
        )
    return pd.concat(frames)
