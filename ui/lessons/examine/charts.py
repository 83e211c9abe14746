"""The charts with which a network is examined, and the rows that they draw."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy import ndarray

from nnlib.labs.examine.network import Components
from nnlib.numerals import percent, whole
from nnlib.runs.accuracy import Accuracy
from ui.widgets.charts import DARK, PERCENT, SHARE, SHORT, as_spec, by, tips, x, y
from ui.widgets.pictures import CLASS_COLOURS

STAR = "M0,-1L0.59,0.81L-0.95,-0.31L0.95,-0.31L-0.59,0.81Z"
TIMES = "M-1,-0.6L-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0Z"
_TRIANGLES = [f"triangle-{way}" for way in ("up", "down", "right", "left")]
SHAPES = ["circle", "square", "cross", "diamond", *_TRIANGLES, STAR, TIMES]

_right = alt.Tooltip("words:N", title="right")
_named = alt.Chart().encode(
    y("name:N", sort=None, labelLimit=200, labelOverlap=False),
    tooltip=tips("name:N", *tips(share=SHARE, low=SHARE, high=SHARE), _right),
)


def _intervals(title: str, **scale: Any) -> list[alt.Chart]:
    """A 95 % interval as a rule and its share as a point, in every row."""
    return [
        _named.mark_rule(strokeWidth=4, opacity=0.55).encode(x("low", title, **PERCENT, **scale), alt.X2("high:Q")),
        _named.mark_point(size=130).encode(alt.X("share:Q")),
        _named.mark_text(align="left", dx=8, fontWeight="normal").encode(alt.X("high:Q"), alt.Text("words:N")),
    ]


# columns: name, share, low, high, words
ACCURACIES = as_spec(
    *_intervals("share that is right, with its 95 % interval", zero=False, padding=60),
    title="Accuracy",
    height=alt.Step(38),
)

# columns: name, share, low, high, words, all (the accuracy over all classes)
CLASSES = as_spec(
    _named.mark_bar(opacity=0.35, height={"band": 0.6}).encode(x("share", domain=[0, 1], **PERCENT)),
    *_intervals("share of the class that is right, with its 95 % interval"),
    alt.Chart().mark_rule(strokeDash=[6, 5]).encode(alt.X("mean(all):Q")),
    title="Accuracy of each class; dashed: of all",
    height=alt.Step(38),
)


def accuracies_frame(accuracies: dict[str, Accuracy]) -> pd.DataFrame:
    """The rows of ACCURACIES and CLASSES: name -> accuracy."""
    right, count = (sum(getattr(accuracy, what) for accuracy in accuracies.values()) for what in ("right", "count"))
    over_all = Accuracy(right, count).share
    rows = [
        (name, a.share, *a.interval(), f"{whole(a.right)} of {whole(a.count)}", over_all)
        for name, a in accuracies.items()
    ]
    return pd.DataFrame(rows, columns=["name", "share", "low", "high", "words", "all"])


def _bars(title: str, axis: str, **scale: Any) -> dict[str, Any]:
    bars = alt.Chart().encode(x("value", axis, tickCount=4, **scale), y("name:N", sort=None))
    return as_spec(bars.mark_bar().encode(tooltip=tips("name:N", value=SHORT)), title=title, height=alt.Step(26))


# columns: name, value
BY_CLASS = _bars("Mean activation, by class", "mean activation")
PROBABILITIES = _bars("Probability of each class", "probability", domain=[0, 1])


def by_class_frame(a: ndarray, y: ndarray, names: Sequence[str]) -> pd.DataFrame:
    """The rows of BY_CLASS: a unit's activations (N,) and the labels."""
    means = [float(a[y == k].mean()) if (y == k).any() else 0.0 for k in range(len(names))]
    return pd.DataFrame({"name": list(names), "value": means})


# ------------------------------------------------------------------------------------------------------- the plane
_LEGEND: dict[str, Any] = {"symbolSize": 150, "symbolStrokeWidth": 1, "columns": 10}


def plane(names: Sequence[str], title: str, background: str, extent: Sequence[float]) -> dict:
    """Points in the plane over a picture; columns: x, y, class, ringed (whether it has a ring), words.

    background: a data URI that covers extent, (x from, x to, y from, y to).
    """
    x0, x1, y0, y1 = extent
    base = alt.Chart().encode(
        x("x", "x₁", domain=[x0, x1], nice=False, grid=False), y("y", "x₂", domain=[y0, y1], nice=False, grid=False)
    )
    spec = as_spec(
        alt.Chart()
        .mark_image(aspect=False, smooth=False, opacity=0.85)
        .encode(alt.X("x0:Q"), alt.X2("x1:Q"), alt.Y("y0:Q"), alt.Y2("y1:Q"), url="url:N"),
        base.mark_point(size=70, stroke=DARK, strokeWidth=0.7).encode(
            by(alt.Color, "class", names, CLASS_COLOURS[: len(names)], **_LEGEND),  # those of the background
            by(alt.Shape, "class", names, SHAPES[: len(names)], legend=None),
            tooltip=tips("class:N", "words:N", x=".2f", y=".2f"),
        ),
        base.transform_filter("datum.ringed").mark_point(
            shape="circle", filled=False, size=330, strokeWidth=2.5, color=DARK
        ),
        title=title,
        height=560,
        width=620,
    )
    spec["layer"][0]["data"] = {"values": [{"url": background, "x0": x0, "x1": x1, "y0": y0, "y1": y1}]}
    return spec


# --------------------------------------------------------------------------------------------------------- the map
def map_spec(names: Sequence[str], components: Components, title: str) -> dict:
    """A point an example along the first two components; columns of `map_frame`. Short names stand as they are."""
    shares = [*components.shares[:2], 0.0][:2]  # a single unit has one component only
    axes = [f"component {i + 1}, {percent(share, 0)} of the variance" for i, share in enumerate(shares)]
    says = alt.Tooltip("says:N", title="taken for")
    base = alt.Chart().encode(
        x("x", axes[0], grid=False, tickCount=6),
        y("y", axes[1], grid=False, tickCount=6),
        tooltip=tips("image:N", "class:N", says, "number"),
    )
    # in the theme's colours, which stand out on its background
    if max(map(len, names)) == 1:
        letters = base.mark_text(fontSize=17)
        chart = letters.encode(alt.Text("class:N"), by(alt.Color, "class", names, legend=None))
    else:
        shapes = by(alt.Shape, "class", names, SHAPES[: len(names)], **_LEGEND)
        chart = base.mark_point(size=90, opacity=0.9).encode(by(alt.Color, "class", names, **_LEGEND), shapes)
    return as_spec(chart, title=title, height=600)


def map_frame(
    components: Components, y: ndarray, said: ndarray, names: Sequence[str], images: Sequence[str]
) -> pd.DataFrame:
    """The rows of a map."""
    label = np.array(names, object)
    frame = {"x": components.places[:, 0], "y": components.places[:, 1], "class": label[y], "says": label[said]}
    return pd.DataFrame(frame | {"number": np.arange(len(y)), "image": list(images)})
