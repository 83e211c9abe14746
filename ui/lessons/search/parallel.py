"""Parallel coordinates of a search: an axis a setting, a line a trial."""

from math import log10

import altair as alt
import pandas as pd

from nnlib.numerals import percent
from nnlib.runs import SETTINGS
from nnlib.search import StudyState
from ui.lessons.search.charts import ACCURACY, BEST, GOOD, HEIGHT, drawn, is_numeric, text
from ui.widgets.charts import as_spec, tips, where, x, y

# columns: kind (trial; low, between or high: names on an axis), trial, setting, at (0 to 1), shown, value, best
_parallel = alt.Chart().encode(
    x("setting:N", sort=None, labelAngle=0, grid=True, labelLimit=160), y("at", axis=None, domain=[-0.08, 1.08])
)
_lines = _parallel.encode(alt.Detail("trial:N"), tooltip=tips("trial", ACCURACY, "setting:N", "shown:N"))
_ends = _parallel.encode(alt.Text("shown:N"))
PARALLEL = as_spec(
    where(_lines, kind="trial").mark_line(strokeWidth=1.6, opacity=0.75).encode(GOOD),
    _lines.transform_filter("datum.best").mark_line(strokeWidth=5, color=BEST, point={"size": 90}),
    where(_ends, kind="between").mark_text(align="left", dx=6, dy=-10),
    where(_ends, kind="low").mark_text(dy=10),
    where(_ends, kind="high").mark_text(dy=-8),
    title="A line is a trial: strong is good, the thick one is the best",
    height=HEIGHT,
)


def parallel_frame(state: StudyState, half: bool = False) -> pd.DataFrame:
    """The rows of PARALLEL; the last axis is the accuracy."""
    trials, best = drawn(state, half), state.best and state.best.number
    rows: list[tuple] = []

    def add(setting: str, numbers: list[float], words: list[str], ends_only: bool) -> None:
        """An axis from the least to the greatest number; it bears all words, or those at its ends."""
        low, high = min(numbers, default=0.0), max(numbers, default=0.0)
        heights = [(number - low) / (high - low) if high > low else 0.5 for number in numbers]
        for trial, at, word in zip(trials, heights, words, strict=True):
            rows.append(("trial", trial.number, setting, at, word, trial.value, trial.number == best))
        for word, at in dict(zip(words, heights, strict=True)).items():
            if low == high or at in (0.0, 1.0) or not ends_only:
                kind = {0.0: "low", 1.0: "high"}.get(at, "between")
                rows.append((kind, -1, setting, at, word, None, False))

    for name in state.plan.space:
        values = [trial.settings[name] for trial in trials]
        words = [text(value) for value in values]
        if numeric := is_numeric(state, name):
            numbers = [log10(value) if SETTINGS[name].log else float(value) for value in values]
        else:
            numbers = [float(sorted(set(words)).index(word)) for word in words]
        add(SETTINGS[name].label, numbers, words, numeric)
    reached = [trial.value or 0.0 for trial in trials]
    add("accuracy", reached, [percent(value) for value in reached], ends_only=True)
    return pd.DataFrame(rows, columns=["kind", "trial", "setting", "at", "shown", "value", "best"])
