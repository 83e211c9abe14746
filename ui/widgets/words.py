"""Settings in the words of their controls, and what two runs do not have in common."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from nnlib.numerals import plain, whole
from nnlib.runs.spec import RunSpec
from ui.widgets.datasets import TITLES

LABELS = {
    "data": "data",
    "num_train": "training examples",
    "depth": "hidden layers",
    "width": "units in the first",
    "taper": "each further layer ×",
    "normalization": "normalization",
    "dropout_keep_ratio": "dropout keeps",
    "weight_scale": "weight scale",
    "reg": "L2 strength",
    "update_rule": "update rule",
    "learning_rate": "learning rate",
    "weight_decay": "weight decay",
    "schedule": "schedule",
    "lr_decay": "factor an epoch",
    "warmup": "warm-up",
    "batch_size": "batch size",
    "num_epochs": "epochs",
    "augment": "random changes",
    "patience": "early stopping",
    "seed": "seed",
}
NAMED = ("data", "update_rule", "schedule")  # settings whose value says what it is of
NONE = "none"


def value(spec: RunSpec, name: str) -> str:
    """A setting's value for people; "none" for what the spec does not use."""
    here: Any = getattr(spec, name)
    if name == "data":
        return TITLES[spec.data]
    if name == "num_train":
        return whole(here) if here else "all"
    unused = (name == "weight_decay" and name not in spec.optim_config) or (
        name == "lr_decay" and spec.schedule != "step"
    )
    if here is None or unused:
        return NONE
    return plain(here) if isinstance(here, float) else str(here)


def varied(specs: Iterable[RunSpec]) -> list[str]:
    """Names of the settings that are not the same in all of them."""
    specs = list(specs)
    return [f.name for f in fields(RunSpec) if len({value(spec, f.name) for spec in specs}) > 1]


def difference(here: RunSpec, there: RunSpec) -> list[str]:
    """A phrase a setting in which they differ: "update rule adam → sgd"."""
    pairs = {name: (value(here, name), value(there, name)) for name in here.differences(there)}
    return [f"{LABELS[name]} {one} → {other}" for name, (one, other) in pairs.items() if one != other]


def label(spec: RunSpec, names: Iterable[str]) -> str:
    """Some of a run's settings in a few words: "sgd, learning rate 0.1"."""
    words = {name: value(spec, name) for name in names}
    return ", ".join(word if name in NAMED else f"{LABELS[name]} {word}" for name, word in words.items())
