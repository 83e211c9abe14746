"""What normalization does to a batch, measured: running averages, batch sizes, changed cells, two backward passes.

The layers themselves are in `nnlib.normalization`; everything here only calls them and looks.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from nnlib.checks import generator, require_whole
from nnlib.gradient_check import rel_error
from nnlib.normalization import (
    NORMALIZATIONS,
    BatchnormCache,
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
)


# ------------------------------------------------------------------------------------------ features with known truth
class Feature(NamedTuple):
    """A feature whose true mean and variance are known; `draw(rng, N)` gives N values."""

    name: str
    mean: float
    var: float
    draw: Callable[[Generator, int], ndarray]


FEATURES = (
    Feature("narrow", 4.0, 0.25, lambda rng, N: rng.normal(4.0, 0.5, N)),
    Feature("wide", -3.0, 4.0, lambda rng, N: rng.normal(-3.0, 2.0, N)),
    Feature("skewed", 1.0, 1.0, lambda rng, N: rng.exponential(1.0, N)),
    Feature("two humps", 0.0, 2.34, lambda rng, N: rng.choice([-1.5, 1.5], N) + rng.normal(0.0, 0.3, N)),
)
TRUE_MEAN, TRUE_VAR = (np.array([getattr(feature, name) for feature in FEATURES]) for name in ("mean", "var"))  # (D,)
ONES, ZEROS = np.ones(len(FEATURES)), np.zeros(len(FEATURES))


def draw_batch(rng: Generator, N: int) -> ndarray:
    """N examples of `FEATURES`, (N, D)."""
    return np.stack([feature.draw(rng, N) for feature in FEATURES], axis=1)


# ------------------------------------------------------------------------------------------------ train and test mode
class RunningAverages(NamedTuple):
    """What batchnorm remembers: row t after t batches, row 0 before the first; and the means of the batches."""

    mean: ndarray  # (T + 1, D)
    var: ndarray  # (T + 1, D)
    batch_mean: ndarray  # (T, D)
    batch_var: ndarray  # (T, D)


def running_averages(batch_size: int, momentum: float, num_batches: int, seed: int = 0) -> RunningAverages:
    """Send batches of `FEATURES` through batchnorm in train mode and record its running averages after each.

    Raises:
        ValueError: fewer than one example or batch, or a momentum outside 0 to 1.
    """
    if batch_size < 1 or num_batches < 1 or not 0 <= momentum <= 1:
        raise ValueError(
            "running averages need a batch size and a number of batches of 1 or more and a momentum from 0 to 1, "
            f"but got {batch_size}, {num_batches} and {momentum}: choose others."
        )
    require_whole("batch_size", batch_size)
    require_whole("num_batches", num_batches)
    rng = generator("seed", seed)
    bn_param: dict[str, Any] = {"mode": "train", "momentum": momentum}
    running, batches = [(ZEROS, ZEROS)], []
    for _ in range(num_batches):
        _, cache = batchnorm_forward(draw_batch(rng, batch_size), ONES, ZEROS, bn_param)
        batches.append((cache.mean, cache.var))
        running.append((bn_param["running_mean"], bn_param["running_var"]))
    mean, var = (np.array(part) for part in zip(*running, strict=True))
    batch_mean, batch_var = (np.array(part) for part in zip(*batches, strict=True))
    return RunningAverages(mean, var, batch_mean, batch_var)


def both_modes(x: ndarray, running_mean: ndarray, running_var: ndarray) -> tuple[ndarray, ndarray]:
    """The same batch, (N, D), through batchnorm (gamma 1, beta 0) in train and in test mode."""
    one, zero = np.ones(x.shape[1]), np.zeros(x.shape[1])
    in_train, _ = batchnorm_forward(x, one, zero, {"mode": "train"})
    kept = {"mode": "test", "running_mean": running_mean, "running_var": running_var}
    in_test, _ = batchnorm_forward(x, one, zero, kept)
    return in_train, in_test


class BatchSizeEffect(NamedTuple):
    """What a batch size does, on average over the features.

    train_spread, test_spread: of the outputs in either mode; the truth is 1. running_var: as a share of the true
    variance. company: how much of an output's variation comes from the rest of the batch and not from the example.
    """

    batch_size: int
    train_spread: float
    test_spread: float
    running_var: float
    company: float


def batch_size_effect(batch_size: int, seed: int = 0, num_examples: int = 4096, least: int = 64) -> BatchSizeEffect:
    """Measure on batches of `FEATURES`, `num_examples` examples and `least` batches or more, and on fresh examples."""
    for name, value in (("batch_size", batch_size), ("num_examples", num_examples), ("least", least)):
        require_whole(name, value)
    rng = generator("seed", seed)
    num_batches = max(num_examples // batch_size, least)
    running_mean, running_var = ZEROS, ZEROS
    given, outputs = [], []
    for t in range(num_batches):
        x = draw_batch(rng, batch_size)
        # momentum t / (t + 1) makes the running averages plain averages over all batches so far
        bn_param = {"mode": "train", "momentum": t / (t + 1), "running_mean": running_mean, "running_var": running_var}
        out, _ = batchnorm_forward(x, ONES, ZEROS, bn_param)
        running_mean, running_var = bn_param["running_mean"], bn_param["running_var"]
        given.append(x)
        outputs.append(out)
    fresh = draw_batch(rng, num_examples)
    _, in_test = both_modes(fresh, running_mean, running_var)
    x, out = np.concatenate(given), np.concatenate(outputs)
    return BatchSizeEffect(
        batch_size,
        float(out.std(axis=0).mean()),
        float(in_test.std(axis=0).mean()),
        float((running_var / TRUE_VAR).mean()),
        float(np.mean([1 - _squared_correlation(x[:, d], out[:, d]) for d in range(x.shape[1])])),
    )


def _squared_correlation(a: ndarray, b: ndarray) -> float:
    """0 where one of them does not vary."""
    a, b = a - a.mean(), b - b.mean()
    scale = (a @ a) * (b @ b)
    return float((a @ b) ** 2 / scale) if scale > 1e-20 else 0.0


# ------------------------------------------------------------------------------------------------ two backward passes
class GradientParts(NamedTuple):
    """batchnorm's dx, taken apart: dx = gamma * rstd * (dout - along_one - along_xhat); all (N, D)."""

    along_one: ndarray
    along_xhat: ndarray
    rest: ndarray
    dx: ndarray


def gradient_parts(dout: ndarray, cache: BatchnormCache) -> GradientParts:
    """The terms of `batchnorm_backward_alt` in train mode, one by one: dout (N, D) and what is taken out of it."""
    along_one = np.ones_like(dout) * dout.mean(axis=0)
    along_xhat = cache.xhat * (dout * cache.xhat).mean(axis=0)
    rest = dout - along_one - along_xhat
    return GradientParts(along_one, along_xhat, rest, cache.gamma * cache.rstd * rest)


class BackwardTimes(NamedTuple):
    """Both backward passes on the same batch: seconds a call, (repeats,), and the largest relative difference of dx."""

    staged: ndarray
    simplified: ndarray
    difference: float

    @property
    def ratio(self) -> float:
        """How many times as long the staged pass takes, by the medians."""
        return float(np.median(self.staged) / np.median(self.simplified))


def time_backward(
    N: int, D: int, repeats: int = 25, dtype: Any = np.float64, seed: int = 0, calls: int = 0
) -> BackwardTimes:
    """Time both backward passes of a random batch in turns, so that a busy moment meets both alike.

    calls: how often each is called for one timing; by default so often that a timing takes about a millisecond.
    """
    rng = np.random.default_rng(seed)
    x, dout = (rng.standard_normal((N, D)).astype(dtype) for _ in range(2))
    gamma = rng.uniform(0.5, 2.0, D).astype(dtype)
    _, cache = batchnorm_forward(x, gamma, np.zeros(D, dtype), {"mode": "train"})
    one, other = batchnorm_backward(dout, cache)[0], batchnorm_backward_alt(dout, cache)[0]
    calls = calls or max(1, round(1e-3 / max(_seconds(batchnorm_backward, dout, cache, 3), 1e-7)))
    times = np.array(
        [
            [_seconds(backward, dout, cache, calls) for backward in (batchnorm_backward, batchnorm_backward_alt)]
            for _ in range(repeats)
        ]
    )
    return BackwardTimes(times[:, 0], times[:, 1], float(np.max(rel_error(one, other))))


def _seconds(backward: Callable, dout: ndarray, cache: BatchnormCache, calls: int) -> float:
    """A call's time, averaged over some calls."""
    start = perf_counter()
    for _ in range(calls):
        backward(dout, cache)
    return (perf_counter() - start) / calls


# --------------------------------------------------------------------------------------------- which axis, and how far
def normalize(norm: str, x: ndarray) -> ndarray:
    """x (N, D) through the normalization of this name, in train mode, with gamma 1 and beta 0."""
    one, zero = np.ones(x.shape[1]), np.zeros(x.shape[1])
    return NORMALIZATIONS[norm].forward(x, one, zero, {"mode": "train"})[0]


def changed_cells(norm: str, x: ndarray, edited: ndarray) -> ndarray:
    """Which outputs, (N, D) bool, differ by more than round-off when x becomes `edited`."""
    return np.abs(normalize(norm, edited) - normalize(norm, x)) > 1e-9


def add_to(x: ndarray, amount: float, row: int | None = None, column: int | None = None) -> ndarray:
    """A copy of x with `amount` added to a cell, a row (no column given), a column (no row given), or everywhere."""
    edited = x.copy()
    edited[slice(None) if row is None else row, slice(None) if column is None else column] += amount
    return edited
