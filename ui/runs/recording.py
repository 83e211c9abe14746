"""What viewers see of a run, now and scrubbing back: its curves and frames, in bounded memory."""

import itertools
import threading
from typing import Any

import numpy as np

from nnlib.numerals import rounded
from nnlib.solver import Diverged, Record, Solver
from ui.runs.frames import frame
from ui.runs.history import Curve, Frames, Smooth
from ui.runs.painter import Painter

POINTS_SHOWN = 300

_beginnings = itertools.count(1)


class Recording:
    """Of one solver, from its initial weights on.

    Attributes:
        name: unlike any other's: a browser takes what bears one name for one recording.
    """

    def __init__(self, run_id: str, solver: Solver, picture: Painter):
        self.name = f"{run_id}-{next(_beginnings)}"
        self._solver, self._picture = solver, picture
        self._lock = threading.Lock()
        self._losses, self._accuracies, self._frames, self._smooth = Curve(), Curve(), Frames(), Smooth()
        self._frames.add(frame(solver, picture))

    def add(self, record: Record | Diverged, framed: bool) -> None:
        """Take note of a step; framed: with a frame."""
        with self._lock:
            if isinstance(record, Diverged):
                self._losses.add(record.iteration, None, None)
                return
            self._losses.add(record.iteration, record.loss, self._smooth.add(record.loss))
            if record.val_acc is not None:
                self._accuracies.add(record.iteration, record.train_acc, record.val_acc)
            if framed:
                _, train_acc, val_acc = (self._accuracies.rows() or [(0, None, None)])[-1]
                newest = record._replace(train_acc=train_acc, val_acc=val_acc)
                self._frames.add(frame(self._solver, self._picture, newest))

    def curves(self) -> tuple[list[tuple], list[tuple]]:
        """(iteration, loss, smoothed loss) and (iteration, training, validation accuracy), about 300 rows each."""
        with self._lock:
            return self._losses.rows(POINTS_SHOWN), self._accuracies.rows(POINTS_SHOWN)

    def view(self, after: int | None = None) -> dict[str, Any]:
        """What the component `run_view` draws. Of the frames those after an iteration, or all."""
        solver, C = self._solver, self._solver.model.num_classes
        losses, accuracies = self.curves()
        with self._lock:
            frames = self._frames.after(after)
        return {
            "run": self.name,
            "iteration": solver.iteration,
            "iterations": solver.num_iterations,
            "epoch": round(solver.iteration / solver.iterations_per_epoch, 2),
            "epochs": solver.num_epochs,
            "loss": _columns(losses, "x", "raw", "smooth"),
            "accuracy": _columns(accuracies, "x", "train", "val"),
            "chance": {"loss": float(np.log(C)), "accuracy": 1 / C},
            "frames": frames,
            "partial": after is not None,
        }


def _columns(rows: list[tuple], *names: str) -> dict[str, list]:
    """A list a column; rounded, since no screen shows more and digits are most of what is sent."""
    return {name: [row[i] and rounded(row[i], 5) for row in rows] for i, name in enumerate(names)}
