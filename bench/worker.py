"""A contender's own process: each line it reads is an order, a workload and a time; it answers with seconds a step."""

import gc
import json
import sys
from collections.abc import Callable
from importlib import import_module
from statistics import median
from time import perf_counter

from bench.workloads import WORKLOADS, Workload
from nnlib.speed import keep_freed_memory

Build = Callable[[Workload], Callable[[], float] | None]
WARM_UP = 5  # steps before the clock starts: first touches of memory, lazy set-up


def measure(build: Build, name: str, seconds: float) -> float | None:
    """Median of a newly built network's steps, as many as fit; None: the contender cannot do this workload."""
    step = build(WORKLOADS[name])
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


def main(contender: str) -> None:
    keep_freed_memory()  # as nnlib does for itself: no contender pays for page faults
    build = import_module(f"bench.contenders.{contender}").build
    for line in sys.stdin:
        print(json.dumps(measure(build, **json.loads(line))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
