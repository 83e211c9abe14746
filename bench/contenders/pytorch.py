"""PyTorch, eager, with its fused optimizers, on the CPU."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from bench.workloads import LEARNING_RATE, MOMENTUM, TrainingStep, Workload

NORMALIZATIONS = {"batchnorm": nn.BatchNorm1d, "layernorm": nn.LayerNorm}


def build(workload: Workload) -> Callable[[], float] | None:
    if not isinstance(workload, TrainingStep):
        return None
    torch.set_num_threads(1)
    X, y = map(torch.from_numpy, workload.data())
    model = network(workload)
    if workload.rule == "adam":
        optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, fused=True)

    def step() -> float:
        optimizer.zero_grad()
        loss = cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def network(workload: TrainingStep) -> nn.Sequential:
    """The workload's network with its initial weights (gamma is 1, and beta 0, there as here)."""
    params, modules = workload.network().params, []
    last = len(workload.dims) - 1
    for i, (D, H) in enumerate(zip(workload.dims, workload.dims[1:], strict=False), start=1):
        affine = nn.Linear(D, H)
        with torch.no_grad():
            affine.weight.copy_(torch.from_numpy(params[f"W{i}"].T))
            affine.bias.zero_()
        modules.append(affine)
        if i < last:
            if workload.normalization:
                modules.append(NORMALIZATIONS[workload.normalization](H))
            modules.append(nn.ReLU())
    return nn.Sequential(*modules)
