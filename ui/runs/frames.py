"""Frames: what a viewer of a run sees at one step and can scrub back to, and how often one may be made."""

import math
from typing import Any

import numpy as np

from nnlib.health import LayerHealth, diagnose, measure
from nnlib.solver import Record, Solver
from ui.runs.painter import Painter

WANTED = 60  # over a run, or one every EVERY seconds, as far as that costs
EVERY = 0.5
SHARE = 0.04  # of the time; measuring the layers' health takes as long as some steps
CREDIT = 0.3  # seconds that frames may cost beyond that share, so that short runs have some too
HEALTH_EXAMPLES = 100  # that are measured where there is no batch
LOSSES = 200  # newest, that the diagnosis rests on


class FrameBudget:
    """Decides when a frame is due, so that frames never cost more than their share of the time."""

    def __init__(self) -> None:
        self._credit, self._time, self._iteration = CREDIT, 0.0, 0
        self._step_seconds = 0.0  # of the last step without a frame

    def is_due(self, now: float, solver: Solver) -> bool:
        """Whether the next step is to come with a frame."""
        since = now - self._time
        far = (solver.iteration + 1 - self._iteration) * WANTED >= solver.num_iterations
        return (far or since >= EVERY) and self._credit + SHARE * since > 0

    def spend(self, started: float, seconds: float, iteration: int, framed: bool) -> None:
        """Take note of what a step has cost."""
        if not framed:
            self._step_seconds = seconds
            return
        earned = SHARE * (started - self._time)
        cost = max(0.0, seconds - self._step_seconds)
        self._credit = min(CREDIT, self._credit + earned) - cost
        self._time, self._iteration = started, iteration


@np.errstate(all="ignore")  # what overflows is shown as missing
def frame(solver: Solver, picture: Painter, record: Record | None = None) -> dict[str, Any]:
    """What `ui.components.run_view` takes as a frame: before the first step, or after one.

    record: the step's, with the newest accuracies there are. If it has no health that of the first examples is shown.
    """
    begun = record is not None
    record = record or Record(0, 0, math.nan, solver.base_learning_rate)
    N, (train_acc, val_acc) = min(solver.batch_size, HEALTH_EXAMPLES), (record.train_acc, record.val_acc)
    health = record.health or measure(solver.model, solver.X_train[:N], solver.y_train[:N])
    losses = [each.loss for each in solver.records[-LOSSES:]]
    return {
        "iteration": record.iteration,
        "loss": _finite(record.loss),
        "learning_rate": record.learning_rate,
        "train_acc": train_acc,
        "val_acc": val_acc,
        "picture": picture.draw(solver.model),
        "layers": [_layer(layer) for layer in health],
        "diagnosis": diagnose(losses, health, solver.model.num_classes, train_acc, val_acc) if begun else [],
    }


def _layer(layer: LayerHealth) -> dict[str, Any]:
    return {
        "name": layer.name,
        "mean": _finite(layer.activation_mean),
        "std": _finite(layer.activation_std),
        "dead": layer.dead_share,
        "ratio": _finite(layer.update_ratio),
        "activations": _bars(layer.activation_histogram),
        "gradients": _bars(layer.gradient_histogram),
    }


def _bars(histogram: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    counts, edges = histogram
    return {"counts": counts.tolist(), "lo": float(edges[0]), "hi": float(edges[-1])}


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None  # JSON knows no infinity
