"""The charts of depth and scale, and the rows that they draw: a histogram for each layer, one below the other."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy import ndarray

from nnlib.labs.depth_and_scale import histogram, rms
from nnlib.numerals import percent, short
from ui.widgets.charts import QUIET, SHARE, as_spec, by, tips, where, x, y

BINS = 60
COLOURS = {"forward": "#1b84c7", "backward": "#d9691a"}  # Okabe and Ito's, to be read on white and on black
TITLES = {"forward": "Activations, forward", "backward": "Gradients, backward"}
TALL = 0.86  # of the distance between two layers: the highest bar
USUAL = (-3.0, 1.0)  # powers of ten that the axis shows at least, so that histograms are seen to move
LOWEST = -30.0


def _ridges(way: str, logarithmic: bool) -> dict[str, Any]:
    title = "size of a number (logarithmic)" if logarithmic else "value"
    label = "'1e' + datum.value" if logarithmic else "format(datum.value, '.2~g')"
    layer = y("y0", "hidden layer", reverse=True, zero=False, nice=False, tickMinStep=1, grid=False, format="d")
    bars = where(alt.Chart(), kind="bar").encode(
        x("x0", title, nice=False, grid=logarithmic, labelExpr=label, tickCount=6),
        alt.X2("x1:Q"),
        layer,
        alt.Y2("y1:Q"),
    )
    base = where(alt.Chart(), kind="label").encode(layer)
    texts = base.mark_text(align="left", baseline="bottom", dx=8, color=COLOURS[way])
    layers = [
        base.mark_rule(strokeWidth=1).encode(alt.X("x0:Q"), alt.X2("x1:Q")),
        bars.mark_rect(color=COLOURS[way]).encode(tooltip=tips("layer", share=SHARE)),
        texts.encode(alt.X("x1:Q"), alt.Text("text:N")),
    ]
    if logarithmic:
        mark = base.transform_filter("isValid(datum.size)").mark_tick(color=QUIET, thickness=3, height=16, yOffset=-8)
        layers.append(mark.encode(alt.X("size:Q")))
    return as_spec(*layers, title=TITLES[way], height=520)


# columns: kind (bar or label), layer, x0, x1, y0, y1, share, text, size (log10 of the root mean square)
RIDGES = {(way, logarithmic): _ridges(way, logarithmic) for way in TITLES for logarithmic in (True, False)}

# columns: factor, ratio, depth (text)
_depths = alt.Chart().encode(
    x("factor", "weight scale, as a multiple of He's", type="log", base=2, format="~g"),
    y("ratio", "last layer's size / first layer's", type="log", format="~e", tickCount=7),
    by(alt.Color, "depth", None, legend=None),
)
SHRINKAGE = as_spec(
    _depths.mark_line().encode(
        by(alt.StrokeDash, "depth", None, legend=None), tooltip=tips("depth:N", factor=".2f", ratio=".1e")
    ),
    _depths.transform_filter("datum.last").mark_text(align="left", dx=6).encode(alt.Text("depth:N")),
    title="What a wrong scale does to the last layer",
    height=380,
)


def edges_for(arrays: Sequence[ndarray], start: int, logarithmic: bool) -> ndarray:
    """Bins that all layers share: powers of ten, or values within the reach of the array `start`."""
    if not logarithmic:
        reach = max(float(np.abs(arrays[start]).max()), 1e-300)
        return np.linspace(-reach, reach, BINS + 1)
    sizes = np.concatenate([np.abs(a[a != 0]) for a in arrays] or [np.ones(1)])
    low, high = (np.log10(np.percentile(sizes, q)) if sizes.size else 0.0 for q in (0.5, 100))
    return np.linspace(max(min(low, USUAL[0]), LOWEST), max(high, USUAL[1]), BINS + 1)


def ridges_frame(arrays: Sequence[ndarray], start: int, logarithmic: bool) -> pd.DataFrame:
    """The rows of RIDGES: a histogram a layer, with its root mean square and its share of zeros beside it.

    Args:
        arrays: one a layer, any shape.
        start: which of them the signal comes from; a linear axis reaches as far as its values.
        logarithmic: sizes in powers of ten, or the values themselves.
    """
    edges = edges_for(arrays, start, logarithmic)
    rows = []
    for layer, a in enumerate(arrays, start=1):
        shares, zeros = histogram(a, edges, logarithmic)
        tallest, ground = max(float(shares.max()), 1e-12), layer + TALL / 2
        text = short(rms(a), 2) + (f", {percent(zeros, 0)} zero" if zeros > 0.005 else "")
        size = np.log10(rms(a)) if rms(a) > 0 else None
        rows.append(("label", layer, edges[0], edges[-1], ground, ground, None, text, size))
        rows += [
            ("bar", layer, low, high, ground, ground - TALL * share / tallest, share, None, None)
            for low, high, share in zip(edges, edges[1:], shares, strict=False)
            if share > 0
        ]
    return pd.DataFrame(rows, columns=["kind", "layer", "x0", "x1", "y0", "y1", "share", "text", "size"])


def shrinkage_frame(depths: Sequence[int], factors: Sequence[float], ratios: ndarray) -> pd.DataFrame:
    """The rows of SHRINKAGE, from what `depth_and_scale.shrinkage` returns."""
    return pd.DataFrame(
        [
            (factor, float(ratio), f"{depth} layers", factor == factors[-1])
            for depth, row in zip(depths, ratios, strict=True)
            for factor, ratio in zip(factors, row, strict=True)
        ],
        columns=["factor", "ratio", "depth", "last"],
    )
