"""Numerical gradients by central differences, and how far a gradient is from them."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.checks import as_floats, ieee, require_like, require_number, shown, takes_floats

RIGHT = 1e-6  # the largest error of a right gradient
ROUNDINGS = 32  # a difference of losses is rarely wrong by more units in their last place: batchnorm enlarges them


@takes_floats("x", "y")
def rel_error(x: ndarray | float, y: ndarray | float) -> float:
    """The largest relative error between two arrays: max |x - y| / max(1e-8, |x| + |y|).

    The floor of 1e-8 keeps two numbers that are both next to nothing from counting as different.

    Raises:
        ValueError: the shapes differ.
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape:
        raise ValueError(f"two gradients of one thing have the same shape, but these are {x.shape} and {y.shape}.")
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)), initial=0.0))


@ieee
def eval_numerical_gradient(f: Callable[[ndarray], Any], x: ndarray, verbose: bool = True, h: float = 1e-5) -> ndarray:
    """Gradient of a function that gives one number, by central differences: (f(x + h) - f(x - h)) / 2h, cell by cell.

    The error is of order h^2 from cutting the series off, plus about 1e-16 |f| / h from round-off in float64.

    Args:
        f: takes x, gives a number.
        x: the point, any shape; each cell is moved by h and put back.
        verbose: print each cell's derivative.
        h: the step.

    Returns:
        The gradient, in the shape of x.

    Raises:
        ValueError: x is no array of floats, or its numbers cannot move by h; f gives something else; h is not above 0
            or above 1.

    Source: CS231n course notes, "Gradient checks".
    """
    grad = np.zeros_like(_place(x))
    for cell, plus, minus in _moved(f, x, h):
        if plus.ndim:
            raise ValueError(f"f must give one number, but gives {shown(plus)}: take eval_numerical_gradient_array.")
        grad[cell] = (plus - minus) / (2 * h)
        if verbose:
            print(cell, grad[cell])
    return grad


@ieee
def eval_numerical_gradient_array(f: Callable[[ndarray], ndarray], x: ndarray, df: ndarray, h: float = 1e-5) -> ndarray:
    """The same for a function that gives an array, with the upstream gradient df: the gradient of sum(f(x) * df).

    Args:
        f: takes x, gives an array.
        x: the point, any shape; each cell is moved by h and put back.
        df: the upstream gradient, in the shape of f(x). Draw it at random: ones hide faults that sum to zero.
        h: the step.

    Returns:
        The gradient, in the shape of x.

    Raises:
        ValueError: as `eval_numerical_gradient`, or df has another shape than f(x).
    """
    grad, df = np.zeros_like(_place(x)), as_floats("df", df)
    for cell, plus, minus in _moved(f, x, h):
        require_like("df", df, plus.shape)
        grad[cell] = np.sum((plus - minus) * df) / (2 * h)
    return grad


def _place(x: Any) -> ndarray:
    if not isinstance(x, ndarray) or x.dtype.kind != "f" or not x.flags.writeable:
        raise ValueError(f"x is {shown(x)}, but its cells are moved in place: make it an array of float64.")
    return x


def _moved(f: Callable[[ndarray], Any], x: ndarray, h: float) -> Iterator[tuple[tuple[int, ...], ndarray, ndarray]]:
    """For each cell of x: its index, f with the cell h higher, f with it h lower."""
    h = require_number("h", h, above=0, most=1)
    if not callable(f):
        raise ValueError(f"f is {shown(f)}, but must be a function of x.")
    for cell in np.ndindex(x.shape):
        yield cell, _at(f, x, cell, h), _at(f, x, cell, -h)


def _at(f: Callable[[ndarray], Any], x: ndarray, cell: tuple[int, ...], step: float) -> ndarray:
    """f where this cell of x is moved by so much; a copy, for f may give back x itself."""
    old = x[cell].copy()
    if (step and old + x.dtype.type(step) == old) or not np.isfinite(old):
        raise ValueError(f"x holds {shown(old)}, which in {x.dtype} cannot move by {step}: take float64 or a larger h.")
    try:
        x[cell] = old + step
        return as_floats("what f gives", f(x)).copy()
    finally:
        x[cell] = old


def check_network(model, X: ndarray, y: ndarray, h: float = 1e-5) -> dict[str, float]:
    """The error of every parameter's gradient in a whole network, loss and regularisation included.

    It is the relative error |a - n| / (|a| + |n|) of analytic and numerical gradient, and where both are near 0 the
    absolute one: the denominator is at least so large that round-off alone, 32 eps |loss| / h, gives `RIGHT`. Where a
    ReLU switches on the way from x - h to x + h the numerical gradient is wrong; the step is then made smaller.

    Args:
        model: has `params` (name to array) and `loss(X, y) -> (loss, grads)`; of float64, in which h = 1e-5 fits, and
            with a seed if there is dropout, so that each call drops the same units.
        X: a batch, (N, ...).
        y: labels, (N,).
        h: the step.

    Returns:
        name of the parameter -> its largest error. Up to `RIGHT`, 1e-6, is right. (`rel_error` gives more for a right
        gradient near 0 or near a kink.) In float32 the differences say nothing, and a warning says so.

    Raises:
        ValueError: the model has no params or loss, the batch does not fit it, or h is not above 0 and at most 1.

    Source: Press et al., "Numerical recipes", 3rd edition, 2007, section 5.7, eq. 5.7.5 (round-off); CS231n course
    notes, "Gradient checks" (kinks).
    """
    h = require_number("h", h, above=0, most=1)
    if not hasattr(model, "params") or not callable(getattr(model, "loss", None)):
        raise ValueError(f"model is {shown(model)}, but must have params and loss(X, y).")
    if y is None:
        raise ValueError("y is None, but a loss needs a label for each example.")
    if any(_place(w).dtype != np.float64 for w in model.params.values()):
        warnings.warn("differences in float32 say nothing of a gradient: build the model with float64.", stacklevel=2)
    _, grads = model.loss(X, y)
    return {name: _largest_error(lambda _: model.loss(X, y)[0], w, grads[name], h) for name, w in model.params.items()}


@ieee
def _largest_error(f: Callable[[ndarray], Any], w: ndarray, dw: ndarray, h: float) -> float:
    require_like("the gradient", dw, w.shape)
    return float(np.max([_error(f, w, cell, float(dw[cell]), h) for cell in np.ndindex(w.shape)], initial=0.0))


def _error(f: Callable[[ndarray], Any], w: ndarray, cell: tuple[int, ...], a: float, h: float) -> float:
    """How far the analytic gradient a is from the numerical one, in this cell; see `check_network`."""
    before, error = None, np.nan
    for step in (h, h / 10, h / 100, h / 1000):
        plus, at, minus = (float(_at(f, w, cell, move)) for move in (step, 0, -step))
        n, bend = (plus - minus) / (2 * step), abs(plus - 2 * at + minus) / step  # bend: of the slopes on both sides
        round_off = ROUNDINGS * np.finfo(float).eps * max(abs(plus), abs(minus)) / step
        least = max(round_off / RIGHT, abs(a) + abs(n))
        error = abs(a - n) / least
        if error <= RIGHT:
            return error
        if before is not None and abs(n - before.n) <= before.round_off:  # n no longer depends on the step
            if bend < before.bend / 2:
                return before.error
            return max(0.0, abs(a - n) - bend / 2) / least  # a ReLU's input is 0 here: any slope between is right
        before = _Difference(n, bend, round_off, error)
    return error


class _Difference(NamedTuple):
    n: float
    bend: float
    round_off: float
    error: float
