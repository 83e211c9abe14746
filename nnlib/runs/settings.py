"""Every fact of a run's settings, once: a new one is a field of `RunSpec`, a row here, and the place where it acts."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from sys import float_info
from typing import Any

import numpy as np

from nnlib.augmentation import AUGMENTATIONS, SHIFT
from nnlib.checks import shown
from nnlib.data import DATASETS
from nnlib.normalization import NORMALIZATIONS
from nnlib.numerals import whole
from nnlib.optim import DEFAULTS
from nnlib.schedules import SCHEDULES

ENDLESS = float_info.max
GROUPS = ("data", "network", "training")


@dataclass(frozen=True)
class Setting:
    """What a setting can be, and how people read of it.

    label: its name in words. group: one of `GROUPS`. about: a sentence of help. text: a value in words.
    least, most: of its numbers, both possible but for those that are excluded; whole: no fractions.
    names: the values that are words; optional: None is possible too.
    searched: from where to where a search may vary its numbers, if at all; log: by factors; step: their distance.
    acts: whether a run depends on it. offered: whether it can be chosen for a run; where not, it keeps its default.
    counts: how many there are of what the label names. noun: what a name is of, if not the label.
    """

    label: str
    group: str
    least: float | None = None
    most: float = ENDLESS
    excluded: tuple[float, ...] = ()
    whole: bool = False
    names: Collection[str] = ()
    optional: bool = False
    searched: tuple[float, float] | None = None
    log: bool = False
    step: float | None = None
    about: str | None = None
    text: Callable[[Any], str] | None = None
    acts: Callable[[Any], bool] = lambda run: True
    offered: Callable[[Any], bool] | None = None
    counts: bool = False
    noun: str | None = None

    @property
    def numeric(self) -> bool:
        """Whether it can be a number."""
        return self.least is not None

    @property
    def values(self) -> list[str | None]:
        """What it can be beside numbers."""
        return [*([None] if self.optional else []), *self.names]

    @property
    def says_itself(self) -> bool:
        """Whether a value says what it is of, as "adam" does."""
        return not self.numeric and not self.optional

    def is_offered(self, run: Any) -> bool:
        """Whether it can be chosen for a run with these settings."""
        return (self.offered or self.acts)(run)

    def check(self, name: str, value: Any) -> None:
        """Accept a value that the setting can have, whatever comes.

        Raises:
            ValueError: it cannot be that, in one sentence.
        """
        if self._is_word(value) or self._is_number(value):
            return
        if not self.numeric:
            known = ", ".join(map(str, self.values))
            raise ValueError(f"there is no {self.noun or self.label} {shown(value)}: choose one of {known}.")
        words = "".join(f", or {word}" for word in self.values)
        raise ValueError(f"{name} is {shown(value)}, but must be {self._numbers()}{words}.")

    def _is_word(self, value: Any) -> bool:
        return (value is None or isinstance(value, str)) and value in self.values

    def _is_number(self, value: Any) -> bool:
        value = value.item() if isinstance(value, np.integer | np.floating) else value  # a bound is no float32
        kind = int if self.whole else int | float
        if self.least is None or not isinstance(value, kind) or isinstance(value, bool):
            return False
        return bool(self.least <= value <= self.most) and value not in self.excluded

    def _numbers(self) -> str:
        if self.whole:
            return f"a whole number from {self.least} to {self.most}"
        if self.most == ENDLESS:
            return "a positive number" if self.least in self.excluded else f"a number of at least {self.least}"
        low = "above" if self.least in self.excluded else "at least"
        high = "below" if self.most in self.excluded else "at most"
        return f"{low} {self.least} and {high} {self.most}"


def _has_pictures(run: Any) -> bool:
    return DATASETS[run.data].image_shape is not None


SETTINGS: dict[str, Setting] = {
    "data": Setting("data", "data", names=DATASETS, text=lambda name: DATASETS[name].title, noun="data set"),
    "seed": Setting(
        "seed",
        "data",
        0,
        2**31,
        whole=True,
        searched=(0, 999_999),
        about="Initial weights, batches and dropout follow from it.",
    ),
    "num_train": Setting(
        "training examples",
        "data",
        0,
        10**7,
        whole=True,
        text=lambda number: whole(number) if number else "all",
        offered=_has_pictures,
        counts=True,
    ),
    "augment": Setting(
        "random changes",
        "data",
        names=AUGMENTATIONS,
        optional=True,
        about=f"flip: half of each batch, left to right. shift: by up to {SHIFT} pixels each way.",
        offered=lambda run: DATASETS[run.data].augmentable,
    ),
    "depth": Setting("hidden layers", "network", 0, 20, whole=True, searched=(1, 20), counts=True),
    "width": Setting(
        "units in the first", "network", 1, 100_000, whole=True, searched=(1, 4096), log=True, counts=True
    ),
    "taper": Setting(
        "each further layer ×",
        "network",
        0,
        1,
        excluded=(0,),
        searched=(0.05, 1),
        step=0.05,
        text=lambda factor: f"× {factor}" if factor < 1 else "the same",
    ),
    "normalization": Setting("normalization", "network", names=NORMALIZATIONS, optional=True),
    "weight_scale": Setting(
        "weight scale",
        "network",
        0,
        names=("he", "xavier"),
        searched=(1e-7, 10),
        log=True,
        about="Standard deviation of the initial weights. he: √(2/D), xavier: √(1/D), for D inputs.",
    ),
    "dropout_keep_ratio": Setting(
        "dropout keeps", "network", 0, 1, excluded=(0,), searched=(0.05, 1), step=0.05, about="1: no dropout."
    ),
    "reg": Setting("L2 strength", "network", 0, searched=(1e-8, 10), log=True),
    "update_rule": Setting("update rule", "training", names=DEFAULTS),
    "learning_rate": Setting("learning rate", "training", 0, excluded=(0,), searched=(1e-7, 100), log=True),
    "weight_decay": Setting(
        "weight decay",
        "training",
        0,
        searched=(1e-8, 10),
        log=True,
        acts=lambda run: "weight_decay" in DEFAULTS[run.update_rule],
    ),
    "schedule": Setting("schedule", "training", names=SCHEDULES),
    "lr_decay": Setting(
        "factor an epoch", "training", 0, searched=(0.05, 1), step=0.05, acts=lambda run: run.schedule == "step"
    ),
    "warmup": Setting(
        "warm-up",
        "training",
        0,
        1,
        excluded=(1,),
        searched=(0, 0.9),
        step=0.05,
        about="Share of the run in which the rate climbs.",
    ),
    "batch_size": Setting("batch size", "training", 1, 10**7, whole=True, searched=(1, 5000), log=True),
    "num_epochs": Setting("epochs", "training", 1, 10**6, whole=True, counts=True),
    "patience": Setting(
        "early stopping",
        "training",
        1,
        2**31,
        whole=True,
        optional=True,
        about="Epochs without a better validation accuracy after which the run stops; 0: never.",
    ),
}
