"""nnlib's staged batchnorm backward pass, the measure of its simplified one."""

from collections.abc import Callable

from bench.contenders.library import backward_alone
from bench.workloads import BatchnormBackward, Workload
from nnlib.layers import batchnorm_backward


def build(workload: Workload) -> Callable[[], float] | None:
    return backward_alone(workload, batchnorm_backward) if isinstance(workload, BatchnormBackward) else None
