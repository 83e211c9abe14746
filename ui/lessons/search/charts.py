"""The charts of a search, and the rows that they draw."""

from collections.abc import Sequence
from functools import cache
from statistics import median
from typing import Any

import altair as alt
import pandas as pd

from nnlib.numerals import plain
from nnlib.runs import SETTINGS
from nnlib.search import Choice, StudyState, TrialState
from ui.widgets.charts import EPOCH, PERCENT, QUIET, SHARE, Channel, as_spec, by, thinned, tips, x, y
from ui.widgets.words import NONE, label_of

STATES = {"complete": "circle", "diverged": "triangle-up", "pruned": "cross", "running": "diamond"}
ENDED = list(STATES)[:3]  # those that have a value
MOST, MOST_CURVES = 300, 60  # trials drawn: the newest and the best
HEIGHT = 440
BEST = "#d55e00"
GREY = {"symbolFillColor": QUIET, "symbolStrokeColor": QUIET}  # of shapes alone, or they are black on black
GOOD = alt.Color("value:Q", title="accuracy", legend=alt.Legend(format="~%"))  # strong: far from the ground
ACCURACY = alt.Tooltip("value:Q", title="validation accuracy", format=SHARE)


def _state(channel: type[Channel], names: Sequence[str], **legend: Any) -> Channel:
    """A trial's state by colour or by shape."""
    looks = [STATES[name] for name in names] if channel is alt.Shape else None
    return by(channel, "state", names, looks, symbolSize=150, columns=4, **legend)


def text(value: Any) -> str:
    """A setting's value."""
    return NONE if value is None else plain(value, 3) if isinstance(value, float) else str(value)


def drawn(state: StudyState, half: bool = False) -> list[TrialState]:
    """The trials that charts show: with a value, at most `MOST`; half: those not below the median."""
    known = [trial for trial in state.trials if trial.value is not None]
    if half and known:
        middle = median(trial.value or 0.0 for trial in known)
        known = [trial for trial in known if (trial.value or 0.0) >= middle]
    if len(known) <= MOST:
        return known
    best = sorted(known, key=lambda trial: -(trial.value or 0))[: MOST // 2]
    chosen = {trial.number for trial in (*best, *known[-MOST // 2 :])}
    return [trial for trial in known if trial.number in chosen]


# -------------------------------------------------------------------------------------------- value against trial
# columns: trial, value, state, best
PROGRESS = as_spec(
    alt.Chart().mark_line(interpolate="step-after", color=QUIET).encode(alt.X("trial:Q"), alt.Y("best:Q")),
    alt.Chart()
    .mark_point(size=110, opacity=0.85)
    .encode(
        x("trial", "trial", tickMinStep=1, grid=False),
        y("value", "validation accuracy", zero=False, **PERCENT),
        _state(alt.Color, ENDED),
        _state(alt.Shape, ENDED),
        tooltip=tips("trial", ACCURACY, "state:N", "settings:N"),
    ),
    title="Each trial, and the best so far (line)",
    height=HEIGHT,
)


def progress_frame(state: StudyState, half: bool = False) -> pd.DataFrame:
    """The rows of PROGRESS."""
    rows, best = [], 0.0
    shown = {trial.number for trial in drawn(state, half)}
    for trial in state.trials:
        if trial.value is None:
            continue
        best = max(best, 0.0 if trial.state == "pruned" else trial.value)
        if trial.number in shown:
            rows.append((trial.number, trial.value, trial.state, best or None, described(trial)))
    return pd.DataFrame(rows, columns=["trial", "value", "state", "best", "settings"])


def described(trial: TrialState) -> str:
    return ", ".join(f"{SETTINGS[name].label} {text(value)}" for name, value in trial.settings.items())


# ------------------------------------------------------------------------------------------- accuracy over epochs
# columns: trial, epoch, value, state, last
_curves = alt.Chart().encode(
    x("epoch", **EPOCH),
    y("value", "validation accuracy", **PERCENT),
    _state(alt.Color, list(STATES)),
    alt.Detail("trial:N"),
    tooltip=tips("trial", "epoch", ACCURACY, "state:N"),
)
CURVES = as_spec(
    _curves.mark_line(strokeWidth=1.5, opacity=0.7),
    _curves.transform_filter("datum.last").mark_point(size=90).encode(_state(alt.Shape, list(STATES))),
    title="What each trial reached, epoch by epoch",
    height=HEIGHT,
)


def curves_frame(state: StudyState) -> pd.DataFrame:
    """The rows of CURVES: the newest trials that have been through an epoch."""
    begun = [trial for trial in state.trials if trial.accuracies and trial.state in STATES][-MOST_CURVES:]
    rows = []
    for trial in begun:
        kept = thinned(len(trial.accuracies), 50)
        rows += [(trial.number, e + 1, trial.accuracies[e], trial.state, e == kept[-1]) for e in kept]
    return pd.DataFrame(rows, columns=["trial", "epoch", "value", "state", "last"])


# ------------------------------------------------------------------------------------------------ two settings
@cache
def map_spec(first: str, second: str, x_numbers: bool, y_numbers: bool) -> dict[str, Any]:
    """Where trials lie in two settings; columns: x, y, value, state, best."""
    across = x("x:Q" if x_numbers else "x:N", SETTINGS[first].label, **_axis(first, x_numbers))
    up = y("y:Q" if y_numbers else "y:N", SETTINGS[second].label, **_axis(second, y_numbers))
    base = alt.Chart().encode(across, up)
    size = alt.Size("value:Q", scale=alt.Scale(range=[40, 320]), legend=None)
    looks = (GOOD, _state(alt.Shape, ENDED, **GREY), size)
    return as_spec(
        base.mark_point(opacity=0.9).encode(*looks, tooltip=tips("trial", ACCURACY, "state:N", "settings:N")),
        base.transform_filter("datum.best").mark_point(filled=False, size=700, strokeWidth=3, color=BEST),
        title=f"{label_of(second).capitalize()} and {label_of(first)}: large and strong is good, ringed is best",
        height=HEIGHT,
    )


def _axis(name: str, numbers: bool) -> dict[str, Any]:
    if not numbers:
        return {"labelAngle": 0}
    scale = {"type": "log" if SETTINGS[name].log else "linear", "nice": False, "zero": False, "padding": 20}
    return scale | {"tickCount": 6, "format": "~g"}


def is_numeric(state: StudyState, name: str) -> bool:
    """Whether all values of a setting are numbers."""
    domain = state.plan.space[name]
    values = domain.values if isinstance(domain, Choice) else (domain.low, domain.high)
    return SETTINGS[name].numeric and all(isinstance(value, int | float) for value in values)


def map_frame(state: StudyState, x: str, y: str, half: bool = False) -> pd.DataFrame:
    """The rows of a `map_spec`."""
    best = state.best and state.best.number

    def at(name: str, value: Any) -> Any:
        return value if is_numeric(state, name) else text(value)

    rows = [
        (t.number, at(x, t.settings[x]), at(y, t.settings[y]), t.value, t.state, t.number == best, described(t))
        for t in drawn(state, half)
    ]
    return pd.DataFrame(rows, columns=["trial", "x", "y", "value", "state", "best", "settings"])


# ---------------------------------------------------------------------------------------------------- importances
# columns: setting, share
_bars = alt.Chart().encode(
    x("share", "share of the importance", domain=[0, 1], **PERCENT), y("setting:N", sort=None, labelLimit=200)
)
IMPORTANCES = as_spec(
    _bars.mark_bar(color="#1b84c7"),
    _bars.mark_text(align="left", dx=6).encode(alt.Text("share:Q", format=".0%")),
    title="What sets the best quarter of the trials apart",
    height=alt.Step(46),
)


def importances_frame(state: StudyState) -> pd.DataFrame:
    """The rows of IMPORTANCES."""
    rows = [(SETTINGS[name].label, share) for name, share in state.importances.items()]
    return pd.DataFrame(rows, columns=["setting", "share"])
