"""Live runs: a thread steps a `Solver`, and viewers take snapshots. Knows nothing of widgets."""

import itertools
import os
import secrets
import threading
import time
from typing import Any

import numpy as np
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from nnlib.data import Dataset
from nnlib.experiments import Result
from nnlib.health import LayerHealth, diagnose, measure
from nnlib.run_spec import RunSpec
from nnlib.solver import Diverged, Record, Solver
from ui import run_files
from ui.history import Curve, Frames, Smooth
from ui.painter import Painter
from ui.run_files import Saved
from ui.slots import Slots

PAUSE_AFTER = 10.0  # seconds without a viewer
FRAMES_WANTED = 60  # over a run, or one every FRAME_EVERY seconds, as far as that costs
FRAME_EVERY = 0.5
FRAME_SHARE = 0.04  # of the time; measuring the layers' health takes as long as some steps
FRAME_CREDIT = 0.3  # seconds that frames may cost beyond that share, so that short runs have some too
HEALTH_EXAMPLES = 100  # that the first frame measures, before there is a batch
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
        self.log: Any = None  # of `ui.run_log`: the viewer's other runs
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
            self._smooth = Smooth()
            self._credit, self._frame_time, self._frame_iteration = FRAME_CREDIT, 0.0, 0
            self._step_seconds = 0.0  # of the last step without a frame
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
            self._frames.add(self._frame(records[-1]._replace(health=self._health())))
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
            self._advance(framed=self._frame_is_due(started))
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
                    self._frames.add(self._frame(record))
            seconds = time.monotonic() - started
            self.seconds += seconds
            if framed:
                self._pay_for_frame(started, seconds)
            else:
                self._step_seconds = seconds
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

    def _frame_is_due(self, now: float) -> bool:
        solver = self.solver
        since = now - self._frame_time
        far = (solver.iteration + 1 - self._frame_iteration) * FRAMES_WANTED >= solver.num_iterations
        return (far or since >= FRAME_EVERY) and self._credit + FRAME_SHARE * since > 0

    def _pay_for_frame(self, started: float, seconds: float) -> None:
        earned = FRAME_SHARE * (started - self._frame_time)
        cost = max(0.0, seconds - self._step_seconds)
        self._credit = min(FRAME_CREDIT, self._credit + earned) - cost
        self._frame_time, self._frame_iteration = started, self.solver.iteration

    def _note(self, record: Record) -> None:
        self._losses.add(record.iteration, record.loss, self._smooth.add(record.loss))
        if record.val_acc is not None:
            self._accuracies.add(record.iteration, record.train_acc, record.val_acc)

    # ------------------------------------------------------------------------------------------------- frames
    def _health(self) -> list[LayerHealth]:
        """Measured on the first examples, where there is no batch."""
        solver = self.solver
        N = min(solver.batch_size, HEALTH_EXAMPLES)
        return measure(solver.model, solver.X_train[:N], solver.y_train[:N])

    @np.errstate(all="ignore")  # what overflows is shown as missing
    def _first_frame(self) -> dict[str, Any]:
        return self._layout(0, None, self.solver.base_learning_rate, self._health(), [])

    @np.errstate(all="ignore")
    def _frame(self, record: Record) -> dict[str, Any]:
        accuracies = self._accuracies.rows()
        train_acc, val_acc = accuracies[-1][1:] if accuracies else (None, None)
        health, classes = record.health or [], self.solver.model.num_classes
        sentences = diagnose(self.solver.loss_history[-200:], health, classes, train_acc, val_acc)
        frame = self._layout(record.iteration, record.loss, record.learning_rate, health, sentences)
        return frame | {"train_acc": train_acc, "val_acc": val_acc}

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
        """What `ui.run_view` draws; renews the lease. Of the frames those later than an iteration, or all."""
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


def session_id() -> str:
    """The session that this script runs for; "" outside of one."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def is_connected(session: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session)


def _bars(histogram) -> dict[str, Any]:
    counts, edges = histogram
    return {"counts": counts.tolist(), "lo": float(edges[0]), "hi": float(edges[-1])}


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None  # JSON knows no infinity


def _columns(rows: list[tuple], *names: str) -> dict[str, list]:
    """A list a column; rounded, since no screen shows more and digits are most of what is sent."""
    return {name: [row[i] and float(f"{row[i]:.5g}") for row in rows] for i, name in enumerate(names)}
