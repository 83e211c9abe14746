"""Charts of the effective step: the factor by which each rule multiplies the gradient, and how far the weight came."""

from collections.abc import Sequence
from typing import Literal

import altair as alt
import numpy as np
import pandas as pd

from nnlib.labs.optimizers.effective_step import UNCORRECTED, Effect
from nnlib.optim import RULES
from ui.widgets.charts import as_spec

Kind = Literal["log", "linear"]
POINTS = 200  # a line
TEXT = {"light": "#17212e", "dark": "#e8edf3"}  # the themes' text; Vega colours text marks black otherwise
# The place of a rule is that of its colour in the theme, as in the race.
ORDER = [UNCORRECTED if rule == "sgd" else rule for rule in RULES]
DASHES = {UNCORRECTED: [2, 4], "adagrad": [14, 4, 3, 4], "rmsprop": [7, 4], "adam": [1, 0]}
LABELS = {UNCORRECTED: "uncorrected"}
LEFT_OF_LABELS = {"log": 1000 ** (1 / 0.65), "linear": 1000 / 0.65}  # room for the labels at the right
HEIGHT = 380
POWERS = [10.0**k for k in range(-8, 3)]
GAP = 0.07  # between two labels, of the height of the chart


def _chart(text: str, title: str, y_title: str, x_scale: Kind, y_scale: Kind) -> alt.TopLevelMixin:
    x_axis = alt.Axis(values=[1, 10, 100, 1000] if x_scale == "log" else [0, 250, 500, 750, 1000], grid=False)
    x_domain = [1 if x_scale == "log" else 0, LEFT_OF_LABELS[x_scale]]
    base = alt.Chart().encode(
        alt.X("step:Q", title="step", scale=alt.Scale(type=x_scale, domain=x_domain, nice=False), axis=x_axis),
    )
    colour = alt.Color("rule:N", scale=alt.Scale(domain=ORDER), legend=None)
    y = alt.Y(
        "value:Q",
        title=y_title,
        scale=alt.Scale(type=y_scale, zero=y_scale == "linear", nice=False),
        axis=alt.Axis(values=POWERS, format="~e") if y_scale == "log" else alt.Axis(format="~g", tickCount=6),
    )
    dash = alt.StrokeDash("rule:N", scale=alt.Scale(domain=list(DASHES), range=list(DASHES.values())), legend=None)
    tooltip = [alt.Tooltip("rule:N"), alt.Tooltip("step:Q"), alt.Tooltip("value:Q", format=".3g")]
    lines = (
        base.transform_filter("!isValid(datum.label)").mark_line(strokeWidth=3).encode(y, colour, dash, tooltip=tooltip)
    )
    labels = (
        base.transform_filter("isValid(datum.label)")
        .mark_text(align="left", dx=6, fontSize=15, fontWeight="bold", color=text)
        .encode(y, text="label:N")
    )
    return alt.layer(lines, labels, title=title, height=HEIGHT)


# theme -> spec; columns: rule, step, value, label
FACTORS = {
    theme: as_spec(_chart(text, "Effective step", "learning rate / (√cache + ε)", "log", "log"))
    for theme, text in TEXT.items()
}
WEIGHTS = {
    theme: as_spec(_chart(text, "Where the weight has come to", "w, from 0", "linear", "linear"))
    for theme, text in TEXT.items()
}


def factors_frame(effects: Sequence[Effect]) -> pd.DataFrame:
    """The rows of FACTORS."""
    steps = np.unique(np.geomspace(1, len(effects[0].factors), POINTS).astype(int))
    return _frame({e.rule: e.factors for e in effects}, steps, log=True)


def weights_frame(effects: Sequence[Effect]) -> pd.DataFrame:
    """The rows of WEIGHTS."""
    steps = np.unique(np.linspace(1, len(effects[0].weights), POINTS).astype(int))
    return _frame({e.rule: e.weights for e in effects}, steps, log=False)


def _frame(curves: dict[str, np.ndarray], steps: np.ndarray, log: bool) -> pd.DataFrame:
    rows: list[tuple] = [(rule, int(t), float(values[t - 1]), None) for rule, values in curves.items() for t in steps]
    shown = np.array([row[2] for row in rows] + ([] if log else [0.0]))
    ends = {rule: float(values[steps[-1] - 1]) for rule, values in curves.items()}
    for rule, place in _apart(ends, shown, log).items():
        rows.append((rule, int(steps[-1]), place, LABELS.get(rule, rule)))
    return pd.DataFrame(rows, columns=["rule", "step", "value", "label"])


def _apart(ends: dict[str, float], shown: np.ndarray, log: bool) -> dict[str, float]:
    """Places for the labels beside the curves' ends, pushed apart where they would overlap."""
    scale, back = (np.log, np.exp) if log else (np.asarray, np.asarray)
    low, high = float(scale(shown.min())), float(scale(shown.max()))
    gap = GAP * (high - low)
    places: dict[str, float] = {}
    floor = float(low)
    for rule, end in sorted(ends.items(), key=lambda item: item[1]):
        places[rule] = floor = max(float(scale(end)), floor)
        floor += gap
    ceiling = float(high)
    for rule in reversed(places):
        places[rule] = ceiling = min(places[rule], ceiling)
        ceiling -= gap
    return {rule: float(back(place)) for rule, place in places.items()}
