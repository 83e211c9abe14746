"""The charts of the two normalization lessons, and the rows that they draw."""

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy import ndarray

from nnlib.experiments import Result
from nnlib.labs.normalization.batches import (
    FEATURES,
    TRUE_MEAN,
    TRUE_VAR,
    BackwardTimes,
    BatchSizeEffect,
    RunningAverages,
)
from nnlib.numerals import fixed, percent
from ui.widgets.charts import PERCENT, SHARE, SHORT, as_spec, by, guess_line, tips, where, x, y
from ui.widgets.looks import NORM_NAMES

NAMES = [feature.name for feature in FEATURES]
REACH, BINS = 10, 81
RUNNING, BATCH, TRUE = "running average", "of each batch", "true"
VARIANCE, THEORY = "running variance / true variance", "(N − 1) / N"
COMPANY = "due to the rest of the batch"

# ----------------------------------------------------------------------------------- features before and after
_features = alt.Chart().encode(y("feature:N", sort=NAMES), by(alt.Color, "feature", NAMES, legend=None))

# columns: feature, value, density
DISTRIBUTIONS = as_spec(
    alt.Chart()
    .mark_line(interpolate="step-after", strokeWidth=2.5, clip=True)
    .encode(
        x("value", "value of the feature", domain=[-REACH, REACH]),
        y("density", "density", tickCount=4, grid=False),
        by(alt.Color, "feature", NAMES),
        by(alt.StrokeDash, "feature", NAMES),
    ),
    height=340,
)

# columns: feature, mean, spread, low, high
MEANS = as_spec(
    _features.mark_rule(strokeWidth=5, opacity=0.45, clip=True).encode(
        x("low", "mean ± spread", domain=[-REACH, REACH]), alt.X2("high:Q")
    ),
    _features.mark_point(size=110).encode(alt.X("mean:Q"), tooltip=tips("feature:N", mean=SHORT, spread=SHORT)),
    height=190,
)


def distributions_frame(x: ndarray) -> pd.DataFrame:
    """The rows of DISTRIBUTIONS: a histogram a column of x (N, D)."""
    edges = np.linspace(-REACH, REACH, BINS)
    width = edges[1] - edges[0]
    rows = []
    for name, values in zip(NAMES, x.T, strict=True):
        counts, _ = np.histogram(values, edges)
        density = counts / (len(values) * width)
        rows += [(name, float(edge), float(d)) for edge, d in zip(edges[:-1], density, strict=True)]
    return pd.DataFrame(rows, columns=["feature", "value", "density"])


def means_frame(x: ndarray) -> pd.DataFrame:
    """The rows of MEANS; the spread is the standard deviation, with N in the denominator."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    return pd.DataFrame({"feature": NAMES, "mean": mean, "spread": spread, "low": mean - spread, "high": mean + spread})


# --------------------------------------------------------------------------------------------- running averages
def _running(title: str, axis: str) -> dict[str, Any]:
    lines = alt.Chart().encode(
        x("batch", "batches seen", grid=False),
        y("value", axis, zero=False),
        by(alt.Color, "series", [RUNNING, BATCH, TRUE]),
        tooltip=tips("series:N", "batch", value=SHORT),
    )
    return as_spec(
        where(lines, series=BATCH).mark_point(size=14, opacity=0.55),
        where(lines, series=TRUE).mark_line(strokeDash=[8, 5], strokeWidth=2.5),
        where(lines, series=RUNNING).mark_line(),
        where(alt.Chart(), series="here").mark_rule().encode(alt.X("batch:Q")),
        title=title,
        height=380,
    )


# columns: batch, value, series
RUNNING_MEAN, RUNNING_VAR = _running("Running mean", "mean"), _running("Running variance", "variance")


def running_frames(averages: RunningAverages, feature: int, here: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of RUNNING_MEAN and RUNNING_VAR for one feature; `here` is the batch that is looked at."""
    frames = []
    for running, batches, true in (
        (averages.mean, averages.batch_mean, TRUE_MEAN),
        (averages.var, averages.batch_var, TRUE_VAR),
    ):
        T = len(batches)
        rows = [(t, float(running[t, feature]), RUNNING) for t in range(T + 1)]
        rows += [(t + 1, float(batches[t, feature]), BATCH) for t in range(T)]
        rows += [(t, float(true[feature]), TRUE) for t in (0, T)] + [(here, float(true[feature]), "here")]
        frames.append(pd.DataFrame(rows, columns=["batch", "value", "series"]))
    return frames[0], frames[1]


# ------------------------------------------------------------------------------------------------- batch sizes
_EFFECTS = [VARIANCE, THEORY, COMPANY]
_effect_lines = alt.Chart().encode(
    x("batch_size", "batch size N", type="log", base=2, grid=False),
    y("value", "share", domain=[0, 1], **PERCENT),
    by(alt.Color, "series", _EFFECTS, columns=1),
    tooltip=tips("series:N", "batch_size", value=SHORT),
)
_measured = _effect_lines.transform_filter(alt.datum.series != THEORY)

# columns: batch_size, value, series
BATCH_SIZES = as_spec(
    where(_effect_lines, series=THEORY).mark_line(strokeDash=[3, 4], strokeWidth=2),
    _measured.mark_line(),
    _measured.mark_point().encode(by(alt.Shape, "series", _EFFECTS, legend=None)),
    title="What the batch size does",
    height=470,
)


def batch_sizes_frame(effects: Sequence[BatchSizeEffect]) -> pd.DataFrame:
    """The rows of BATCH_SIZES."""
    rows = []
    for effect in effects:
        N = effect.batch_size
        rows += [(N, effect.running_var, VARIANCE), (N, (N - 1) / N, THEORY), (N, effect.company, COMPANY)]
    return pd.DataFrame(rows, columns=["batch_size", "value", "series"])


def batch_sizes_table(effects: Sequence[BatchSizeEffect]) -> pd.DataFrame:
    """The same measurements as numbers to read."""
    rows = [
        (
            e.batch_size,
            fixed(e.train_spread, 2),
            fixed(e.test_spread, 2),
            fixed(e.running_var, 2),
            percent(e.company, 0),
        )
        for e in effects
    ]
    names = ["N", "spread, train", "spread, test", "running var / true", "due to the others"]
    return pd.DataFrame(rows, columns=names).set_index("N")


# -------------------------------------------------------------------------------------------- two backward passes
_PASSES = ["staged", "simplified"]
_times = alt.Chart().encode(
    x("microseconds", "time of one call, µs", type="log", format="~s"),
    y("which:N", sort=_PASSES),
    by(alt.Color, "which", _PASSES, legend=None),
)

# columns: which, microseconds
TIMES = as_spec(
    _times.mark_point(filled=False, size=60, opacity=0.5),
    _times.mark_tick(thickness=4, size=40).encode(alt.X("median(microseconds):Q")),
    title="Each timing a circle, the medians as bars",
    height=200,
)


def times_frame(times: BackwardTimes) -> pd.DataFrame:
    """The rows of TIMES."""
    rows = [("staged", 1e6 * t) for t in times.staged] + [("simplified", 1e6 * t) for t in times.simplified]
    return pd.DataFrame(rows, columns=["which", "microseconds"])


# --------------------------------------------------------------------------------------------- narrow networks
_NORMS = list(NORM_NAMES.values())
_widths = alt.Chart().encode(
    x("width", "features D that are normalized", type="log", base=2),
    y("accuracy", "validation accuracy", domain=[0, 1], **PERCENT),
    by(alt.Color, "normalization", _NORMS),
)

# columns: width, accuracy, normalization
NARROW = as_spec(
    guess_line(0.1),
    _widths.mark_line().encode(
        alt.Y("mean(accuracy):Q", title="validation accuracy"), by(alt.StrokeDash, "normalization", _NORMS)
    ),
    _widths.mark_point(size=70, opacity=0.75).encode(
        by(alt.Shape, "normalization", _NORMS), tooltip=tips("normalization:N", "width", accuracy=SHARE)
    ),
    title="Digits, one hidden layer",
    height=480,
)


def narrow_frame(results: Iterable[Result]) -> pd.DataFrame:
    """The rows of NARROW: a run each."""
    rows = [(r.spec.width, r.val_acc, NORM_NAMES[r.spec.normalization]) for r in results]
    return pd.DataFrame(rows, columns=["width", "accuracy", "normalization"])
