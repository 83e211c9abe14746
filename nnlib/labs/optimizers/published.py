"""The course's published check of three update rules: one step on given inputs, expected and got."""

from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.gradient_check import rel_error
from nnlib.optim import RULES

SHAPE = (4, 5)


def _spread(low: float, high: float) -> ndarray:
    return np.linspace(low, high, 20).reshape(SHAPE)


class Published(NamedTuple):
    """What goes in beside w and dw, the limit of the relative error, and the first rows that must come out."""

    config: dict[str, Any]
    limit: float
    expected: dict[str, tuple[float, ...]]


class Comparison(NamedTuple):
    """The first row of one result."""

    name: str
    expected: ndarray
    got: ndarray
    error: float
    limit: float


PUBLISHED: dict[str, Published] = {
    "sgd_momentum": Published(
        {"learning_rate": 1e-3, "velocity": _spread(0.6, 0.9)},
        1e-8,
        {
            "next_w": (0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789),
            "velocity": (0.5406, 0.55475789, 0.56891579, 0.58307368, 0.59723158),
        },
    ),
    "rmsprop": Published(
        {"learning_rate": 1e-2, "cache": _spread(0.6, 0.9)},
        1e-6,
        {
            "next_w": (-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247),
            "cache": (0.5976, 0.6126277, 0.6277108, 0.64284931, 0.65804321),
        },
    ),
    "adam": Published(
        {"learning_rate": 1e-2, "m": _spread(0.6, 0.9), "v": _spread(0.7, 0.5), "t": 5},
        1e-6,
        {
            "next_w": (-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977),
            "v": (0.69966, 0.68908382, 0.67851319, 0.66794809, 0.65738853),
        },
    ),
}


def published_inputs() -> tuple[ndarray, ndarray]:
    """w and dw, each (4, 5)."""
    return _spread(-0.4, 0.6), _spread(-0.6, 0.4)


def published_config(rule: str) -> dict[str, Any]:
    """A copy of what goes in beside w and dw.

    Raises:
        KeyError: nothing was published for this rule.
    """
    config = PUBLISHED[rule].config
    return {name: value.copy() if isinstance(value, ndarray) else value for name, value in config.items()}


def compare(rule: str) -> list[Comparison]:
    """Take the step, and compare the first row of each published result.

    Raises:
        KeyError: nothing was published for this rule.
    """
    next_w, config = RULES[rule](*published_inputs(), published_config(rule))
    results = {"next_w": next_w, **config}
    found = []
    for name, row in PUBLISHED[rule].expected.items():
        expected, got = np.array(row), results[name][0]
        found.append(Comparison(name, expected, got, rel_error(expected, got), PUBLISHED[rule].limit))
    return found
