"""What the adaptive rules make of one weight's gradient over many steps: the factor they multiply it by."""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from nnlib.checks import generator, require_whole
from nnlib.optim import RULES

SIGNALS = ("constant", "noisy", "sparse")
UNCORRECTED = "adam, no correction"
CURVES = ("adagrad", "rmsprop", "adam", UNCORRECTED)
SPARSE_PERIOD = 20
NOISE = 2.0  # standard deviation of the noisy signal, whose mean is 1
LONG_AGO = 10**9  # a step t at which Adam's corrections 1 - beta^t are 1: the rule itself, without its correction


@dataclass(frozen=True)
class Effect:
    """What a rule did; row t - 1 is step t.

    Attributes:
        rule: one of CURVES.
        factors: (T,), learning_rate / (sqrt(cache) + epsilon), for Adam with its vhat (or v, uncorrected) as the cache:
            what one unit of gradient (for Adam: of averaged gradient) moves the weight by.
        updates: (T,), next_w - w.
        weights: (T,), next_w; the weight starts at 0.
    """

    rule: str
    factors: ndarray
    updates: ndarray
    weights: ndarray


def signal(name: str, steps: int, seed: int = 0) -> ndarray:
    """Gradients of one weight, (steps,).

    Args:
        name: "constant": always 1. "noisy": normal numbers with mean 1 and standard deviation 2. "sparse": 1 at every
            20th step, the first among them, else 0.
        steps: how many.
        seed: of the noise.

    Raises:
        ValueError: there is no such signal, or steps is no whole number.
    """
    require_whole("steps", steps, least=0)
    if name == "constant":
        return np.ones(steps)
    if name == "noisy":
        return generator("seed", seed).normal(1.0, NOISE, steps)
    if name == "sparse":
        return (np.arange(steps) % SPARSE_PERIOD == 0).astype(float)
    raise ValueError(f"there is no gradient signal {name!r}: choose one of {', '.join(SIGNALS)}.")


def effect(curve: str, gradients: ndarray, settings: dict[str, float]) -> Effect:
    """Run a rule of `nnlib.optim` over the gradients of a single weight.

    Args:
        curve: one of CURVES.
        gradients: (T,).
        settings: learning_rate, decay_rate, beta1, beta2, epsilon; what the rule does not know is left out.

    Raises:
        ValueError: there is no such curve.
    """
    if curve not in CURVES:
        raise ValueError(f"there is no curve {curve!r}: choose one of {', '.join(CURVES)}.")
    rule = "adam" if curve == UNCORRECTED else curve
    config = dict(settings) | ({"t": LONG_AGO} if curve == UNCORRECTED else {})
    w = np.zeros(1)
    factors, weights = [], [0.0]
    for gradient in gradients:
        w, config = RULES[rule](w, np.array([gradient]), config)
        factors.append(_factor(rule, config))
        weights.append(float(w[0]))
    path = np.array(weights)
    return Effect(curve, np.array(factors), np.diff(path), path[1:])


def _factor(rule: str, config: dict) -> float:
    """learning_rate / (sqrt(cache) + epsilon), from what the rule has just remembered."""
    cache = config["v"] / (1 - config["beta2"] ** config["t"]) if rule == "adam" else config["cache"]
    return float(config["learning_rate"] / (np.sqrt(cache[0]) + config["epsilon"]))
