"""Settings in the words of their controls, and what two runs do not have in common."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from nnlib.numerals import plain
from nnlib.runs import SETTINGS, RunSpec

NONE = "none"


def written(name: str, value: Any) -> str:
    """A value of a setting in words."""
    if value is None:
        return NONE
    if isinstance(value, float):
        return plain(value)
    text = SETTINGS[name].text or str
    return text(value)


def value(spec: RunSpec, name: str) -> str:
    """What a run has of a setting, in words; "none" for what does not act on it."""
    return written(name, getattr(spec, name)) if SETTINGS[name].acts(spec) else NONE


def label(spec: RunSpec, names: Iterable[str]) -> str:
    """Some of a run's settings in a few words: "sgd, learning rate 0.1"."""
    words = {name: value(spec, name) for name in names}
    return ", ".join(
        word if SETTINGS[name].says_itself else f"{SETTINGS[name].label} {word}" for name, word in words.items()
    )


def label_of(name: str) -> str:
    """A setting's name in words."""
    return SETTINGS[name].label


def varied(specs: Iterable[RunSpec]) -> list[str]:
    """Names of the settings that are not the same in all of them."""
    specs = list(specs)
    names = [field.name for field in fields(specs[0])] if specs else []
    return [name for name in names if len({value(spec, name) for spec in specs}) > 1]


def difference(here: RunSpec, there: RunSpec) -> list[str]:
    """A phrase a setting in which they differ: "update rule adam → sgd"."""
    pairs = {name: (value(here, name), value(there, name)) for name in here.differences(there)}
    return [f"{SETTINGS[name].label} {one} → {other}" for name, (one, other) in pairs.items() if one != other]
