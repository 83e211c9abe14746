"""What the lesson on gradient checks says about a result: figures put into the sentences of its prose."""

from collections.abc import Sequence

import numpy as np
from numpy import ndarray

from nnlib.fc_net import FullyConnectedNet
from nnlib.labs.gradient_check.report import (
    AGREES,
    DIFFERS,
    FLOOR,
    VERDICTS,
    ReluInput,
    Report,
    StepErrors,
    nearest_to_zero,
    switched_relus,
)
from nnlib.numerals import scientific, short
from ui import lesson
from ui.lessons.gradient_check.u_curve import best

PAGE = "gradient_check"
MOST_KINKS = 5  # named on the page


def power(h: float) -> str:
    """1e-05 -> "1e-5"."""
    return scientific(h, 1)


def figure(error: float | None) -> str:
    """An error with two digits, "none" if there is none."""
    return "none" if error is None else short(error, 2) if error >= 0.1 else scientific(error)


def errors(report: Report) -> dict[str, str]:
    """The largest error, the parameter it is in, and the median over the cells that have a gradient."""
    largest = {name: float(each.max(initial=0.0)) for name, each in report.errors.items()}
    name = max(largest, key=lambda name: np.nan_to_num(largest[name], nan=np.inf))
    everything = np.concatenate([each.ravel() for each in report.errors.values()])
    counted = np.abs(report.analytic.vector) > FLOOR
    median = float(np.median(everything[counted])) if counted.any() else None
    return {"largest": figure(largest[name]), "parameter": name, "median": figure(median)}


def conclusion(report: Report) -> str:
    """What the verdicts of all cells amount to."""
    verdicts = np.concatenate([v.ravel() for v in report.verdicts.values()])
    differing = int((verdicts == VERDICTS.index(DIFFERS)).sum())
    explained = int((verdicts != VERDICTS.index(AGREES)).sum()) - differing
    part = "some differ" if differing else "explained" if explained else "all agree"
    if part == "explained" and explained > verdicts.size / 2:
        part = "proves little"
    counts = {"count": verdicts.size, "differing": differing, "explained": explained}
    return lesson.text(PAGE, part, h=power(report.h), limit=power(report.limit), **counts)


def kinks(report: Report, model: FullyConnectedNet, X: ndarray) -> str:
    """The ReLUs that the step switches, by name; or how far the nearest is from that."""
    h = power(report.h)
    if found := switched_relus(report, model, X):
        named = [f"{_name(relu)} (input {scientific(relu.value)}, {relu.cells} cells)" for relu in found[:MOST_KINKS]]
        rest = [f"{len(found) - MOST_KINKS} more"] if len(found) > MOST_KINKS else []
        return lesson.text(PAGE, "kinks", h=h, names="; ".join([*named, *rest]))
    nearest = nearest_to_zero(model, X)
    if nearest is None:
        return lesson.text(PAGE, "no relus")
    return lesson.text(PAGE, "no kinks", h=h, relu=_name(nearest), value=scientific(nearest.value))


def best_step(curve: Sequence[StepErrors], chosen: StepErrors) -> str:
    """The learner's step size beside the best one."""
    least = best(curve)
    if least is None:
        return lesson.text(PAGE, "h undefined")
    part = "h outcome right" if least.h == chosen.h else "h outcome"
    return lesson.text(
        PAGE, part, guess=power(chosen.h), error=figure(chosen.median), best=power(least.h), least=figure(least.median)
    )


def _name(relu: ReluInput) -> str:
    return f"layer {relu.layer}, example {relu.example}, unit {relu.unit}"
