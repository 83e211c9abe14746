"""Widgets that make up a `RunSpec`, as `SETTINGS` has it; each is bound to the address bar under its field's name."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from nnlib.data import DATASETS
from nnlib.runs import SETTINGS, RunSpec
from nnlib.schedules import learning_rate
from ui.widgets import datasets
from ui.widgets.charts import as_spec, thinned, tips, x, y
from ui.widgets.options import BOUND, choice, number, one_of, short
from ui.widgets.words import NONE

_125 = (1, 2, 5)
_STRENGTHS = [0.0, *(float(f"{m}e{e}") for e in range(-5, 0) for m in _125)]
# Where a control stands: at one of these, or at a value between two of them that a link has set ...
STOPS: dict[str, Sequence[Any]] = {
    "num_train": [0, 50, 100, 500, 1000, 4000, 10000, 20000],
    "width": [4, 8, 16, 32, 50, 64, 100, 128, 200, 256, 512, 1024],
    "taper": [1.0, 0.75, 0.5, 0.25],
    "weight_scale": ["he", "xavier", *(f"{m}e{e}" for e in range(-5, 0) for m in _125), "1"],
    "reg": _STRENGTHS,
    "weight_decay": _STRENGTHS,
    "learning_rate": [float(f"{m}e{e}") for e in range(-6, 2) for m in _125],
    "batch_size": [1, 2, 5, 10, 20, 50, 100, 128, 200, 256, 500],
    "num_epochs": [1, 2, 5, 10, 20, 40, 60, 100, 200, 500],
}
# ... or anywhere from the first to the second of these, in steps of the third.
SLIDERS: dict[str, tuple[float, float, float]] = {
    "depth": (1, 10, 1),
    "dropout_keep_ratio": (0.1, 1.0, 0.05),
    "lr_decay": (0.5, 1.0, 0.01),
    "warmup": (0.0, 0.5, 0.05),
    "patience": (0, 20, 1),
}
MOST_IN_A_ROW = 5  # names; more of them become a list


def preset(specs: dict[str, RunSpec], label: str, key: str, about: str) -> str:
    """A list of named specs; choosing one sets all the controls to it."""

    def choose() -> None:
        set_controls(specs[st.session_state[key]])

    return st.selectbox(label, list(specs), key=key, on_change=choose, help=about, **BOUND)


def set_controls(spec: RunSpec) -> None:
    """Put a spec's values into the widgets; to be called before they are drawn, as from a callback."""
    for name in SETTINGS:
        st.session_state[name] = _shown(spec, name)


def address(spec: RunSpec) -> dict[str, str]:
    """What the address bar must hold for the controls to stand at this spec."""
    return {name: _text(name, _shown(spec, name)) for name, setting in SETTINGS.items() if setting.is_offered(spec)}


def beyond(spec: RunSpec) -> list[str]:
    """Names of the settings that the widgets cannot be set to."""
    return [name for name in SETTINGS if not _can_stand(spec, name)]


def _can_stand(spec: RunSpec, name: str) -> bool:
    setting = SETTINGS[name]
    if setting.acts(spec) and not setting.is_offered(spec):
        return getattr(spec, name) == getattr(type(spec), name)
    value, options = _shown(spec, name), stops(spec, name)
    here, known = number(value), [n for option in options if (n := number(option)) is not None]
    return value in options or (here is not None and min(known, default=1) <= here <= max(known, default=0))


def numbers(name: str) -> list[Any]:
    """The numbers at which a setting's control can stop, the least first."""
    if name in STOPS:
        return sorted(float(n) if isinstance(n, str) else n for n in STOPS[name] if number(n) is not None)
    least, most, step = SLIDERS.get(name) or (*_ends(name), SETTINGS[name].step or 1)
    found = (least + k * step for k in range(round((most - least) / step) + 1))
    return [round(n) if SETTINGS[name].whole else round(n, 2) for n in found]


def draw(group: str, spec: RunSpec) -> RunSpec:
    """The widgets of a group of settings, which begin at a spec's; the spec with what they hold."""
    for name, setting in SETTINGS.items():
        if setting.group == group:
            held = _control(spec, name) if setting.is_offered(spec) else getattr(type(spec), name)
            spec = replace(spec, **{name: held})
    return spec


def _control(spec: RunSpec, name: str) -> Any:
    """The widget of one setting, and what it holds."""
    setting, options, value = SETTINGS[name], stops(spec, name), _shown(spec, name)
    label, text = setting.label.capitalize(), partial(_text, name)
    how: dict[str, Any] = {"help": setting.about, **BOUND}
    if name in STOPS:
        held = choice(label, options, value, name, text, help=setting.about)
    elif name in SLIDERS:
        least, most, step = SLIDERS[name]
        held = st.slider(label, least, most, value, step, key=name, **how)
    elif setting.numeric:
        held = st.number_input(label, options[0], options[1], value, setting.step, key=name, **how)
    elif len(options) > MOST_IN_A_ROW:
        at = options.index(value) if value in options else 0
        held = st.selectbox(label, options, at, text, key=name, **how)
    else:
        held = one_of(label, options, name, value, help=setting.about)
    if setting.optional and held in (NONE, 0):
        return None
    return float(held) if setting.numeric and isinstance(held, str) and held not in setting.names else held


def stops(spec: RunSpec, name: str) -> list[Any]:
    """What a setting's control can be set to; of numbers at least the ends."""
    setting = SETTINGS[name]
    if name == "data":
        return datasets.available()
    if name == "num_train":
        return [n for n in STOPS[name] if n <= DATASETS[spec.data].num_train]
    if name in STOPS:
        return [*STOPS[name]]
    if name in SLIDERS:
        return [*SLIDERS[name][:2]]
    if setting.numeric:
        return [*_ends(name)]
    return [NONE if value is None else value for value in setting.values]


def _ends(name: str) -> tuple[float, float]:
    """The least and the greatest number that a setting without a row above can be set to."""
    setting = SETTINGS[name]
    least, most = setting.searched or (setting.least or 0, setting.most)
    return (int(least), int(most)) if setting.whole else (float(least), float(most))


def _shown(spec: RunSpec, name: str) -> Any:
    """A setting's value as its control has it."""
    setting, value = SETTINGS[name], getattr(spec, name)
    if value is None:
        return 0 if setting.numeric else NONE
    if setting.names and setting.numeric and not isinstance(value, str):
        return next((stop for stop in STOPS[name] if number(stop) == value), short(value))
    return value


def _text(name: str, value: Any) -> str:
    """A value of a control, on its widget and in the address bar."""
    text = SETTINGS[name].text
    return text(value) if text else short(value) if isinstance(value, float) else str(value)


# columns: step, learning_rate
LEARNING_RATE = as_spec(
    alt.Chart()
    .mark_line(interpolate="step-after")
    .encode(
        x("step", "step", tickCount=4, grid=False),
        y("learning_rate", tickCount=3, format="~g", zero=True),
        tooltip=tips("step", learning_rate=".3e"),
    ),
    title="Learning rate over the run",
    height=180,
)


def learning_rate_preview(spec: RunSpec, num_train: int) -> None:
    """A small chart of what the schedule will do with so many training examples."""
    per_epoch = max(num_train // spec.batch_size, 1)
    total = spec.num_epochs * per_epoch
    steps = thinned(total, 101)
    rates = [
        learning_rate(spec.schedule, spec.learning_rate, t, total, per_epoch, spec.lr_decay, spec.warmup) for t in steps
    ]
    frame = pd.DataFrame({"step": [t + 1 for t in steps], "learning_rate": rates})
    st.vega_lite_chart(frame, LEARNING_RATE, key="learning_rate_preview")
