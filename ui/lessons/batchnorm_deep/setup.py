"""Which experiment: the data, and the published settings, fewer for a quick look, or the learner's own."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from nnlib.experiments import Experiment
from nnlib.experiments.presets import COURSE, on
from nnlib.runs import SETTINGS, RunSpec
from ui import lesson
from ui.widgets import controls, datasets
from ui.widgets.looks import NORM_NAMES
from ui.widgets.options import BOUND, one_of
from ui.widgets.words import label_of

PAGE = "batchnorm_deep"
PUBLISHED, QUICK, OWN = "as published", "a quick look", "my own"
LONGEST = 40  # epochs
SAID = (  # of a run
    *("normalization", "depth", "width", "weight_scale", "update_rule"),
    *("learning_rate", "batch_size", "num_epochs", "num_train", "seed"),
)


def choose(
    prefix: str, name: str, quick: Callable[[Experiment], Experiment], own: Callable[[RunSpec], Experiment]
) -> Experiment:
    """The experiment `name` as it is chosen, and in words.

    prefix: of the widgets' keys. quick: makes it shorter. own: draws widgets, which start at the base's settings, and
    makes an experiment of what they hold.
    """
    here = datasets.of_course()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        data = one_of("Data", here, "norm_data", format_func=datasets.title)
        size = one_of("Settings", [PUBLISHED, QUICK, OWN], f"{prefix}_settings")
    experiment = published = on(data, name)
    if size == QUICK:
        experiment = quick(published)
    elif size == OWN:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"{prefix}_own"):
            experiment = own(published.runs[0])
    absent = lesson.text(PAGE, "no cifar10") if len(here) < len(COURSE) else ""
    st.caption(f"{shared(experiment)} {absent}")
    return experiment


def settings(prefix: str, base: RunSpec, names: Sequence[str]) -> dict[str, Any]:
    """A widget for each of these settings, and one for the seed; what they hold."""
    chosen: dict[str, Any] = {}
    for name in names:
        value, numbers = getattr(base, name), controls.numbers(name)
        options = [*SETTINGS[name].names, *(n for n in numbers if name != "num_epochs" or n <= LONGEST)]
        options = options if value in options else sorted([*options, value])
        label, key = label_of(name).capitalize(), f"{prefix}_{name}"
        kept = st.selectbox(label, options, options.index(value), format_func=short, key=key, width=150, **BOUND)
        chosen[name] = value if kept is None else kept
    seed = st.number_input("Seed", 0, 9999, base.seed, key=f"{prefix}_seed", width=130, **BOUND)
    return chosen | {"seed": base.seed if seed is None else int(seed)}


def choose_norm(key: str) -> str:
    """Which normalization is compared with none."""
    names = {name: norm for norm, name in NORM_NAMES.items() if norm is not None}
    return names[one_of("Normalization", list(names), key)]


def short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)  # so it stands in links, too


def shared(experiment: Experiment) -> str:
    """The settings that all runs have in common, in words."""
    said, seed = [name for name in SAID if name not in experiment.varied], experiment.global_seed
    if seed is None:
        return lesson.text(PAGE, "shared", settings=in_words(experiment.runs[0], said))
    words = in_words(experiment.runs[0], [name for name in said if name != "seed"])
    return lesson.text(PAGE, "shared", settings=f"{words}, global seed {seed}")


def in_words(run: RunSpec, names: Sequence[str] = SAID) -> str:
    """Some of a run's settings."""
    return ", ".join(_phrase(run, name) for name in names)


def _phrase(run: RunSpec, name: str) -> str:
    """The label and the value; "5 hidden layers", where there are so many of them."""
    setting, value = SETTINGS[name], getattr(run, name)
    if name == "normalization":
        return f"normalization: {NORM_NAMES[value]}"
    text = setting.text(value) if setting.text else short(value)
    if name == "width" and run.taper == 1:
        return f"{text} units in each"
    if setting.counts:
        return f"{text} {setting.label}"
    return text if setting.says_itself else f"{setting.label} {text}"
