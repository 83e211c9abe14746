"""Many runs at once: the weight-scale sweep in worker processes beside the same runs one after the other in one."""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from typing import NamedTuple

from bench.table import AT_MOST, print_conditions, print_head, print_row, verdict
from nnlib.experiments import EXPERIMENTS, Experiment, Pool, Sweep, run
from nnlib.terminal import COUNT, Parser, one_of, whole
from nnlib.workers.process import PRIORITY
from nnlib.workers.threads import ONE_THREAD

RATIO, FIRST = 0.6, 2.0  # at most: share of the time in one process, seconds to the first finished run


class Spent(NamedTuple):
    """Seconds by the clock, seconds of a core, and seconds to the end of the first run."""

    seconds: float
    cores: float
    first: float = 0.0

    def __str__(self) -> str:
        return f"{self.seconds:.1f} ({self.cores:.1f})"


def main(arguments: list[str]) -> int:
    parser = Parser("python -m bench sweep", __doc__, "--rounds 1")
    parser.add_argument("--rounds", type=COUNT, default=3, help="of both, in turns (default 3)")
    parser.add_argument(
        "--experiment", default="batchnorm_weight_scale", type=one_of("experiment", EXPERIMENTS), metavar="NAME"
    )
    parser.add_argument("--epochs", type=whole(1, 10**6), default=10)
    options = parser.parse_args(arguments)
    experiment = EXPERIMENTS[options.experiment].with_settings(num_epochs=options.epochs)
    os.environ.update(ONE_THREAD)
    if hasattr(os, "setpriority"):  # the workers' own, so that both compete on equal terms with whatever else runs
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    experiment.runs[0].load_data()  # prepares the data, if need be
    print_conditions(f"{experiment.name}: {len(experiment.runs)} runs of {options.epochs} epochs.")
    print("Seconds, in brackets those of a core.\n")
    print_head("round", "one process", "workers", "ratio", "of cores", "first run after")
    ratios, firsts = [], []
    for r in range(options.rounds):
        alone, together = one_process(experiment), workers(experiment)
        ratios.append(together.seconds / alone.seconds)
        firsts.append(together.first)
        cores = together.cores / alone.cores
        print_row(r + 1, alone, together, f"{ratios[-1]:.2f}", f"{cores:.2f}", f"{together.first:.2f}")
    for name, values, bound in (("ratio", ratios, RATIO), ("first run", firsts, FIRST)):
        value = median(values)
        print(f"{name}: median {value:.2f} ({AT_MOST} {bound}: {verdict(value, AT_MOST, bound)})")
    return 0


def one_process(experiment: Experiment) -> Spent:
    """A new process that does all runs one after the other."""
    started, cores = time.perf_counter(), core_seconds()
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        process.submit(run, experiment).result()
    return Spent(time.perf_counter() - started, core_seconds() - cores)


def workers(experiment: Experiment) -> Spent:
    """A sweep in new worker processes; nothing is cached."""
    pool = Pool()
    started, cores = time.perf_counter(), core_seconds()
    sweep = Sweep(experiment, pool, use_cache=False)
    pool.wait_for(lambda: sweep.snapshot().ended > 0)
    first = time.perf_counter() - started
    sweep.wait()
    together = time.perf_counter() - started
    pool.close()  # waits for the workers: only then their cores' time counts
    return Spent(together, core_seconds() - cores, first)


def core_seconds() -> float:
    """Of this process and of all that it has waited for."""
    return sum(os.times()[:4])
