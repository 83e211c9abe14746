"""The course's experiments by name: as published, on CIFAR-10, and lighter ones on digits.

The settings on digits were chosen so that the same things can be seen there within seconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from nnlib.checks import require_choice
from nnlib.experiments.description import Experiment
from nnlib.runs.spec import RunSpec

SCALES = tuple(float(scale) for scale in np.logspace(-4, 0, 20))  # of the course's weight-scale experiment

OVERFIT = RunSpec(data="cifar10", num_train=50, width=100, update_rule="sgd", batch_size=25, num_epochs=20)
DEEP = RunSpec(data="cifar10", num_train=1000, depth=5, width=100, weight_scale=2e-2, batch_size=50, num_epochs=10)
NARROW = replace(DEEP, depth=7, width=50)
RACE = replace(DEEP, num_train=4000, weight_scale=5e-2, batch_size=100, num_epochs=5)
RACE_RATES = {"sgd": 5e-3, "sgd_momentum": 5e-3, "rmsprop": 1e-4, "adam": 1e-3}


def overfit_map(name: str, base: RunSpec, scales: Iterable[float], rates: Iterable[float]) -> Experiment:
    """Every weight scale with every learning rate."""
    rates = tuple(rates)
    return Experiment(name, tuple(replace(base, weight_scale=s, learning_rate=r) for s in scales for r in rates))


def race(name: str, base: RunSpec, rates: Mapping[str, float]) -> Experiment:
    """Update rules, each with its learning rate, from the same weights on the same batches."""
    runs = (replace(base, update_rule=rule, learning_rate=rate) for rule, rate in rates.items())
    return Experiment(name, tuple(runs))


def with_and_without(name: str, base: RunSpec, global_seed: int | None = None) -> Experiment:
    """The same network with batch normalization, then without."""
    return Experiment(name, (replace(base, normalization="batchnorm"), replace(base, normalization=None)), global_seed)


def weight_scales(name: str, base: RunSpec, scales: Iterable[float] = SCALES) -> Experiment:
    """Each weight scale with and without batch normalization."""
    specs = (replace(base, weight_scale=scale) for scale in scales)
    return Experiment(name, tuple(replace(s, normalization=norm) for s in specs for norm in ("batchnorm", None)))


def batch_sizes(name: str, base: RunSpec, normalization: str, sizes: Iterable[int] = (5, 10, 50)) -> Experiment:
    """Batch sizes with a normalization, and the smallest without."""
    sizes = tuple(sizes)
    runs = (replace(base, normalization=normalization, batch_size=size) for size in sizes)
    return Experiment(name, (*runs, replace(base, normalization=None, batch_size=min(sizes, default=0))))


def narrow_networks(name: str, base: RunSpec, widths: Iterable[int], seeds: Iterable[int]) -> Experiment:
    """One hidden layer of each width, without normalization and with either, from each seed."""
    specs = [replace(base, depth=1, width=D, seed=seed) for seed in seeds for D in widths]
    return Experiment(name, tuple(replace(s, normalization=n) for s in specs for n in (None, "batchnorm", "layernorm")))


def in_steps_of_three(low: float, high: float) -> tuple[float, ...]:
    """1 and 3 times the powers of ten, from low to high."""
    values = (float(f"{digit}e{power}") for power in range(-6, 2) for digit in (1, 3))
    return tuple(value for value in values if low <= value <= high)


_THREE, _FIVE = replace(OVERFIT, depth=2), replace(OVERFIT, depth=4)
_BATCHES = replace(DEEP, learning_rate=10**-3.5)
_MAP = (in_steps_of_three(1e-3, 1), in_steps_of_three(1e-5, 1))
PUBLISHED = (
    Experiment("overfit_50_three_layer", (replace(_THREE, weight_scale=1e-2, learning_rate=1e-2),)),
    Experiment("overfit_50_five_layer", (replace(_FIVE, weight_scale=5e-2, learning_rate=2e-3),)),
    overfit_map("overfit_50_three_layer_map", _THREE, *_MAP),
    overfit_map("overfit_50_five_layer_map", _FIVE, *_MAP),
    race("update_rule_race", RACE, RACE_RATES),
    with_and_without("batchnorm_deep", DEEP, global_seed=231),
    weight_scales("batchnorm_weight_scale", NARROW),
    batch_sizes("batchnorm_batch_size", _BATCHES, "batchnorm"),
    batch_sizes("layernorm_batch_size", _BATCHES, "layernorm"),
)

_D_OVERFIT, _D_DEEP = replace(OVERFIT, data="digits"), replace(DEEP, data="digits")
_D_THREE, _D_FIVE = replace(_D_OVERFIT, depth=2), replace(_D_OVERFIT, depth=4)
_D_RACE = replace(_D_DEEP, num_train=0, weight_scale=0.1, num_epochs=5)
_D_BATCHES = replace(_D_DEEP, num_train=500, learning_rate=10**-3.5)
_D_MAP = (in_steps_of_three(1e-2, 3), in_steps_of_three(1e-3, 10))
ON_DIGITS = (
    Experiment("digits_overfit_50_three_layer", (replace(_D_THREE, weight_scale=0.2, learning_rate=0.3),)),
    Experiment("digits_overfit_50_five_layer", (replace(_D_FIVE, weight_scale=0.3, learning_rate=0.03),)),
    overfit_map("digits_overfit_50_three_layer_map", _D_THREE, *_D_MAP),
    overfit_map("digits_overfit_50_five_layer_map", _D_FIVE, *_D_MAP),
    race("digits_update_rule_race", _D_RACE, {"sgd": 5e-2, "sgd_momentum": 5e-2, "rmsprop": 1e-3, "adam": 1e-3}),
    with_and_without("digits_batchnorm_deep", _D_DEEP),
    weight_scales("digits_batchnorm_weight_scale", replace(NARROW, data="digits")),
    batch_sizes("digits_batchnorm_batch_size", _D_BATCHES, "batchnorm"),
    batch_sizes("digits_layernorm_batch_size", _D_BATCHES, "layernorm"),
)

# the data sets on which all of it can be done, the course's own first
COURSE = {"cifar10": PUBLISHED, "digits": ON_DIGITS}
EXPERIMENTS: dict[str, Experiment] = {experiment.name: experiment for group in COURSE.values() for experiment in group}


def on(data: str, name: str) -> Experiment:
    """The experiment of that published name on a data set of `COURSE`.

    Raises:
        ValueError: there is none.
    """
    known = COURSE[require_choice("data set", data, COURSE)]
    named = {name: it for it in known for name in (it.name.removeprefix(f"{data}_"), it.name)}
    return named[require_choice("experiment", name, named)]
