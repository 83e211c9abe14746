"""The course's layers: nnlib's, with dropout seeded as the course does it, and the multiclass SVM loss."""

from typing import Any

import numpy as np
from numpy import ndarray

from nnlib import layers
from nnlib.checks import require_whole, takes_floats
from nnlib.layers import *  # noqa: F403
from nnlib.layers import DropoutCache

__all__ = ["svm_loss"]
__all__ += layers.__all__


def dropout_forward(x: ndarray, dropout_param: dict[str, Any]) -> tuple[ndarray, DropoutCache]:
    """`nnlib.layers.dropout_forward`, but "seed" seeds NumPy's global state: the mask and all later draws come from it.

    "p" is the probability to keep a number, as since 2018. In 2016 and 2017 it was the share dropped: write 1 - p.
    """
    if not isinstance(dropout_param, dict):
        return layers.dropout_forward(x, dropout_param)  # raises
    if dropout_param.get("seed") is not None:
        np.random.seed(require_whole("seed", dropout_param["seed"], 0, 2**32 - 1))
    if dropout_param.get("p") == 0:
        raise ValueError(
            "p is 0, but the probability to keep a number; if it is the share dropped (2016, 2017): 1 - p."
        )
    return layers.dropout_forward(x, dropout_param | {"seed": None})


@takes_floats("x")
def svm_loss(x: ndarray, y: ndarray) -> tuple[float, ndarray]:
    """Mean multiclass SVM loss of the scores, the sum of max(0, x_j - x_y + 1) over j != y, and its gradient.

    Args:
        x: scores, (N, C).
        y: labels, (N,), ints from 0 to C - 1.

    Returns:
        loss (C - 1 for scores that are all alike), and dx (N, C).

    Raises:
        ValueError: as for `softmax_loss`.

    Source: Weston and Watkins, "Support vector machines for multi-class pattern recognition", 1999, eq. 3.
    """
    layers.softmax_loss(x, y)  # raises what it cannot use
    N, C = x.shape
    one_hot = np.asarray(y)[:, None] == np.arange(C)  # (N, C)
    margins = np.maximum(0, x - x[one_hot][:, None] + 1)  # (N, C)
    margins[one_hot] = 0
    loss = float(margins.sum() / N)
    over = (margins > 0).astype(x.dtype)  # (N, C)
    dx = (over - one_hot * over.sum(axis=1, keepdims=True)) / N  # (N, C)
    return loss, dx
