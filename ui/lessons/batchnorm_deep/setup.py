"""Which experiment: the data, and the published settings, fewer for a quick look, or the learner's own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from nnlib.experiments import EXPERIMENTS, Experiment
from nnlib.numerals import plain, whole
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.widgets import datasets
from ui.widgets.controls import BATCHES, BOUND, EPOCHS, LEARNING_RATES, WEIGHT_SCALES, WIDTHS
from ui.widgets.looks import NORM_NAMES
from ui.widgets.options import one_of

PAGE = "batchnorm_deep"
PUBLISHED, QUICK, OWN = "as published", "a quick look", "my own"
NUMBERS = [float(name) for name in WEIGHT_SCALES if name[0].isdigit()]
LONGEST = 40  # epochs
# setting -> label, values to choose from
CHOICES: dict[str, tuple[str, Sequence[Any]]] = {
    "depth": ("Hidden layers", range(1, 11)),
    "width": ("Units in each", WIDTHS),
    "weight_scale": ("Weight scale", ["he", "xavier", *NUMBERS]),
    "learning_rate": ("Learning rate", LEARNING_RATES),
    "batch_size": ("Batch size", BATCHES),
    "num_epochs": ("Epochs", [epochs for epochs in EPOCHS if epochs <= LONGEST]),
}
PARTS = {  # of a sentence about a run's settings
    "normalization": "normalization: {}",
    "depth": "{} hidden layers",
    "width": "{} units in each",
    "weight_scale": "weight scale {}",
    "update_rule": "{}",
    "learning_rate": "learning rate {}",
    "batch_size": "batches of {}",
    "num_epochs": "{} epochs",
    "num_train": "{} training pictures",
    "seed": "seed {}",
}


def choose(
    prefix: str, name: str, quick: Callable[[Experiment], Experiment], own: Callable[[RunSpec], Experiment]
) -> Experiment:
    """The experiment `name` as it is chosen, and in words.

    prefix: of the widgets' keys. quick: makes it shorter. own: draws widgets, which start at the base's settings, and
    makes an experiment of what they hold.
    """
    here = [data for data in ("cifar10", "digits") if data in datasets.available()]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        data = one_of("Data", here, "norm_data", format_func=datasets.TITLES.__getitem__)
        size = one_of("Settings", [PUBLISHED, QUICK, OWN], f"{prefix}_settings")
    published = EXPERIMENTS[name if data == "cifar10" else f"digits_{name}"]
    experiment = published
    if size == QUICK:
        experiment = quick(published)
    elif size == OWN:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"{prefix}_own"):
            experiment = own(published.runs[0])
    absent = "" if "cifar10" in here else lesson.text(PAGE, "no cifar10")
    st.caption(f"{shared(experiment)} {absent}")
    return experiment


def settings(prefix: str, base: RunSpec, names: Sequence[str]) -> dict[str, Any]:
    """A widget for each of these settings of `CHOICES`, and one for the seed; what they hold."""
    chosen: dict[str, Any] = {}
    for name in names:
        label, options = CHOICES[name]
        value = getattr(base, name)
        options = list(options) if value in options else sorted([*options, value])
        key = f"{prefix}_{name}"
        kept = st.selectbox(label, options, options.index(value), format_func=short, key=key, width=150, **BOUND)
        chosen[name] = value if kept is None else kept
    seed = st.number_input("Seed", 0, 9999, base.seed, key=f"{prefix}_seed", width=130, **BOUND)
    return chosen | {"seed": base.seed if seed is None else int(seed)}


def choose_norm(key: str) -> str:
    """Which normalization is compared with none."""
    names = {name: norm for norm, name in NORM_NAMES.items() if norm is not None}
    return names[one_of("Normalization", list(names), key)]


def short(value: Any) -> str:
    return plain(value, 3) if isinstance(value, float) else str(value)


def shared(experiment: Experiment) -> str:
    """The settings that all runs have in common, in words."""
    seed = "seed {}" if experiment.global_seed is None else f"global seed {experiment.global_seed}"
    parts = {name: part for name, part in (PARTS | {"seed": seed}).items() if name not in experiment.varied}
    return lesson.text(PAGE, "shared", settings=in_words(experiment.runs[0], parts))


def in_words(run: RunSpec, parts: Mapping[str, str] | None = None) -> str:
    """A run's settings, those of `PARTS` unless other parts of the sentence are given."""
    values = {name: short(getattr(run, name)) for name in PARTS} | {"num_train": whole(run.num_train)}
    values["normalization"] = NORM_NAMES[run.normalization]
    return ", ".join(part.format(values[name]) for name, part in (PARTS if parts is None else parts).items())
