"""Charts of the effective step: the factor by which each rule multiplies the gradient, and how far the weight came."""

from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from nnlib.labs.optimizers.effective_step import UNCORRECTED, Effect
from nnlib.optim import RULES
from ui.widgets.charts import SHORT, as_spec, by, thinned, tips, x, y
from ui.widgets.looks import RULE_DASHES

Kind = Literal["log", "linear"]
POINTS = 200  # a line
TEXT = {"light": "#17212e", "dark": "#e8edf3"}  # the themes' text; Vega colours text marks black otherwise
# The place of a rule is that of its colour in the theme, as in the race.
ORDER = [UNCORRECTED if rule == "sgd" else rule for rule in RULES]
LABELS = {UNCORRECTED: "uncorrected"}
HEIGHT = 380
GAP = 0.07  # between two labels, of the height of the chart
ROOM = 1 / 0.65  # of the width, as the labels at the right need some
X: dict[Kind, dict[str, Any]] = {
    "log": {"type": "log", "domain": [1, 1000**ROOM], "values": [1, 10, 100, 1000]},
    "linear": {"type": "linear", "domain": [0, 1000 * ROOM], "values": [0, 250, 500, 750, 1000]},
}
Y: dict[Kind, dict[str, Any]] = {
    "log": {"type": "log", "zero": False, "values": [10.0**k for k in range(-8, 3)], "format": "~e"},
    "linear": {"type": "linear", "zero": True, "tickCount": 6, "format": "~g"},
}


def _spec(text: str, title: str, y_title: str, kind: Kind) -> dict[str, Any]:
    base = alt.Chart().encode(
        x("step", "step", nice=False, grid=False, **X[kind]), y("value", y_title, nice=False, **Y[kind])
    )
    lines = base.transform_filter("!isValid(datum.label)").encode(
        by(alt.Color, "rule", ORDER, legend=None),
        by(alt.StrokeDash, "rule", ORDER, RULE_DASHES, legend=None),
        tooltip=tips("rule:N", "step", value=SHORT),
    )
    labels = base.transform_filter("isValid(datum.label)").mark_text(align="left", dx=6, color=text)
    return as_spec(lines.mark_line(), labels.encode(text="label:N"), title=title, height=HEIGHT)


# theme -> spec; columns: rule, step, value, label
FACTORS = {theme: _spec(text, "Effective step", "learning rate / (√cache + ε)", "log") for theme, text in TEXT.items()}
WEIGHTS = {theme: _spec(text, "Where the weight has come to", "w, from 0", "linear") for theme, text in TEXT.items()}


def factors_frame(effects: Sequence[Effect]) -> pd.DataFrame:
    """The rows of FACTORS."""
    steps = np.unique(np.geomspace(1, len(effects[0].factors), POINTS).astype(int)) - 1
    return _frame({e.rule: e.factors for e in effects}, steps.tolist(), log=True)


def weights_frame(effects: Sequence[Effect]) -> pd.DataFrame:
    """The rows of WEIGHTS."""
    return _frame({e.rule: e.weights for e in effects}, thinned(len(effects[0].weights), POINTS), log=False)


def _frame(curves: dict[str, np.ndarray], steps: Sequence[int], log: bool) -> pd.DataFrame:
    rows: list[tuple] = [(rule, t + 1, float(values[t]), None) for rule, values in curves.items() for t in steps]
    shown = np.array([row[2] for row in rows] + ([] if log else [0.0]))
    ends = {rule: float(values[steps[-1]]) for rule, values in curves.items()}
    for rule, place in _apart(ends, shown, log).items():
        rows.append((rule, steps[-1] + 1, place, LABELS.get(rule, rule)))
    return pd.DataFrame(rows, columns=["rule", "step", "value", "label"])


def _apart(ends: dict[str, float], shown: np.ndarray, log: bool) -> dict[str, float]:
    """Places for the labels beside the curves' ends, pushed apart where they would overlap."""
    scale, back = (np.log, np.exp) if log else (np.asarray, np.asarray)
    low, high = float(scale(shown.min())), float(scale(shown.max()))
    gap = GAP * (high - low)
    places: dict[str, float] = {}
    for rule, end in sorted(ends.items(), key=lambda item: item[1]):
        places[rule] = low = max(float(scale(end)), low)
        low += gap
    for rule in reversed(places):
        places[rule] = high = min(places[rule], high)
        high -= gap
    return {rule: float(back(place)) for rule, place in places.items()}
