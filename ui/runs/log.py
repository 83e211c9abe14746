"""A viewer's runs: the live ones, found again after a reload, and of each that is gone what it takes to compare it."""

import secrets
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy import ndarray

from nnlib.experiments import Result
from nnlib.experiments.results import FINAL
from nnlib.runs.spec import RunSpec
from nnlib.solver import Record
from ui.runs import saved as run_files
from ui.runs.live import Run
from ui.runs.saved import Saved
from ui.runs.sessions import Lease, Leases, session_id

MOST = 50  # runs kept; of the older ones the oldest go
ITERATION, LOSS, SMOOTH, TRAIN, VAL = range(5)  # columns of `Entry.rows`


@dataclass(frozen=True)
class Entry:
    """What is kept of a run. Without its weights, some megabytes each: the settings give them again.

    rows: (about 600 at most, 5): iteration, loss, smoothed loss, training and validation accuracy; NaN where one was
        not measured, or is left out.
    """

    number: int
    page: str
    spec: RunSpec
    status: str
    iteration: int
    num_iterations: int
    iterations_per_epoch: int
    best_val_acc: float
    best_epoch: int
    train_acc: float | None
    final_loss: float | None
    num_val: int
    seconds: float
    message: str
    rows: ndarray = field(repr=False)
    records: tuple[Record, ...] = field(repr=False)  # of these rows

    @staticmethod
    def of(run: Run, number: int, page: str) -> "Entry":
        solver, (losses, accuracies) = run.solver, run.recording.curves()
        smooth = {row[0]: row[2] for row in losses}
        at = sorted(smooth.keys() | {row[0] for row in accuracies})
        records = tuple(solver.records[t - 1] for t in at if t <= len(solver.records))
        rows = [(r.iteration, r.loss, smooth.get(r.iteration), r.train_acc, r.val_acc) for r in records]
        diverged = solver.diverged
        if diverged is not None:
            rows.append((diverged.iteration, diverged.loss, None, None, None))
        return Entry(
            number,
            page,
            run.spec,
            run.status,
            solver.iteration,
            solver.num_iterations,
            solver.iterations_per_epoch,
            solver.best_val_acc,
            solver.best_epoch,
            accuracies[-1][1] if accuracies else None,
            None if diverged else float(np.mean([record.loss for record in solver.records[-FINAL:]])),
            len(solver.y_val),
            run.seconds,
            "" if diverged is None else diverged.message,
            np.array(rows, float),
            records,
        )

    @property
    def epochs(self) -> float:
        """Passes through the training data so far."""
        return self.iteration / self.iterations_per_epoch

    def result(self) -> Result:
        """As experiments have it, with the records that were kept."""
        status = self.status if self.status in ("finished", "diverged") else "stopped"
        return Result(self.spec, self.records, status, self.message)


class RunLog:
    """One viewer's runs, by the names that pages give them, and what is kept of those that are gone."""

    def __init__(self, owner: str = ""):
        self.id, self.lease = secrets.token_urlsafe(6), Lease(owner)
        self.here: st.Page | None = None  # the page that is drawn
        self.runs: dict[str, Run] = {}  # changed by its viewer's threads while others look
        self.pages: dict[str, st.Page | None] = {}  # where each run is
        self.shown: set[str] = set()  # names of the runs that the page draws itself
        self.away: set[str] = set()  # names of those that have gone on since a page last drew them
        self.pinned: list[int] | None = None  # numbers of the runs laid over each other; None: nothing chosen yet
        self.saved: dict[str, Saved] = {}  # what the app knew before it was restarted, by the runs' names
        self.missing = ""  # the run in the address: "gone", or "elsewhere", in another tab or browser
        self._kept: dict[int, Entry] = {}
        self._numbers: dict[str, int] = {}  # run.name -> number, once it has begun

    @property
    def live(self) -> dict[str, Run]:
        """The runs that are told of elsewhere, found again and compared: all but the light ones."""
        return {name: run for name, run in list(self.runs.items()) if not run.light}

    def follow(self, name: str, run: Run) -> None:
        """This is the page's run of that name now."""
        if self.runs.get(name) not in (None, run):
            self.keep(name)
        self.runs[name], self.pages[name] = run, self.here

    def keep(self, name: str) -> None:
        """Pause the run of that name, which is about to go or to be reset, and keep what is to be compared."""
        if (run := self.runs.get(name)) is None:
            return
        run.pause()
        if (entry := self._entry(name)) is not None:
            self._kept[entry.number] = entry
            del self._numbers[run.name]
        del self.runs[name]
        unpinned = [number for number in sorted(self._kept) if number not in (self.pinned or ())]
        for number in unpinned[: max(0, len(self._kept) - MOST)]:
            del self._kept[number]

    def entries(self) -> list[Entry]:
        """All runs that have taken a step, in the order in which they were first seen to have."""
        live = (self._entry(name) for name in self.runs)
        found = [*self._kept.values(), *(entry for entry in live if entry is not None)]
        return sorted(found, key=lambda entry: entry.number)

    def is_live(self, entry: Entry) -> bool:
        """Whether its run can still go on."""
        return entry.number not in self._kept

    def end(self) -> None:
        """Nobody comes back to it."""
        for run in list(self.runs.values()):
            run.pause()

    def _entry(self, name: str) -> Entry | None:
        run, page = self.runs[name], self.pages[name]
        if run.light or run.solver.iteration == 0:
            return None
        if run.name not in self._numbers:
            self._numbers[run.name] = 1 + max([0, *self._kept, *self._numbers.values()])
        return Entry.of(run, self._numbers[run.name], page.title if page is not None else "")


LOGS = Leases("end-abandoned-runs", RunLog.end)


def current() -> RunLog:
    """This session's."""
    log = st.session_state.setdefault("run_log", RunLog(session_id()))
    log.lease.renew()
    LOGS.put(log.id, log, log.lease)
    return log


def all_runs() -> list[Run]:
    """Of all viewers."""
    return [run for log in LOGS.things() for run in list(log.runs.values())]


def recover() -> None:
    """After a reload, which begins a new session: take over the log and the runs of the one in the address bar.

    If the app does not know it any more, but it was saved, then the log has that; else it says what has become of it.
    """
    if "run_log" in st.session_state or "run" not in st.query_params:
        return
    run_id = st.query_params["run"]
    log = next((log for log in LOGS.things() if run_id in (run.id for run in log.live.values())), None)
    if log is None:
        if (saved := run_files.find(run_id)) is not None:
            current().saved[saved.place] = saved
        current().missing = "gone"
    elif LOGS.take(log.id, session_id()) is None:
        current().missing = "elsewhere"
    else:
        st.session_state["run_log"] = log
        for name, run in log.live.items():
            st.session_state[name] = run
            run.seen()
