"""From description to records: does an experiment's runs, here or, as events, in a worker process."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from time import perf_counter
from typing import Any

import numpy as np

from nnlib.data import DATASETS, Dataset, Pixels
from nnlib.experiments.description import Experiment
from nnlib.experiments.results import COLUMNS, Result
from nnlib.runs.spec import RunSpec
from nnlib.solver import Diverged, Record, Solver

REPORT_EVERY = 0.1  # seconds between events


def run(experiment: Experiment, on_record: Callable[[int, Record], None] | None = None) -> list[Result]:
    """All results, one run after the other in this process.

    on_record: told the index of the run and each record, soon after it has come.

    An experiment with a global seed seeds NumPy's global state: only where no other thread draws from it.

    Raises:
        ValueError: a setting is out of range, or the data are not here, in one sentence.
    """
    results = [Result(spec, (), "running") for spec in experiment.runs]
    for group in experiment.groups():
        for event in train_group([asdict(experiment.runs[i]) for i in group], experiment.global_seed):
            if event is None:
                continue
            i = group[event["run"]]
            known, results[i] = len(results[i].records), results[i].continued(event)
            if on_record is not None:
                for record in results[i].records[known:]:
                    on_record(i, record)
    return results


def train_group(runs: list[dict[str, Any]], global_seed: int | None = None) -> Iterator[dict[str, Any] | None]:
    """Do the runs one after the other; what a worker process calls.

    Yields events of the run at index "run", as it starts, every tenth of a second and as it ends: "iterations" (of the
    whole run), "records" (rows of `COLUMNS`, those since the last event), "status" ("running" until its end),
    "message" and "seconds_per_step" (without those steps in which accuracies were measured); else None.
    """
    for k, solver in enumerate(_solvers([RunSpec(**spec) for spec in runs], global_seed)):
        state = {"run": k, "iterations": solver.num_iterations, "status": "running", "message": ""}
        yield state | {"records": [], "seconds_per_step": None}
        rows: list[list] = []
        seconds, steps, last, due = 0.0, 0, perf_counter(), 0.0
        for item in solver.steps():
            now = perf_counter()
            if isinstance(item, Diverged):
                state |= {"status": "diverged", "message": item.message}
            else:
                rows.append(list(item[: len(COLUMNS)]))
                if item.val_acc is None:
                    seconds, steps = seconds + now - last, steps + 1
                if solver.over:
                    state["status"] = "finished"
            last = now
            if solver.over or now >= due:
                yield state | {"records": rows, "seconds_per_step": seconds / steps if steps else None}
                rows, due = [], now + REPORT_EVERY
            else:
                yield None


def _solvers(specs: Sequence[RunSpec], global_seed: int | None) -> Iterable[Solver]:
    """Of each run, built when its turn comes; if they draw from the global state, all before the first."""
    if global_seed is None:
        return (spec.make_solver(load_data(spec)) for spec in specs)
    datasets = [load_data(spec, exact=True) for spec in specs]
    np.random.seed(global_seed)
    return [spec.make_solver(data, own_generator=False) for spec, data in zip(specs, datasets, strict=True)]


def load_data(spec: RunSpec, exact: bool = False) -> Dataset:
    """The data of a spec, kept for the next one that trains on the same.

    exact: pictures minus the mean image computed in float64, as the course does, not in float32.
    """
    places = (os.environ.get("CIFAR10_DIR"), os.environ.get("NNLIB_CACHE"))
    return _load_data(data_part(spec), exact, places)


def data_part(spec: RunSpec) -> RunSpec:
    """A spec with nothing but what decides on which examples it trains."""
    return RunSpec(data=spec.data, num_train=spec.num_train, seed=spec.seed if DATASETS[spec.data].drawn else 0)


@lru_cache(maxsize=4)
def _load_data(spec: RunSpec, exact: bool, places: tuple[str | None, ...]) -> Dataset:
    dataset = spec.load_data()
    if not exact:
        return dataset
    pixels = {name: X for name in ("X_train", "X_val") if isinstance(X := getattr(dataset, name), Pixels)}
    return replace(dataset, **{name: X.exact().astype(np.float32) for name, X in pixels.items()})
