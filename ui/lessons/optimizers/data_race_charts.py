"""Charts of the race on data: loss against step, accuracies against epoch; a line a rule, a band over its seeds."""

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import fmean
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from nnlib.optim import RULES
from ui.components.surface_race import short_name
from ui.lessons.optimizers.data_race import Standing, smoothed
from ui.widgets.charts import as_spec

POINTS = 200  # a line
ROOM = 1.5  # losses are drawn up to so many times the first one
FONT: dict[str, Any] = {"labelFontSize": 15, "titleFontSize": 15}
# The place of a rule is that of its colour in the theme, and its dashes are those of the race on a surface.
NAMES = [short_name(rule) for rule in RULES]
DASHES = [[1, 0], [12, 5], [5, 4, 1.5, 4], [15, 4, 4, 4], [6, 3], [20, 4], [2.5, 3]]
COLUMNS_OF_LEGEND, ROW = 2, 26  # as many as a phone has room for; px
COLUMNS = ["rule", "x", "raw", "mean", "low", "high"]


def _chart(rules: Sequence[str], x: alt.X, y: alt.Y, title: str, height: int, points: bool) -> dict[str, Any]:
    shown = [short_name(rule) for rule in rules]
    symbol: dict[str, Any] = {"symbolType": "stroke", "symbolSize": 900, "symbolOpacity": 1, "symbolStrokeWidth": 3}
    legend = alt.Legend(title=None, orient="top", values=shown, columns=COLUMNS_OF_LEGEND, labelFontSize=15, **symbol)
    base = alt.Chart().encode(x, alt.Color("rule:N", scale=alt.Scale(domain=NAMES), legend=legend))
    numbers = {"mean": "mean", "low": "least", "high": "greatest"}
    tooltip = [
        alt.Tooltip("rule:N"),
        alt.Tooltip("x:Q", title=str(x.title)),
        *(alt.Tooltip(f"{name}:Q", title=words, format=".3f") for name, words in numbers.items()),
    ]
    dash = alt.StrokeDash("rule:N", scale=alt.Scale(domain=NAMES, range=DASHES), legend=legend)
    band = base.transform_filter("isValid(datum.low)").mark_area(opacity=0.2).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    faint = base.transform_filter("isValid(datum.raw)").mark_line(opacity=0.3, strokeWidth=1.5).encode(alt.Y("raw:Q"))
    line = base.mark_line(strokeWidth=3).encode(y, dash, tooltip=tooltip)
    layers = [band, faint, line]
    if points:
        layers.append(base.mark_point(size=55, filled=True, opacity=1).encode(y, tooltip=tooltip))
    rows = math.ceil(len(shown) / COLUMNS_OF_LEGEND)
    return as_spec(alt.layer(*layers, title=title, height=height + rows * ROW))


@lru_cache(maxsize=50)
def loss_spec(rules: tuple[str, ...], one_seed: bool) -> dict[str, Any]:
    """The chart of `loss_frame`, with these rules in its legend."""
    x = alt.X("x:Q", title="step", axis=alt.Axis(grid=False, format="d", tickMinStep=1, tickCount=10, **FONT))
    y = alt.Y("mean:Q", title="loss, nats", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=6, **FONT))
    title = "Loss of each batch (faint), and smoothed" if one_seed else "Loss, smoothed"
    return _chart(rules, x, y, title, 420, points=False)


@lru_cache(maxsize=50)
def accuracy_spec(rules: tuple[str, ...], title: str) -> dict[str, Any]:
    """The chart of `accuracy_frame`, with these rules in its legend."""
    x = alt.X("x:Q", title="epoch", axis=alt.Axis(grid=False, format="d", tickMinStep=1, tickCount=10, **FONT))
    y = alt.Y("mean:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(format=".0%", tickCount=6, **FONT))
    return _chart(rules, x, y, title, 380, points=True)


def loss_frame(standings: Sequence[Standing]) -> tuple[pd.DataFrame, float | None]:
    """Rows of loss_spec, and where larger losses are cut off, None if there are none.

    One seed gives `raw` and, as `mean`, what is left of it when smoothed; several give the mean of the smoothed losses
    of those that have come so far, and `low` and `high`.
    """
    rows: list[tuple] = []
    top = ROOM * max((result.losses[0] for s in standings for result in s.results), default=1.0)
    for standing in standings:
        raw = [result.losses for result in standing.results]
        smooth = [smoothed(result) for result in standing.results]
        longest = max(map(len, raw), default=0)
        for i in np.unique(np.linspace(0, longest - 1, min(POINTS, longest)).astype(int)).tolist():
            here = _over([losses[i] for losses in smooth if i < len(losses)])
            rows.append((short_name(standing.rule), i + 1, raw[0][i] if len(standing.runs) == 1 else None, *here))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    numbers = frame[COLUMNS[2:]].astype(float)
    cut = bool((numbers > top).to_numpy().any())
    frame[COLUMNS[2:]] = numbers.clip(upper=top)
    return frame, top if cut else None


def accuracy_frame(standings: Sequence[Standing], quantity: str) -> pd.DataFrame:
    """Rows of accuracy_spec; quantity: "train_acc" or "val_acc"."""
    rows: list[tuple] = []
    for standing in standings:
        by_epoch: dict[int, list[float]] = {}
        for result in standing.results:
            for record in result.measured:
                by_epoch.setdefault(record.epoch, []).append(getattr(record, quantity))
        rows += [(short_name(standing.rule), epoch, None, *_over(by_epoch[epoch])) for epoch in sorted(by_epoch)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _over(values: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Mean, least and greatest; without a band where there is one value only."""
    return (fmean(values), min(values), max(values)) if len(values) > 1 else (values[0], None, None)
