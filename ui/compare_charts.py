"""The charts that lay runs over each other, and the rows that they draw."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from ui.charts import as_spec
from ui.run_log import ITERATION, SMOOTH, TRAIN, VAL, Entry

POINTS = 300  # a line at most
DASHES = [[1, 0], [8, 4], [2, 3], [12, 3, 2, 3], [5, 2], [1, 2]]  # beside the colours
MOST = len(DASHES)  # runs in one chart
AXES = {"epochs": "epoch", "steps": "step"}
FONT: dict[str, Any] = {"labelFontSize": 15, "titleFontSize": 15}


def _lines(title: str, y: alt.Y, x_title: str, tooltip: alt.Tooltip, **mark: Any) -> dict[str, Any]:
    legend = alt.Legend(title=None, orient="bottom", columns=1, labelLimit=340, labelFontSize=15, symbolSize=400)
    run = {"sort": None, "legend": legend}
    return as_spec(
        alt.Chart(title=title, height=380)
        .mark_line(strokeWidth=2.5, **mark)
        .encode(
            alt.X("x:Q", title=x_title, axis=alt.Axis(grid=False, tickCount=6, **FONT)),
            y,
            alt.Color("run:N", **run),
            alt.StrokeDash("run:N", scale=alt.Scale(range=DASHES), **run),
            tooltip=["run:N", alt.Tooltip("x:Q", title=x_title, format=",.4~g"), tooltip],
        )
    )


def _accuracy(title: str, x_title: str) -> dict[str, Any]:
    y = alt.Y("y:Q", title="accuracy", scale=alt.Scale(zero=False), axis=alt.Axis(format="~%", tickCount=6, **FONT))
    return _lines(title, y, x_title, alt.Tooltip("y:Q", title="accuracy", format=".1%"))


# columns: run (text), x, y
LOSS = {
    axis: _lines(
        "Loss, smoothed",
        alt.Y("y:Q", title="loss (nats)", axis=alt.Axis(tickCount=6, **FONT)),
        title,
        alt.Tooltip("y:Q", title="loss", format=".3g"),
    )
    for axis, title in AXES.items()
}
TRAINING = {axis: _accuracy("Training accuracy", title) for axis, title in AXES.items()}
VALIDATION = {axis: _accuracy("Validation accuracy", title) for axis, title in AXES.items()}


def frame(entries: Mapping[str, Entry], column: int, axis: str) -> pd.DataFrame:
    """The curves of labelled runs, at most `POINTS` each and always with the newest.

    column: of `Entry.rows`; axis: one of `AXES`.
    """
    frames = []
    for run, entry in entries.items():
        rows = entry.rows[np.isfinite(entry.rows[:, column])]
        if len(rows) > POINTS:
            rows = rows[np.linspace(0, len(rows) - 1, POINTS).round().astype(int)]
        x = rows[:, ITERATION] / (entry.iterations_per_epoch if axis == "epochs" else 1)
        frames.append(pd.DataFrame({"run": run, "x": x, "y": rows[:, column]}))
    return pd.concat(frames) if frames else pd.DataFrame(columns=["run", "x", "y"])


CHARTS = {"loss": (LOSS, SMOOTH), "training": (TRAINING, TRAIN), "validation": (VALIDATION, VAL)}
