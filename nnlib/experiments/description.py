"""An experiment as data: the runs it is made of, and which of their settings it varies."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

from nnlib.checks import require_whole, shown
from nnlib.numerals import plain
from nnlib.runs.spec import RunSpec


@dataclass(frozen=True)
class Experiment:
    """Runs to be compared, all on one data set.

    global_seed: None: each run draws from generators of its own seed, so runs may go in any order and side by side.
        A number: all runs draw from NumPy's global state, as the course does. It is seeded once; then all networks are
        built in the order of the runs, then trained in that order, in one process that does nothing else. The runs'
        own seeds count for nothing.

    Raises:
        ValueError: there are no runs, they are not on one data set, or the global seed is none that NumPy takes.
    """

    name: str
    runs: tuple[RunSpec, ...]
    global_seed: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ValueError(f"an experiment is called by a text, but its name is {shown(self.name)}: give it one.")
        if not isinstance(self.runs, Sequence) or not all(isinstance(run, RunSpec) for run in self.runs):
            raise ValueError(f"an experiment is made of RunSpecs, but got {shown(self.runs)}: give a tuple of them.")
        object.__setattr__(self, "runs", tuple(self.runs))
        if len({run.data for run in self.runs}) != 1:
            several = "several: make one of each" if self.runs else "none: give at least one"
            raise ValueError(f"an experiment needs runs on one data set, but has {len(self.runs)} runs on {several}.")
        if self.global_seed is not None:
            require_whole("global_seed", self.global_seed, least=0, most=2**32 - 1)

    @cached_property
    def varied(self) -> tuple[str, ...]:
        """Names of the settings that are not the same in all runs."""
        names = (field.name for field in fields(RunSpec))
        return tuple(name for name in names if len({getattr(run, name) for run in self.runs}) > 1)

    @property
    def axis(self) -> str | None:
        """The varied setting that belongs on an axis: the one that takes most values, numbers all, at least four."""
        values = {name: {getattr(run, name) for run in self.runs} for name in self.varied}
        numeric = {k: len(v) for k, v in values.items() if all(isinstance(x, int | float) for x in v) and len(v) >= 4}
        return max(numeric, key=numeric.__getitem__, default=None)

    def label(self, run: RunSpec) -> str:
        """What tells a run from the others, for a legend or a table."""
        return ", ".join(describe(name, getattr(run, name)) for name in self.varied) or describe("data", run.data)

    def groups(self) -> list[tuple[int, ...]]:
        """Which runs (by index) one process must do one after the other; groups do not depend on each other."""
        everything = range(len(self.runs))
        return [(i,) for i in everything] if self.global_seed is None else [tuple(everything)]

    def with_settings(self, **settings: Any) -> "Experiment":
        """The same comparison with some settings set anew in all runs."""
        return replace(self, runs=tuple(replace(run, **settings) for run in self.runs))

    def with_seeds(self, seeds: Iterable[int]) -> "Experiment":
        """Every run once for each seed, each from generators of its own.

        Raises:
            ValueError: there are no seeds, or one is out of its bounds.
        """
        if not isinstance(seeds, Iterable) or not (seeds := list(seeds)):
            raise ValueError(f"an experiment is repeated with one seed or more, but got {shown(seeds)}: say range(5).")
        runs = tuple(replace(run, seed=seed) for seed in seeds for run in self.runs)
        return replace(self, runs=runs, global_seed=None)

    def as_data(self) -> dict[str, Any]:
        """All that the numbers depend on, as JSON can hold it."""
        return {"runs": [asdict(run) for run in self.runs], "global_seed": self.global_seed}


def describe(name: str, value: Any) -> str:
    """A setting in words: "batchnorm", "weight scale 0.01"."""
    words = str(name).replace("_", " ")
    if value is None:
        return f"no {words}"
    if isinstance(value, str):
        return value
    return f"{words} {plain(value, 3)}" if isinstance(value, float) else f"{words} {value}"
