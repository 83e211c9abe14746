"""What a search varies and how it chooses: a plan, kept with its study, from which every worker knows all it needs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from nnlib.checks import shown
from nnlib.numerals import rounded
from nnlib.runs import SETTINGS, RunSpec
from nnlib.runs.settings import ENDLESS, Setting

METHODS = ("tpe", "random", "grid")
PRUNINGS = ("median", "halving", "none")
MOST_TRIALS = 2000


class SearchError(ValueError):
    """What stands in the way of a search, in one sentence."""


def searchable() -> list[str]:
    """Settings whose numbers lie between bounds that make sense for a search, and those that are names."""
    intervals = [name for name, setting in SETTINGS.items() if setting.searched]
    names = [name for name, setting in SETTINGS.items() if not setting.numeric and name != "data"]
    return [*intervals, *names]


@dataclass(frozen=True)
class Interval:
    """All numbers from low to high, both included."""

    low: float
    high: float

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, _plain(getattr(self, name)))

    def check(self, name: str) -> None:
        """Accept an interval in which the setting can be searched.

        Raises:
            SearchError: the setting is no number, or the interval is empty or out of bounds.
        """
        bounds = _setting(name).searched
        if bounds is None:
            intervals = ", ".join(name for name, setting in SETTINGS.items() if setting.searched)
            raise SearchError(f"{name} cannot be searched in an interval: intervals are for {intervals}.")
        if not all(_is_number(x) and (x == round(x) or not SETTINGS[name].whole) for x in (self.low, self.high)):
            kind = ", whole ones," if SETTINGS[name].whole else ","
            raise SearchError(f"{name} needs two numbers{kind} but got {shown(self.low)} and {shown(self.high)}.")
        if self.low > self.high:
            raise SearchError(f"{name} is to go from {self.low:g} up to {self.high:g}: swap the two.")
        least, most = bounds
        if self.low < least or self.high > most:
            asked = f"from {self.low:g} to {self.high:g}"
            raise SearchError(f"{name} is to go {asked}, but must stay within {least:g} and {most:g}.")

    def grid(self, name: str, points: int) -> list[float]:
        """So many numbers, evenly spaced (in ratios where that belongs), or as many as there are different ones."""
        setting = _setting(name)
        spaced = (np.geomspace if setting.log else np.linspace)(self.low, self.high, points)
        if setting.step:
            spaced = np.round(spaced / setting.step) * setting.step
        within = (min(max(number(name, x), self.low), self.high) for x in spaced)
        return list(dict.fromkeys(within))


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    values: tuple[str | float | None, ...]

    def __post_init__(self) -> None:
        if isinstance(self.values, list | tuple | np.ndarray):
            object.__setattr__(self, "values", tuple(map(_plain, self.values)))

    def check(self, name: str) -> None:
        """Accept values that the setting can have.

        Raises:
            SearchError: there is nothing to choose from, or the setting does not know a value.
        """
        setting = _setting(name)
        if not isinstance(self.values, tuple):
            raise SearchError(f"{name} needs a tuple of values to choose from, but got {shown(self.values)}.")
        if not self.values:
            raise SearchError(f"{name} has no values to choose from: give at least one.")
        for value in self.values:
            if value in setting.values:
                continue
            if not setting.numeric:
                known = ", ".join(map(str, setting.values))
                raise SearchError(f"{name} cannot be {shown(value)}: choose from {known}.")
            Interval(value, value).check(name)  # type: ignore[arg-type]

    def grid(self, name: str, points: int) -> list[str | float | None]:
        """The values, each once."""
        return list(dict.fromkeys(self.values))


def _setting(name: str) -> Setting:
    if not isinstance(name, str) or name not in SETTINGS:
        raise SearchError(f"there is no setting {shown(name)}: choose from {', '.join(searchable())}.")
    return SETTINGS[name]


def _plain(x: Any) -> Any:
    return x.item() if isinstance(x, np.generic) else x


def _is_number(x: Any) -> bool:
    return type(x) in (int, float) and abs(x) <= ENDLESS


def number(name: str, value: float) -> float:
    """A setting's value as it is used: whole, or rounded to three digits, so that it can be read and typed again."""
    return round(value) if SETTINGS[name].whole else rounded(value, 3)


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
        if not isinstance(self.base, RunSpec):
            raise SearchError(f"a search starts from a RunSpec, but its base is {shown(self.base)}.")
        self._check_space()
        for name, value, known in (("method", self.method, METHODS), ("pruning", self.pruning, PRUNINGS)):
            if not isinstance(value, str) or value not in known:
                raise SearchError(f"the {name} cannot be {shown(value)}: choose from {', '.join(known)}.")
        for name, least, most in (("num_trials", 1, MOST_TRIALS), ("points", 1, 50), ("seed", 0, 2**31)):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise SearchError(f"{name} is {shown(value)}, but must be a whole number from {least} to {most}.")
        if self.method == "grid" and self.wanted > MOST_TRIALS:
            raise SearchError(f"the grid has {self.wanted} points, but at most {MOST_TRIALS} are possible: take fewer.")

    def _check_space(self) -> None:
        if not isinstance(self.space, Mapping) or not self.space:
            raise SearchError("there is nothing to vary: choose at least one setting, with an Interval or a Choice.")
        for name, domain in self.space.items():
            if name not in searchable():
                raise SearchError(f"{shown(name)} cannot be searched: choose from {', '.join(searchable())}.")
            if not isinstance(domain, Interval | Choice):
                raise SearchError(f"{name} needs an Interval or a Choice, but got {shown(domain)}.")
            domain.check(name)

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

    def used(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Chosen values as they are used."""
        return {name: number(name, x) if isinstance(x, int | float) else x for name, x in chosen.items()}

    def spec(self, chosen: Mapping[str, Any]) -> RunSpec:
        """The run of a trial: the base with the chosen values."""
        return replace(self.base, **self.used(chosen))

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
        except (TypeError, LookupError, AttributeError) as error:
            raise SearchError("the study's plan cannot be read: it was made by another version.") from error
        except ValueError as error:
            raise SearchError(str(error)) from None
