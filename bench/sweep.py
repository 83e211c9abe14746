"""Many runs at once: the weight-scale sweep in worker processes beside the same runs one after the other in one."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from nnlib.experiments import EXPERIMENTS, Experiment, Pool, Sweep
from nnlib.worker_link import THREAD_LIMITS
from nnlib.worker_process import PRIORITY

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
    os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
    if hasattr(os, "setpriority"):  # the workers' own, so that both compete on equal terms with whatever else runs
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    experiment.runs[0].load_data()  # prepares the data, if need be
    print(f"{experiment.name}: {len(experiment.runs)} runs of {options.epochs} epochs, {os.cpu_count()} cores\n")
    print("Seconds, in brackets those of a core: where others load the machine, only these can be compared.\n")
    print("| round | load | one process | workers | ratio | of cores | first run after |\n|---|" + 6 * "---:|")
    ratios, firsts = [], []
    for r in range(options.rounds):
        load = os.getloadavg()[0]
        alone, alone_cores = one_process(experiment, options.epochs)
        together, cores, first = workers(experiment)
        ratios.append(together / alone)
        firsts.append(first)
        spent = f"{alone:.1f} ({alone_cores:.1f}) | {together:.1f} ({cores:.1f})"
        print(
            f"| {r + 1} | {load:.1f} | {spent} | {ratios[-1]:.2f} | {cores / alone_cores:.2f} | {first:.2f} |",
            flush=True,
        )
    met = {"ratio": (median(ratios), RATIO), "first run": (median(firsts), FIRST)}
    for name, (value, bound) in met.items():
        print(f"{name}: median {value:.2f} (at most {bound}: {'met' if value <= bound else 'NOT met'})")
    return 0


def one_process(experiment: Experiment, epochs: int) -> tuple[float, float]:
    """Seconds, and seconds of a core, of a process that does all runs one after the other."""
    started, cores = time.perf_counter(), core_seconds()
    command = [sys.executable, "-c", ALONE, experiment.name, str(epochs)]
    subprocess.run(command, check=True, cwd=Path(__file__).parent.parent)
    return time.perf_counter() - started, core_seconds() - cores


def workers(experiment: Experiment) -> tuple[float, float, float]:
    """Seconds, and seconds of a core, of a sweep in new worker processes, and seconds to the end of its first run."""
    pool = Pool()
    started, cores = time.perf_counter(), core_seconds()
    sweep = Sweep(experiment, pool, use_cache=False)
    pool.wait_for(lambda: sweep.snapshot().ended > 0)
    first = time.perf_counter() - started
    sweep.wait()
    together = time.perf_counter() - started
    pool.close()  # waits for the workers: only then their cores' time counts
    return together, core_seconds() - cores, first


def core_seconds() -> float:
    """Of this process and of all that it has waited for."""
    spent = os.times()
    return sum(spent[:4])
