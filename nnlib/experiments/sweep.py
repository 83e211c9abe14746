"""An experiment on its way through the worker processes: what is there already, and how far the rest is."""

import secrets
import time
from dataclasses import dataclass, replace

from nnlib.experiments import store
from nnlib.experiments.description import Experiment
from nnlib.experiments.group import GroupTask, RunState
from nnlib.experiments.results import Result
from nnlib.experiments.running import data_part
from nnlib.workers import Pool


@dataclass(frozen=True)
class Snapshot:
    """A sweep at one moment.

    state: "running", "finished" (each run for itself may have diverged or failed) or "stopped".
    done: share of the work that is done, 0 to 1. seconds: since it was started, or what it took.
    seconds_left: an estimate, None while there is nothing to base it on. cached: runs that were there from before.
    """

    state: str
    runs: tuple[RunState, ...]
    done: float
    seconds: float
    seconds_left: float | None
    cached: int

    @property
    def ended(self) -> int:
        """Runs with nothing left to do."""
        return sum(run.over for run in self.runs)

    @property
    def results(self) -> list[Result | None]:
        """What is there of each run, in the experiment's order."""
        return [run.result for run in self.runs]


class Sweep:
    """Starts an experiment's runs in a pool's worker processes; the heaviest first.

    Results of earlier sweeps are there at once, unless use_cache is False. Runs that another sweep has under way
    already are not done twice: both sweeps show them, and they end only when both are stopped.

    A setting that is out of range makes its run fail, with a sentence.

    Raises:
        nnlib.data.DataError: the data are not here.
    """

    def __init__(self, experiment: Experiment, pool: Pool, owner: str = "", use_cache: bool = True):
        self.id, self.experiment, self.owner = secrets.token_urlsafe(6), experiment, owner
        self._pool, self._started = pool, time.monotonic()
        self._frozen: Snapshot | None = None  # what was there when it was stopped
        self._groups = _tasks(experiment, owner)
        if use_cache:
            for task in self._groups.values():
                task.load()
        self.cached = sum(len(group) for group, task in self._groups.items() if task.over)
        waiting = [group for group, task in self._groups.items() if not task.over]
        with pool.changed:
            for group in sorted(waiting, key=lambda group: -self._groups[group].cost):
                task = pool.submit(self._groups[group])
                assert isinstance(task, GroupTask)  # noqa: S101 - keys are made here only
                task.sweeps += 1
                self._groups[group] = task

    @property
    def over(self) -> bool:
        return self._frozen is not None or all(task.over for task in self._groups.values())

    def snapshot(self) -> Snapshot:
        """How far it is; cheap enough to be asked for several times a second."""
        if self._frozen is not None:
            return self._frozen
        with self._pool.changed:
            runs: dict[int, RunState] = {}
            for group, task in self._groups.items():
                for k, i in enumerate(group):
                    runs[i] = replace(task.state_of(k), label=self.experiment.label(self.experiment.runs[i]))
            tasks = list(self._groups.values())
            ends = [task.ended_at or self._started if task.over else time.monotonic() for task in tasks]
            done, total = sum(task.cost * task.done for task in tasks), sum(task.cost for task in tasks)
            ended = "stopped" if any(task.state == "stopped" for task in tasks) else "finished"
            state = ended if self.over else "running"
            left = 0.0 if self.over else self._seconds_left(tasks)
            seconds = max(*ends, self._started) - self._started
            return Snapshot(state, tuple(runs[i] for i in sorted(runs)), done / total, seconds, left, self.cached)

    def _seconds_left(self, tasks: list[GroupTask]) -> float | None:
        """From the pace so far, in which workers were shared; no less than the slowest run needs by itself."""
        now = time.monotonic()
        paced = [task for task in tasks if task.began_at is not None and task.begun > 0]
        if not paced:
            return None
        elapsed = now - min(task.began_at or now for task in paced)
        work = sum(task.cost * task.begun for task in paced)
        together = sum(task.cost * (1 - task.done) for task in tasks) * elapsed / work
        running = [task for task in paced if not task.over and task.begun > 0.1]
        alone = [(1 - task.done) * (now - (task.began_at or now)) / task.begun for task in running]
        return max(together, *alone, 0.0)

    def stop(self) -> None:
        """End it; what is there stays. Returns at once, and workers are free within a second."""
        with self._pool.changed:
            if self.over:
                return
            before = self.snapshot()
            for task in self._groups.values():
                if not task.over:
                    task.sweeps -= 1
                    if task.sweeps == 0:
                        self._pool.stop(task)
            runs = tuple(run.ended_as("stopped") for run in before.runs)
            self._frozen = replace(before, state="stopped", seconds_left=0.0, runs=runs)
            self._pool.changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it is over; False: it is not after so many seconds."""
        return self._pool.wait_for(lambda: self.over, timeout)


def cached_runs(experiment: Experiment) -> int:
    """How many of the experiment's runs would be there at once.

    Raises:
        nnlib.data.DataError: the data are not here.
    """
    tasks = _tasks(experiment).items()
    return sum(len(group) for group, task in tasks if task.key is not None and store.has(task.key))


def _tasks(experiment: Experiment, owner: str = "") -> dict[tuple[int, ...], GroupTask]:
    """A task for each group of the experiment's runs."""
    data = {part: store.data_version(part) for part in dict.fromkeys(map(data_part, experiment.runs))}
    tasks = {}
    for group in experiment.groups():
        specs = tuple(experiment.runs[i] for i in group)
        versions = [data[data_part(spec)] for spec in specs]
        tasks[group] = GroupTask(replace(experiment, runs=specs), owner, versions)
    return tasks
