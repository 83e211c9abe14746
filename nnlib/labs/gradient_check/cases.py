"""The cases of the bug zoo: a network with a fault in it, what the checks show, and why a guess cannot be right."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.fc_net import FullyConnectedNet
from nnlib.labs.gradient_check.faults import ADAM_BY_HAND, FAULTS, adam_steps, plant
from nnlib.labs.gradient_check.report import DIFFERS, VERDICTS, Report, check
from nnlib.optim import adam

INPUTS, UNITS, LAYERS, EXAMPLES = 4, 5, 4, 4  # every layer has 5 units, so that a transposed weight fits too
HEALTHY = "none"


@dataclass(frozen=True)
class Case:
    """What is planted, and the network it is planted in."""

    fault: str  # a key of FAULTS, or HEALTHY
    normalization: str | None = None
    reg: float = 0.0
    dropout_keep_ratio: float = 1.0
    seed: int = 0
    kink: bool = False  # put a ReLU's input closer to zero than the check's step

    def build(self) -> tuple[FullyConnectedNet, ndarray, ndarray]:
        """The right network, without the fault, and its batch: model, X (4, 4), y (4,)."""
        model = FullyConnectedNet(
            [UNITS] * (LAYERS - 1),
            INPUTS,
            UNITS,
            self.dropout_keep_ratio,
            self.normalization,
            self.reg,
            "he",
            np.float64,
            self.seed,
        )
        rng = np.random.default_rng([self.seed, 1])
        model.params.vector[:] += 0.3 * rng.normal(size=model.params.vector.shape)
        X, y = rng.normal(size=(EXAMPLES, INPUTS)), rng.integers(0, UNITS, EXAMPLES)
        if self.kink:
            x, w, b = model.forward(X, "train")[1][1].affine  # of layer 2
            b[0] = 1e-6 - x[x.sum(axis=1).argmax()] @ w[:, 0]
        return model, X, y


CASES: tuple[Case, ...] = (
    Case("db_mean", dropout_keep_ratio=0.8),
    Case("bn_mean", "batchnorm", reg=0.1),
    Case("softmax", reg=0.1, dropout_keep_ratio=0.8),
    Case("relu", reg=0.1),
    Case("l2_twice", "layernorm", reg=0.1, dropout_keep_ratio=0.8),
    Case(HEALTHY, kink=True, reg=0.1),
    Case("dropout", "layernorm", dropout_keep_ratio=0.7),
    Case("bn_gamma", "batchnorm", dropout_keep_ratio=0.8),
    Case("ln_axis", "layernorm", reg=0.1),
    Case("db_one", "batchnorm", reg=0.1),
    Case("adam", "batchnorm", dropout_keep_ratio=0.8),
    Case("transposed", "layernorm", reg=0.1, dropout_keep_ratio=0.8),
    Case("bn_variance", "batchnorm", reg=0.1, dropout_keep_ratio=0.8),
)


class Evidence(NamedTuple):
    """What one can see without reading the code."""

    report: Report
    adam: list[float]  # w after each step of ADAM_BY_HAND

    @property
    def adam_is_right(self) -> bool:
        return bool(np.allclose(self.adam, [w for _, w in ADAM_BY_HAND], rtol=0, atol=1e-6))

    def wrong(self, name: str) -> bool:
        """Is this parameter's gradient wrong beyond what the check itself may err?"""
        return bool(np.any(self.report.verdicts[name] == VERDICTS.index(DIFFERS)))

    def largest(self, name: str) -> float:
        """The largest relative error in this parameter."""
        return float(self.report.errors[name].max())


@lru_cache(maxsize=64)  # a learner looks at a case, then guesses: the same again
def evidence(case: Case, fault: str | None = None) -> Evidence:
    """What the checks show of a case; or of its network with another fault planted. Only to be read."""
    fault = case.fault if fault is None else fault
    model, X, y = case.build()
    rule = adam
    if fault != HEALTHY and FAULTS[fault].right is adam:
        rule = FAULTS[fault].function
    elif fault != HEALTHY:
        model = plant(FAULTS[fault], model)
    return Evidence(check(model, X, y), adam_steps(rule))


class Contradiction(NamedTuple):
    """The plainest piece of evidence against a guess."""

    kind: str  # absent: this network does not run that code; adam wrong, adam right: Adam's steps; passes, fails,
    #            numbers: parameter `name` passes although the guess would make it fail, the reverse, or other numbers
    name: str = ""
    cell: tuple[int, ...] = ()
    seen: float = 0.0  # relative error; for numbers: the analytic gradient
    foretold: float = 0.0  # the same, had it been the guess


def contradiction(case: Case, guess: str) -> Contradiction | None:
    """Why the guess cannot be what is planted; None if the evidence does not speak against it."""
    model, _, _ = case.build()
    if guess != HEALTHY and not FAULTS[guess].runs_in(model):
        return Contradiction("absent", FAULTS[guess].needs)
    seen, foretold = evidence(case), evidence(case, guess)
    if seen.adam_is_right != foretold.adam_is_right:
        return Contradiction("adam right" if seen.adam_is_right else "adam wrong")
    names = list(seen.report.analytic)[::-1]  # what is nearest to the loss is easiest to understand
    for kind, here in (("passes", False), ("fails", True)):
        for name in names:
            if seen.wrong(name) is here and foretold.wrong(name) is not here:
                return Contradiction(kind, name, (), seen.largest(name), foretold.largest(name))
    for name in names:
        a, b = seen.report.analytic[name], foretold.report.analytic[name]
        apart = np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))
        if apart.max() > 0.01:
            cell = tuple(
                int(i) for i in np.unravel_index(np.where(apart > 0.1, np.abs(a) + np.abs(b), 0).argmax(), a.shape)
            )
            return Contradiction("numbers", name, cell, float(a[cell]), float(b[cell]))
    return None
