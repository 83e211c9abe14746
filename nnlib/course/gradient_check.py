"""The course's gradient checks: nnlib's, and a check of a few entries drawn at random."""

import random
from collections.abc import Callable

import numpy as np
from numpy import ndarray

from nnlib.checks import require_whole, shown
from nnlib.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array

__all__ = ["eval_numerical_gradient", "eval_numerical_gradient_array", "grad_check_sparse"]


def grad_check_sparse(
    f: Callable[[ndarray], float], x: ndarray, analytic_grad: ndarray, num_checks: int = 10, h: float = 1e-5
) -> None:
    """Print numerical and analytic gradient of a function that gives one number, at entries drawn with `random`.

    Args:
        f: takes x, gives a number.
        x: the point, any shape; each cell drawn is moved by h and put back.
        analytic_grad: the gradient to check, in the shape of x.
        num_checks: how many entries.
        h: the step.

    Raises:
        ValueError: x holds whole numbers or nothing, or analytic_grad is not like it.
    """
    if not isinstance(x, ndarray) or not x.size or np.shape(analytic_grad) != x.shape:
        raise ValueError(f"x is an array with a gradient like it, but they are {shown(x)} and {shown(analytic_grad)}.")
    for _ in range(require_whole("num_checks", num_checks, 0)):
        cell = tuple(random.randrange(size) for size in x.shape)  # noqa: S311 - no secret
        place = (..., *(slice(i, i + 1) for i in cell))
        numerical = eval_numerical_gradient(lambda _: f(x), x[place], verbose=False, h=h).item()  # x[place] is a view
        analytic = float(np.asarray(analytic_grad)[cell])
        error = abs(numerical - analytic) / max(abs(numerical) + abs(analytic), 1e-300)
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")
