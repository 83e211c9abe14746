"""The layers of a fully connected network: each one's forward and backward pass, side by side.

A forward pass returns ``(out, cache)``; its backward pass takes the upstream gradient ``dout`` (the gradient of the
loss with respect to ``out``, so of the same shape) and that cache, and returns the gradients of the forward inputs.
Inputs are never changed. Float32 and float64 are kept; what else is real is computed in one of them (`nnlib.checks`).
Shapes: N examples in the batch, D features, H units, C classes.
"""

from math import prod
from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy import ndarray

from nnlib.checks import (
    as_labels,
    generator,
    made_by,
    require_like,
    require_mode,
    require_names,
    require_number,
    require_place,
    takes_floats,
)
from nnlib.normalization import (
    BatchnormCache,
    LayernormCache,
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
)
from nnlib.speed import column_sum

__all__ = [
    "AffineCache",
    "BatchnormCache",
    "DropoutCache",
    "LayernormCache",
    "ReluCache",
    "affine_backward",
    "affine_forward",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_forward",
    "dropout_backward",
    "dropout_forward",
    "layernorm_backward",
    "layernorm_forward",
    "relu_backward",
    "relu_forward",
    "softmax_loss",
]


# ---------------------------------------------------------------------------------------------------------- affine
class AffineCache(NamedTuple):
    x: ndarray  # (N, d1, ..., dk)
    w: ndarray  # (D, H)
    b: ndarray  # (H,)


@takes_floats("x", "w", "b")
def affine_forward(x: ndarray, w: ndarray, b: ndarray) -> tuple[ndarray, AffineCache]:
    """Fully connected layer: out = x w + b.

    Args:
        x: inputs, (N, d1, ..., dk); each example is flattened to D = d1 * ... * dk numbers.
        w: weights, (D, H).
        b: biases, (H,).

    Returns:
        out, (N, H), and the cache for `affine_backward`.

    Raises:
        ValueError: the shapes do not fit together.

    Source: Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", 1986, eq. 1.
    """
    if x.ndim == 0:
        raise ValueError(f"x needs a row for each example, but is the number {x}: make it (N, D).")
    N, D = x.shape[0], prod(x.shape[1:])
    if w.ndim != 2 or w.shape[0] != D:
        raise ValueError(
            f"w needs a row for each of the {D} features in x {x.shape}, but is {w.shape}: reshape w or x."
        )
    if b.shape != w.shape[1:]:
        raise ValueError(f"b needs a number for each column of w {w.shape}, but is {b.shape}: make it {w.shape[1:]}.")
    out = x.reshape(N, D).dot(w) + b  # (N, H)
    return out, AffineCache(x, w, b)


def _affine_fits(dout: ndarray, cache: AffineCache, need_dx: bool = True, dw_out: ndarray | None = None) -> None:
    x, w, _ = cache
    require_like("dout", dout, (x.shape[0], w.shape[1]))
    if dw_out is not None:
        require_place("dw_out", dw_out, w.shape, x.dtype, dout.dtype)


@overload
def affine_backward(
    dout: ndarray, cache: AffineCache, need_dx: Literal[True] = True, dw_out: ndarray | None = None
) -> tuple[ndarray, ndarray, ndarray]: ...
@overload
def affine_backward(
    dout: ndarray, cache: AffineCache, need_dx: bool, dw_out: ndarray | None = None
) -> tuple[ndarray | None, ndarray, ndarray]: ...
@takes_floats("dout", cache=made_by(AffineCache), fits=_affine_fits)
def affine_backward(
    dout: ndarray, cache: AffineCache, need_dx: bool = True, dw_out: ndarray | None = None
) -> tuple[ndarray | None, ndarray, ndarray]:
    """Gradients of `affine_forward`: dx = dout w^T, dw = x^T dout, db = the column sums of dout.

    Args:
        dout: upstream gradient, (N, H).
        cache: what `affine_forward` returned.
        need_dx: False leaves dx out (None): the first layer of a network has nothing below it to pass it on to.
        dw_out: where to write dw, (D, H), of the dtype of x and dout; it spares a network that keeps all gradients in
            one vector a copy.

    Returns:
        dx in the shape of x, dw (D, H), db (H,).

    Raises:
        ValueError: dout is not like the output, or dw_out cannot take dw.

    Source: Rumelhart, Hinton and Williams, 1986, eqs. 6 and 7.
    """
    x, w, _ = cache
    N, D = x.shape[0], w.shape[0]
    dx = dout.dot(w.T).reshape(x.shape) if need_dx else None  # (N, d1, ..., dk)
    dw = x.reshape(N, D).T.dot(dout, out=dw_out)  # (D, H)
    db = column_sum(dout)  # (H,)
    return dx, dw, db


# ------------------------------------------------------------------------------------------------------------ relu
class ReluCache(NamedTuple):
    x: ndarray  # any shape: the pre-activation


@takes_floats("x")
def relu_forward(x: ndarray) -> tuple[ndarray, ReluCache]:
    """Rectified linear unit: out = max(0, x), any shape.

    Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
    """
    out = np.maximum(x, 0)  # like x
    return out, ReluCache(x)


def _relu_fits(dout: ndarray, cache: ReluCache) -> None:
    require_like("dout", dout, cache.x.shape)


@takes_floats("dout", cache=made_by(ReluCache), fits=_relu_fits)
def relu_backward(dout: ndarray, cache: ReluCache) -> ndarray:
    """Gradient of `relu_forward`: dout where x > 0, else 0 (at x = 0 too, where max has no derivative)."""
    (x,) = cache
    dx = dout * (x > 0)  # like x
    return dx


# --------------------------------------------------------------------------------------------------------- dropout
class DropoutCache(NamedTuple):
    mask: ndarray | None  # like x; each entry 0 or 1 / p; None in test mode


def _dropout_param(name: str, param: Any) -> dict[str, Any]:
    param = require_names(name, param, ("p", "mode", "seed"))
    require_number("p", param.get("p"), above=0, most=1)
    require_mode(param.get("mode"))
    return param


@takes_floats("x", dropout_param=_dropout_param)
def dropout_forward(x: ndarray, dropout_param: dict[str, Any]) -> tuple[ndarray, DropoutCache]:
    """Inverted dropout: keep each number with probability p and divide it by p; in test mode change nothing.

    Args:
        x: inputs, any shape.
        dropout_param: "p", the probability to *keep* a number, 0 < p <= 1; "mode", "train" or "test"; "seed"
            (optional): a whole number, or several, that fix the mask. Without it NumPy's global state makes it.

    Returns:
        out like x, and the cache for `dropout_backward`.

    Raises:
        ValueError: p is out of range, the mode is unknown, or there is another setting.

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014, section 10.
    """
    p, mode, seed = dropout_param["p"], dropout_param["mode"], dropout_param.get("seed")
    uniform = np.random.random if seed is None else generator("seed", seed).random
    mask = ((uniform(x.shape) < p) / p).astype(x.dtype) if mode == "train" else None  # like x
    out = x if mask is None else x * mask  # like x
    return out, DropoutCache(mask)


@takes_floats("dout", cache=made_by(DropoutCache))
def dropout_backward(dout: ndarray, cache: DropoutCache) -> ndarray:
    """Gradient of `dropout_forward`: what was dropped gets none, what was kept is scaled as in the forward pass."""
    (mask,) = cache
    if mask is not None:
        require_like("dout", dout, mask.shape)
    dx = dout if mask is None else dout * mask  # like x
    return dx


# ---------------------------------------------------------------------------------------------------- softmax loss
@takes_floats("x")
def softmax_loss(x: ndarray, y: ndarray) -> tuple[float, ndarray]:
    """Mean cross-entropy of the softmax of the scores, and its gradient, which is (probabilities - one-hot) / N.

    Args:
        x: scores, (N, C).
        y: labels, (N,), ints from 0 to C - 1.

    Returns:
        loss in nats (ln C for scores that know nothing), and dx (N, C).

    Raises:
        ValueError: x has no rows, or y does not have one label, within range, for each of them.

    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990, eqs. 8 to 11.
    """
    if x.ndim != 2 or x.size == 0:
        raise ValueError(f"x needs at least one example (N) and class (C), (N, C), but is {x.shape}: give it both.")
    N, C = x.shape
    if type(y) is not ndarray or y.shape != (N,) or y.dtype.kind not in "iu":
        y = as_labels("y", y, N, C)
    one_hot = y[:, None] == np.arange(C)  # (N, C)
    top = x.max(axis=1, keepdims=True)  # (N, 1)
    shifted = x - top  # (N, C): the largest is 0, so that exp cannot overflow
    e = np.exp(shifted)  # (N, C)
    total = e.sum(axis=1, keepdims=True)  # (N, 1)
    logp = shifted - np.log(total)  # (N, C)
    picked = logp[one_hot]  # (N,)
    if len(picked) != N:  # sooner than looking for y's least and greatest
        as_labels("y", y, N, C)
    loss = float(-picked.sum() / N)
    p = e / total  # (N, C)
    dx = (p - one_hot) / N  # (N, C)
    return loss, dx
