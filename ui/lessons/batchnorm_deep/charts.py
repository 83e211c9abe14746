"""The charts of experiments with normalization, and their rows: curves of runs; figures against the weight scale."""

from collections.abc import Sequence
from functools import cache, partial
from math import log
from typing import Any

import altair as alt
import pandas as pd

from nnlib.experiments import Result, RunState
from ui.components.sketch import Curves
from ui.runs.history import Smooth
from ui.widgets.charts import (
    EPOCH,
    PERCENT,
    SHARE,
    SHORT,
    STROKE,
    as_spec,
    by,
    click,
    guess_line,
    thinned,
    tips,
    where,
    x,
    y,
)
from ui.widgets.looks import NORM_NAMES

NORMS = tuple(NORM_NAMES.values())  # each has the same colour in all charts
MOST = 300  # points a line
SPAN = 10  # losses: over about so many they are smoothed; an epoch has twenty steps and more
CHANCE = 0.1  # accuracy of guessing among ten classes
MEASURED, SKETCHED = "measured", "sketched"
OPEN = "open"  # the name of the selection in a chart of figures against the weight scale
_POWERS: dict[str, Any] = {"grid": False, "format": "~g", "values": [1e-4, 1e-3, 1e-2, 1e-1, 1]}
TITLES = {
    "loss": "Loss",
    "train_acc": "Training accuracy",
    "val_acc": "Validation accuracy",
    "best_val_acc": "Best validation accuracy",
    "best_train_acc": "Best training accuracy",
    "final_loss": "Final loss",
}


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
    legend: dict[str, Any] = {"values": list(shown)} | (STROKE if quantity == "loss" else {})
    run = partial(by, field="run", names=domain, **legend)
    base = alt.Chart().encode(x("epoch", domain=[0, epochs], nice=False, **EPOCH), run(alt.Color))
    if quantity == "loss":
        how: dict[str, Any] = {"type": "log" if logarithmic else "linear", "zero": False, "tickCount": 5}
        raw = base.mark_line(opacity=0.3, strokeWidth=1).encode(y("raw", "loss, nats", **how))
        smooth = base.mark_line().encode(y("loss", "loss, nats", **how), run(alt.StrokeDash))
        layers = [raw, smooth.encode(tooltip=tips("run:N", "epoch", loss=SHORT))]
    else:
        base = base.encode(y(quantity, TITLES[quantity].lower(), **_up_to(top), **PERCENT))
        points = base.mark_point(size=70).encode(run(alt.Shape), tooltip=tips("run:N", "epoch", **{quantity: SHARE}))
        layers = [base.mark_line(), points]
    return as_spec(*layers, title=TITLES[quantity], height=400)


def loss_rows(runs: Sequence[tuple[str, Result | None]]) -> pd.DataFrame:
    """The rows of a loss chart: raw, and smoothed."""
    rows = []
    for name, result in runs:
        if result is None:
            continue
        losses, smooth, per_epoch = result.losses, Smooth(SPAN), result.spec.steps_per_epoch
        smoothed = [smooth.add(loss) for loss in losses]
        rows += [(name, round((i + 1) / per_epoch, 3), losses[i], smoothed[i]) for i in thinned(len(losses), MOST)]
    return pd.DataFrame(rows, columns=["run", "epoch", "raw", "loss"])


def accuracy_rows(runs: Sequence[tuple[str, Result | None]]) -> pd.DataFrame:
    """The rows of the accuracy charts."""
    rows = [
        (name, record.epoch, record.train_acc, record.val_acc)
        for name, result in runs
        for record in (result.measured if result is not None else ())
    ]
    return pd.DataFrame(rows, columns=["run", "epoch", "train_acc", "val_acc"])


def explodes(runs: Sequence[tuple[str, Result | None]]) -> bool:
    """Whether a linear axis would leave nothing to be seen of the loss of some run."""
    return any(max(result.losses, default=0) > 10 * log(10) for _, result in runs if result is not None)


# ------------------------------------------------------------------------------------- against the weight scale
@cache
def against_scale(quantity: str, data: str, shown: tuple[str, ...]) -> dict[str, Any]:
    """The spec of "best_val_acc", "best_train_acc" or "final_loss" against the weight scale; a click opens a run."""
    norm = partial(by, field="normalization", names=NORMS, values=list(shown))
    value, level, format_ = _values(quantity, data)
    base = alt.Chart().encode(
        x("weight_scale", "weight scale", type="log", domain=[7e-5, 1.4], nice=False, **_POWERS),
        value,
        norm(alt.Color),
    )
    measured = where(base, kind=MEASURED)
    sketched = where(base, kind=SKETCHED)
    pick = click(OPEN, ["run", "visit"], nearest=True, empty=False)
    return as_spec(
        guess_line(level),
        sketched.mark_line(strokeDash=[2, 7], strokeWidth=4, strokeCap="round", clip=True),
        measured.mark_line(clip=True),
        measured.transform_filter("datum.opened").mark_point(size=420, strokeWidth=3, filled=False, clip=True),
        measured.mark_point(size=90, clip=True)
        .encode(norm(alt.Shape), tooltip=tips("run:N", value=format_))
        .add_params(pick),
        title=TITLES[quantity],
        height=400,
    )


def _values(quantity: str, data: str) -> tuple[alt.Y, float, str]:
    """The axis of the values, what knowing nothing gives, and the format of one."""
    title = TITLES[quantity].lower()
    if quantity == "final_loss":
        low = 1.0 if data == "cifar10" else 0.0
        return y("value", title, domain=[low, 3.5], nice=False, tickCount=5), log(10), SHORT
    return y("value", title, **_up_to(accuracy_top(quantity, data)), **PERCENT), CHANCE, SHARE


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


def _up_to(top: float) -> dict[str, Any]:
    """The scale of an accuracy, with room for a mark at the top."""
    return {"domain": [0, 1.03 * top], "nice": False}
