"""The speed of one training step: contenders side by side, interleaved in one run, beside the targets."""

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np

from bench.contenders import CONTENDERS
from bench.workloads import WORKLOADS
from nnlib.workers.threads import ONE_THREAD

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
ENVIRONMENT |= ONE_THREAD

AT_MOST, AT_LEAST = "at most", "at least"
TARGETS: dict[tuple[str, str], dict[str, tuple[str, float]]] = {  # ratio of which medians: {workload: its bound}
    ("library", "floor"): {
        **dict.fromkeys(["W1 momentum", "W1 adam", "W4"], (AT_MOST, 1.20)),
        **dict.fromkeys(["W2 batchnorm", "W2 layernorm"], (AT_MOST, 1.40)),
    },
    ("pytorch", "library"): {
        **dict.fromkeys(["W1 momentum", "W1 adam", "W2 batchnorm", "W2 layernorm", "W4"], (AT_LEAST, 1.5)),
        "W3": (AT_LEAST, 2.0),
        "W5": (AT_LEAST, 4.0),
    },
    ("sklearn_mlp", "library"): {},
    ("plain", "library"): {},
    ("staged", "library"): {"BN": (AT_LEAST, 2.0)},
}
Times = dict[tuple[str, str], list[float]]  # (workload, contender): seconds a step, of each round


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m bench steps", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="at least 9 for figures to rest on (default 15)")
    parser.add_argument("--seconds", type=float, default=0.1, help="measured at a stretch (default 0.1)")
    parser.add_argument("--only", metavar="NAME", default="", help="only workloads whose name has this in it")
    options = parser.parse_args(arguments)
    workloads = [name for name in WORKLOADS if options.only in name]
    contenders = [c for c, (_, package) in CONTENDERS.items() if find_spec(package)]
    for contender, (name, package) in CONTENDERS.items():
        if contender not in contenders:
            print(f"{name} is left out: the package {package} is not installed.")
    print_conditions(options.rounds, options.seconds)
    times = measure(workloads, contenders, options.rounds, options.seconds)
    print_times(workloads, contenders, times)
    print_ratios(workloads, times)
    return 0


def measure(workloads: list[str], contenders: list[str], rounds: int, seconds: float) -> Times:
    """Contenders take turns within each workload, and every round goes through all workloads."""
    workers = {c: start(c) for c in contenders}
    times: Times = {}
    try:
        for r in range(rounds):
            for name in workloads:
                for c in contenders:
                    duration = order(workers[c], name, seconds)
                    if duration is not None:
                        times.setdefault((name, c), []).append(duration)
            print(f"round {r + 1} of {rounds} is done", file=sys.stderr)
    finally:
        for worker in workers.values():
            worker.communicate()
    return times


def start(contender: str) -> subprocess.Popen:
    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", "bench.worker", contender]
    return subprocess.Popen(
        command, cwd=root, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def order(worker: subprocess.Popen, name: str, seconds: float) -> float | None:
    assert worker.stdin and worker.stdout
    worker.stdin.write(json.dumps({"name": name, "seconds": seconds}) + "\n")
    worker.stdin.flush()
    return json.loads(worker.stdout.readline())


def print_conditions(rounds: int, seconds: float) -> None:
    load, limits = os.getloadavg()[0], ", ".join(f"{name}=1" for name in ONE_THREAD)
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {processor()}, {os.cpu_count()} cores.")
    print(f"Load at the start {load:.1f}. A process each, with {limits}, and no other OPENBLAS_ setting.")
    print(f"{rounds} rounds: in each, every contender in turn runs every workload for {seconds} s.\n")


def processor() -> str:
    """The processor's name, where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def print_times(workloads: list[str], contenders: list[str], times: Times) -> None:
    print("Microseconds a step: median (least, greatest) of the rounds\n")
    print_row("workload", *(CONTENDERS[c][0] for c in contenders))
    print_row("---", *["---:"] * len(contenders))
    for name in workloads:
        print_row(name, *(spread(times.get((name, c))) for c in contenders))
    print()
    for name in workloads:
        print(f"- {name}: {WORKLOADS[name]}")


def spread(seconds: list[float] | None) -> str:
    if not seconds:
        return ""
    return f"{1e6 * median(seconds):.0f} ({1e6 * min(seconds):.0f}, {1e6 * max(seconds):.0f})"


def print_ratios(workloads: list[str], times: Times) -> None:
    print("\nRatios of medians, and targets\n")
    print_row("workload", *(f"{CONTENDERS[a][0]} / {CONTENDERS[b][0]}" for a, b in TARGETS))
    print_row("---", *["---:"] * len(TARGETS))
    for name in workloads:
        print_row(name, *(ratio(times, name, a, b) for a, b in TARGETS))


def ratio(times: Times, name: str, a: str, b: str) -> str:
    if (name, a) not in times or (name, b) not in times:
        return ""
    value = median(times[name, a]) / median(times[name, b])
    if name not in TARGETS[a, b]:
        return f"{value:.2f}"
    limit, bound = TARGETS[a, b][name]
    met = value <= bound if limit == AT_MOST else value >= bound
    return f"{value:.2f} ({limit} {bound:.2f}: {'met' if met else 'NOT met'})"


def print_row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |")
