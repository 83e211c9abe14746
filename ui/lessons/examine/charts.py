"""The charts with which a network is examined, and the rows that they draw."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy import ndarray

from nnlib.labs.examine.network import Components
from nnlib.runs.accuracy import Accuracy
from ui.widgets.charts import as_spec
from ui.widgets.pictures import CLASS_COLOURS

STAR = "M0,-1L0.59,0.81L-0.95,-0.31L0.95,-0.31L-0.59,0.81Z"
TIMES = "M-1,-0.6L-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0Z"
_TRIANGLES = [f"triangle-{way}" for way in ("up", "down", "right", "left")]
SHAPES = ["circle", "square", "cross", "diamond", *_TRIANGLES, STAR, TIMES]
QUIET = "#7f8b99"
_DATA = alt.NamedData("frame")  # or every layer would ask for data of its own
_SHARE = alt.Axis(format="%", tickCount=6)


def _intervals(x: str, y: alt.Y, **scale: Any) -> list[alt.Chart]:
    """A 95 % interval as a rule and its share as a point, in every row."""
    tooltip = [
        alt.Tooltip("name:N"),
        alt.Tooltip("share:Q", format=".1%"),
        alt.Tooltip("low:Q", format=".1%"),
        alt.Tooltip("high:Q", format=".1%"),
        alt.Tooltip("words:N", title="right"),
    ]
    rows = alt.Chart().encode(y, tooltip=tooltip)
    return [
        rows.mark_rule(strokeWidth=4, opacity=0.55, color=QUIET).encode(
            alt.X("low:Q", title=x, axis=_SHARE, **scale), alt.X2("high:Q")
        ),
        rows.mark_point(filled=True, size=130, opacity=1).encode(alt.X("share:Q")),
        rows.mark_text(align="left", dx=8, fontSize=14, color=QUIET).encode(alt.X("high:Q"), alt.Text("words:N")),
    ]


_by_name = alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=200, labelFontSize=15, labelOverlap=False))

# columns: name, share, low, high, words
ACCURACIES = as_spec(
    alt.layer(
        *_intervals("share that is right, with its 95 % interval", _by_name, scale=alt.Scale(zero=False, padding=60)),
        data=_DATA,
        title="Accuracy",
        height={"step": 38},
    )
)

# columns: name, share, low, high, words, all (the accuracy over all classes)
CLASSES = as_spec(
    alt.layer(
        alt.Chart()
        .mark_bar(opacity=0.35, height={"band": 0.6})
        .encode(alt.X("share:Q", scale=alt.Scale(domain=[0, 1])), _by_name),
        *_intervals("share of the class that is right, with its 95 % interval", _by_name),
        alt.Chart().mark_rule(strokeDash=[6, 5], strokeWidth=2, color=QUIET).encode(alt.X("mean(all):Q")),
        data=_DATA,
        title="Accuracy of each class; dashed: of all",
        height={"step": 38},
    )
)


def accuracies_frame(accuracies: dict[str, Accuracy]) -> pd.DataFrame:
    """The rows of ACCURACIES and CLASSES: name -> accuracy."""
    right, count = (sum(getattr(accuracy, what) for accuracy in accuracies.values()) for what in ("right", "count"))
    over_all = Accuracy(right, count).share
    rows = [(name, a.share, *a.interval(), f"{a.right:,} of {a.count:,}", over_all) for name, a in accuracies.items()]
    return pd.DataFrame(rows, columns=["name", "share", "low", "high", "words", "all"])


def _bars(title: str, axis: str, **scale: Any) -> dict[str, Any]:
    return as_spec(
        alt.Chart(title=title, height={"step": 26})
        .mark_bar()
        .encode(
            alt.X("value:Q", title=axis, axis=alt.Axis(tickCount=4), **scale),
            alt.Y("name:N", title=None, sort=None),
            tooltip=["name:N", alt.Tooltip("value:Q", format=".3g")],
        )
    )


# columns: name, value
BY_CLASS = _bars("Mean activation, by class", "mean activation")
PROBABILITIES = _bars("Probability of each class", "probability", scale=alt.Scale(domain=[0, 1]))


def by_class_frame(a: ndarray, y: ndarray, names: Sequence[str]) -> pd.DataFrame:
    """The rows of BY_CLASS: a unit's activations (N,) and the labels."""
    means = [float(a[y == k].mean()) if (y == k).any() else 0.0 for k in range(len(names))]
    return pd.DataFrame({"name": list(names), "value": means})


# ------------------------------------------------------------------------------------------------------- the plane
_LEGEND = alt.Legend(orient="top", title=None, symbolSize=150, symbolStrokeWidth=1, labelFontSize=14)


def plane(names: Sequence[str], title: str, background: str, extent: Sequence[float]) -> dict:
    """Points in the plane over a picture; columns: x, y, class, ringed (whether it has a ring), words.

    background: a data URI that covers extent, (x from, x to, y from, y to).
    """
    x0, x1, y0, y1 = extent
    x, y = (alt.Scale(domain=[low, high], nice=False) for low, high in ((x0, x1), (y0, y1)))
    base = alt.Chart().encode(
        alt.X("x:Q", title="x₁", scale=x, axis=alt.Axis(grid=False)),
        alt.Y("y:Q", title="x₂", scale=y, axis=alt.Axis(grid=False)),
    )
    colours = alt.Scale(domain=list(names), range=list(CLASS_COLOURS[: len(names)]))  # those of the background
    shapes: dict[str, Any] = {"scale": alt.Scale(domain=list(names), range=SHAPES[: len(names)])}
    spec = as_spec(
        alt.layer(
            alt.Chart()
            .mark_image(aspect=False, smooth=False, opacity=0.85)
            .encode(alt.X("x0:Q"), alt.X2("x1:Q"), alt.Y("y0:Q"), alt.Y2("y1:Q"), url="url:N"),
            base.mark_point(filled=True, size=70, opacity=1, stroke="#17212e", strokeWidth=0.7).encode(
                alt.Color("class:N", scale=colours, legend=_LEGEND),
                alt.Shape("class:N", legend=None, **shapes),
                tooltip=["class:N", "words:N", alt.Tooltip("x:Q", format=".2f"), alt.Tooltip("y:Q", format=".2f")],
            ),
            base.transform_filter("datum.ringed").mark_point(
                shape="circle", filled=False, size=330, strokeWidth=2.5, color="#17212e", opacity=1
            ),
            data=_DATA,
            title=title,
            height=560,
            width=620,
        )
    )
    spec["layer"][0]["data"] = {"values": [{"url": background, "x0": x0, "x1": x1, "y0": y0, "y1": y1}]}
    return spec


# --------------------------------------------------------------------------------------------------------- the map
def map_spec(names: Sequence[str], components: Components, title: str) -> dict:
    """A point an example along the first two components; columns of `map_frame`. Short names stand as they are."""
    shares = [*components.shares[:2], 0.0][:2]  # a single unit has one component only
    axes = [f"component {i + 1}, {share:.0%} of the variance" for i, share in enumerate(shares)]
    domain = alt.Scale(domain=list(names))  # in the theme's colours, which stand out on its background
    base = alt.Chart(title=title, height=600).encode(
        alt.X("x:Q", title=axes[0], axis=alt.Axis(grid=False, tickCount=6)),
        alt.Y("y:Q", title=axes[1], axis=alt.Axis(grid=False, tickCount=6)),
        alt.Color("class:N", scale=domain, legend=_LEGEND),
        tooltip=[alt.Tooltip("image:N"), "class:N", alt.Tooltip("says:N", title="taken for"), "number:Q"],
    )
    if max(map(len, names)) == 1:
        chart = base.mark_text(fontSize=17, fontWeight="bold").encode(
            alt.Text("class:N"), alt.Color("class:N", scale=domain, legend=None)
        )
    else:
        chart = base.mark_point(filled=True, size=90, opacity=0.9).encode(
            alt.Shape("class:N", scale=alt.Scale(domain=list(names), range=SHAPES[: len(names)]))
        )
    return as_spec(chart)


def map_frame(
    components: Components, y: ndarray, said: ndarray, names: Sequence[str], images: Sequence[str]
) -> pd.DataFrame:
    """The rows of a map."""
    label = np.array(names, object)
    frame = {"x": components.places[:, 0], "y": components.places[:, 1], "class": label[y], "says": label[said]}
    return pd.DataFrame(frame | {"number": np.arange(len(y)), "image": list(images)})
