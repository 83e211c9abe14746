"""The charts that lay runs over each other, and the rows that they draw."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from ui.runs.log import ITERATION, SMOOTH, TRAIN, VAL, Entry
from ui.widgets.charts import as_spec

POINTS = 300  # a line at most
WIDE = 50  # times the least loss: from there on the largest would hide all others but for a logarithmic axis
DASHES = [[1, 0], [8, 4], [2, 3], [12, 3, 2, 3], [5, 2], [1, 2]]  # beside the colours
MOST = len(DASHES)  # runs in one chart
AXES = {"epochs": "epoch", "steps": "step"}
FONT: dict[str, Any] = {"labelFontSize": 15, "titleFontSize": 15}


def _lines(title: str, y: alt.Y, x_title: str, tooltip: alt.Tooltip) -> dict[str, Any]:
    legend = alt.Legend(title=None, orient="bottom", columns=3, labelFontSize=15, symbolSize=400)
    run = {"sort": alt.EncodingSortField("number", op="min"), "legend": legend}
    return as_spec(
        alt.Chart(title=title, height=420)
        .mark_line(strokeWidth=2.5)
        .encode(
            alt.X("x:Q", title=x_title, axis=alt.Axis(grid=False, tickCount=6, **FONT)),
            y,
            alt.Color("run:N", **run),
            alt.StrokeDash("run:N", scale=alt.Scale(range=DASHES), **run),
            tooltip=["run:N", "settings:N", alt.Tooltip("x:Q", title=x_title, format=",.4~g"), tooltip],
        )
    )


def _loss(x_title: str, logarithmic: bool) -> dict[str, Any]:
    scale = alt.Scale(type="log", nice=False) if logarithmic else alt.Scale()
    axis = alt.Axis(tickCount=6, format="~g", grid=not logarithmic, **FONT)
    title = "Loss, smoothed (logarithmic)" if logarithmic else "Loss, smoothed"
    y = alt.Y("y:Q", title="loss (nats)", scale=scale, axis=axis)
    return _lines(title, y, x_title, alt.Tooltip("y:Q", title="loss", format=".3g"))


def _accuracy(title: str, x_title: str) -> dict[str, Any]:
    y = alt.Y("y:Q", title="accuracy", scale=alt.Scale(zero=False), axis=alt.Axis(format="~%", tickCount=6, **FONT))
    return _lines(title, y, x_title, alt.Tooltip("y:Q", title="accuracy", format=".1%"))


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
        if len(rows) > POINTS:
            rows = rows[np.linspace(0, len(rows) - 1, POINTS).round().astype(int)]
        x = rows[:, ITERATION] / (entry.iterations_per_epoch if axis == "epochs" else 1)
        frames.append(
            pd.DataFrame({"run": run, "number": entry.number, "settings": settings, "x": x, "y": rows[:, column]})
        )
    return pd.concat(frames)
