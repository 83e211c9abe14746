"""Live runs: a thread of their own steps a `Solver` as somebody plays, pauses, steps, stops and resets them."""

import os
import secrets
import threading
import time
from typing import Any

from nnlib.data import Dataset
from nnlib.runs.spec import RunSpec
from nnlib.solver import Diverged, Solver
from nnlib.workers.faults import sentence
from ui.runs import saved as run_files
from ui.runs.frames import FrameBudget
from ui.runs.painter import Painter
from ui.runs.recording import Recording
from ui.runs.saved import Saved
from ui.runs.sessions import Lease
from ui.runs.slots import Slots

PAUSE_AFTER = 10.0  # seconds without a viewer
SAVE_EVERY = 60.0  # seconds between checkpoints, from which a run goes on after the app was restarted
UNSAVED = "The run could not be saved: is the disk full? It goes on, but would be lost if the app were restarted."
TELLS_AFTER = 1.0  # seconds of training from which the time left is estimated

SLOTS = Slots(os.cpu_count() or 1)


class Run:
    """One training run that can be played, paused, stepped, stopped and set back to its initial weights.

    Args:
        spec, dataset: what to train on what; the initial weights follow from the spec's seed.
        picture: draws the model for a frame.
        lease: of the viewer: without one who is there the run pauses.
        place: what its page calls it; a run that is called nothing is not saved.
        light: small and slow enough that many may run at once without waiting for a slot, and none is kept.
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
        lease: Lease | None = None,
        place: str = "",
        light: bool = False,
        rate: float | None = None,
        run_id: str | None = None,
    ):
        self.id, self.lease, self.place = run_id or secrets.token_urlsafe(6), lease or Lease(), place
        self.spec, self.dataset, self.picture, self.light, self.rate = spec, dataset, picture, light, rate
        self._thread: threading.Thread | None = None
        self._resume = threading.Event()
        self.wanted = self.unwatched = False
        self.reset()

    # ------------------------------------------------------------------------------------------------- controls
    def reset(self) -> None:
        """Back to the initial weights, with the same seed."""
        self.pause()
        self.solver: Solver = self.spec.make_solver(self.dataset)
        self.recording, self._budget = Recording(self.id, self.solver, self.picture), FrameBudget()
        self.status, self.note, self.seconds = "ready", "", 0.0

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
        self.solver.resume(saved.checkpoint)
        for record in self.solver.records:
            self.recording.add(record, framed=record is self.solver.records[-1])
        self.seconds, self.status = saved.seconds, "finished" if self.solver.over else "paused"

    # -------------------------------------------------------------------------------------------- how it stands
    @property
    def over(self) -> bool:
        return self.status in ("finished", "stopped", "diverged")

    @property
    def active(self) -> bool:
        return self.status in ("running", "queued")

    @property
    def name(self) -> str:
        """Another one after every reset."""
        return self.recording.name

    @property
    def seconds_left(self) -> float | None:
        """To the last step, at the mean speed so far; None while there is too little to tell from, or nothing left."""
        solver = self.solver
        if self.over or self.seconds < TELLS_AFTER:
            return None
        each = self.seconds / solver.iteration
        return (solver.num_iterations - solver.iteration) * (max(each, 1 / self.rate) if self.rate else each)

    def seen(self) -> None:
        """A viewer is here: renews the lease, and lets a run go on that had paused because nobody was watching."""
        self.lease.renew()
        if self.unwatched:
            self.play()
            self.note = "It was paused meanwhile, since nobody was watching."

    def snapshot(self, after: int | None = None) -> dict[str, Any]:
        """What the component `run_view` draws; renews the lease. Of the frames those after an iteration, or all."""
        self.lease.renew()
        return {"status": self.status} | self.recording.view(after)  # in this order: the status is never ahead

    # ---------------------------------------------------------------------------------------------- the thread
    def _drive(self) -> None:
        try:
            if self.light:
                self._loop()
            else:
                with SLOTS.held(self) as got:
                    if got:
                        self._loop()
        except Exception as fault:  # no memory, say: Play tries again
            self.note = sentence(fault)
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
                if not self.lease.is_held(PAUSE_AFTER):
                    self.unwatched = True
                    return
            if now - saved > SAVE_EVERY:
                saved = now
                self._save()
            if (rate := self.rate) is not None:
                self._resume.wait(max(0.0, 1 / rate - (now - started)))

    def _advance(self, framed: bool) -> None:
        """One iteration; framed: with a frame, as the last one always is."""
        solver, started = self.solver, time.monotonic()
        solver.measure_next = framed or solver.iteration + 1 >= solver.num_iterations
        record = next(solver.steps())
        self.recording.add(record, framed or solver.over)
        seconds = time.monotonic() - started
        self.seconds += seconds
        self._budget.spend(started, seconds, solver.iteration, framed)
        if solver.over:
            solver.restore_best()
        if isinstance(record, Diverged):
            self.note, self.status = record.message, "diverged"
        elif solver.over:
            if solver.iteration < solver.num_iterations:
                patience, best = solver.patience, solver.best_epoch
                self.note = f"Stopped early: no better validation accuracy in {patience} epochs after epoch {best}."
            self.status = "finished"

    def _save(self) -> None:
        if self.place and not self.light and self.status != "diverged":
            kept = run_files.save(self.id, self.place, self.spec, self.solver, self.seconds)
            self.note = self.note if kept else UNSAVED
