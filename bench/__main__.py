"""Chooses the benchmark: `python -m bench [NAME] [OPTIONS]`."""

import sys
from importlib import import_module

BENCHMARKS = {  # module of this package, with `main(arguments) -> exit code`: what it measures
    "steps": "one training step: nnlib beside PyTorch, scikit-learn, the plain style and bare matrix products",
    "ucurve": "a gradient check at 13 step sizes: copies moved together, and the course's loop",
    "sweep": "40 runs in worker processes, and the same runs one after the other in one process",
    "best_model": "the best settings over three seeds, and what each ingredient is worth",
    "live": "the app while networks train: one learner's browser, and a full class",
    "soak": "the app for an hour, with visitors who come and go: memory, what is left, the log, speed",
    "memory": "memory of the whole app while CIFAR-10 trains live and a search on it runs",
}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        arguments = ["steps", *arguments]
    name, *options = arguments
    if name not in BENCHMARKS:
        print(f"There is no benchmark {name!r}: python -m bench [NAME] [OPTIONS], NAME being one of")
        print("\n".join(f"  {known:12}{what}" for known, what in BENCHMARKS.items()))
        return 2
    return import_module(f"bench.{name}").main(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
