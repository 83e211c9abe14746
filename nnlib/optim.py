"""The update rules: each takes weights and their gradient one step further.

``next_w, config = rule(w, dw, config)``: `config` holds the rule's settings and what it remembers (velocity, cache, m,
v, t), in arrays like w; give it back at the next step. Settings that are not there get the values in `DEFAULTS`. w and
dw, of any one shape, are not changed, unless `out` names the array to write next_w to (which may be w itself).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from nnlib.checks import require_like

Config = dict[str, Any]
Rule = Callable[..., tuple[ndarray, Config]]

DEFAULTS: dict[str, Config] = {
    "sgd": {"learning_rate": 1e-2},
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "nesterov_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "adagrad": {"learning_rate": 1e-2, "epsilon": 1e-8},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "adamw": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 1e-2},
}


def sgd(w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None) -> tuple[ndarray, Config]:
    """Gradient descent: w <- w - learning_rate * dw.

    Source: Robbins and Monro, "A stochastic approximation method", 1951.
    """
    config = _complete("sgd", config, w, dw)
    learning_rate = config["learning_rate"]
    step = learning_rate * dw
    next_w = np.subtract(w, step, out=out)
    return next_w, config


def sgd_momentum(
    w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None
) -> tuple[ndarray, Config]:
    """Momentum: velocity <- momentum * velocity - learning_rate * dw, then w <- w + velocity.

    Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; in this form Sutskever et
    al., "On the importance of initialization and momentum in deep learning", 2013, eqs. 1 and 2.
    """
    config = _complete("sgd_momentum", config, w, dw, "velocity")
    learning_rate, momentum = config["learning_rate"], config["momentum"]
    velocity = momentum * config["velocity"] - learning_rate * dw
    next_w = np.add(w, velocity, out=out)
    config["velocity"] = velocity
    return next_w, config


def nesterov_momentum(
    w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None
) -> tuple[ndarray, Config]:
    """Nesterov's momentum: velocity as in `sgd_momentum`, then w <- w + momentum * velocity - learning_rate * dw.

    The gradient counts where the velocity will have led: w stands for that point, so dw is the gradient at w.

    Source: Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k^2)", 1983; in this
    form Bengio et al., "Advances in optimizing recurrent networks", 2013, eqs. 6 and 7.
    """
    config = _complete("nesterov_momentum", config, w, dw, "velocity")
    learning_rate, momentum = config["learning_rate"], config["momentum"]
    velocity = momentum * config["velocity"] - learning_rate * dw
    step = momentum * velocity - learning_rate * dw
    next_w = np.add(w, step, out=out)
    config["velocity"] = velocity
    return next_w, config


def adagrad(
    w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None
) -> tuple[ndarray, Config]:
    """AdaGrad: cache <- cache + dw^2, then w <- w - learning_rate * dw / (sqrt(cache) + epsilon).

    The cache only grows, so the steps only shrink.

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods", 2011, figure 1 (the diagonal case).
    """
    config = _complete("adagrad", config, w, dw, "cache")
    learning_rate, epsilon = config["learning_rate"], config["epsilon"]
    cache = config["cache"] + dw * dw
    step = learning_rate * dw / (np.sqrt(cache) + epsilon)
    next_w = np.subtract(w, step, out=out)
    config["cache"] = cache
    return next_w, config


def rmsprop(
    w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None
) -> tuple[ndarray, Config]:
    """RMSProp: AdaGrad with a cache that forgets, cache <- decay_rate * cache + (1 - decay_rate) * dw^2.

    Source: Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5, 2012.
    """
    config = _complete("rmsprop", config, w, dw, "cache")
    learning_rate, decay_rate, epsilon = config["learning_rate"], config["decay_rate"], config["epsilon"]
    cache = decay_rate * config["cache"] + (1 - decay_rate) * (dw * dw)
    step = learning_rate * dw / (np.sqrt(cache) + epsilon)
    next_w = np.subtract(w, step, out=out)
    config["cache"] = cache
    return next_w, config


def adam(w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None) -> tuple[ndarray, Config]:
    """Adam: momentum (m) over RMSProp's scale (v), both corrected for having started at zero; the first step is t = 1.

    m <- beta1 * m + (1 - beta1) * dw          mhat = m / (1 - beta1^t)
    v <- beta2 * v + (1 - beta2) * dw^2        vhat = v / (1 - beta2^t)
    w <- w - learning_rate * mhat / (sqrt(vhat) + epsilon)

    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
    """
    config = _complete("adam", config, w, dw, "m", "v")
    step = _in_blocks(_adam_step, dw, config)
    next_w = np.subtract(w, step, out=out)
    return next_w, config


def adamw(w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None) -> tuple[ndarray, Config]:
    """AdamW: Adam's step, and beside it each weight shrinks: w <- w - step - learning_rate * weight_decay * w.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, algorithm 2.
    """
    config = _complete("adamw", config, w, dw, "m", "v")
    learning_rate, weight_decay = config["learning_rate"], config["weight_decay"]
    step = _in_blocks(_adam_step, dw, config)
    shrunk = (1 - learning_rate * weight_decay) * w
    next_w = np.subtract(shrunk, step, out=out)
    return next_w, config


def _adam_step(dw: ndarray, config: Config, out: ndarray | None = None) -> ndarray:
    """learning_rate * mhat / (sqrt(vhat) + epsilon); renews m, v and t in config."""
    learning_rate, epsilon = config["learning_rate"], config["epsilon"]
    beta1, beta2 = config["beta1"], config["beta2"]
    t = config["t"] = config["t"] + 1
    m = _fade(config["m"], beta1, (1 - beta1) * dw)
    v = _fade(config["v"], beta2, (1 - beta2) * (dw * dw))
    mhat = m / (1 - beta1**t)
    vhat = v / (1 - beta2**t)
    step = _quotient(mhat, vhat, learning_rate, epsilon, out)
    return step


BLOCK = 2**17  # numbers


def _in_blocks(formula: Callable[..., ndarray], dw: ndarray, config: Config) -> ndarray:
    """formula(dw, config), block by block of a long vector: what it makes on the way then stays in the fast caches."""
    if dw.ndim != 1 or dw.size <= BLOCK:
        return formula(dw, config)
    step, part = np.empty_like(config["m"]), config
    for start in range(0, dw.size, BLOCK):
        block = slice(start, start + BLOCK)
        part = {**config, "m": config["m"][block], "v": config["v"][block]}
        formula(dw[block], part, out=step[block])
    config["t"] = part["t"]
    return step


def _fade(average: ndarray, decay: float, share: ndarray) -> ndarray:
    """decay * average + share, in place of the average for speed."""
    average *= decay
    average += share
    return average


def _quotient(a: ndarray, square: ndarray, learning_rate: float, epsilon: float, out: ndarray | None = None) -> ndarray:
    """learning_rate * a / (sqrt(square) + epsilon), in one array for speed."""
    quotient = np.sqrt(square, out=out)
    quotient += epsilon
    np.divide(a, quotient, out=quotient)
    quotient *= learning_rate
    return quotient


def _complete(rule: str, config: Config | None, w: ndarray, dw: ndarray, *memory: str) -> Config:
    """The config with the rule's defaults for what is missing, and zeros for what it has yet to remember."""
    require_like("dw", dw, w.shape)
    config = {} if config is None else config
    for name, value in DEFAULTS[rule].items():
        config[name] = float(config.get(name, value))  # a NumPy number would change the dtype of the weights
    for name in memory:
        if name not in config:
            config[name] = np.zeros_like(w)
    if "m" in memory:
        config.setdefault("t", 0)
    return config


RULES: dict[str, Rule] = {
    rule.__name__: rule for rule in (sgd, sgd_momentum, nesterov_momentum, adagrad, rmsprop, adam, adamw)
}


def get_rule(name: str) -> Rule:
    """The update rule of this name.

    Raises:
        ValueError: there is no such rule.
    """
    if name not in RULES:
        raise ValueError(f"there is no update rule {name!r}: choose one of {', '.join(RULES)}.")
    return RULES[name]
