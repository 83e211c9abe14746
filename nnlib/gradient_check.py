"""Numerical gradients by central differences, and how far a gradient is from them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy import ndarray


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
        ValueError: x holds whole numbers, which cannot move by h.

    Source: CS231n course notes, "Gradient checks".
    """
    grad = np.zeros_like(x)
    for cell, plus, minus in _moved(f, x, h):
        grad[cell] = (plus - minus) / (2 * h)
        if verbose:
            print(cell, grad[cell])
    return grad


def eval_numerical_gradient_array(f: Callable[[ndarray], ndarray], x: ndarray, df: ndarray, h: float = 1e-5) -> ndarray:
    """The same for a function that gives an array, with the upstream gradient df: the gradient of sum(f(x) * df).

    Args:
        f: takes x, gives an array.
        x: the point, any shape; each cell is moved by h and put back.
        df: the upstream gradient, in the shape of f(x). Draw it at random: ones hide faults that sum to zero.
        h: the step.

    Returns:
        The gradient, in the shape of x.
    """
    grad = np.zeros_like(x)
    for cell, plus, minus in _moved(lambda x: np.array(f(x)), x, h):  # a copy: f may give back x itself
        grad[cell] = np.sum((plus - minus) * df) / (2 * h)
    return grad


def _moved(f: Callable[[ndarray], Any], x: ndarray, h: float) -> Iterator[tuple[tuple[int, ...], Any, Any]]:
    """For each cell of x: its index, f with the cell h higher, f with it h lower."""
    if x.dtype.kind not in "fc":
        raise ValueError(f"x holds {x.dtype}, which cannot move by {h}: make it float64.")
    for cell in np.ndindex(x.shape):
        old = x[cell]
        try:
            x[cell] = old + h
            plus = f(x)
            x[cell] = old - h
            minus = f(x)
        finally:
            x[cell] = old
        yield cell, plus, minus


def check_network(model, X: ndarray, y: ndarray, h: float = 1e-5) -> dict[str, float]:
    """Relative error of every parameter's gradient in a whole network, loss and regularisation included.

    Args:
        model: has `params` (name to array) and `loss(X, y) -> (loss, grads)`; use float64, in which h = 1e-5 fits, and
            a seed if there is dropout, so that each call drops the same units.
        X: a batch, (N, ...).
        y: labels, (N,).
        h: the step.

    Returns:
        name of the parameter -> `rel_error` between its gradient and the numerical one. Up to 1e-7 is right; a ReLU
        whose input crosses zero within h spoils single cells: up to 1e-4 as a rule, up to 1 where it sits at zero.
    """
    _, grads = model.loss(X, y)
    return {
        name: rel_error(grads[name], eval_numerical_gradient(lambda _: model.loss(X, y)[0], w, verbose=False, h=h))
        for name, w in model.params.items()
    }
