"""The update rules of `nnlib.optim` as graphs, line by line with the same names.

What a rule remembers enters as velocity_before, cache_before, m_before, v_before, and leaves as velocity, cache, m, v.
"""

from collections.abc import Callable

import numpy as np
from numpy import ndarray

from nnlib.derivations.derivation import Derivation
from nnlib.derivations.graph import Node, apply
from nnlib.optim import RECORDS, Config, get_rule


def update(rule: str, w: ndarray, dw: ndarray, config: Config | None = None) -> Derivation:
    """One step of an update rule, from w and dw to next_w.

    Args:
        rule: a name in `optim.RULES`.
        w, dw: weights and their gradient, any one shape.
        config: as for the rule; it stays as it is.

    Raises:
        ValueError: there is no such rule, or dw or what is remembered is not of w's shape.
    """
    function, record = get_rule(rule), RECORDS[rule]
    config = {**record.defaults, **dict.fromkeys(record.memory, np.zeros_like(w)), "t": 0, **(config or {})}
    for name, array in {"dw": dw, **{name: config[name] for name in record.memory}}.items():
        if np.shape(array) != np.shape(w):
            raise ValueError(
                f"{name} is like w, {np.shape(w)}, but has shape {np.shape(array)}: give one for each weight."
            )
    d = Derivation(rule)
    nodes = d.input("w", w), d.input("dw", dw)
    d.enter(function, w=nodes[0], dw=nodes[1])
    GRAPHS[rule](d, *nodes, config)
    return d


def _sgd(d: Derivation, w: Node, dw: Node, config: Config) -> None:
    (learning_rate,) = _settings(d, config, "learning_rate")
    step = d.add("step", learning_rate * dw)
    d.add("next_w", w - step)


def _sgd_momentum(d: Derivation, w: Node, dw: Node, config: Config) -> None:
    learning_rate, momentum = _settings(d, config, "learning_rate", "momentum")
    velocity = d.add("velocity", momentum * _before(d, config, "velocity") - learning_rate * dw)
    d.add("next_w", w + velocity)


def _nesterov_momentum(d: Derivation, w: Node, dw: Node, config: Config) -> None:
    learning_rate, momentum = _settings(d, config, "learning_rate", "momentum")
    velocity = d.add("velocity", momentum * _before(d, config, "velocity") - learning_rate * dw)
    step = d.add("step", momentum * velocity - learning_rate * dw)
    d.add("next_w", w + step)


def _adagrad(d: Derivation, w: Node, dw: Node, config: Config) -> None:
    learning_rate, epsilon = _settings(d, config, "learning_rate", "epsilon")
    cache = d.add("cache", _before(d, config, "cache") + apply("square", dw))
    step = d.add("step", learning_rate * dw / (apply("sqrt", cache) + epsilon))
    d.add("next_w", w - step)


def _rmsprop(d: Derivation, w: Node, dw: Node, config: Config) -> None:
    learning_rate, decay_rate, epsilon = _settings(d, config, "learning_rate", "decay_rate", "epsilon")
    cache = d.add("cache", decay_rate * _before(d, config, "cache") + (1 - decay_rate) * apply("square", dw))
    step = d.add("step", learning_rate * dw / (apply("sqrt", cache) + epsilon))
    d.add("next_w", w - step)


def _adam(d: Derivation, w: Node, dw: Node, config: Config) -> None:
    d.add("next_w", w - _adam_step(d, dw, config))


def _adamw(d: Derivation, w: Node, dw: Node, config: Config) -> None:
    step = _adam_step(d, dw, config)
    (weight_decay,) = _settings(d, config, "weight_decay")
    shrunk = d.add("shrunk", (1 - d.nodes["learning_rate"] * weight_decay) * w)
    d.add("next_w", shrunk - step)


def _adam_step(d: Derivation, dw: Node, config: Config) -> Node:
    learning_rate, epsilon, beta1, beta2 = _settings(d, config, "learning_rate", "epsilon", "beta1", "beta2")
    t = d.constant("t", config["t"] + 1)
    m = d.add("m", beta1 * _before(d, config, "m") + (1 - beta1) * dw)
    v = d.add("v", beta2 * _before(d, config, "v") + (1 - beta2) * apply("square", dw))
    mhat = d.add("mhat", m / (1 - beta1**t))
    vhat = d.add("vhat", v / (1 - beta2**t))
    return d.add("step", learning_rate * mhat / (apply("sqrt", vhat) + epsilon))


def _settings(d: Derivation, config: Config, *names: str) -> list[Node]:
    return [d.constant(name, config[name]) for name in names]


def _before(d: Derivation, config: Config, name: str) -> Node:
    """What the rule remembers of the step before; it arrives in the config."""
    return d.input(f"{name}_before", config[name], "config")


GRAPHS: dict[str, Callable[[Derivation, Node, Node, Config], None]] = {
    "sgd": _sgd,
    "sgd_momentum": _sgd_momentum,
    "nesterov_momentum": _nesterov_momentum,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
}
