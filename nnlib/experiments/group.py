"""Runs that one worker process does one after the other, and what they have given so far."""

import time
from dataclasses import dataclass, replace
from typing import Any

from nnlib.experiments import store
from nnlib.experiments.description import Experiment
from nnlib.experiments.results import Result
from nnlib.experiments.running import data_part
from nnlib.runs.spec import POINTS, RunSpec
from nnlib.solver import Record
from nnlib.workers import Task

TRAINING_SIZES = {"digits": 1397, "cifar10": 49000} | dict.fromkeys(POINTS, 360)
STEP_COST = 30  # what a step costs beside its examples, in examples: Python's share, the update


@dataclass(frozen=True)
class RunState:
    """One run of a sweep at one moment.

    state: "queued", "running", "finished", "diverged", "failed" (`message` says why, in one sentence) or "stopped".
    done: share of its iterations that are done, 0 to 1. result: what is there so far, None before the first record.
    """

    spec: RunSpec
    label: str
    state: str
    done: float
    result: Result | None
    message: str = ""


class GroupTask(Task):
    """Runs that one process does one after the other, and what they have given so far."""

    def __init__(self, experiment: Experiment, owner: str, data: list[str | None]):
        self.specs, self.description = experiment.runs, experiment.as_data()
        super().__init__("nnlib.experiments.running:train_group", self.description, owner, self._key(data))
        self.costs = [_cost(spec) for spec in self.specs]
        self.cost, self.sweeps = sum(self.costs), 0
        self.began_at: float | None = None
        self.ended_at: float | None = None
        self.on_restart()

    def _key(self, data: list[str | None]) -> str | None:
        return store.key(self.description, data) if all(data) else None

    def on_restart(self) -> None:
        self._records: list[list[Record]] = [[] for _ in self.specs]
        self._iterations = [0] * len(self.specs)
        self._ends: list[dict[str, Any] | None] = [None] * len(self.specs)

    def on_event(self, event: dict[str, Any]) -> None:
        k = event["run"]
        if "iterations" in event:
            self._iterations[k] = event["iterations"]
            self.began_at = self.began_at or time.monotonic()
            return
        self._records[k] += (Record(*row) for row in event["records"])
        if "status" in event:
            self._ends[k] = {name: event[name] for name in ("status", "message", "seconds_per_step")}
            self.ended_at = time.monotonic()

    def on_finished(self) -> None:
        results = [self.result(k) for k in range(len(self.specs))]
        # Without a key the data were not prepared yet; by now a worker has done it.
        key = self.key or self._key([store.data_version(data_part(spec)) for spec in self.specs])
        if key is not None:
            store.write(key, [result for result in results if result is not None])

    def load(self, results: list[Result]) -> None:
        """Take results that were there from before."""
        self.state = "finished"
        for k, result in enumerate(results):
            self._records[k] = list(result.records)
            self._iterations[k] = len(result.records)
            self._ends[k] = {name: getattr(result, name) for name in ("status", "message", "seconds_per_step")}

    @property
    def begun(self) -> float:
        """Share of the work that workers have done on it, 0 to 1; nothing for results from before."""
        return self.done if self.began_at is not None else 0.0

    @property
    def done(self) -> float:
        return 1.0 if self.over else sum(c * self._share(k) for k, c in enumerate(self.costs)) / self.cost

    def _share(self, k: int) -> float:
        if self._ends[k] is not None:
            return 1.0
        return len(self._records[k]) / self._iterations[k] if self._iterations[k] else 0.0

    def result(self, k: int) -> Result | None:
        if not self._records[k] and self._ends[k] is None:
            return None
        return Result(self.specs[k], tuple(self._records[k]), **self._ends[k] or {"status": "running"})

    def state_of(self, k: int) -> RunState:
        result, end = self.result(k), self._ends[k]
        if end is not None:
            state, message = end["status"], end["message"]
        elif self.over or self.state == "queued":
            state, message = self.state, self.error
        else:
            state, message = ("running" if self._iterations[k] else "queued"), ""
        if result is not None and state in ("failed", "stopped"):
            result = replace(result, status=state)
        return RunState(self.specs[k], "", state, self._share(k), result, message)


def _cost(spec: RunSpec) -> float:
    """What a run costs, roughly, in examples computed."""
    whole = TRAINING_SIZES[spec.data]
    N = min(spec.num_train or whole, whole)
    batch = max(min(spec.batch_size, N), 1)
    return max(spec.num_epochs, 1) * max(N // batch, 1) * (batch + STEP_COST)
