"""Chooses the benchmark: `python -m bench [NAME] [OPTIONS]`."""

import sys
from collections.abc import Sequence
from importlib import import_module

from nnlib.terminal import advised, run_program

BENCHMARKS = {  # module of this package, with `main(arguments) -> exit code`: what it measures
    "steps": "one training step: nnlib beside PyTorch, scikit-learn, the plain style and bare matrix products",
    "ucurve": "a gradient check at 13 step sizes: copies moved together, and the course's loop",
    "sweep": "40 runs in worker processes, and the same runs one after the other in one process",
    "best_model": "the best settings over three seeds, and what each ingredient is worth",
    "live": "the app while networks train: one learner's browser, and a full class",
    "soak": "the app for an hour, with visitors who come and go: memory, what is left, the log, speed",
    "memory": "memory of the whole app while CIFAR-10 trains live and a search on it runs",
}


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    helped = arguments[:1] in (["-h"], ["--help"])
    if not helped and (not arguments or arguments[0].startswith("-")):
        arguments = ["steps", *arguments]
    name, *options = arguments
    if name not in BENCHMARKS:
        if not helped:
            print(advised(f"There is no benchmark {name!r:.60}", name, BENCHMARKS), file=sys.stderr)
        print("python -m bench [NAME] [OPTIONS] (example: python -m bench steps --only W1), NAME being one of")
        print("\n".join(f"  {known:12}{what}" for known, what in BENCHMARKS.items()))
        return 0 if helped else 2
    try:
        benchmark = import_module(f"bench.{name}")
    except ModuleNotFoundError as missing:
        print(f"bench {name} needs the package {missing.name}: pip install {missing.name}", file=sys.stderr)
        return 2
    return benchmark.main(options)


if __name__ == "__main__":
    run_program(main)
