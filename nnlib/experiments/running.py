"""From description to records: does an experiment's runs, here or, as events, in a worker process."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from time import perf_counter
from typing import Any

import numpy as np

from nnlib.data import Dataset, Pixels
from nnlib.experiments.description import Experiment
from nnlib.experiments.results import COLUMNS, Result
from nnlib.runs.spec import POINTS, RunSpec
from nnlib.solver import Diverged, Record, Solver

REPORT_EVERY = 0.1  # seconds between events


def run(experiment: Experiment, on_record: Callable[[int, Record], None] | None = None) -> list[Result]:
    """All results, one run after the other in this process.

    on_record: told the index of the run and each record as it comes.

    An experiment with a global seed seeds NumPy's global state: only where no other thread draws from it.

    Raises:
        ValueError: a setting is out of range, or the data are not here, in one sentence.
    """
    results: dict[int, Result] = {}
    for group in experiment.groups():
        specs = [experiment.runs[i] for i in group]
        records: dict[int, list[Record]] = {i: [] for i in group}
        clock = _Clock()
        for k, solver, item in _steps(specs, experiment.global_seed):
            i = group[k]
            if isinstance(item, Record):
                clock.note(item)
                records[i].append(item)
                if on_record is not None:
                    on_record(i, item)
            if solver.over:
                status, message = _ending(item)
                results[i] = Result(specs[k], tuple(records[i]), status, message, clock.seconds_per_step())
                clock = _Clock()
    return [results[i] for i in range(len(experiment.runs))]


def train_group(runs: list[dict[str, Any]], global_seed: int | None = None) -> Iterator[dict[str, Any] | None]:
    """Do the runs one after the other; what a worker process calls.

    Yields events of the run at index "run": "iterations" (of the whole run) at its start, "records" (rows of `COLUMNS`)
    every tenth of a second and at its end, with the last ones "status", "message" and "seconds_per_step"; else None.
    """
    rows: list[list] = []
    clock, due, current = _Clock(), 0.0, None
    for k, solver, item in _steps([RunSpec(**spec) for spec in runs], global_seed):
        if k != current:
            current, clock, rows = k, _Clock(), []
            yield {"run": k, "iterations": solver.num_iterations}
        if isinstance(item, Record):
            clock.note(item)
            rows.append(list(item[: len(COLUMNS)]))
        event: dict[str, Any] | None = None
        if solver.over or perf_counter() >= due:
            event, rows, due = {"run": k, "records": rows}, [], perf_counter() + REPORT_EVERY
        if event is not None and solver.over:
            status, message = _ending(item)
            event |= {"status": status, "message": message, "seconds_per_step": clock.seconds_per_step()}
        yield event


def load_data(spec: RunSpec, exact: bool = False) -> Dataset:
    """The data of a spec, kept for the next one that trains on the same.

    exact: pictures minus the mean image computed in float64, as the course does, not in float32.
    """
    places = (os.environ.get("CIFAR10_DIR"), os.environ.get("NNLIB_CACHE"))
    return _load_data(data_part(spec), exact, places)


def data_part(spec: RunSpec) -> RunSpec:
    """A spec with nothing but what decides on which examples it trains."""
    return RunSpec(data=spec.data, num_train=spec.num_train, seed=spec.seed if spec.data in POINTS else 0)


@lru_cache(maxsize=4)
def _load_data(spec: RunSpec, exact: bool, places: tuple[str | None, ...]) -> Dataset:
    dataset = spec.load_data()
    if not exact:
        return dataset
    pixels = {name: X for name in ("X_train", "X_val") if isinstance(X := getattr(dataset, name), Pixels)}
    return replace(dataset, **{name: X.exact().astype(np.float32) for name, X in pixels.items()})


def _steps(specs: Sequence[RunSpec], global_seed: int | None) -> Iterator[tuple[int, Solver, Record | Diverged]]:
    """Every step of every run: index of the run, its solver, what the step gave."""
    if global_seed is None:
        solvers = (spec.make_solver(load_data(spec)) for spec in specs)  # built when its turn comes
    else:
        datasets = [load_data(spec, exact=True) for spec in specs]
        np.random.seed(global_seed)
        pairs = zip(specs, datasets, strict=True)
        solvers = [spec.make_solver(dataset, own_generator=False) for spec, dataset in pairs]
    for k, solver in enumerate(solvers):
        for item in solver.steps():
            yield k, solver, item


def _ending(item: Record | Diverged) -> tuple[str, str]:
    return ("diverged", item.message) if isinstance(item, Diverged) else ("finished", "")


class _Clock:
    """Time from step to step; those in which accuracies were measured do not count."""

    def __init__(self) -> None:
        self.last, self.total, self.count = perf_counter(), 0.0, 0

    def note(self, record: Record) -> None:
        now = perf_counter()
        if record.val_acc is None:
            self.total, self.count = self.total + now - self.last, self.count + 1
        self.last = now

    def seconds_per_step(self) -> float | None:
        return self.total / self.count if self.count else None
