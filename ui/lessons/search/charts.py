"""The charts of a search, and the rows that they draw."""

from functools import cache
from statistics import median
from typing import Any

import altair as alt
import pandas as pd

from nnlib.search import FIELDS, Choice, StudyState, TrialState
from ui.widgets.charts import as_spec
from ui.widgets.words import LABELS, NONE

STATES = ["complete", "diverged", "pruned", "running"]
MOST = 300  # trials drawn: the newest and the best
FONT: dict[str, Any] = {"labelFontSize": 14, "titleFontSize": 15}
PERCENT: dict[str, Any] = {"format": ".0%", **FONT}
HEIGHT = 440
DATA = alt.NamedData("frame")


def _states(names: list[str], **legend: Any) -> tuple[alt.Color, alt.Shape]:
    """A trial's state by colour and by shape."""
    key = alt.Legend(orient="top", title=None, labelFontSize=15, symbolSize=150, **legend)
    shapes = ["circle", "triangle-up", "cross", "diamond"][: len(names)]
    colour = alt.Color("state:N", scale=alt.Scale(domain=names), legend=key)
    return colour, alt.Shape("state:N", scale=alt.Scale(domain=names, range=shapes), legend=key)


GREY = {"symbolFillColor": "#888", "symbolStrokeColor": "#888"}  # of shapes alone, or they are black on black
GOOD = alt.Color(
    "value:Q", title="accuracy", legend=alt.Legend(format=".0%", orient="top", **FONT)
)  # strong: far from the ground
ACCURACY = alt.Tooltip("value:Q", title="validation accuracy", format=".1%")
TRIAL = alt.Tooltip("trial:Q", title="trial")


def text(value: Any) -> str:
    """A setting's value."""
    return NONE if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


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
    alt.layer(
        alt.Chart()
        .mark_line(interpolate="step-after", strokeWidth=3, color="#888")
        .encode(alt.X("trial:Q"), alt.Y("best:Q")),
        alt.Chart()
        .mark_point(size=110, filled=True, opacity=0.85)
        .encode(
            alt.X("trial:Q", title="trial", axis=alt.Axis(tickMinStep=1, grid=False, **FONT)),
            alt.Y("value:Q", title="validation accuracy", axis=alt.Axis(**PERCENT), scale=alt.Scale(zero=False)),
            *_states(STATES[:3]),
            tooltip=[TRIAL, ACCURACY, "state:N", "settings:N"],
        ),
        data=DATA,
        title="Each trial, and the best so far (line)",
        height=HEIGHT,
    )
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
    return ", ".join(f"{LABELS[name]} {text(value)}" for name, value in trial.settings.items())


# ------------------------------------------------------------------------------------------- accuracy over epochs
# columns: trial, epoch, value, state, last
_curves = alt.Chart().encode(
    alt.X("epoch:Q", title="epoch", axis=alt.Axis(tickMinStep=1, grid=False, **FONT)),
    alt.Y("value:Q", title="validation accuracy", axis=alt.Axis(**PERCENT)),
    _states(STATES)[0],
    alt.Detail("trial:N"),
    tooltip=[TRIAL, "epoch:Q", ACCURACY, "state:N"],
)
CURVES = as_spec(
    alt.layer(
        _curves.mark_line(strokeWidth=1.5, opacity=0.7),
        _curves.transform_filter("datum.last").mark_point(size=90, filled=True).encode(_states(STATES)[1]),
        data=DATA,
        title="What each trial reached, epoch by epoch",
        height=HEIGHT,
    )
)
MOST_CURVES = 60


def curves_frame(state: StudyState) -> pd.DataFrame:
    """The rows of CURVES: the newest trials that have been through an epoch."""
    begun = [trial for trial in state.trials if trial.accuracies][-MOST_CURVES:]
    rows = []
    for trial in begun:
        epochs = len(trial.accuracies)
        every = max(1, epochs // 50)
        kept = sorted({*range(0, epochs, every), epochs - 1})
        rows += [(trial.number, e + 1, trial.accuracies[e], trial.state, e == epochs - 1) for e in kept]
    return pd.DataFrame(rows, columns=["trial", "epoch", "value", "state", "last"])


# ------------------------------------------------------------------------------------------------ two settings
@cache
def map_spec(x: str, y: str, x_numbers: bool, y_numbers: bool) -> dict[str, Any]:
    """Where trials lie in two settings; columns: x, y, value, state, best."""
    base = alt.Chart().encode(alt.X("x", **_axis(x, x_numbers)), alt.Y("y", **_axis(y, y_numbers)))
    tooltip = [TRIAL, ACCURACY, "state:N", "settings:N"]
    return as_spec(
        alt.layer(
            base.mark_point(filled=True, opacity=0.9).encode(
                GOOD,
                _states(STATES[:3], **GREY)[1],
                alt.Size("value:Q", scale=alt.Scale(range=[40, 320]), legend=None),
                tooltip=tooltip,
            ),
            base.transform_filter("datum.best").mark_point(size=700, strokeWidth=3, color="#d55e00"),
            data=DATA,
            title=f"{LABELS[y].capitalize()} and {LABELS[x]}: large and strong is good, ringed is best",
            height=HEIGHT,
        )
    )


def _axis(name: str, numbers: bool) -> dict[str, Any]:
    if not numbers:
        return {"type": "nominal", "title": LABELS[name], "axis": alt.Axis(labelAngle=0, **FONT)}
    field = FIELDS[name]
    axis: dict[str, Any] = {"tickCount": 6, "format": "~g", **FONT}
    scale = alt.Scale(type="log" if field.log else "linear", nice=False, zero=False, padding=20)
    return {"type": "quantitative", "title": LABELS[name], "scale": scale, "axis": alt.Axis(**axis)}


def is_numeric(state: StudyState, name: str) -> bool:
    """Whether all values of a setting are numbers."""
    domain = state.plan.space[name]
    values = domain.values if isinstance(domain, Choice) else (domain.low, domain.high)
    return name in FIELDS and all(isinstance(value, int | float) for value in values)


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
    alt.X("share:Q", title="share of the importance", axis=alt.Axis(**PERCENT), scale=alt.Scale(domain=[0, 1])),
    alt.Y("setting:N", title=None, sort=None, axis=alt.Axis(labelLimit=200, **FONT)),
)
IMPORTANCES = as_spec(
    alt.layer(
        _bars.mark_bar(color="#1b84c7"),
        _bars.mark_text(align="left", dx=6, fontSize=15, fontWeight="bold", color="#888").encode(
            alt.Text("share:Q", format=".0%")
        ),
        data=DATA,
        title="What sets the best quarter of the trials apart",
        height=alt.Step(46),
    )
)


def importances_frame(state: StudyState) -> pd.DataFrame:
    """The rows of IMPORTANCES."""
    rows = [(LABELS[name], share) for name, share in state.importances.items()]
    return pd.DataFrame(rows, columns=["setting", "share"])
