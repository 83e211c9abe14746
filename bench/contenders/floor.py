"""The floor: the matrix products and the update's passes over the parameters alone, float32, into buffers that stay."""

from collections.abc import Callable

import numpy as np
from numpy import ndarray

from bench.workloads import LEARNING_RATE, MOMENTUM, BatchnormBackward, Workload


def build(workload: Workload) -> Callable[[], float] | None:
    if isinstance(workload, BatchnormBackward):
        return None
    X, _ = workload.data()
    model = workload.network()
    weights = [w for name, w in model.params.items() if name.startswith("W")]
    grads = model.params.like()
    grads.vector[:] = 1e-3 * np.random.default_rng(2).standard_normal(grads.vector.size)
    dweights = [dw for name, dw in grads.items() if name.startswith("W")]
    inputs = [X, *(np.zeros((len(X), w.shape[1]), np.float32) for w in weights)]  # of each layer, and the scores
    douts = [np.full_like(out, 1e-3) for out in inputs[1:]]
    dinputs = [None, *(np.empty_like(x) for x in inputs[1:-1])]
    update = {"sgd_momentum": momentum, "adam": adam}[workload.rule](model.params.vector, grads.vector)

    def step() -> float:
        for x, w, out in zip(inputs, weights, inputs[1:], strict=False):
            np.matmul(x, w, out=out)
        for x, w, dout, dw, dx in zip(inputs, weights, douts, dweights, dinputs, strict=False):
            np.matmul(x.T, dout, out=dw)
            if dx is not None:
                np.matmul(dout, w.T, out=dx)
        update()
        return float("nan")

    return step


def momentum(w: ndarray, dw: ndarray) -> Callable[[], None]:
    """Four passes."""
    velocity, a = np.zeros_like(w), np.empty_like(w)

    def update() -> None:
        np.multiply(dw, LEARNING_RATE, out=a)
        np.multiply(velocity, MOMENTUM, out=velocity)
        np.subtract(velocity, a, out=velocity)
        np.add(w, velocity, out=w)

    return update


def adam(w: ndarray, dw: ndarray, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Callable[[], None]:
    """Twelve passes: the bias corrections are folded into the learning rate and epsilon."""
    m, v, a = np.zeros_like(w), np.zeros_like(w), np.empty_like(w)
    t = 0

    def update() -> None:
        nonlocal t
        t += 1
        correction = (1 - beta2**t) ** 0.5
        np.multiply(dw, 1 - beta1, out=a)
        np.multiply(m, beta1, out=m)
        np.add(m, a, out=m)
        np.multiply(dw, dw, out=a)
        np.multiply(a, 1 - beta2, out=a)
        np.multiply(v, beta2, out=v)
        np.add(v, a, out=v)
        np.sqrt(v, out=a)
        np.add(a, eps * correction, out=a)
        np.divide(m, a, out=a)
        np.multiply(a, LEARNING_RATE * correction / (1 - beta1**t), out=a)
        np.subtract(w, a, out=w)

    return update
