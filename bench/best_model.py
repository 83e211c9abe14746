"""The best settings, trained to their end over several seeds; or each of their ingredients left out."""

import argparse
import os
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from math import sqrt
from multiprocessing import get_context
from typing import NamedTuple

from nnlib.data import cifar10
from nnlib.runs.best import ABLATION, CIFAR10, DIGITS, PUBLISHED_RECIPE
from nnlib.runs.spec import RunSpec
from nnlib.workers.threads import ONE_THREAD

MODELS = {"ours": CIFAR10, "published recipe": PUBLISHED_RECIPE, "digits": DIGITS}


class Outcome(NamedTuple):
    """Accuracies 0 to 1; num_test: pictures behind the test accuracy; seconds by the clock and of a core."""

    val_acc: float
    epoch: int
    test_acc: float
    num_test: int
    seconds: float
    core_seconds: float


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m bench best_model", description=__doc__)
    parser.add_argument("--ablation", action="store_true", help="ours, each ingredient left out in turn")
    parser.add_argument("--model", choices=MODELS, help="only this one")
    parser.add_argument("--only", nargs="+", choices=ABLATION, metavar="ROW", help="rows of the ablation")
    parser.add_argument("--seeds", type=int, default=3, help="0 to N - 1 (default 3)")
    parser.add_argument("--workers", type=int, default=1, help="trainings at once; more than 1 spoils the times")
    options = parser.parse_args(arguments)
    models: Mapping[str, RunSpec] = MODELS
    if options.ablation:
        models = {name: ABLATION[name] for name in options.only or ABLATION}
    elif options.model:
        models = {options.model: MODELS[options.model]}
    jobs = [(name, replace(spec, seed=seed)) for name, spec in models.items() for seed in range(options.seeds)]
    os.environ.update(ONE_THREAD)
    print(f"{os.cpu_count()} cores, {options.workers} at once, load at the start {os.getloadavg()[0]:.1f}\n")
    print("| settings | seed | validation | after epoch | test | seconds | of a core |\n|---|" + 6 * "---:|")
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        for (name, spec), outcome in zip(jobs, pool.map(train, [spec for _, spec in jobs]), strict=True):
            error = sqrt(outcome.test_acc * (1 - outcome.test_acc) / outcome.num_test)
            test = f"{outcome.test_acc:.1%} ± {error:.1%} of {outcome.num_test:,}"
            times = f"{outcome.seconds:.0f} | {outcome.core_seconds:.0f}"
            print(f"| {name} | {spec.seed} | {outcome.val_acc:.1%} | {outcome.epoch} | {test} | {times} |", flush=True)
    return 0


def train(spec: RunSpec) -> Outcome:
    """To the end, then the best weights on all test pictures there are."""
    dataset = spec.load_data()
    started, core_started = time.perf_counter(), time.process_time()
    solver = spec.make_solver(dataset)
    for _ in solver.steps():
        pass
    seconds, core_seconds = time.perf_counter() - started, time.process_time() - core_started
    test = cifar10.load(num_test=10_000) if spec.data == "cifar10" else dataset
    test_acc = solver.check_accuracy(test.X_test, test.y_test)
    return Outcome(solver.best_val_acc, solver.best_epoch, test_acc, len(test.y_test), seconds, core_seconds)
