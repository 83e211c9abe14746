"""nnlib's staged batchnorm backward pass, the measure of its simplified one."""

from collections.abc import Callable

import numpy as np
from numpy import ndarray

from bench.workloads import BatchnormBackward, Workload
from nnlib.layers import BatchnormCache, batchnorm_backward, batchnorm_forward


def build(workload: Workload) -> Callable[[], float] | None:
    if not isinstance(workload, BatchnormBackward):
        return None
    dout, cache = normalized(workload)
    return lambda: batchnorm_backward(dout, cache)[0][0, 0]


def normalized(workload: BatchnormBackward) -> tuple[ndarray, BatchnormCache]:
    """The upstream gradient and the cache of a forward pass."""
    x, dout = workload.data()
    gamma, beta = np.ones(workload.D, np.float32), np.zeros(workload.D, np.float32)
    return dout, batchnorm_forward(x, gamma, beta, {"mode": "train"})[1]
