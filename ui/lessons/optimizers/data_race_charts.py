"""Charts of the race on data: loss against step, accuracies against epoch; a line a rule, a band over its seeds."""

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import fmean
from typing import Any

import altair as alt
import pandas as pd

from nnlib.optim import RULES
from ui.components.surface_race import short_name
from ui.lessons.optimizers.data_race import Standing, smoothed
from ui.widgets.charts import EPOCH, PERCENT, STROKE, as_spec, by, thinned, tips, x, y
from ui.widgets.looks import RULE_DASHES

POINTS = 200  # a line
ROOM = 1.5  # losses are drawn up to so many times the first one
NAMES = [short_name(rule) for rule in RULES]  # in the order of their colours
COLUMNS_OF_LEGEND, ROW = 2, 26  # as many as a phone has room for; px
COLUMNS = ["rule", "x", "raw", "mean", "low", "high"]


def _chart(rules: Sequence[str], title: str, over: str, mean: alt.Y, height: int, points: bool) -> dict[str, Any]:
    legend = {"values": [short_name(rule) for rule in rules], "symbolSize": 900, **STROKE}
    across = x("x", format="d", tickCount=10, **EPOCH | {"title": over})
    base = alt.Chart().encode(across, by(alt.Color, "rule", NAMES, **legend))
    numbers = {"mean": "mean", "low": "least", "high": "greatest"}
    tooltip = tips(
        "rule:N",
        alt.Tooltip("x:Q", title=over),
        *(alt.Tooltip(f"{name}:Q", title=words, format=".3f") for name, words in numbers.items()),
    )
    told = base.encode(mean, tooltip=tooltip)
    layers = [
        base.transform_filter("isValid(datum.low)").mark_area(opacity=0.2).encode(alt.Y("low:Q"), alt.Y2("high:Q")),
        base.transform_filter("isValid(datum.raw)").mark_line(opacity=0.3, strokeWidth=1.5).encode(alt.Y("raw:Q")),
        told.mark_line().encode(by(alt.StrokeDash, "rule", NAMES, RULE_DASHES, **legend)),
        *([told.mark_point(size=55)] if points else []),
    ]
    rows = math.ceil(len(rules) / COLUMNS_OF_LEGEND)
    return as_spec(*layers, title=title, height=height + rows * ROW)


@lru_cache(maxsize=50)
def loss_spec(rules: tuple[str, ...], one_seed: bool) -> dict[str, Any]:
    """The chart of `loss_frame`, with these rules in its legend."""
    title = "Loss of each batch (faint), and smoothed" if one_seed else "Loss, smoothed"
    return _chart(rules, title, "step", y("mean", "loss, nats", zero=False, tickCount=6), 420, points=False)


@lru_cache(maxsize=50)
def accuracy_spec(rules: tuple[str, ...], title: str) -> dict[str, Any]:
    """The chart of `accuracy_frame`, with these rules in its legend."""
    return _chart(rules, title, "epoch", y("mean", zero=False, **PERCENT), 380, points=True)


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
        for i in thinned(longest, POINTS):
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
