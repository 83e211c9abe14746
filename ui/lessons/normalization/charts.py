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
from ui.widgets.charts import as_spec

NAMES = [feature.name for feature in FEATURES]
REACH, BINS = 10, 81
RUNNING, BATCH, TRUE = "running average", "of each batch", "true"
VARIANCE, THEORY = "running variance / true variance", "(N − 1) / N"
COMPANY = "due to the rest of the batch"
NORM_NAMES = {None: "none", "batchnorm": "batch norm", "layernorm": "layer norm"}
_TOP = alt.Legend(orient="top", columns=2, labelLimit=400, title=None)
_DATA = alt.NamedData("frame")  # or every layer would ask for data of its own

# ----------------------------------------------------------------------------------- features before and after
_feature: dict[str, Any] = {
    "scale": alt.Scale(domain=NAMES),
    "legend": alt.Legend(orient="top", columns=2, title=None),
}
_spread_axis = alt.X("value:Q", title="value of the feature", scale=alt.Scale(domain=[-REACH, REACH]))
_features = alt.Chart().encode(alt.Color("feature:N", **_feature))

# columns: feature, value, density
DISTRIBUTIONS = as_spec(
    alt.Chart(height=340)
    .mark_line(interpolate="step-after", strokeWidth=2.5, clip=True)
    .encode(
        _spread_axis,
        alt.Y("density:Q", title="density", axis=alt.Axis(tickCount=4, grid=False)),
        alt.Color("feature:N", **_feature),
        alt.StrokeDash("feature:N", **_feature),
    )
)

# columns: feature, mean, spread, low, high
MEANS = as_spec(
    alt.layer(
        _features.mark_rule(strokeWidth=5, opacity=0.45, clip=True).encode(
            alt.X("low:Q", title="mean ± spread", scale=alt.Scale(domain=[-REACH, REACH])),
            alt.X2("high:Q"),
            alt.Y("feature:N", title=None, sort=NAMES),
            alt.Color("feature:N", scale=alt.Scale(domain=NAMES), legend=None),
        ),
        _features.mark_point(size=110, filled=True, opacity=1).encode(
            alt.X("mean:Q"),
            alt.Y("feature:N", title=None, sort=NAMES),
            alt.Color("feature:N", scale=alt.Scale(domain=NAMES), legend=None),
            tooltip=["feature:N", alt.Tooltip("mean:Q", format=".3f"), alt.Tooltip("spread:Q", format=".3f")],
        ),
        data=_DATA,
        height=190,
    )
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
    series: dict[str, Any] = {"scale": alt.Scale(domain=[RUNNING, BATCH, TRUE]), "legend": _TOP}
    lines = alt.Chart().encode(
        alt.X("batch:Q", title="batches seen", axis=alt.Axis(grid=False)),
        alt.Y("value:Q", title=axis, scale=alt.Scale(zero=False)),
        alt.Color("series:N", **series),
        tooltip=["series:N", "batch:Q", alt.Tooltip("value:Q", format=".3f")],
    )
    return as_spec(
        alt.layer(
            lines.transform_filter(alt.datum.series == BATCH).mark_point(size=14, opacity=0.55, filled=True),
            lines.transform_filter(alt.datum.series == TRUE).mark_line(strokeDash=[8, 5], strokeWidth=2.5),
            lines.transform_filter(alt.datum.series == RUNNING).mark_line(strokeWidth=3),
            alt.Chart()
            .transform_filter("datum.series == 'here'")
            .mark_rule(color="#888", strokeWidth=2)
            .encode(alt.X("batch:Q")),
            data=_DATA,
            title=title,
            height=380,
        )
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
_effects: dict[str, Any] = {"scale": alt.Scale(domain=[VARIANCE, THEORY, COMPANY])}
_effect_lines = alt.Chart().encode(
    alt.X("batch_size:Q", title="batch size N", scale=alt.Scale(type="log", base=2), axis=alt.Axis(grid=False)),
    alt.Y("value:Q", title="share", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5)),
    alt.Color("series:N", legend=alt.Legend(orient="top", columns=1, labelLimit=400, title=None), **_effects),
    tooltip=["series:N", "batch_size:Q", alt.Tooltip("value:Q", format=".3f")],
)

# columns: batch_size, value, series
BATCH_SIZES = as_spec(
    alt.layer(
        _effect_lines.transform_filter(alt.datum.series == THEORY).mark_line(strokeDash=[3, 4], strokeWidth=2),
        _effect_lines.transform_filter(alt.datum.series != THEORY).mark_line(strokeWidth=3),
        _effect_lines.transform_filter(alt.datum.series != THEORY)
        .mark_point(size=80, filled=True, opacity=1)
        .encode(alt.Shape("series:N", legend=None, **_effects)),
        data=_DATA,
        title="What the batch size does",
        height=470,
    )
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
        (e.batch_size, f"{e.train_spread:.2f}", f"{e.test_spread:.2f}", f"{e.running_var:.2f}", f"{e.company:.0%}")
        for e in effects
    ]
    names = ["N", "spread, train", "spread, test", "running var / true", "due to the others"]
    return pd.DataFrame(rows, columns=names).set_index("N")


# -------------------------------------------------------------------------------------------- two backward passes
_times = alt.Chart().encode(
    alt.X("microseconds:Q", title="time of one call, µs", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s")),
    alt.Y("which:N", title=None, sort=["staged", "simplified"]),
    alt.Color("which:N", legend=None, scale=alt.Scale(domain=["staged", "simplified"])),
)

# columns: which, microseconds
TIMES = as_spec(
    alt.layer(
        _times.mark_point(size=60, opacity=0.5),
        _times.mark_tick(thickness=4, size=40).encode(alt.X("median(microseconds):Q")),
        data=_DATA,
        title="Each timing a circle, the medians as bars",
        height=200,
    )
)


def times_frame(times: BackwardTimes) -> pd.DataFrame:
    """The rows of TIMES."""
    rows = [("staged", 1e6 * t) for t in times.staged] + [("simplified", 1e6 * t) for t in times.simplified]
    return pd.DataFrame(rows, columns=["which", "microseconds"])


# --------------------------------------------------------------------------------------------- narrow networks
_norms: dict[str, Any] = {"scale": alt.Scale(domain=list(NORM_NAMES.values()))}
_widths = alt.Chart().encode(
    alt.X("width:Q", title="features D that are normalized", scale=alt.Scale(type="log", base=2)),
    alt.Y(
        "accuracy:Q",
        title="validation accuracy",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5),
    ),
    alt.Color("normalization:N", legend=_TOP, **_norms),
)

# columns: width, accuracy, normalization
NARROW = as_spec(
    alt.layer(
        alt.Chart().mark_rule(strokeDash=[4, 4], color="#888", strokeWidth=2).encode(alt.Y(datum=0.1)),
        _widths.mark_line(strokeWidth=3).encode(
            alt.Y("mean(accuracy):Q", title="validation accuracy"),
            alt.StrokeDash("normalization:N", legend=_TOP, **_norms),
        ),
        _widths.mark_point(size=70, filled=True, opacity=0.75).encode(
            alt.Shape("normalization:N", legend=_TOP, **_norms),
            tooltip=["normalization:N", "width:Q", alt.Tooltip("accuracy:Q", format=".1%")],
        ),
        data=_DATA,
        title="Digits, one hidden layer",
        height=480,
    )
)


def narrow_frame(results: Iterable[Result]) -> pd.DataFrame:
    """The rows of NARROW: a run each."""
    rows = [(r.spec.width, r.val_acc, NORM_NAMES[r.spec.normalization]) for r in results]
    return pd.DataFrame(rows, columns=["width", "accuracy", "normalization"])
