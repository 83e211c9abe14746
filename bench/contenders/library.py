"""nnlib as its Solver uses it: loss and gradients, then the update rule, block by block and in place."""

from collections.abc import Callable

import numpy as np

from bench.workloads import LEARNING_RATE, BatchnormBackward, Workload
from nnlib.layers import batchnorm_backward_alt, batchnorm_forward
from nnlib.optim import Blocks


def build(workload: Workload) -> Callable[[], float]:
    if isinstance(workload, BatchnormBackward):
        return backward_alone(workload, batchnorm_backward_alt)
    X, y = workload.data()
    model = workload.network()
    w = model.params.vector
    rule = Blocks(workload.rule, {}, w.size)

    def step() -> float:
        loss, grads = model.loss(X, y)
        rule.step(w, grads.vector, LEARNING_RATE)
        return loss

    return step


def backward_alone(workload: BatchnormBackward, backward: Callable) -> Callable[[], float]:
    """One of nnlib's batchnorm backward passes, after a forward pass."""
    x, dout = workload.data()
    gamma, beta = np.ones(workload.D, np.float32), np.zeros(workload.D, np.float32)
    _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
    return lambda: backward(dout, cache)[0][0, 0]
