"""Batch and layer normalization: forward and backward side by side, batchnorm's backward in two ways.

The conventions are those of `nnlib.layers`, which offers these functions too.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.checks import (
    as_floats,
    made_by,
    require_choice,
    require_like,
    require_mode,
    require_names,
    require_number,
    takes_floats,
)
from nnlib.speed import column_sum, row_sum  # x.sum(axis=0), x.sum(axis=1, keepdims=True), but twice as fast


# ------------------------------------------------------------------------------------------------ what is asked of x
def _norm_param(name: str, param: Any) -> dict[str, Any]:
    """The settings of either normalization: a network gives both the same."""
    param = require_names(name, param, ("mode", "eps", "momentum", "running_mean", "running_var"))
    bounds: dict[str, dict[str, float]] = {"eps": {"least": 0}, "momentum": {"least": 0, "most": 1}}
    param.update({n: require_number(n, param[n], **bounds[n]) for n in bounds.keys() & param.keys()})
    param.update({n: as_floats(n, param[n]) for n in ("running_mean", "running_var") if n in param})
    if "mode" in param:
        require_mode(param["mode"])
    return param


def _require_norm_shapes(x: ndarray, gamma: ndarray, beta: ndarray) -> None:
    if x.ndim != 2:
        raise ValueError(f"x needs two axes, (N, D), but has shape {x.shape}: flatten each example first.")
    if gamma.shape != x.shape[1:] or beta.shape != x.shape[1:]:
        raise ValueError(
            f"gamma and beta need a number for each feature of x {x.shape}, but are {gamma.shape} and {beta.shape}: "
            f"make them {x.shape[1:]}."
        )


# --------------------------------------------------------------------------------------------- batch normalization
# The caches hold two arrays of x's size, xmu and xhat: memory for not computing them once more on the way back.
class BatchnormCache(NamedTuple):
    mean: ndarray  # (D,)
    xmu: ndarray  # (N, D)
    var: ndarray  # (D,)
    rstd: ndarray  # (D,)
    xhat: ndarray  # (N, D)
    gamma: ndarray  # (D,)
    mode: str  # "train": mean and var depend on x; "test": they are constants


@takes_floats("x", "gamma", "beta", bn_param=_norm_param)
def batchnorm_forward(
    x: ndarray, gamma: ndarray, beta: ndarray, bn_param: dict[str, Any]
) -> tuple[ndarray, BatchnormCache]:
    """Batch normalization: every feature gets mean 0 and variance 1 over the batch, then scale gamma and shift beta.

    In train mode mean and variance are the batch's, and `bn_param` keeps running averages of both,
    ``running = momentum * running + (1 - momentum) * batch``; in test mode these running averages are used instead.

    Args:
        x: inputs, (N, D).
        gamma, beta: scale and shift, (D,).
        bn_param: "mode", "train" or "test"; "eps" (1e-5), added to the variance; "momentum" (0.9);
            "running_mean" and "running_var", (D,), made (as zeros) and renewed here.

    Returns:
        out, (N, D), and the cache for `batchnorm_backward`.

    Raises:
        ValueError: the shapes do not fit together, a setting is unknown or out of range, or a batch to train on is
            empty.

    Source: Ioffe and Szegedy, "Batch normalization", 2015, algorithm 1 (with the biased variance throughout).
    """
    _require_norm_shapes(x, gamma, beta)
    mode, eps, momentum = bn_param.get("mode", ""), bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    require_mode(mode)
    N, D = x.shape
    if N == 0 and mode == "train":
        raise ValueError(f"a batch to train on has a mean, but x is {x.shape}: give it at least one example.")
    for name in ("running_mean", "running_var"):
        if name not in bn_param:
            bn_param[name] = np.zeros(D, x.dtype)
    running_mean, running_var = bn_param["running_mean"], bn_param["running_var"]  # (D,)
    require_like("running_mean", running_mean, (D,))
    require_like("running_var", running_var, (D,))
    train = mode == "train"

    mean = column_sum(x) / N if train else running_mean  # (D,)
    xmu = x - mean  # (N, D)
    sq = xmu * xmu  # (N, D)
    var = column_sum(sq) / N if train else running_var  # (D,)
    rstd = 1 / np.sqrt(var + eps)  # (D,)
    xhat = xmu * rstd  # (N, D)
    out = gamma * xhat + beta  # (N, D)

    if train:
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean  # (D,)
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var  # (D,)
    return out, BatchnormCache(mean, xmu, var, rstd, xhat, gamma, mode)


@takes_floats("dout", cache=made_by(BatchnormCache))
def batchnorm_backward(dout: ndarray, cache: BatchnormCache) -> tuple[ndarray, ndarray, ndarray]:
    """Gradients of `batchnorm_forward`, staged: one node of its graph a line, from the output back to x.

    Args:
        dout: upstream gradient, (N, D).
        cache: what `batchnorm_forward` returned.

    Returns:
        dx (N, D), dgamma (D,), dbeta (D,).

    Source: Ioffe and Szegedy, 2015, section 3 (the chain rule, node by node).
    """
    _, xmu, _, rstd, xhat, gamma, mode = cache
    require_like("dout", dout, xhat.shape)
    N, train = dout.shape[0], mode == "train"
    dbeta = dout.sum(axis=0)  # (D,)
    dgamma = (dout * xhat).sum(axis=0)  # (D,)
    dxhat = dout * gamma  # (N, D)
    drstd = (dxhat * xmu).sum(axis=0)  # (D,)
    dvar = drstd * -0.5 * rstd**3 if train else 0  # (D,): in test mode var and mean are constants
    dsq = np.ones_like(xmu) * dvar / N  # (N, D)
    dxmu = dxhat * rstd + dsq * 2 * xmu  # (N, D): two ways lead from xmu to out, so two terms
    dmean = -dxmu.sum(axis=0)  # (D,)
    dx = dxmu + dmean / N if train else dxmu  # (N, D)
    return dx, dgamma, dbeta


@takes_floats("dout", cache=made_by(BatchnormCache))
def batchnorm_backward_alt(dout: ndarray, cache: BatchnormCache) -> tuple[ndarray, ndarray, ndarray]:
    """Gradients of `batchnorm_forward`, simplified on paper: the same numbers as `batchnorm_backward`, sooner.

    dx = gamma * rstd * (dout - xhat * mean(dout * xhat) - mean(dout)), with means over the batch: what is left of dout
    when its parts along xhat and along 1, the two directions that normalizing removes, are taken out.

    Args, returns: as `batchnorm_backward`.

    Source: Ioffe and Szegedy, 2015, section 3, with the sums over the batch gathered.
    """
    xhat, rstd, gamma, mode = cache.xhat, cache.rstd, cache.gamma, cache.mode
    require_like("dout", dout, xhat.shape)
    N = dout.shape[0]
    dbeta = column_sum(dout)  # (D,)
    dgamma = column_sum(dout * xhat)  # (D,)
    if mode == "test":
        return dout * (gamma * rstd), dgamma, dbeta
    dx = gamma * rstd * (dout - xhat * (dgamma / N) - dbeta / N)  # (N, D)
    return dx, dgamma, dbeta


# --------------------------------------------------------------------------------------------- layer normalization
class LayernormCache(NamedTuple):
    mean: ndarray  # (N, 1)
    xmu: ndarray  # (N, D)
    var: ndarray  # (N, 1)
    rstd: ndarray  # (N, 1)
    xhat: ndarray  # (N, D)
    gamma: ndarray  # (D,)


@takes_floats("x", "gamma", "beta", ln_param=_norm_param)
def layernorm_forward(
    x: ndarray, gamma: ndarray, beta: ndarray, ln_param: dict[str, Any]
) -> tuple[ndarray, LayernormCache]:
    """Layer normalization: every example gets mean 0 and variance 1 over its features, then gamma and beta.

    No example sees another, so training and testing are the same.

    Args:
        x: inputs, (N, D).
        gamma, beta: scale and shift, (D,).
        ln_param: "eps" (1e-5), added to the variance; batchnorm's other settings may be there, and do nothing.

    Returns:
        out, (N, D), and the cache for `layernorm_backward`.

    Raises:
        ValueError: the shapes do not fit together, a setting is unknown or out of range, or there are no features.

    Source: Ba, Kiros and Hinton, "Layer normalization", 2016, eqs. 3 and 4.
    """
    _require_norm_shapes(x, gamma, beta)
    eps, D = ln_param.get("eps", 1e-5), x.shape[1]
    if D == 0:
        raise ValueError(f"an example has a mean, but x is {x.shape}: give it at least one feature.")
    mean = row_sum(x) / D  # (N, 1)
    xmu = x - mean  # (N, D)
    sq = xmu * xmu  # (N, D)
    var = row_sum(sq) / D  # (N, 1)
    rstd = 1 / np.sqrt(var + eps)  # (N, 1)
    xhat = xmu * rstd  # (N, D)
    out = gamma * xhat + beta  # (N, D)
    return out, LayernormCache(mean, xmu, var, rstd, xhat, gamma)


@takes_floats("dout", cache=made_by(LayernormCache))
def layernorm_backward(dout: ndarray, cache: LayernormCache) -> tuple[ndarray, ndarray, ndarray]:
    """Gradients of `layernorm_forward`: batchnorm's simplified pass, with means over the features of an example.

    Args:
        dout: upstream gradient, (N, D).
        cache: what `layernorm_forward` returned.

    Returns:
        dx (N, D), dgamma (D,), dbeta (D,).

    Source: Ba, Kiros and Hinton, 2016, eqs. 3 and 4, differentiated.
    """
    _, _, _, rstd, xhat, gamma = cache
    require_like("dout", dout, xhat.shape)
    D = dout.shape[1]
    dbeta = column_sum(dout)  # (D,)
    dgamma = column_sum(dout * xhat)  # (D,)
    dxhat = dout * gamma  # (N, D)
    mean_dxhat = row_sum(dxhat) / D  # (N, 1)
    mean_dxhat_xhat = row_sum(dxhat * xhat) / D  # (N, 1)
    dx = (dxhat - mean_dxhat - xhat * mean_dxhat_xhat) * rstd  # (N, D)
    return dx, dgamma, dbeta


# ------------------------------------------------------------------------------------------------------ what there is
class Normalization(NamedTuple):
    """A normalization: its functions, and what others have to know of it."""

    name: str
    title: str
    short: str  # the title where there is little room
    forward: Callable[..., tuple[ndarray, Any]]  # (x, gamma, beta, norm_param) -> out, cache
    backward: Callable[..., tuple[ndarray, ndarray, ndarray]]  # (dout, cache) -> dx, dgamma, dbeta
    axis: int  # of x (N, D), along which the means run: 0, over the examples; 1, over an example's features
    running: tuple[str, ...] = ()  # averages, (D,), that its norm_param keeps for the test mode


NORMALIZATIONS: dict[str, Normalization] = {
    norm.name: norm
    for norm in (
        Normalization(
            "batchnorm",
            "Batch normalization",
            "batch norm",
            batchnorm_forward,
            batchnorm_backward_alt,
            axis=0,
            running=("running_mean", "running_var"),
        ),
        Normalization("layernorm", "Layer normalization", "layer norm", layernorm_forward, layernorm_backward, axis=1),
    )
}


def get_normalization(name: str | None) -> Normalization | None:
    """The normalization of this name; None for None.

    Raises:
        ValueError: there is no such normalization.
    """
    return None if name is None else NORMALIZATIONS[require_choice("normalization", name, NORMALIZATIONS)]
