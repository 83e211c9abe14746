"""The layers of `nnlib.layers` as graphs, line by line with the same names; each takes what the layer's forward takes.

The functions whose names begin with add_ add a layer to a derivation and return its output; `out` is the name there.
What does not fit together is refused by the layer itself, with its own ValueError.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from nnlib import layers
from nnlib.derivations.derivation import Derivation
from nnlib.derivations.graph import Node, apply
from nnlib.normalization import BatchnormCache, batchnorm_backward_alt


def affine(x: ndarray, w: ndarray, b: ndarray) -> Derivation:
    """out = x w + b: x (N, d1, ..., dk), w (D, H), b (H,)."""
    return _alone("affine", add_affine, x=x, w=w, b=b)


def add_affine(d: Derivation, x: Node, w: Node, b: Node, out: str = "out") -> Node:
    layers.affine_forward(x.value, w.value, b.value)
    d.enter(layers.affine_forward, layers.affine_backward, x=x, w=w, b=b)
    rows = x if x.value.ndim == 2 else apply("flatten", x)
    return d.add(out, rows @ w + b, "out")


def relu(x: ndarray) -> Derivation:
    """out = max(0, x), any shape."""
    return _alone("relu", add_relu, x=x)


def add_relu(d: Derivation, x: Node, out: str = "out") -> Node:
    d.enter(layers.relu_forward, layers.relu_backward, x=x)
    return d.add(out, apply("relu", x), "out")


def dropout(x: ndarray, dropout_param: dict[str, Any]) -> Derivation:
    """out = x * mask, any shape, with the mask that the layer draws for this dropout_param; in test mode out = x."""
    _, cache = layers.dropout_forward(x, dropout_param)
    d = Derivation("dropout")
    node = d.input("x", x)
    d.enter(layers.dropout_forward, layers.dropout_backward, x=node)
    d.add("out", apply("copy", node) if cache.mask is None else node * d.constant("mask", cache.mask))
    return d


def softmax_loss(x: ndarray, y: ndarray) -> Derivation:
    """loss: shift, exponential, total, logarithm of the probabilities, pick, mean; x (N, C), y (N,) ints."""
    d = Derivation("softmax_loss")
    add_softmax_loss(d, d.input("x", x), d.labels("y", y))
    return d


def add_softmax_loss(d: Derivation, x: Node, y: Node, loss: str = "loss") -> Node:
    layers.softmax_loss(x.value, y.value)
    d.enter(layers.softmax_loss, layers.softmax_loss, x=x, y=y)
    top = d.add("top", apply("max", x, axis=1, keepdims=True))
    shifted = d.add("shifted", x - top)
    e = d.add("e", apply("exp", shifted))
    total = d.add("total", apply("sum", e, axis=1, keepdims=True))
    logp = d.add("logp", shifted - apply("log", total))
    picked = d.add("picked", apply("pick", logp, y))
    return d.add(loss, -apply("mean", picked, axis=0), "loss")


def batchnorm(x: ndarray, gamma: ndarray, beta: ndarray, bn_param: dict[str, Any]) -> Derivation:
    """Batch normalization in train or test mode, as the layer (which see), but bn_param stays as it is.

    In test mode mean and variance are the running ones, so constants, and nothing but x, gamma and beta has a gradient.
    """
    return normalized("batchnorm", x, gamma, beta, bn_param)


def add_batchnorm(d: Derivation, x: Node, gamma: Node, beta: Node, bn_param: dict[str, Any], out: str = "out") -> Node:
    layers.batchnorm_forward(x.value, gamma.value, beta.value, dict(bn_param))
    d.enter(layers.batchnorm_forward, layers.batchnorm_backward, x=x, gamma=gamma, beta=beta)
    eps, zeros = d.constant("eps", bn_param.get("eps", 1e-5)), np.zeros_like(gamma.value)
    train = bn_param["mode"] == "train"

    def running(name: str) -> Node:
        return apply("copy", d.constant(name, bn_param.get(name, zeros)))

    mean = d.add("mean", apply("mean", x, axis=0) if train else running("running_mean"))
    xmu = d.add("xmu", x - mean)
    sq = d.add("sq", apply("square", xmu)) if train else None  # in test mode nothing uses it
    var = d.add("var", apply("mean", sq, axis=0) if sq else running("running_var"))
    rstd = d.add("rstd", apply("rsqrt", var + eps))
    xhat = d.add("xhat", xmu * rstd)
    return d.add(out, gamma * xhat + beta, "out")


def layernorm(x: ndarray, gamma: ndarray, beta: ndarray, ln_param: dict[str, Any]) -> Derivation:
    """Layer normalization: x (N, D), gamma and beta (D,)."""
    return normalized("layernorm", x, gamma, beta, ln_param)


def add_layernorm(d: Derivation, x: Node, gamma: Node, beta: Node, ln_param: dict[str, Any], out: str = "out") -> Node:
    layers.layernorm_forward(x.value, gamma.value, beta.value, ln_param)
    d.enter(layers.layernorm_forward, layers.layernorm_backward, x=x, gamma=gamma, beta=beta)
    eps = d.constant("eps", ln_param.get("eps", 1e-5))
    mean = d.add("mean", apply("mean", x, axis=1, keepdims=True))
    xmu = d.add("xmu", x - mean)
    sq = d.add("sq", apply("square", xmu))
    var = d.add("var", apply("mean", sq, axis=1, keepdims=True))
    rstd = d.add("rstd", apply("rsqrt", var + eps))
    xhat = d.add("xhat", xmu * rstd)
    return d.add(out, gamma * xhat + beta, "out")


ADD_NORM: dict[str, Callable[..., Node]] = {"batchnorm": add_batchnorm, "layernorm": add_layernorm}


def normalized(name: str, x: ndarray, gamma: ndarray, beta: ndarray, norm_param: dict[str, Any]) -> Derivation:
    """The normalization of this name, one of `normalization.NORMALIZATIONS`."""
    return _alone(name, ADD_NORM[name], norm_param, x=x, gamma=gamma, beta=beta)


def simplified_backward(dout: ndarray, cache: BatchnormCache) -> Derivation:
    """dx from dout (N, D) and what batchnorm kept in train mode: xhat (N, D), rstd and gamma (D,).

    The nodes are dout, xhat, rstd, gamma, dbeta, dgamma and dx, tied to the lines of `batchnorm_backward_alt`.

    Raises:
        ValueError: the shapes do not fit together.
    """
    batchnorm_backward_alt(dout, cache)
    d = Derivation("batchnorm_backward_alt")
    d.enter(batchnorm_backward_alt)
    dout_, xhat, rstd, gamma = (
        d.input(name, value, name)
        for name, value in (("dout", dout), ("xhat", cache.xhat), ("rstd", cache.rstd), ("gamma", cache.gamma))
    )
    N = d.constant("N", float(len(dout)))
    dbeta = d.add("dbeta", apply("sum", dout_, axis=0))
    dgamma = d.add("dgamma", apply("sum", dout_ * xhat, axis=0))
    d.add("dx", gamma * rstd * (dout_ - xhat * (dgamma / N) - dbeta / N))
    return d


def _alone(title: str, add: Callable[..., Node], *param: Any, **inputs: ndarray) -> Derivation:
    """A layer that nothing comes before."""
    d = Derivation(title)
    add(d, *(d.input(name, value) for name, value in inputs.items()), *param)
    return d
