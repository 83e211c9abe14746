"""How long an experiment would take here: a few steps of each kind of run are done and timed."""

from dataclasses import replace
from functools import lru_cache
from statistics import median
from time import perf_counter
from typing import Any

from nnlib.checks import require_whole
from nnlib.data import DATASETS
from nnlib.experiments.description import Experiment
from nnlib.experiments.running import data_part, load_data
from nnlib.experiments.store import data_version
from nnlib.runs.spec import RunSpec
from nnlib.solver import Record

STEPS = 12
ENOUGH = 0.1  # seconds of steps


def expected_seconds(experiment: Experiment, workers: int) -> float | None:
    """For all runs in so many processes; None if nothing can be tried: the data need preparing, a setting is wrong.

    Raises:
        ValueError: workers is no whole number of at least 1; or nnlib.data.DataError: the data are not here.
    """
    require_whole("workers", workers, most=10**6)
    if any(data_version(part) is None for part in {data_part(run) for run in experiment.runs}):
        return None
    try:
        groups = [sum(_seconds(experiment.runs[i]) for i in group) for group in experiment.groups()]
    except ValueError:
        return None
    return max(sum(groups) / workers, *groups)


def _seconds(run: RunSpec) -> float:
    seed = run.seed if DATASETS[run.data].drawn else 0
    step, measuring, per_epoch = _pace(replace(run, seed=seed, **_ALIKE))
    return run.num_epochs * (per_epoch * step + measuring) + measuring


# What changes nothing about the time of a step, or is safe from divergence.
_ALIKE: dict[str, Any] = {
    "weight_scale": 1e-2,
    "learning_rate": 1e-5,
    "num_epochs": 1000,
    "schedule": "constant",
    "reg": 0.0,
}


@lru_cache(maxsize=200)
def _pace(run: RunSpec) -> tuple[float, float, int]:
    """Seconds a step, seconds for measuring accuracies, steps an epoch."""
    dataset = load_data(run)
    next(run.make_solver(dataset).steps())  # brings pictures and code into the caches
    solver = run.make_solver(dataset)
    plain, measured, before = [], [], perf_counter()
    for item in solver.steps():
        now = perf_counter()
        if not isinstance(item, Record):
            break
        (plain if item.val_acc is None else measured).append(now - before)
        before = now
        if len(plain) + len(measured) > STEPS or sum(plain) + sum(measured[1:]) > ENOUGH:
            break
    step = median(plain or measured)
    return step, max(median(measured) - step, 0.0), solver.iterations_per_epoch
