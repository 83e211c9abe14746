"""A gradient check's error curve, 13 step sizes and every parameter: copies moved together beside the course's loop."""

from statistics import median
from time import perf_counter

import numpy as np

from bench.table import print_conditions, print_head, print_row
from nnlib.fc_net import FullyConnectedNet
from nnlib.gradient_check import eval_numerical_gradient
from nnlib.labs.gradient_check.differences import central_differences
from nnlib.labs.gradient_check.report import STEPS, error_curve
from nnlib.normalization import NORMALIZATIONS
from nnlib.params import Parameters
from nnlib.terminal import COUNT, Parser

SECONDS, TIMES = 0.5, 40  # targets: at most and at least
ABOUT = f"""
Targets: at most {SECONDS} s, at least {TIMES} times the loop's speed. `together` finds the kinks too; the whole curve
adds the analytic gradient and the errors. `apart`: the largest difference of two gradients, in units of the
method's resolution, eps |loss| / h."""


def main(arguments: list[str]) -> int:
    """Print medians, ratios and how far the two ways' numbers are apart."""
    parser = Parser("python -m bench ucurve", __doc__, "--rounds 3")
    parser.add_argument("--rounds", type=COUNT, default=5, help="in each, every way has its turn (default 5)")
    rounds = parser.parse_args(arguments).rounds
    network = f"15-20-30-10 network, N = 2, float64, {len(STEPS)} step sizes"
    print_conditions(f"{network}; {rounds} rounds, interleaved.")
    print_head("normalization", "losses", "loop (s)", "together (s)", "loop / together", "whole curve (s)", "apart")
    for normalization in (None, *NORMALIZATIONS):
        print_row(normalization or "none", *figures(normalization, rounds))
    print(ABOUT)
    return 0


def figures(normalization: str | None, rounds: int) -> list[str]:
    """One row's."""
    rng = np.random.default_rng(0)
    how = {"normalization": normalization, "weight_scale": "he", "dtype": np.float64, "seed": 0}
    model = FullyConnectedNet([20, 30], 15, 10, **how)
    X, y = rng.normal(size=(2, 15)), rng.integers(0, 10, 2)
    ways = {
        "loop": lambda: loop(model, X, y),
        "together": lambda: central_differences(model, X, y, STEPS),
        "page": lambda: error_curve(model, X, y, STEPS),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    results = {}
    for _ in range(rounds):
        for name, way in ways.items():
            start = perf_counter()
            results[name] = way()
            times[name].append(perf_counter() - start)
    slow, fast, page = (median(times[name]) for name in ways)
    resolution = np.finfo(model.dtype).eps * model.loss(X, y)[0]
    apart = max(
        np.abs(found.gradients.vector - expected.vector).max() * found.h / resolution
        for found, expected in zip(results["together"], results["loop"], strict=True)
    )
    losses = 2 * len(STEPS) * model.params.vector.size
    return [f"{losses:,}", f"{slow:.2f}", f"{fast:.3f}", f"{slow / fast:.0f}", f"{page:.3f}", f"{apart:.2g}"]


def loop(model: FullyConnectedNet, X: np.ndarray, y: np.ndarray) -> list[Parameters]:
    """The course's way: cell by cell, each time the whole of `model.loss`."""
    curve = []
    for h in STEPS:
        gradients = model.params.like()
        for name, w in model.params.items():
            gradients[name] = eval_numerical_gradient(lambda _: model.loss(X, y)[0], w, verbose=False, h=h)
        curve.append(gradients)
    return curve
