"""Walks of update rules over a surface: every step, what the rule remembers there, and how it ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy import ndarray

from nnlib.checks import require_whole
from nnlib.labs.optimizers.surfaces import Surface
from nnlib.optim import DEFAULTS, RECORDS, get_rule

FAR = 1e3  # times the surface's extent: nothing comes back from there
NEAR = 0.02  # times the surface's extent: a rule that stays this near to a minimum has arrived


@dataclass(frozen=True)
class Walk:
    """One rule's walk; row t is the state after t updates.

    Attributes:
        rule: its name.
        points: (T + 1, 2).
        losses: (T + 1,).
        gradients: (T + 1, 2), at the points.
        memory: name -> (T + 1, 2), what the rule remembers: velocity; cache; m and v. Zeros at first.
        arrived: the first step from which on it stays near a lowest point; None if it does not, or has diverged.
        diverged: the step that led out of sight or to a number that is not finite, where the walk ends; None if none.
    """

    rule: str
    points: ndarray
    losses: ndarray
    gradients: ndarray
    memory: dict[str, ndarray] = field(default_factory=dict)
    arrived: int | None = None
    diverged: int | None = None


def walk(
    surface: Surface, rule: str, start: tuple[float, float], steps: int, settings: Mapping[str, float] | None = None
) -> Walk:
    """Take steps with a rule of `nnlib.optim`.

    Args:
        surface: where.
        rule: a name in `optim.RULES`.
        start: x and y.
        steps: at most this many; fewer if the walk diverges.
        settings: the rule's hyper-parameters; what is missing gets the learning rate that suits the surface, and
            otherwise the rule's defaults.

    Raises:
        ValueError: there is no such rule, or the start is not finite.
    """
    update = get_rule(rule)
    require_whole("steps", steps, least=0)
    w = np.array(start, dtype=np.float64)
    if w.shape != (2,) or not np.isfinite(w).all():
        raise ValueError(f"a walk starts at two finite numbers, x and y, but got {start}: give both.")
    config = {**DEFAULTS[rule], "learning_rate": surface.learning_rate(rule), **(settings or {})}
    points, gradients = [w], [surface.gradient(w)]
    memory = {name: [np.zeros(2)] for name in RECORDS[rule].memory}
    limit = FAR * max(map(abs, surface.extent))
    diverged = None
    with np.errstate(all="ignore"):
        for t in range(1, steps + 1):
            w, config = update(w, gradients[-1], config)
            if not np.abs(w).max() <= limit:  # NaN is not
                diverged = t
                break
            points.append(w)
            gradients.append(surface.gradient(w))
            for name, rows in memory.items():
                rows.append(config[name])
    path = np.array(points)
    return Walk(
        rule=rule,
        points=path,
        losses=surface.value(path),
        gradients=np.array(gradients),
        memory={name: np.array(rows) for name, rows in memory.items()},
        arrived=None if diverged else _arrival(path, surface),
        diverged=diverged,
    )


def winner(walks: list[Walk]) -> Walk | None:
    """The walk that arrives first; None if none does, or if the first two arrive at the same step."""
    arrived = sorted((w for w in walks if w.arrived is not None), key=lambda w: w.arrived or 0)
    if not arrived or (len(arrived) > 1 and arrived[0].arrived == arrived[1].arrived):
        return None
    return arrived[0]


def reach(surface: Surface) -> float:
    """How near to a minimum counts as there: the distance in x and y."""
    x0, x1, y0, y1 = surface.extent
    return NEAR * min(x1 - x0, y1 - y0)


def _arrival(path: ndarray, surface: Surface) -> int | None:
    """The first step from which on the path stays within reach of one of the lowest points."""
    distances = np.linalg.norm(path[:, None] - np.array(surface.minima), axis=-1)  # (T + 1, M)
    outside = np.flatnonzero(distances.min(axis=1) > reach(surface))
    first = int(outside[-1]) + 1 if len(outside) else 0
    return first if first < len(path) else None
