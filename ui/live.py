"""Live runs: a thread steps a `Solver`, and viewers take snapshots. Knows nothing of widgets."""

import os
import secrets
import threading
import time
from typing import Any

import numpy as np
from streamlit import runtime

from nnlib.data import Dataset
from nnlib.health import diagnose, measure
from nnlib.run_spec import RunSpec
from nnlib.solver import Diverged, Record, Solver
from ui.history import Curve, Frames, Smooth
from ui.painter import Painter
from ui.slots import Slots

PAUSE_AFTER = 10.0  # seconds without a viewer
FRAME_EVERY = 0.4  # seconds between frames at full speed; measuring a layer's health costs time
FRAME_SHARE = 0.02  # of the run's time that frames may cost
POINTS_SHOWN = 300


SLOTS = Slots(os.cpu_count() or 1)


class Run:
    """One training run that can be played, paused, stepped, stopped and set back to its initial weights.

    Args:
        spec, dataset: what to train on what; the initial weights follow from the spec's seed.
        picture: draws the model for a frame.
        owner: the session that started it.
        light: small and slow enough that many may run at once without waiting for a slot.
        rate: steps a second; None: as fast as it goes.

    Raises:
        ValueError: the spec cannot be run, in one sentence.
    """

    def __init__(
        self,
        spec: RunSpec,
        dataset: Dataset,
        picture: Painter,
        owner: str = "",
        light: bool = False,
        rate: float | None = None,
    ):
        self.id, self.owner, self.light = secrets.token_urlsafe(6), owner, light
        self.rate, self.spec, self.dataset, self.picture = rate, spec, dataset, picture
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._resume = threading.Event()
        self.wanted = False
        self.last_seen = time.monotonic()
        self.reset()

    # ------------------------------------------------------------------------------------------------- controls
    def reset(self) -> None:
        """Back to the initial weights, with the same seed."""
        self.pause()
        with self._lock:
            self.solver: Solver = self.spec.make_solver(self.dataset)
            self.status, self.note, self.seconds = "ready", "", 0.0
            self._losses, self._accuracies, self._frames = Curve(), Curve(), Frames()
            self._smooth, self._frame_due, self._frame_cost = Smooth(), 0.0, 0.0
            self._last: Record | None = None
            self._frames.add(self._first_frame())

    def play(self) -> None:
        self.pause()
        if self.over:
            return
        self.wanted, self.status, self.note = True, "queued", ""
        self._resume.clear()
        self._thread = threading.Thread(target=self._drive, name=f"run-{self.id}", daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """Returns when the step in progress has ended."""
        self.wanted = False
        self._resume.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def step(self) -> None:
        """One iteration, with a frame."""
        self.pause()
        if not self.over:
            self._frame_due = 0.0
            self._advance()
            if not self.over:
                self.status = "paused"

    def stop(self) -> None:
        """End the run here, with the parameters that did best so far."""
        self.pause()
        if not self.over:
            self.solver.restore_best()
            self.status = "stopped"

    @property
    def over(self) -> bool:
        return self.status in ("finished", "stopped", "diverged")

    @property
    def active(self) -> bool:
        return self.status in ("running", "queued")

    # ---------------------------------------------------------------------------------------------- the thread
    def _drive(self) -> None:
        if self.light:
            self._loop()
        else:
            with SLOTS.held(self):
                self._loop()
        if not self.over:
            self.status = "paused"

    def _loop(self) -> None:
        self.status = "running" if self.wanted else "paused"
        seen = time.monotonic()
        while self.wanted and not self.over:
            started = time.monotonic()
            self._advance()
            now = time.monotonic()
            if now - seen > 1:  # looking for the viewer at every step would cost more than some steps
                seen = now
                if not self.has_viewer(PAUSE_AFTER):
                    self.note = "Paused, since nobody was watching."
                    return
            if self.rate is not None:
                self._resume.wait(max(0.0, 1 / self.rate - (now - started)))

    def _advance(self) -> None:
        solver = self.solver
        now = time.monotonic()
        last = solver.iteration + 1 >= solver.num_iterations
        solver.measure_next = last or now >= self._frame_due
        record = next(solver.steps(), None)
        with self._lock:
            if isinstance(record, Record):
                self._note(record)
                if record.health is not None:
                    self._frames.add(self._frame(record, now))
            self.seconds += time.monotonic() - now
            if isinstance(record, Diverged):
                self.status, self.note = "diverged", record.message
                self._losses.add(record.iteration, None, None)
            elif solver.over:
                solver.restore_best()
                self.status = "finished"
                if solver.iteration < solver.num_iterations:
                    patience, best = solver.patience, solver.best_epoch
                    self.note = f"Stopped early: no better validation accuracy in {patience} epochs after epoch {best}."

    def _note(self, record: Record) -> None:
        self._last = record
        self._losses.add(record.iteration, record.loss, self._smooth.add(record.loss))
        if record.val_acc is not None:
            self._accuracies.add(record.iteration, record.train_acc, record.val_acc)

    # ------------------------------------------------------------------------------------------------- frames
    def _first_frame(self) -> dict[str, Any]:
        solver = self.solver
        X, y = solver.X_train[: solver.batch_size], solver.y_train[: solver.batch_size]
        with np.errstate(all="ignore"):
            return self._layout(0, None, solver.base_learning_rate, measure(solver.model, X, y), [])

    def _frame(self, record: Record, started: float) -> dict[str, Any]:
        accuracies = self._accuracies.rows()
        train_acc, val_acc = accuracies[-1][1:] if accuracies else (None, None)
        health, classes = record.health or [], self.solver.model.num_classes
        sentences = diagnose(self.solver.loss_history[-200:], health, classes, train_acc, val_acc)
        frame = self._layout(record.iteration, record.loss, record.learning_rate, health, sentences)
        frame |= {"train_acc": train_acc, "val_acc": val_acc}
        cost = time.monotonic() - started
        self._frame_due = started + max(FRAME_EVERY, cost / FRAME_SHARE)
        return frame

    def _layout(self, iteration, loss, learning_rate, health, diagnosis) -> dict[str, Any]:
        layers = [
            {
                "name": layer.name,
                "mean": _finite(layer.activation_mean),
                "std": _finite(layer.activation_std),
                "dead": layer.dead_share,
                "ratio": _finite(layer.update_ratio),
                "activations": _bars(layer.activation_histogram),
                "gradients": _bars(layer.gradient_histogram),
            }
            for layer in health
        ]
        return {
            "iteration": iteration,
            "loss": loss,
            "learning_rate": learning_rate,
            "train_acc": None,
            "val_acc": None,
            "picture": self.picture.draw(self.solver.model),
            "layers": layers,
            "diagnosis": diagnosis,
        }

    # ------------------------------------------------------------------------------------------------ viewers
    def has_viewer(self, within: float) -> bool:
        """Whether somebody polled within so many seconds, or the owner's browser is still connected."""
        return time.monotonic() - self.last_seen < within or is_connected(self.owner)

    def snapshot(self, every_frame: bool) -> dict[str, Any]:
        """What `ui.run_view` draws; renews the lease. Of the frames all, or the newest two."""
        self.last_seen = time.monotonic()
        with self._lock:
            solver, C = self.solver, self.solver.model.num_classes
            losses, accuracies = self._losses.rows(POINTS_SHOWN), self._accuracies.rows(POINTS_SHOWN)
            frames = self._frames.all() if every_frame else self._frames.last(2)
            return {
                "run": f"{self.id}-{id(solver)}",
                "status": self.status,
                "iteration": solver.iteration,
                "iterations": solver.num_iterations,
                "epoch": round(solver.iteration / solver.iterations_per_epoch, 2),
                "epochs": solver.num_epochs,
                "loss": _columns(losses, "x", "raw", "smooth"),
                "accuracy": _columns(accuracies, "x", "train", "val"),
                "chance": {"loss": float(np.log(C)), "accuracy": 1 / C},
                "frames": frames,
            }


def is_connected(session: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session)


def _bars(histogram) -> dict[str, Any]:
    counts, edges = histogram
    return {"counts": counts.tolist(), "lo": float(edges[0]), "hi": float(edges[-1])}


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None  # JSON knows no infinity


def _columns(rows: list[tuple], *names: str) -> dict[str, list]:
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
