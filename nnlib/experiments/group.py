"""Runs that one worker process does one after the other, and what they have given so far."""

import time
from dataclasses import dataclass, replace
from typing import Any

from nnlib.experiments import store
from nnlib.experiments.description import Experiment
from nnlib.experiments.results import Result
from nnlib.experiments.running import data_part
from nnlib.runs.spec import RunSpec
from nnlib.workers import Task

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

    @property
    def over(self) -> bool:
        return self.state not in ("queued", "running")

    def ended_as(self, state: str, message: str = "") -> "RunState":
        """The same if it is over, else as it is when something else has ended it."""
        if self.over:
            return self
        result = self.result and replace(self.result, status=state)
        return replace(self, state=state, message=message, result=result)


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
        self.runs = [RunState(spec, "", "queued", 0.0, None) for spec in self.specs]

    def on_event(self, event: dict[str, Any]) -> None:
        k, now = event["run"], time.monotonic()
        result = (self.runs[k].result or Result(self.specs[k], (), "running")).continued(event)
        ended = result.status != "running"
        self.runs[k] = replace(
            self.runs[k],
            state=result.status,
            message=result.message,
            done=1.0 if ended else len(result.records) / event["iterations"],
            result=result if result.records or ended else None,
        )
        self.began_at = self.began_at or now
        self.ended_at = now if ended else self.ended_at

    def on_finished(self) -> None:
        # Without a key the data were not prepared yet; by now a worker has done it.
        key = self.key or self._key([store.data_version(data_part(spec)) for spec in self.specs])
        if key is not None:
            store.write(key, [run.result for run in self.runs if run.result is not None])

    def load(self) -> None:
        """Take results that are there from before, if all are."""
        results = store.read(self.key) if self.key is not None else None
        if results is not None and [result.spec for result in results] == list(self.specs):
            self.state = "finished"
            self.runs = [RunState(result.spec, "", result.status, 1.0, result, result.message) for result in results]

    @property
    def begun(self) -> float:
        """Share of the work that workers have done on it, 0 to 1; nothing for results from before."""
        return self.done if self.began_at is not None else 0.0

    @property
    def done(self) -> float:
        if self.over:
            return 1.0
        return sum(cost * run.done for cost, run in zip(self.costs, self.runs, strict=True)) / self.cost

    def state_of(self, k: int) -> RunState:
        return self.runs[k].ended_as(self.state, self.error) if self.over else self.runs[k]


def _cost(spec: RunSpec) -> float:
    """What a run costs, roughly, in examples computed."""
    batch = min(spec.batch_size, spec.num_examples)
    return spec.num_epochs * spec.steps_per_epoch * (batch + STEP_COST)
