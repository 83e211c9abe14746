"""The update rules: each takes weights and their gradient one step further.

``next_w, config = rule(w, dw, config)``: `config` holds the rule's settings and what it remembers (velocity, cache, m,
v, t), in arrays like w; give it back at the next step. Settings that are not there get the values in `DEFAULTS`; those
of other rules do nothing. w and dw, of any one shape, are not changed, unless `out` names the array to write next_w to
(which may be w itself). What is out of `BOUNDS`, of another shape or unknown is refused with a ValueError.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.checks import (
    MOST,
    as_floats,
    bare,
    require_choice,
    require_like,
    require_names,
    require_number,
    require_place,
    require_whole,
    takes_floats,
)

Config = dict[str, Any]
Step = Callable[..., tuple[ndarray, Config]]


def _fits(w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None) -> None:
    if out is not None:
        require_place("out", out, w.shape)


@takes_floats("w", "dw", fits=_fits)
def sgd(w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None) -> tuple[ndarray, Config]:
    """Gradient descent: w <- w - learning_rate * dw.

    Source: Robbins and Monro, "A stochastic approximation method", 1951.
    """
    config = _complete("sgd", config, w, dw)
    learning_rate = config["learning_rate"]
    step = learning_rate * dw
    next_w = np.subtract(w, step, out=out)
    return next_w, config


@takes_floats("w", "dw", fits=_fits)
def sgd_momentum(
    w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None
) -> tuple[ndarray, Config]:
    """Momentum: velocity <- momentum * velocity - learning_rate * dw, then w <- w + velocity.

    Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; in this form Sutskever et
    al., "On the importance of initialization and momentum in deep learning", 2013, eqs. 1 and 2.
    """
    config = _complete("sgd_momentum", config, w, dw)
    learning_rate, momentum = config["learning_rate"], config["momentum"]
    velocity = momentum * config["velocity"] - learning_rate * dw
    next_w = np.add(w, velocity, out=out)
    config["velocity"] = velocity
    return next_w, config


@takes_floats("w", "dw", fits=_fits)
def nesterov_momentum(
    w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None
) -> tuple[ndarray, Config]:
    """Nesterov's momentum: velocity as in `sgd_momentum`, then w <- w + momentum * velocity - learning_rate * dw.

    The gradient counts where the velocity will have led: w stands for that point, so dw is the gradient at w.

    Source: Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k^2)", 1983; in this
    form Bengio et al., "Advances in optimizing recurrent networks", 2013, eqs. 6 and 7.
    """
    config = _complete("nesterov_momentum", config, w, dw)
    learning_rate, momentum = config["learning_rate"], config["momentum"]
    velocity = momentum * config["velocity"] - learning_rate * dw
    step = momentum * velocity - learning_rate * dw
    next_w = np.add(w, step, out=out)
    config["velocity"] = velocity
    return next_w, config


@takes_floats("w", "dw", fits=_fits)
def adagrad(
    w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None
) -> tuple[ndarray, Config]:
    """AdaGrad: cache <- cache + dw^2, then w <- w - learning_rate * dw / (sqrt(cache) + epsilon).

    The cache only grows, so the steps only shrink.

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods", 2011, figure 1 (the diagonal case).
    """
    config = _complete("adagrad", config, w, dw)
    learning_rate, epsilon = config["learning_rate"], config["epsilon"]
    cache = config["cache"] + dw * dw
    step = learning_rate * dw / (np.sqrt(cache) + epsilon)
    next_w = np.subtract(w, step, out=out)
    config["cache"] = cache
    return next_w, config


@takes_floats("w", "dw", fits=_fits)
def rmsprop(
    w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None
) -> tuple[ndarray, Config]:
    """RMSProp: AdaGrad with a cache that forgets, cache <- decay_rate * cache + (1 - decay_rate) * dw^2.

    Source: Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5, 2012.
    """
    config = _complete("rmsprop", config, w, dw)
    learning_rate, decay_rate, epsilon = config["learning_rate"], config["decay_rate"], config["epsilon"]
    cache = decay_rate * config["cache"] + (1 - decay_rate) * (dw * dw)
    step = learning_rate * dw / (np.sqrt(cache) + epsilon)
    next_w = np.subtract(w, step, out=out)
    config["cache"] = cache
    return next_w, config


@takes_floats("w", "dw", fits=_fits)
def adam(w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None) -> tuple[ndarray, Config]:
    """Adam: momentum (m) over RMSProp's scale (v), both corrected for having started at zero; the first step is t = 1.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
    """
    config = _complete("adam", config, w, dw)
    learning_rate, epsilon = config["learning_rate"], config["epsilon"]
    beta1, beta2 = config["beta1"], config["beta2"]
    t = config["t"] + 1
    m = beta1 * config["m"] + (1 - beta1) * dw
    v = beta2 * config["v"] + (1 - beta2) * (dw * dw)
    mhat = m / (1 - beta1**t)
    vhat = v / (1 - beta2**t)
    step = learning_rate * (mhat / (np.sqrt(vhat) + epsilon))
    next_w = np.subtract(w, step, out=out)
    config["m"], config["v"], config["t"] = m, v, t
    return next_w, config


@takes_floats("w", "dw", fits=_fits)
def adamw(w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None) -> tuple[ndarray, Config]:
    """AdamW: Adam's step, and beside it each weight shrinks: w <- w - learning_rate * weight_decay * w - step.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, algorithm 2.
    """
    config = _complete("adamw", config, w, dw)
    learning_rate, epsilon = config["learning_rate"], config["epsilon"]
    beta1, beta2, weight_decay = config["beta1"], config["beta2"], config["weight_decay"]
    t = config["t"] + 1
    m = beta1 * config["m"] + (1 - beta1) * dw
    v = beta2 * config["v"] + (1 - beta2) * (dw * dw)
    mhat = m / (1 - beta1**t)
    vhat = v / (1 - beta2**t)
    step = learning_rate * (mhat / (np.sqrt(vhat) + epsilon))
    shrunk = (1 - learning_rate * weight_decay) * w
    next_w = np.subtract(shrunk, step, out=out)
    config["m"], config["v"], config["t"] = m, v, t
    return next_w, config


# ----------------------------------------------------------------------------------------------------- what there is
class Rule(NamedTuple):
    """An update rule: the function, and what others have to know of it."""

    step: Step
    title: str  # short enough for a label beside a path
    defaults: Config  # its settings
    memory: tuple[str, ...] = ()  # the arrays like w that it remembers
    squares: tuple[str, ...] = ()  # those of them that gather squares, so are never negative
    counts: bool = False  # it remembers t, its number of steps, too


_ADAM = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
_MOMENTUM = {"learning_rate": 1e-2, "momentum": 0.9}
RECORDS: dict[str, Rule] = {
    rule.step.__name__: rule
    for rule in (
        Rule(sgd, "sgd", {"learning_rate": 1e-2}),
        Rule(sgd_momentum, "momentum", _MOMENTUM, ("velocity",)),
        Rule(nesterov_momentum, "nesterov", _MOMENTUM, ("velocity",)),
        Rule(adagrad, "adagrad", {"learning_rate": 1e-2, "epsilon": 1e-8}, ("cache",), ("cache",)),
        Rule(rmsprop, "rmsprop", {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8}, ("cache",), ("cache",)),
        Rule(adam, "adam", _ADAM, ("m", "v"), ("v",), counts=True),
        Rule(adamw, "adamw", {**_ADAM, "weight_decay": 1e-2}, ("m", "v"), ("v",), counts=True),
    )
}
_NAMES = {"t"}.union(*(rule.defaults for rule in RECORDS.values()), *(rule.memory for rule in RECORDS.values()))
RULES: dict[str, Step] = {name: rule.step for name, rule in RECORDS.items()}
DEFAULTS: dict[str, Config] = {name: rule.defaults for name, rule in RECORDS.items()}


BOUNDS: dict[str, dict[str, float]] = {  # of settings, in the words of `require_number`
    "learning_rate": {"least": 0},
    "momentum": {"least": 0, "most": 1},
    "decay_rate": {"least": 0, "below": 1},
    "beta1": {"least": 0, "below": 1},
    "beta2": {"least": 0, "below": 1},
    "epsilon": {"least": 0},
    "weight_decay": {"least": 0},
}


def get_rule(name: str) -> Step:
    """The update rule of this name.

    Raises:
        ValueError: there is no such rule.
    """
    return RULES[require_choice("update rule", name, RULES)]


def _complete(rule: str, config: Config | None, w: ndarray, dw: ndarray) -> Config:
    """The config with the rule's defaults for what is missing, and zeros for what it has yet to remember."""
    _, _, defaults, memory, _, counts = RECORDS[rule]
    require_like("dw", dw, w.shape)
    config = {} if config is None else config
    if not isinstance(config, dict) or len(config) != len(defaults) + len(memory) + counts:
        config = require_names(f"the config of {rule}", config, _NAMES)
    for name, value in defaults.items():  # as floats: a NumPy number would change the dtype of the weights
        told = config.get(name, value)
        sound = told is value or (type(told) is float and 0 <= told < 1)  # which all bounds allow
        config[name] = told if sound else require_number(name, told, **BOUNDS.get(name, {}))
    for name in memory:
        array = config[name] if name in config else config.setdefault(name, np.zeros_like(w))
        if type(array) is not ndarray or array.shape != w.shape or array.dtype.char not in "fd":
            config[name] = as_floats(name, array)
            require_like(name, config[name], w.shape)
    if counts:
        config["t"] = require_whole("t", config.get("t", 0), least=0, most=2**53)
    return config


BLOCK = 24_000  # numbers; with powers of two the parts' addresses would get in each other's way in the cache


class Blocks:
    """A long vector that a rule takes on block by block: what it makes on the way then stays in the fast caches.

    Entries do not see each other, so no number depends on it. Each block has a config of its own.

    Args:
        rule: a name in `RULES`.
        config: the rule's settings, and what it remembers of the whole vector if it has taken steps.
        size: of the vector.
    """

    def __init__(self, rule: str, config: Config, size: int):
        config = require_names(f"the config of {rule}", config, _NAMES)
        size, self.rule = require_whole("size", size, least=0, most=MOST), bare(get_rule(rule))
        memory = {name: as_floats(name, config[name]) for name in RECORDS[rule].memory if name in config}
        for name, array in memory.items():
            require_like(name, array, (size,))
        starts = range(0, size, BLOCK) if size > 2 * BLOCK else [0]
        places = [slice(start, stop) for start, stop in pairwise([*starts, size])]
        self.blocks = [(place, config | {name: array[place] for name, array in memory.items()}) for place in places]

    def step(self, w: ndarray, dw: ndarray, learning_rate: float) -> None:
        """One step of w (size,), in place, by its gradient."""
        for place, config in self.blocks:
            config["learning_rate"], part = learning_rate, w[place]
            self.rule(part, dw[place], config, out=part)

    def change(self, settings: Config) -> None:
        """Give the rule other settings."""
        for _, config in self.blocks:
            config.update(settings)

    @property
    def config(self) -> Config:
        """The settings, and copies of what the rule remembers of the whole vector."""
        configs = [config for _, config in self.blocks]
        vectors = [name for name, value in configs[0].items() if isinstance(value, ndarray)]
        return configs[0] | {name: np.concatenate([config[name] for config in configs]) for name in vectors}
