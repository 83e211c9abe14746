"""The charts of experiments with normalization, and their rows: curves of runs; figures against the weight scale."""

from collections.abc import Sequence
from functools import cache
from math import log
from typing import Any

import altair as alt
import pandas as pd

from nnlib.experiments import Result, RunState
from nnlib.experiments.group import TRAINING_SIZES
from nnlib.runs.spec import RunSpec
from ui.components.sketch import Curves
from ui.lessons.normalization.charts import NORM_NAMES
from ui.runs.history import Smooth
from ui.widgets.charts import as_spec

NORMS = tuple(NORM_NAMES.values())  # each has the same colour in all charts
MOST = 300  # points a line
SPAN = 10  # losses: over about so many they are smoothed; an epoch has twenty steps and more
FONT: dict[str, Any] = {"labelFontSize": 15, "titleFontSize": 15}
CHANCE = 0.1  # accuracy of guessing among ten classes
MEASURED, SKETCHED = "measured", "sketched"
OPEN = "open"  # the name of the selection in a chart of figures against the weight scale
TITLES = {
    "loss": "Loss",
    "train_acc": "Training accuracy",
    "val_acc": "Validation accuracy",
    "best_val_acc": "Best validation accuracy",
    "best_train_acc": "Best training accuracy",
    "final_loss": "Final loss",
}
_DATA = alt.NamedData("frame")  # or every layer would ask for data of its own


def accuracy_top(quantity: str, data: str) -> float:
    """The end of an accuracy axis: small fully connected networks stay below a half on unseen CIFAR-10 pictures."""
    return 0.5 if data == "cifar10" and quantity.endswith("val_acc") else 1.0


# ------------------------------------------------------------------------------------------------ curves of runs
@cache
def curves(
    quantity: str,
    domain: tuple[str, ...],
    shown: tuple[str, ...],
    epochs: int,
    top: float = 1.0,
    logarithmic: bool = False,
) -> dict[str, Any]:
    """The spec of one quantity ("loss", "train_acc" or "val_acc") of several runs against the epoch.

    domain: names that take the theme's colours in this order; shown: those in the legend. epochs: end of the axis.
    top: end of an accuracy axis; logarithmic: a loss axis for runs that explode.
    """
    series: dict[str, Any] = {"scale": alt.Scale(domain=list(domain)), "legend": _legend(shown, quantity == "loss")}
    base = alt.Chart().encode(
        alt.X(
            "epoch:Q",
            title="epoch",
            scale=alt.Scale(domain=[0, epochs], nice=False),
            axis=alt.Axis(grid=False, tickMinStep=1, **FONT),
        ),
        alt.Color("run:N", **series),
    )
    if quantity == "loss":
        scale = alt.Scale(type="log" if logarithmic else "linear", zero=False)
        y = {"title": "loss, nats", "scale": scale, "axis": alt.Axis(tickCount=5, **FONT)}
        raw = base.mark_line(opacity=0.3, strokeWidth=1).encode(alt.Y("raw:Q", **y))
        smooth = base.mark_line(strokeWidth=3).encode(alt.Y("loss:Q", **y), alt.StrokeDash("run:N", **series))
        layers = [raw, smooth.encode(tooltip=["run:N", "epoch:Q", alt.Tooltip("loss:Q", format=".3f")])]
    else:
        y = alt.Y(
            f"{quantity}:Q",
            title=TITLES[quantity].lower(),
            scale=_up_to(top),
            axis=alt.Axis(format="%", tickCount=5, **FONT),
        )
        tip = ["run:N", "epoch:Q", alt.Tooltip(f"{quantity}:Q", format=".1%")]
        layers = [
            base.mark_line(strokeWidth=3).encode(y),
            base.mark_point(size=70, filled=True, opacity=1).encode(y, alt.Shape("run:N", **series), tooltip=tip),
        ]
    return as_spec(alt.layer(*layers, data=_DATA, title=TITLES[quantity], height=400))


def loss_rows(runs: Sequence[tuple[str, Result | None]]) -> pd.DataFrame:
    """The rows of a loss chart: raw, and smoothed."""
    rows = []
    for name, result in runs:
        if result is None:
            continue
        losses, smooth, per_epoch = result.losses, Smooth(SPAN), steps_per_epoch(result.spec)
        smoothed = [smooth.add(loss) for loss in losses]
        for i in range(len(losses) - 1, -1, -(len(losses) // MOST + 1)):
            rows.append((name, round((i + 1) / per_epoch, 3), losses[i], smoothed[i]))
    return pd.DataFrame(rows, columns=["run", "epoch", "raw", "loss"])


def accuracy_rows(runs: Sequence[tuple[str, Result | None]]) -> pd.DataFrame:
    """The rows of the accuracy charts."""
    rows = [
        (name, record.epoch, record.train_acc, record.val_acc)
        for name, result in runs
        for record in (result.measured if result is not None else ())
    ]
    return pd.DataFrame(rows, columns=["run", "epoch", "train_acc", "val_acc"])


def steps_per_epoch(spec: RunSpec) -> int:
    whole = TRAINING_SIZES[spec.data]
    return max(min(spec.num_train or whole, whole) // spec.batch_size, 1)


def explodes(runs: Sequence[tuple[str, Result | None]]) -> bool:
    """Whether a linear axis would leave nothing to be seen of the loss of some run."""
    return any(max(result.losses, default=0) > 10 * log(10) for _, result in runs if result is not None)


# ------------------------------------------------------------------------------------- against the weight scale
@cache
def against_scale(quantity: str, data: str, shown: tuple[str, ...]) -> dict[str, Any]:
    """The spec of "best_val_acc", "best_train_acc" or "final_loss" against the weight scale; a click opens a run."""
    series: dict[str, Any] = {"scale": alt.Scale(domain=list(NORMS)), "legend": _legend(shown)}
    scale, axis, level = _value_axis(quantity, data)
    base = alt.Chart().encode(
        alt.X(
            "weight_scale:Q",
            title="weight scale",
            scale=alt.Scale(type="log", domain=[7e-5, 1.4], nice=False),
            axis=alt.Axis(grid=False, format="~g", values=[1e-4, 1e-3, 1e-2, 1e-1, 1], **FONT),
        ),
        alt.Y("value:Q", title=TITLES[quantity].lower(), scale=scale, axis=axis),
        alt.Color("normalization:N", **series),
    )
    measured = base.transform_filter(alt.datum.kind == MEASURED)
    # A selection that is the same again is not told; with the visits each click is another one. A click is lost if
    # points are drawn anew between press and release, a release is not.
    how: dict[str, Any] = {"on": "pointerup", "toggle": False, "clear": False, "empty": False}
    pick = alt.selection_point(name=OPEN, fields=["run", "visit"], nearest=True, **how)
    written = alt.Tooltip("value:Q", format=".1%" if quantity != "final_loss" else ".3g")
    return as_spec(
        alt.layer(
            alt.Chart()
            .mark_rule(strokeDash=[4, 4], color="#888", strokeWidth=2)
            .encode(alt.Y(datum=level, scale=scale)),
            base.transform_filter(alt.datum.kind == SKETCHED).mark_line(
                strokeDash=[2, 7], strokeWidth=4, strokeCap="round", clip=True
            ),
            measured.mark_line(strokeWidth=3, clip=True),
            measured.transform_filter("datum.opened").mark_point(size=420, strokeWidth=3, filled=False, clip=True),
            measured.mark_point(size=90, filled=True, opacity=1, clip=True)
            .encode(alt.Shape("normalization:N", **series), tooltip=["run:N", written])
            .add_params(pick),
            data=_DATA,
            title=TITLES[quantity],
            height=400,
        )
    )


def _value_axis(quantity: str, data: str) -> tuple[alt.Scale, alt.Axis, float]:
    """Scale and axis of the values, and what knowing nothing gives."""
    if quantity == "final_loss":
        return (
            alt.Scale(domain=[1.0 if data == "cifar10" else 0.0, 3.5], nice=False),
            alt.Axis(tickCount=5, **FONT),
            log(10),
        )
    return _up_to(accuracy_top(quantity, data)), alt.Axis(format="%", tickCount=5, **FONT), CHANCE


def scale_rows(
    runs: Sequence[RunState],
    quantity: str,
    opened: str | None,
    visit: int,
    at: Sequence[float] = (),
    drawn: Curves | None = None,
) -> pd.DataFrame:
    """The rows of a chart against the weight scale: the runs that have come to their end, and a sketch, if any.

    opened: the label of the run to be ringed. visit: another number after each click. at, drawn: the sketch's points.
    """
    rows = [
        (run.spec.weight_scale, NORM_NAMES[run.spec.normalization], value, run.label, run.label == opened, MEASURED)
        for run in ended(runs)
        if (value := getattr(run.result, quantity)) is not None
    ]
    for name, heights in (drawn or {}).items():
        rows += [(x, name, y, "", False, SKETCHED) for x, y in zip(at, heights, strict=True)]
    columns = ["weight_scale", "normalization", "value", "run", "opened", "kind"]
    return pd.DataFrame(rows, columns=columns).assign(visit=visit)


def ended(runs: Sequence[RunState]) -> list[RunState]:
    """Those that have come to their end, be it a divergence."""
    return [run for run in runs if run.state in ("finished", "diverged") and run.result is not None]


def _up_to(top: float) -> alt.Scale:
    """Of an accuracy, with room for a mark at the top."""
    return alt.Scale(domain=[0, 1.03 * top], nice=False)


def _legend(shown: Sequence[str], strokes: bool = False) -> alt.Legend:
    how: dict[str, Any] = {"symbolType": "stroke", "symbolStrokeWidth": 3} if strokes else {}
    how |= {"symbolOpacity": 1, "labelFontSize": 15, "labelLimit": 400}
    return alt.Legend(orient="top", columns=2, title=None, values=list(shown), **how)
