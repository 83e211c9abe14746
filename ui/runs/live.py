"""Live runs: a thread steps a `Solver`, and viewers take snapshots. Knows nothing of widgets."""

import itertools
import os
import secrets
import threading
import time
from typing import Any

import numpy as np

from nnlib.data import Dataset
from nnlib.experiments import Result
from nnlib.runs.spec import RunSpec
from nnlib.solver import Diverged, Record, Solver
from ui.runs import saved as run_files
from ui.runs.frames import FrameBudget, first_frame, frame, health_at_rest
from ui.runs.history import Curve, Frames, Smooth
from ui.runs.painter import Painter
from ui.runs.saved import Saved
from ui.runs.sessions import is_connected
from ui.runs.slots import Slots

PAUSE_AFTER = 10.0  # seconds without a viewer
POINTS_SHOWN = 300
SAVE_EVERY = 60.0  # seconds between checkpoints, from which a run goes on after the app was restarted
TELLS_AFTER = 1.0  # seconds of training from which the time left is estimated

SLOTS = Slots(os.cpu_count() or 1)
_beginnings = itertools.count(1)


class Run:
    """One training run that can be played, paused, stepped, stopped and set back to its initial weights.

    Args:
        spec, dataset: what to train on what; the initial weights follow from the spec's seed.
        picture: draws the model for a frame.
        owner: the session that started it.
        light: small and slow enough that many may run at once without waiting for a slot.
        rate: steps a second; None: as fast as it goes.
        run_id: of a run that this one replaces.

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
        run_id: str | None = None,
    ):
        self.id, self.owner, self.light = run_id or secrets.token_urlsafe(6), owner, light
        self.rate, self.spec, self.dataset, self.picture = rate, spec, dataset, picture
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._resume = threading.Event()
        self.log: Any = None  # of `ui.runs.log`: the viewer's other runs
        self.place = ""  # what it is called there; a run that is called nothing is not saved
        self.wanted = self.unwatched = False
        self.last_seen = time.monotonic()
        self.reset()

    # ------------------------------------------------------------------------------------------------- controls
    def reset(self) -> None:
        """Back to the initial weights, with the same seed."""
        self.pause()
        with self._lock:
            self.solver: Solver = self.spec.make_solver(self.dataset)
            self.name = f"{self.id}-{next(_beginnings)}"  # a browser takes what bears one name for one recording
            self.status, self.note, self.seconds = "ready", "", 0.0
            self._losses, self._accuracies, self._frames = Curve(), Curve(), Frames()
            self._smooth, self._budget = Smooth(), FrameBudget()
            self._frames.add(first_frame(self.solver, self.picture))

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
        self.wanted = self.unwatched = False
        self._resume.set()
        SLOTS.given_up()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def step(self) -> None:
        """One iteration, with a frame."""
        self.pause()
        if not self.over:
            self._advance(framed=True)
            if not self.over:
                self.status, self.note = "paused", ""

    def stop(self) -> None:
        """End the run here, with the parameters that did best so far."""
        self.pause()
        if not self.over:
            self.solver.restore_best()
            self.status = "stopped"

    def resume_from(self, saved: Saved) -> None:
        """Go on where a saved run of the same spec stood; of its frames there is the newest.

        Raises:
            FileNotFoundError, ValueError: the checkpoint is gone, or cannot be used, in one sentence.
        """
        solver = self.solver
        solver.resume(saved.checkpoint)
        records = Result.of(self.spec, solver).records
        with self._lock, np.errstate(all="ignore"):
            for record in records:
                self._note(record)
            self._add_frame(records[-1]._replace(health=health_at_rest(solver)))
            self.seconds, self.status = saved.seconds, "finished" if solver.over else "paused"

    @property
    def over(self) -> bool:
        return self.status in ("finished", "stopped", "diverged")

    @property
    def active(self) -> bool:
        return self.status in ("running", "queued")

    @property
    def seconds_left(self) -> float | None:
        """To the last step, at the mean speed so far; None while there is too little to tell from, or nothing left."""
        solver = self.solver
        if self.over or self.seconds < TELLS_AFTER:
            return None
        each = self.seconds / solver.iteration
        return (solver.num_iterations - solver.iteration) * (max(each, 1 / self.rate) if self.rate else each)

    # ---------------------------------------------------------------------------------------------- the thread
    def _drive(self) -> None:
        try:
            if self.light:
                self._loop()
            else:
                with SLOTS.held(self) as got:
                    if got:
                        self._loop()
        finally:
            if not self.over:
                self.status = "paused"
            if self.seconds > SAVE_EVERY:
                self._save()

    def _loop(self) -> None:
        self.status = "running"
        looked = saved = time.monotonic()
        while self.wanted and not self.over:
            started = time.monotonic()
            self._advance(framed=self._budget.is_due(started, self.solver))
            now = time.monotonic()
            if now - looked > 1:  # looking for the viewer at every step would cost more than some steps
                looked = now
                if not self.has_viewer(PAUSE_AFTER):
                    self.unwatched = True
                    return
            if now - saved > SAVE_EVERY:
                saved = now
                self._save()
            if (rate := self.rate) is not None:
                self._resume.wait(max(0.0, 1 / rate - (now - started)))

    def _save(self) -> None:
        if self.place and self.status != "diverged":
            run_files.save(self.id, self.place, self.spec, self.solver, self.seconds)

    def _advance(self, framed: bool) -> None:
        """One iteration; framed: with a frame, as the last one always is."""
        solver, started = self.solver, time.monotonic()
        solver.measure_next = framed or solver.iteration + 1 >= solver.num_iterations
        record = next(solver.steps(), None)
        with self._lock:
            if isinstance(record, Record):
                self._note(record)
                if framed or solver.over:
                    self._add_frame(record)
            seconds = time.monotonic() - started
            self.seconds += seconds
            self._budget.spend(started, seconds, solver.iteration, framed)
            if solver.over:
                solver.restore_best()
            if isinstance(record, Diverged):
                self.status, self.note = "diverged", record.message
                self._losses.add(record.iteration, None, None)
            elif solver.over:
                self.status = "finished"
                if solver.iteration < solver.num_iterations:
                    patience, best = solver.patience, solver.best_epoch
                    self.note = f"Stopped early: no better validation accuracy in {patience} epochs after epoch {best}."

    def _note(self, record: Record) -> None:
        self._losses.add(record.iteration, record.loss, self._smooth.add(record.loss))
        if record.val_acc is not None:
            self._accuracies.add(record.iteration, record.train_acc, record.val_acc)

    def _add_frame(self, record: Record) -> None:
        accuracies = self._accuracies.rows()
        train_acc, val_acc = accuracies[-1][1:] if accuracies else (None, None)
        self._frames.add(frame(self.solver, self.picture, record._replace(train_acc=train_acc, val_acc=val_acc)))

    # ------------------------------------------------------------------------------------------------ viewers
    def has_viewer(self, within: float) -> bool:
        """Whether somebody polled within so many seconds, or the owner's browser is still connected."""
        return time.monotonic() - self.last_seen < within or is_connected(self.owner)

    def seen(self) -> None:
        """A viewer is here: renews the lease, and lets a run go on that had paused because nobody was watching."""
        self.last_seen = time.monotonic()
        if self.unwatched:
            self.play()
            self.note = "It was paused meanwhile, since nobody was watching."

    def curves(self) -> tuple[list[tuple], list[tuple]]:
        """(iteration, loss, smoothed loss) and (iteration, training, validation accuracy), about 300 rows each."""
        with self._lock:
            return self._losses.rows(POINTS_SHOWN), self._accuracies.rows(POINTS_SHOWN)

    def snapshot(self, after: int | None = None) -> dict[str, Any]:
        """What the component `run_view` draws; renews the lease. Of the frames those after an iteration, or all."""
        self.last_seen = time.monotonic()
        with self._lock:
            solver, C = self.solver, self.solver.model.num_classes
            losses, accuracies = self.curves()
            return {
                "run": self.name,
                "status": self.status,
                "iteration": solver.iteration,
                "iterations": solver.num_iterations,
                "epoch": round(solver.iteration / solver.iterations_per_epoch, 2),
                "epochs": solver.num_epochs,
                "loss": _columns(losses, "x", "raw", "smooth"),
                "accuracy": _columns(accuracies, "x", "train", "val"),
                "chance": {"loss": float(np.log(C)), "accuracy": 1 / C},
                "frames": self._frames.after(after),
                "partial": after is not None,
            }


def _columns(rows: list[tuple], *names: str) -> dict[str, list]:
    """A list a column; rounded, since no screen shows more and digits are most of what is sent."""
    return {name: [row[i] and float(f"{row[i]:.5g}") for row in rows] for i, name in enumerate(names)}
