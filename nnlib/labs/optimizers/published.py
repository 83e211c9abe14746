"""The course's published check of three update rules: one step on given inputs, expected and got."""

from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.gradient_check import rel_error
from nnlib.optim import RULES


def _spread(low: float, high: float) -> ndarray:
    return np.linspace(low, high, 20).reshape(4, 5)


W, DW = _spread(-0.4, 0.6), _spread(-0.6, 0.4)


class Published(NamedTuple):
    """What goes in beside W and DW, the limit of the relative error, and the first rows that must come out."""

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


def compare(rule: str) -> list[Comparison]:
    """Take the step, and compare the first row of each published result.

    Raises:
        KeyError: nothing was published for this rule.
    """
    config, limit, published = PUBLISHED[rule]
    next_w, config = RULES[rule](W, DW, dict(config))
    rows = {name: (np.array(row), {"next_w": next_w, **config}[name][0]) for name, row in published.items()}
    return [Comparison(name, row, got, rel_error(row, got), limit) for name, (row, got) in rows.items()]
