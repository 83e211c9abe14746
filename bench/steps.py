"""The speed of one training step: contenders side by side, interleaved in one run, beside the targets."""

import gc
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from statistics import median
from time import perf_counter

from bench.contenders import CONTENDERS
from bench.table import AT_LEAST, AT_MOST, print_conditions, print_head, print_row, spread, verdict
from bench.workloads import WORKLOADS
from nnlib.speed import keep_freed_memory
from nnlib.terminal import COUNT, Parser, positive
from nnlib.workers.threads import ONE_THREAD

WARM_UP = 5  # steps before the clock starts: first touches of memory, lazy set-up
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
    parser = Parser("python -m bench steps", __doc__, "--only W1 --rounds 9")
    parser.add_argument("--rounds", type=COUNT, default=15, help="at least 9 for figures to rest on (default 15)")
    parser.add_argument("--seconds", type=positive, default=0.1, help="measured at a stretch (default 0.1)")
    parser.add_argument("--only", metavar="NAME", default="", help="only workloads whose name has this in it")
    options = parser.parse_args(arguments)
    workloads = [name for name in WORKLOADS if options.only in name]
    if not workloads:
        parser.error(f"--only {options.only!r:.60} is in no workload's name: {', '.join(WORKLOADS)}")
    contenders = [c for c, (_, package) in CONTENDERS.items() if find_spec(package)]
    for contender, (name, package) in CONTENDERS.items():
        if contender not in contenders:
            print(f"{name} is left out: the package {package} is not installed.")
    print_conditions(
        f"A process each, with {', '.join(f'{name}=1' for name in ONE_THREAD)}, and no other OPENBLAS_ setting.",
        f"{options.rounds} rounds: in each, every contender in turn runs every workload for {options.seconds} s.",
    )
    times = measure(workloads, contenders, options.rounds, options.seconds)
    print("Microseconds a step: median (least to greatest) of the rounds\n")
    print_head("workload", *(CONTENDERS[c][0] for c in contenders))
    for name in workloads:
        print_row(name, *(microseconds(times.get((name, c))) for c in contenders))
    print()
    for name in workloads:
        print(f"- {name}: {WORKLOADS[name]}")
    print("\nRatios of medians, and targets\n")
    print_head("workload", *(f"{CONTENDERS[a][0]} / {CONTENDERS[b][0]}" for a, b in TARGETS))
    for name in workloads:
        print_row(name, *(ratio(times, name, a, b) for a, b in TARGETS))
    return 0


def measure(workloads: list[str], contenders: list[str], rounds: int, seconds: float) -> Times:
    """Contenders take turns within each workload, and every round goes through all workloads."""
    for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
        del os.environ[name]
    os.environ.update(ONE_THREAD)
    times: Times = {}
    with ExitStack() as stack:  # a process of its own for each contender
        own = {c: stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"))) for c in contenders}
        for r in range(rounds):
            for name in workloads:
                for c in contenders:
                    duration = own[c].submit(time_steps, c, name, seconds).result()
                    if duration is not None:
                        times.setdefault((name, c), []).append(duration)
            print(f"round {r + 1} of {rounds} is done", file=sys.stderr)
    return times


def time_steps(contender: str, workload: str, seconds: float) -> float | None:
    """Median of a newly built network's steps, as many as fit; None: the contender cannot do this workload."""
    keep_freed_memory()  # as nnlib does for itself: no contender pays for page faults
    step = import_module(f"bench.contenders.{contender}").build(WORKLOADS[workload])
    if step is None:
        return None
    for _ in range(WARM_UP):
        step()
    gc.collect()
    durations: list[float] = []
    end = perf_counter() + seconds
    while not durations or perf_counter() < end:
        start = perf_counter()
        step()
        durations.append(perf_counter() - start)
    return median(durations)


def microseconds(seconds: list[float] | None) -> str:
    return spread([1e6 * value for value in seconds]) if seconds else ""


def ratio(times: Times, name: str, a: str, b: str) -> str:
    if (name, a) not in times or (name, b) not in times:
        return ""
    value = median(times[name, a]) / median(times[name, b])
    if name not in TARGETS[a, b]:
        return f"{value:.2f}"
    limit, bound = TARGETS[a, b][name]
    return f"{value:.2f} ({limit} {bound:.2f}: {verdict(value, limit, bound)})"
