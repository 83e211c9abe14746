"""The plain style of course exercises: float64, a new array for every result, every gradient, a dict of parameters."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from bench.workloads import LEARNING_RATE, MOMENTUM, TrainingStep, Workload


def build(workload: Workload) -> Callable[[], float] | None:
    if not isinstance(workload, TrainingStep):
        return None
    X, y = workload.data()
    X = X.astype(np.float64)
    params = {name: w.astype(np.float64) for name, w in workload.network().params.items()}
    configs: dict[str, dict[str, Any]] = {name: {} for name in params}
    running = [(np.zeros(H), np.zeros(H)) for H in workload.dims[1:-1]]
    rule, layers = {"adam": adam, "sgd_momentum": momentum}[workload.rule], len(workload.dims) - 1

    def step() -> float:
        loss, grads = loss_and_grads(params, X, y, layers, workload.normalization, running)
        for name in params:
            params[name], configs[name] = rule(params[name], grads[name], configs[name])
        return loss

    return step


def loss_and_grads(
    params: dict[str, ndarray], x: ndarray, y: ndarray, layers: int, normalization: str | None, running: list
) -> tuple[float, dict[str, ndarray]]:
    caches, grads, axis = [], {}, 1 if normalization == "layernorm" else 0
    for i in range(1, layers):
        w, norm = params[f"W{i}"], None
        a = x.dot(w) + params[f"b{i}"]
        if normalization:
            a, norm, mean, var = normalize(a, params[f"gamma{i}"], params[f"beta{i}"], axis)
            if axis == 0:
                running[i - 1] = (0.9 * running[i - 1][0] + 0.1 * mean, 0.9 * running[i - 1][1] + 0.1 * var)
        caches.append((x, w, norm, a))
        x = np.maximum(0, a)
    scores = x.dot(params[f"W{layers}"]) + params[f"b{layers}"]

    N = x.shape[0]
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dout = np.exp(log_probs)
    dout[np.arange(N), y] -= 1
    dout /= N

    grads[f"W{layers}"], grads[f"b{layers}"] = x.T.dot(dout), np.sum(dout, axis=0)
    dx = dout.dot(params[f"W{layers}"].T)
    for i in range(layers - 1, 0, -1):
        x, w, norm, a = caches[i - 1]
        da = np.array(dx, copy=True)
        da[a <= 0] = 0
        if norm is not None:
            da, grads[f"gamma{i}"], grads[f"beta{i}"] = normalize_backward(da, norm, axis)
        dx = da.dot(w.T)
        grads[f"W{i}"] = x.T.dot(da)
        grads[f"b{i}"] = np.sum(da, axis=0)
    return float(loss), grads


def normalize(x: ndarray, gamma: ndarray, beta: ndarray, axis: int) -> tuple[ndarray, tuple, ndarray, ndarray]:
    """Over the batch (axis 0) or over the features (axis 1)."""
    mean = np.mean(x, axis=axis, keepdims=True)
    xmu = x - mean
    var = np.mean(xmu**2, axis=axis, keepdims=True)
    std = np.sqrt(var + 1e-5)
    rstd = 1.0 / std
    xhat = xmu * rstd
    return gamma * xhat + beta, (xhat, gamma, xmu, rstd, std), mean, var


def normalize_backward(dout: ndarray, cache: tuple, axis: int) -> tuple[ndarray, ndarray, ndarray]:
    """Staged: one node of the graph after the other."""
    xhat, gamma, xmu, rstd, std = cache
    n = dout.shape[axis]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    drstd = np.sum(dxhat * xmu, axis=axis, keepdims=True)
    dxmu1 = dxhat * rstd
    dstd = -1.0 / (std**2) * drstd
    dvar = 0.5 / std * dstd
    dsq = 1.0 / n * np.ones(dout.shape) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmean = -np.sum(dx1, axis=axis, keepdims=True)
    dx2 = 1.0 / n * np.ones(dout.shape) * dmean
    return dx1 + dx2, dgamma, dbeta


def momentum(w: ndarray, dw: ndarray, config: dict[str, Any]) -> tuple[ndarray, dict[str, Any]]:
    v = config.get("velocity", np.zeros_like(w))
    v = MOMENTUM * v - LEARNING_RATE * dw
    next_w = w + v
    config["velocity"] = v
    return next_w, config


def adam(w: ndarray, dw: ndarray, config: dict[str, Any]) -> tuple[ndarray, dict[str, Any]]:
    config.setdefault("m", np.zeros_like(w))
    config.setdefault("v", np.zeros_like(w))
    config["t"] = config.get("t", 0) + 1
    config["m"] = 0.9 * config["m"] + (1 - 0.9) * dw
    config["v"] = 0.999 * config["v"] + (1 - 0.999) * (dw**2)
    mhat = config["m"] / (1 - 0.9 ** config["t"])
    vhat = config["v"] / (1 - 0.999 ** config["t"])
    next_w = w - LEARNING_RATE * mhat / (np.sqrt(vhat) + 1e-8)
    return next_w, config
