"""What a search varies and how it chooses: a plan, kept with its study, from which every worker knows all it needs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from math import isfinite, prod
from typing import Any

import numpy as np

from nnlib.augmentation import AUGMENTATIONS
from nnlib.numerals import rounded
from nnlib.optim import DEFAULTS
from nnlib.runs.spec import RunSpec
from nnlib.schedules import SCHEDULES

METHODS = ("tpe", "random", "grid")
PRUNINGS = ("median", "halving", "none")
MOST_TRIALS = 2000


class SearchError(ValueError):
    """What stands in the way of a search, in one sentence."""


@dataclass(frozen=True)
class Field:
    """A number of `RunSpec` that can be searched: its bounds, whether in powers of ten, whole, or in steps."""

    least: float
    most: float
    log: bool = False
    whole: bool = False
    step: float | None = None


FIELDS = {
    "learning_rate": Field(1e-7, 100, log=True),
    "weight_scale": Field(1e-7, 10, log=True),
    "reg": Field(1e-8, 10, log=True),
    "weight_decay": Field(1e-8, 10, log=True),
    "dropout_keep_ratio": Field(0.05, 1, step=0.05),
    "depth": Field(1, 20, whole=True),
    "width": Field(1, 4096, log=True, whole=True),
    "taper": Field(0.05, 1, step=0.05),
    "batch_size": Field(1, 5000, log=True, whole=True),
    "lr_decay": Field(0.05, 1, step=0.05),
    "warmup": Field(0, 0.9, step=0.05),
    "seed": Field(0, 999_999, whole=True),
}
NAMES: dict[str, tuple[str | None, ...]] = {
    "update_rule": tuple(DEFAULTS),
    "normalization": (None, "batchnorm", "layernorm"),
    "schedule": SCHEDULES,
    "augment": (None, *AUGMENTATIONS),
}


SCALES = ("he", "xavier")  # that weight_scale takes beside numbers


@dataclass(frozen=True)
class Interval:
    """All numbers from low to high, both included."""

    low: float
    high: float

    def checked(self, name: str) -> "Interval":
        """Itself.

        Raises:
            SearchError: the setting is no number, or the interval is empty or out of bounds.
        """
        if name not in FIELDS:
            raise SearchError(f"{name} cannot be searched in an interval: intervals are for {', '.join(FIELDS)}.")
        field = FIELDS[name]
        if not all(isinstance(x, int | float) and isfinite(x) for x in (self.low, self.high)):
            raise SearchError(f"{name} needs two numbers, but got {self.low} and {self.high}.")
        if self.low > self.high:
            raise SearchError(f"{name} is to go from {self.low:g} up to {self.high:g}: swap the two.")
        if self.low < field.least or self.high > field.most:
            asked = f"from {self.low:g} to {self.high:g}"
            raise SearchError(f"{name} is to go {asked}, but must stay within {field.least:g} and {field.most:g}.")
        return self

    def grid(self, name: str, points: int) -> list[float]:
        """So many numbers, evenly spaced (in ratios where that belongs), or as many as there are different ones."""
        field = FIELDS[name]
        spaced = (np.geomspace if field.log else np.linspace)(self.low, self.high, points)
        if field.step:
            spaced = np.round(spaced / field.step) * field.step
        within = (min(max(number(name, x), self.low), self.high) for x in spaced)
        return list(dict.fromkeys(within))


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    values: tuple[str | float | None, ...]

    def checked(self, name: str) -> "Choice":
        """Itself.

        Raises:
            SearchError: there is nothing to choose from, or the setting does not know a value.
        """
        if not self.values:
            raise SearchError(f"{name} has no values to choose from: give at least one.")
        for value in self.values:
            if name in NAMES and value not in NAMES[name]:
                raise SearchError(f"{name} cannot be {value!r}: choose from {', '.join(map(str, NAMES[name]))}.")
            if name not in NAMES and not (name == "weight_scale" and value in SCALES):
                Interval(value, value).checked(name)  # type: ignore[arg-type]
        return self

    def grid(self, name: str, points: int) -> list[str | float | None]:
        """All of them."""
        return list(dict.fromkeys(self.values))


def number(name: str, value: float) -> float:
    """A setting's value as it is used: whole, or rounded to three digits, so that it can be read and typed again."""
    return round(value) if FIELDS[name].whole else rounded(value, 3)


@dataclass(frozen=True)
class SearchPlan:
    """A search: what stays, what is varied, how settings are chosen, and which trials are given up early.

    base: the settings that are not varied. space: setting -> where its values come from.
    method: "tpe" (tree-structured Parzen estimator: settings like the best so far), "random" or "grid".
    pruning: after each epoch, end a trial whose validation accuracy is below the "median" of the others at that
    epoch, or not in the best third at 1/9 and 1/3 of the epochs ("halving"), or "none".
    num_trials: wanted; for a grid all its points. points: of a grid, for each interval.

    Raises:
        SearchError: there is nothing to vary, or a range, a name or a number is out of bounds.
    """

    base: RunSpec
    space: Mapping[str, Interval | Choice]
    method: str = "tpe"
    pruning: str = "median"
    num_trials: int = 30
    points: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.space:
            raise SearchError("There is nothing to vary: choose at least one setting.")
        for name, domain in self.space.items():
            if name not in FIELDS and name not in NAMES:
                raise SearchError(f"{name!r} cannot be searched: choose from {', '.join((*FIELDS, *NAMES))}.")
            domain.checked(name)
        for name, value, known in (("method", self.method, METHODS), ("pruning", self.pruning, PRUNINGS)):
            if value not in known:
                raise SearchError(f"The {name} cannot be {value!r}: choose from {', '.join(known)}.")
        for name, least, most in (("num_trials", 1, MOST_TRIALS), ("points", 1, 50), ("seed", 0, 2**31)):
            value = getattr(self, name)
            if not isinstance(value, int) or not least <= value <= most:
                raise SearchError(f"{name} is {value}, but must be a whole number from {least} to {most}.")
        if self.method == "grid" and self.wanted > MOST_TRIALS:
            raise SearchError(f"The grid has {self.wanted} points, but at most {MOST_TRIALS} are possible: take fewer.")

    @property
    def wanted(self) -> int:
        """Trials to be done."""
        return prod(map(len, self._axes())) if self.method == "grid" else self.num_trials

    def grid(self) -> list[dict[str, Any]]:
        """Every combination, in an order that the seed shuffles, so that all regions fill up alike."""
        points = [dict(zip(self.space, values, strict=True)) for values in product(*self._axes())]
        order = np.random.default_rng(self.seed).permutation(len(points))
        return [points[i] for i in order]

    def _axes(self) -> list[list[Any]]:
        return [domain.grid(name, self.points) for name, domain in self.space.items()]

    def spec(self, chosen: Mapping[str, Any]) -> RunSpec:
        """The run of a trial: the base with the chosen values."""
        used = {name: number(name, x) if isinstance(x, int | float) else x for name, x in chosen.items()}
        return replace(self.base, **used)

    def as_data(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        kept = {field.name: getattr(self, field.name) for field in fields(self)}
        return kept | {"base": asdict(self.base), "space": {name: asdict(d) for name, d in self.space.items()}}

    @classmethod
    def from_data(cls, data: Any) -> "SearchPlan":
        """What `as_data` gave.

        Raises:
            SearchError: it is nothing of the kind.
        """
        try:
            space = {
                name: Choice(tuple(domain["values"])) if "values" in domain else Interval(**domain)
                for name, domain in data["space"].items()
            }
            return cls(**data | {"base": RunSpec(**data["base"]), "space": space})
        except (TypeError, KeyError, AttributeError) as error:
            raise SearchError("The study's plan cannot be read: it was made by another version.") from error
