"""Parallel coordinates of a search: an axis a setting, a line a trial."""

from math import log10
from typing import Any

import altair as alt
import pandas as pd

from nnlib.search import FIELDS, StudyState, TrialState
from ui.lessons.search.charts import ACCURACY, DATA, FONT, GOOD, HEIGHT, TRIAL, drawn, is_numeric, text
from ui.widgets.charts import as_spec
from ui.widgets.words import LABELS

# columns: kind (trial; low, between or high: names on an axis), trial, setting, at (0 to 1), shown, value, best
_parallel = alt.Chart().encode(
    alt.X("setting:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, grid=True, labelLimit=160, **FONT)),
    alt.Y("at:Q", title=None, axis=None, scale=alt.Scale(domain=[-0.08, 1.08])),
)
_lines = _parallel.encode(alt.Detail("trial:N"), tooltip=[TRIAL, ACCURACY, "setting:N", "shown:N"])
_ends = _parallel.encode(alt.Text("shown:N"))
_END: dict[str, Any] = {"fontSize": 14, "fontWeight": "bold", "color": "#888"}
PARALLEL = as_spec(
    alt.layer(
        _lines.transform_filter("datum.kind == 'trial'").mark_line(strokeWidth=1.6, opacity=0.75).encode(GOOD),
        _lines.transform_filter("datum.best").mark_line(strokeWidth=5, color="#d55e00", point={"size": 90}),
        _ends.transform_filter("datum.kind == 'between'").mark_text(align="left", dx=6, dy=-10, **_END),
        _ends.transform_filter("datum.kind == 'low'").mark_text(dy=10, **_END),
        _ends.transform_filter("datum.kind == 'high'").mark_text(dy=-8, **_END),
        data=DATA,
        title="A line is a trial: strong is good, the thick one is the best",
        height=HEIGHT,
    )
)


def parallel_frame(state: StudyState, half: bool = False) -> pd.DataFrame:
    """The rows of PARALLEL; the last axis is the accuracy."""
    trials = drawn(state, half)
    best = state.best and state.best.number
    rows: list[tuple] = []
    for name in state.plan.space:
        numeric = is_numeric(state, name)
        values = [trial.settings[name] for trial in trials]
        scale = _Scale(name, values, numeric)
        for trial, value in zip(trials, values, strict=True):
            rows.append(_point(trial, LABELS[name], scale.at(value), text(value), best))
        rows += _names(LABELS[name], scale.names)
    values = [trial.value or 0.0 for trial in trials]
    low, high = min(values, default=0.0), max(values, default=1.0)
    reach = high - low or 1.0
    for trial, value in zip(trials, values, strict=True):
        rows.append(_point(trial, "accuracy", (value - low) / reach, f"{value:.1%}", best))
    rows += _names("accuracy", {f"{low:.1%}": 0.0, f"{high:.1%}": 1.0})
    return pd.DataFrame(rows, columns=["kind", "trial", "setting", "at", "shown", "value", "best"])


class _Scale:
    """From a setting's values to a height between 0 and 1."""

    def __init__(self, name: str, values: list[Any], numeric: bool):
        self.numeric, self.log = numeric, numeric and FIELDS[name].log
        self.options = sorted({text(value) for value in values})
        numbers = [self._number(value) for value in values]
        self.low, self.high = min(numbers, default=0.0), max(numbers, default=0.0)
        named = [min(values, default=0), max(values, default=0)] if numeric else self.options
        self.names = {text(value): self.at(value) for value in named}

    def _number(self, value: Any) -> float:
        if not self.numeric:
            return float(self.options.index(text(value)))
        return log10(value) if self.log else float(value)

    def at(self, value: Any) -> float:
        return (self._number(value) - self.low) / (self.high - self.low) if self.high > self.low else 0.5


def _point(trial: TrialState, setting: str, at: float, shown: str, best: int | None) -> tuple:
    return ("trial", trial.number, setting, at, shown, trial.value, trial.number == best)


def _names(setting: str, names: dict[str, float]) -> list[tuple]:
    """What an axis bears: text -> its height."""
    kinds = {0.0: "low", 1.0: "high"}
    return [(kinds.get(at, "between"), -1, setting, at, shown, None, False) for shown, at in names.items()]
