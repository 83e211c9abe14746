"""What a gradient check says of every cell: its relative error, and if that is over the limit, what explains it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.fc_net import FullyConnectedNet
from nnlib.gradient_check import ROUNDINGS
from nnlib.health import detached
from nnlib.labs.gradient_check.differences import central_differences
from nnlib.params import Parameters

AGREES, ROUND_OFF, KINK, TRUNCATION, DIFFERS = VERDICTS = ("agrees", "round-off", "kink", "truncation", "differs")
STEPS = tuple(float(f"1e-{k}") for k in range(1, 14))
FLOOR = 1e-8  # as in `rel_error`: two numbers that are both next to nothing do not count as different
SMALLER = (2, 10, 100, 1000)  # parts of h that are tried to see whether the error comes from h


class Report(NamedTuple):
    """A checked network; each dict goes from the parameter's name to an array of its shape."""

    h: float
    limit: float
    loss: float
    analytic: Parameters
    numerical: Parameters
    errors: dict[str, ndarray]  # relative error, float64
    verdicts: dict[str, ndarray]  # index into VERDICTS, int
    kinks: dict[str, ndarray]  # see `central_differences`


def relative_errors(a: ndarray, n: ndarray) -> ndarray:
    """|a - n| / max(1e-8, |a| + |n|), cell by cell in float64; the largest is what `rel_error` gives."""
    a, n = a.astype(float), n.astype(float)
    return np.abs(a - n) / np.maximum(FLOOR, np.abs(a) + np.abs(n))


def check(model: FullyConnectedNet, X: ndarray, y: ndarray, h: float = 1e-5, limit: float = 1e-6) -> Report:
    """Compare the gradients of `model.loss` with central differences, and judge every cell.

    An error over the limit is put down to the first of these that can explain it:
    round-off, if analytic and numerical gradient lie within 32 eps |loss| / h, the resolution of the difference;
    a kink, if the move by h switches a ReLU; truncation, if with h / 2, h / 10, h / 100 or h / 1000 less than half of
    the error is left (as far as round-off lets those steps tell). What remains differs: there the analytic gradient is
    wrong.

    Args:
        model: is not changed.
        X: a batch, (N, ...).
        y: labels, (N,).
        h: the step.
        limit: the largest relative error that passes.

    Raises:
        ValueError: as `central_differences`.
    """
    with np.errstate(all="ignore"):  # weights may be so large that the loss overflows; such cells differ
        whole, *finer = central_differences(model, X, y, [h, *(h / part for part in SMALLER)])
        loss, analytic = detached(model).loss(X, y)
        resolution = ROUNDINGS * np.finfo(model.dtype).eps * abs(loss) / h
        errors, verdicts = {}, {}
        for name, a in analytic.items():
            n = whole.gradients[name]
            apart = np.abs(a - n)
            telling = [resolution * part <= 4 * apart for part in SMALLER]  # round-off grows as the step shrinks
            left = [np.where(t, np.abs(a - d.gradients[name]), np.inf) for t, d in zip(telling, finer, strict=True)]
            errors[name] = relative_errors(a, n)
            explanations = [
                errors[name] <= limit,
                apart <= resolution,
                _at_kinks(whole.kinks[name], n),
                np.min(left, axis=0) < apart / 2,
            ]
            verdicts[name] = np.select(explanations, range(len(explanations)), VERDICTS.index(DIFFERS))
    return Report(h, limit, loss, analytic, whole.gradients, errors, verdicts, whole.kinks)


class StepErrors(NamedTuple):
    """The relative errors with one step size, over the cells whose gradient is above 1e-8."""

    h: float
    median: float | None  # of all; None, here and below, if there are no such cells
    largest: float | None  # of the cells at which no ReLU switches
    largest_bent: float | None  # of those at which one does
    bent: int  # the number of these


def error_curve(model: FullyConnectedNet, X: ndarray, y: ndarray, steps: Sequence[float] = STEPS) -> list[StepErrors]:
    """How far numerical and analytic gradient are apart for each step size: large steps cut off, small ones round off.

    Raises:
        ValueError: as `central_differences`.
    """
    with np.errstate(all="ignore"):
        analytic = detached(model).loss(X, y)[1].vector
        counted = np.abs(analytic) > FLOOR
        curve = []
        for h, gradients, kinks in central_differences(model, X, y, steps):
            errors = relative_errors(analytic, gradients.vector)
            bent = np.concatenate([_at_kinks(kinks[name], w) for name, w in gradients.items()], axis=None)
            smooth, at_kinks = errors[counted & ~bent], errors[counted & bent]
            figures = _known(np.median, errors[counted]), _known(np.max, smooth), _known(np.max, at_kinks)
            curve.append(StepErrors(h, *figures, at_kinks.size))
    return curve


class ReluInput(NamedTuple):
    """What goes into one ReLU for one example."""

    value: float
    layer: int  # from 1
    example: int  # from 0
    unit: int  # from 0
    cells: int  # so many cells of the parameters switch it when they are moved


def switched_relus(report: Report, model: FullyConnectedNet, X: ndarray) -> list[ReluInput]:
    """The ReLUs that moves by the report's h switch on or off, the one that most cells switch first."""
    kinks = np.concatenate(list(report.kinks.values()))
    relus, counts = np.unique(kinks[:, 1:], axis=0, return_counts=True)
    inputs, found = _relu_inputs(model, X), []
    for (layer, example, unit), count in zip(relus.tolist(), counts, strict=True):
        found.append(ReluInput(float(inputs[layer - 1][example, unit]), layer, example, unit, int(count)))
    return sorted(found, key=lambda relu: -relu.cells)


def nearest_to_zero(model: FullyConnectedNet, X: ndarray) -> ReluInput | None:
    """The ReLU input closest to the kink, in train mode (`cells` is 0); None if there are no ReLUs."""
    found = []
    for layer, x in enumerate(_relu_inputs(model, X), start=1):
        example, unit = np.unravel_index(np.abs(x).argmin(), x.shape)
        found.append(ReluInput(float(x[example, unit]), layer, int(example), int(unit), 0))
    return min(found, key=lambda relu: abs(relu.value), default=None)


def _relu_inputs(model: FullyConnectedNet, X: ndarray) -> list[ndarray]:
    """(N, H) of each hidden layer, in train mode."""
    _, caches = detached(model).forward(X, "train")
    return [cache.relu.x for cache in caches if cache.relu]


def _at_kinks(kinks: ndarray, w: ndarray) -> ndarray:
    """Which cells of w are moved across a kink; bools like w."""
    return np.isin(np.arange(w.size), kinks[:, 0]).reshape(w.shape)


def _known(figure: Callable[[ndarray], Any], errors: ndarray) -> float | None:
    return float(figure(errors)) if errors.size else None
