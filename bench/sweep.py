"""Many runs at once: the weight-scale sweep in worker processes beside the same runs one after the other in one."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from nnlib.experiments import EXPERIMENTS, Experiment, Pool, Sweep
from nnlib.workers.process import PRIORITY
from nnlib.workers.threads import ONE_THREAD

RATIO, FIRST = 0.6, 2.0  # at most: share of the time in one process, seconds to the first finished run
ALONE = """
import sys
from nnlib.experiments import EXPERIMENTS, run
run(EXPERIMENTS[sys.argv[1]].with_settings(num_epochs=int(sys.argv[2])))
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m bench sweep", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of both, in turns (default 3)")
    parser.add_argument("--experiment", default="batchnorm_weight_scale", choices=EXPERIMENTS, metavar="NAME")
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args(arguments)
    experiment = EXPERIMENTS[options.experiment].with_settings(num_epochs=options.epochs)
    os.environ.update(ONE_THREAD)
    if hasattr(os, "setpriority"):  # the workers' own, so that both compete on equal terms with whatever else runs
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    experiment.runs[0].load_data()  # prepares the data, if need be
    print(f"{experiment.name}: {len(experiment.runs)} runs of {options.epochs} epochs, {os.cpu_count()} cores\n")
    print("Seconds, in brackets those of a core; others: how many cores other processes kept busy meanwhile.\n")
    print(
        "| round | one process | others | workers | others | ratio | of cores | first run after |\n|---|" + 7 * "---:|"
    )
    ratios, firsts = [], []
    for r in range(options.rounds):
        alone, others_then = watched(lambda: one_process(experiment, options.epochs))
        together, others_now = watched(lambda: workers(experiment))
        ratios.append(together.seconds / alone.seconds)
        firsts.append(together.first)
        cores = together.cores / alone.cores
        spent = " | ".join(
            [
                f"{alone.seconds:.1f} ({alone.cores:.1f})",
                f"{others_then:.2f}",
                f"{together.seconds:.1f} ({together.cores:.1f})",
            ]
        )
        print(
            f"| {r + 1} | {spent} | {others_now:.2f} | {ratios[-1]:.2f} | {cores:.2f} | {together.first:.2f} |",
            flush=True,
        )
    met = {"ratio": (median(ratios), RATIO), "first run": (median(firsts), FIRST)}
    for name, (value, bound) in met.items():
        print(f"{name}: median {value:.2f} (at most {bound}: {'met' if value <= bound else 'NOT met'})")
    return 0


class Spent(NamedTuple):
    """Seconds by the clock, seconds of a core, and seconds to the end of the first run."""

    seconds: float
    cores: float
    first: float = 0.0


def one_process(experiment: Experiment, epochs: int) -> Spent:
    """A new process that does all runs one after the other."""
    started, cores = time.perf_counter(), core_seconds()
    command = [sys.executable, "-c", ALONE, experiment.name, str(epochs)]
    subprocess.run(command, check=True, cwd=Path(__file__).parent.parent)
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


def watched(work: Callable[[], Spent]) -> tuple[Spent, float]:
    """What the work spent, and how many cores all other processes kept busy meanwhile (not a number: unknown)."""
    busy, own, started = busy_seconds(), core_seconds(), time.perf_counter()
    spent = work()
    elapsed = time.perf_counter() - started
    return spent, (busy_seconds() - busy - (core_seconds() - own)) / elapsed


def core_seconds() -> float:
    """Of this process and of all that it has waited for."""
    return sum(os.times()[:4])


def busy_seconds() -> float:
    """Of all cores, since the machine started; Linux only."""
    try:
        user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:])
    except (OSError, ValueError):
        return float("nan")
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
