"""nnlib as its Solver uses it: loss and gradients, then the update rule once over the parameter vector, in place."""

from collections.abc import Callable

from bench.contenders.staged import normalized
from bench.workloads import LEARNING_RATE, BatchnormBackward, Workload
from nnlib.layers import batchnorm_backward_alt
from nnlib.optim import step_in_blocks


def build(workload: Workload) -> Callable[[], float]:
    if isinstance(workload, BatchnormBackward):
        dout, cache = normalized(workload)
        return lambda: batchnorm_backward_alt(dout, cache)[0][0, 0]
    X, y = workload.data()
    model = workload.network()
    config = {"learning_rate": LEARNING_RATE}
    w = model.params.vector

    def step() -> float:
        loss, grads = model.loss(X, y)
        step_in_blocks(workload.rule, w, grads.vector, config)
        return loss

    return step
