"""The best settings, trained to their end over several seeds; or each of their ingredients left out."""

import os
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

from bench.table import print_conditions, print_head, print_row
from nnlib.data import cifar10
from nnlib.runs.accuracy import Accuracy
from nnlib.runs.best import ABLATION, CIFAR10, DIGITS, PUBLISHED_RECIPE
from nnlib.runs.spec import RunSpec
from nnlib.terminal import COUNT, WORKERS, Parser
from nnlib.workers.threads import ONE_THREAD

MODELS = {"ours": CIFAR10, "published recipe": PUBLISHED_RECIPE, "digits": DIGITS}


def main(arguments: list[str]) -> int:
    parser = Parser("python -m bench best_model", __doc__, "--model digits --seeds 1")
    parser.add_argument("--ablation", action="store_true", help="ours, each ingredient left out in turn")
    parser.add_argument("--model", choices=MODELS, help="only this one")
    parser.add_argument("--only", nargs="+", choices=ABLATION, metavar="ROW", help="rows of the ablation")
    parser.add_argument("--seeds", type=COUNT, default=3, help="0 to N - 1 (default 3)")
    parser.add_argument("--workers", type=WORKERS, default=1, help="trainings at once; more than 1 spoils the times")
    options = parser.parse_args(arguments)
    if (options.only and not options.ablation) or (options.model and options.ablation):
        parser.error("--only goes with --ablation, --model without it")
    models: Mapping[str, RunSpec] = MODELS
    if options.ablation:
        models = {name: ABLATION[name] for name in options.only or ABLATION}
    elif options.model:
        models = {options.model: MODELS[options.model]}
    jobs = [(name, replace(spec, seed=seed)) for name, spec in models.items() for seed in range(options.seeds)]
    os.environ.update(ONE_THREAD)
    print_conditions(f"{options.workers} at once.")
    print_head("settings", "seed", "validation", "after epoch", "test", "seconds", "of a core")
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        for (name, spec), figures in zip(jobs, pool.map(train, [spec for _, spec in jobs]), strict=True):
            print_row(name, spec.seed, *figures)
    return 0


def train(spec: RunSpec) -> list[str]:
    """To the end, then the best weights on all test pictures there are; a row's figures."""
    dataset = spec.load_data()
    started, core_started = time.perf_counter(), time.process_time()
    solver = spec.make_solver(dataset)
    for _ in solver.steps():
        pass
    seconds, core_seconds = time.perf_counter() - started, time.process_time() - core_started
    data = cifar10.load(num_test=10_000) if spec.data == "cifar10" else dataset
    N = len(data.y_test)
    test = Accuracy(round(solver.check_accuracy(data.X_test, data.y_test) * N), N)
    tested = f"{test.share:.1%} ± {test.standard_error:.1%} of {N:,}"
    return [f"{solver.best_val_acc:.1%}", str(solver.best_epoch), tested, f"{seconds:.0f}", f"{core_seconds:.0f}"]
