"""Three ways to the same gradients: the graph, the hand-written code, and numerical differences."""

from typing import NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.derivations import Derivation
from nnlib.gradient_check import eval_numerical_gradient_array
from ui.walks.subject import Choices, Inputs, Subject

SMALL = 1e-3  # gradients smaller than this share of the largest one are measured by it: they may be plain zero
FLOOR = 1e-8  # as in `rel_error`: two numbers next to nothing do not differ


class Agreement(NamedTuple):
    """The largest relative differences: values and gradients between graph and code, and gradients to differences."""

    code: float
    numerical: float


def agreement(subject: Subject, inputs: Inputs, choices: Choices, derivation: Derivation) -> Agreement:
    """Compare; relative to the largest entry of each array, and to no less than `SMALL` of the largest of all.

    Relative to each single entry, an entry that ought to be 0 would count as wrong by 100 % for a last bit.
    """
    with np.errstate(all="ignore"):
        out, gradients = subject.code(inputs, choices)
        upstream = inputs.get("dout", np.ones_like(out))
        graph = {name: derivation.gradient(name) for name in gradients}
        moved = {name: inputs[name].astype(np.float64) for name in gradients}
        numerical = {
            name: eval_numerical_gradient_array(
                lambda _: subject.code({**inputs, **moved}, choices)[0], moved[name], upstream
            )
            for name in gradients
        }
    most = max((float(np.abs(g).max()) for g in graph.values()), default=0.0)
    return Agreement(
        max([_difference(derivation.out.value, out, 0), *(_difference(graph[n], gradients[n], most) for n in graph)]),
        max((_difference(graph[n], numerical[n], most) for n in graph), default=0.0),
    )


def _difference(a: ndarray, b: ndarray, most: float) -> float:
    largest = max(float(np.abs(a).max()), float(np.abs(b).max()), SMALL * most, FLOOR)
    return float(np.abs(a - b).max()) / largest
