"""Faults as they are made when layers and update rules are written by hand, ready to be planted in a network.

Each is a function that takes the place of a right one; what surrounds it stays as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray

from nnlib import layers, optim
from nnlib.fc_net import FullyConnectedNet, LayerCache, Layers
from nnlib.health import detached
from nnlib.layers import AffineCache, BatchnormCache, DropoutCache, LayernormCache, ReluCache
from nnlib.params import Parameters


# ---------------------------------------------------------------------------------------------------------- affine
def db_of_one_example(dout: ndarray, cache: AffineCache, need_dx: bool = True, dw_out: ndarray | None = None):
    """affine_backward without the sum over the batch: db is what the last example asks for."""
    x, w, _ = cache
    dx = dout.dot(w.T) if need_dx else None
    dw = x.T.dot(dout, out=dw_out)
    db = dout[-1]
    return dx, dw, db


def db_as_mean(dout: ndarray, cache: AffineCache, need_dx: bool = True, dw_out: ndarray | None = None):
    """affine_backward with a mean for a sum: db is divided by N, as the loss has done already."""
    x, w, _ = cache
    dx = dout.dot(w.T) if need_dx else None
    dw = x.T.dot(dout, out=dw_out)
    db = dout.mean(axis=0)
    return dx, dw, db


def transposed_weight(dout: ndarray, cache: AffineCache, need_dx: bool = True, dw_out: ndarray | None = None):
    """affine_backward with w where w^T belongs; no shape complains, as long as w is square."""
    x, w, _ = cache
    dx = dout.dot(w) if need_dx else None
    dw = x.T.dot(dout, out=dw_out)
    db = dout.sum(axis=0)
    return dx, dw, db


# -------------------------------------------------------------------------------------------------- relu, dropout
def relu_mask_from_dout(dout: ndarray, cache: ReluCache) -> ndarray:
    """relu_backward with the mask of the wrong array: where dout > 0 instead of where x > 0."""
    dx = dout * (dout > 0)
    return dx


def dropout_not_scaled(dout: ndarray, cache: DropoutCache) -> ndarray:
    """dropout_backward without the factor 1 / p that the forward pass put on what it kept."""
    (mask,) = cache
    dx = dout if mask is None else dout * (mask > 0)
    return dx


# -------------------------------------------------------------------------------------------------- normalization
def batchnorm_mean_as_constant(dout: ndarray, cache: BatchnormCache):
    """batchnorm_backward_alt without the path through the mean, as if moving one example did not move it."""
    xhat, rstd, gamma = cache.xhat, cache.rstd, cache.gamma
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dx = gamma * rstd / N * (N * dout - xhat * dgamma)
    return dx, dgamma, dbeta


def batchnorm_variance_as_constant(dout: ndarray, cache: BatchnormCache):
    """batchnorm_backward_alt without the path through the variance."""
    xhat, rstd, gamma = cache.xhat, cache.rstd, cache.gamma
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dx = gamma * rstd / N * (N * dout - dbeta)
    return dx, dgamma, dbeta


def dgamma_without_rstd(dout: ndarray, cache: BatchnormCache):
    """batchnorm_backward_alt with the centred input in dgamma where the normalized one belongs."""
    xmu, xhat, rstd, gamma = cache.xmu, cache.xhat, cache.rstd, cache.gamma
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xmu).sum(axis=0)
    dx = gamma * rstd / N * (N * dout - dbeta - xhat * (dout * xhat).sum(axis=0))
    return dx, dgamma, dbeta


def layernorm_over_batch(dout: ndarray, cache: LayernormCache):
    """layernorm_backward with means over the batch, batchnorm's axis, instead of over the features."""
    xhat, rstd, gamma = cache.xhat, cache.rstd, cache.gamma
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    mean_dxhat = dxhat.mean(axis=0, keepdims=True)
    mean_dxhat_xhat = (dxhat * xhat).mean(axis=0, keepdims=True)
    dx = (dxhat - mean_dxhat - xhat * mean_dxhat_xhat) * rstd
    return dx, dgamma, dbeta


# ----------------------------------------------------------------------------------------------------------- loss
def softmax_not_averaged(x: ndarray, y: ndarray) -> tuple[float, ndarray]:
    """softmax_loss with the mean in the loss, but not in its gradient."""
    N, C = x.shape
    shifted = x - x.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    loss = float(-np.log(p[np.arange(N), y]).sum() / N)
    dx = p - (y[:, None] == np.arange(C))
    return loss, dx


def l2_in_backward_too(self: FullyConnectedNet, dscores: ndarray, caches: list[LayerCache]) -> Parameters:
    """FullyConnectedNet.backward that adds reg * W, which loss adds once more: L2 twice."""
    grads = FullyConnectedNet.backward(self, dscores, caches)
    for name, w in self.params.items():
        if name.startswith("W"):
            grads[name] += self.reg * w
    return grads


# --------------------------------------------------------------------------------------------------- update rule
def adam_times_correction(w: ndarray, dw: ndarray, config: dict[str, Any]) -> tuple[ndarray, dict[str, Any]]:
    """adam that multiplies by 1 - beta^t where it must divide."""
    beta1, beta2 = config["beta1"], config["beta2"]
    t = config["t"] = config.get("t", 0) + 1
    m = config["m"] = beta1 * config.get("m", 0) + (1 - beta1) * dw
    v = config["v"] = beta2 * config.get("v", 0) + (1 - beta2) * dw * dw
    mhat = m * (1 - beta1**t)
    vhat = v * (1 - beta2**t)
    next_w = w - config["learning_rate"] * mhat / (np.sqrt(vhat) + config["epsilon"])
    return next_w, config


# ---------------------------------------------------------------------------------------------------------- the zoo
@dataclass(frozen=True)
class Fault:
    """A fault, and where it goes."""

    title: str  # as a student would name it who has found it
    function: Callable[..., Any]  # the faulty one
    right: Callable[..., Any]  # whose place it takes
    needs: str = ""  # what a network must have for this code to run: a key of `NEEDS`

    def runs_in(self, model: FullyConnectedNet) -> bool:
        """Does this network execute the faulty code?"""
        return not self.needs or NEEDS[self.needs](model)


NEEDS: dict[str, Callable[[FullyConnectedNet], bool]] = {
    "batchnorm": lambda model: model.normalization == "batchnorm",
    "layernorm": lambda model: model.normalization == "layernorm",
    "dropout": lambda model: model.use_dropout,
    "L2": lambda model: model.reg > 0,
    "square weights": lambda model: set(model.hidden_dims) == {model.num_classes},
}

FAULTS: dict[str, Fault] = {
    "db_one": Fault("db: no sum over the batch", db_of_one_example, layers.affine_backward),
    "db_mean": Fault("db: a mean for a sum", db_as_mean, layers.affine_backward),
    "transposed": Fault("dx: a transposed weight", transposed_weight, layers.affine_backward, "square weights"),
    "relu": Fault("ReLU: the mask from the wrong array", relu_mask_from_dout, layers.relu_backward),
    "dropout": Fault("Dropout: 1/p missing on the way back", dropout_not_scaled, layers.dropout_backward, "dropout"),
    "bn_mean": Fault(
        "Batchnorm: no path through the mean", batchnorm_mean_as_constant, layers.batchnorm_backward_alt, "batchnorm"
    ),
    "bn_variance": Fault(
        "Batchnorm: no path through the variance",
        batchnorm_variance_as_constant,
        layers.batchnorm_backward_alt,
        "batchnorm",
    ),
    "bn_gamma": Fault(
        "Batchnorm: dgamma from x − mean", dgamma_without_rstd, layers.batchnorm_backward_alt, "batchnorm"
    ),
    "ln_axis": Fault("Layernorm: the wrong axis", layernorm_over_batch, layers.layernorm_backward, "layernorm"),
    "softmax": Fault("Softmax loss: gradient not averaged", softmax_not_averaged, layers.softmax_loss),
    "l2_twice": Fault("L2: added twice", l2_in_backward_too, FullyConnectedNet.backward, "L2"),
    "adam": Fault("Adam: times 1 − βᵗ", adam_times_correction, optim.adam),
}


def plant(fault: Fault, model: FullyConnectedNet) -> FullyConnectedNet:
    """The same network on the same parameters, its gradients computed by code that has the fault in it."""
    planted = detached(model)
    if fault.right is FullyConnectedNet.backward:
        planted.backward = partial(fault.function, planted)
    else:
        planted.layers = Layers(*(fault.function if f is fault.right else f for f in model.layers))
    return planted


# Adam by hand: w = 1, learning_rate 0.1, beta1 0.9, beta2 0.999, epsilon so small that it does not show. As |dw| is
# always 0.5, sqrt(vhat) is always 0.5; m is 0.05, -0.005, 0.0455, and mhat that divided by 0.1, 0.19, 0.271.
ADAM_BY_HAND = ((0.5, 0.9), (-0.5, 0.905263), (0.5, 0.871684))  # dw, and w after the step


def adam_steps(rule: Callable[..., Any] = optim.adam) -> list[float]:
    """w after each of the steps of `ADAM_BY_HAND`, as the rule makes them."""
    w, config, found = np.array([1.0]), {"learning_rate": 0.1, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, []
    for dw, _ in ADAM_BY_HAND:
        w, config = rule(w, np.array([dw]), config)
        found.append(float(w[0]))
    return found
