"""The race of update rules on a surface: its controls, the prediction, the walks, and how it ended."""

import math
from typing import Any

import streamlit as st

from nnlib.labs.optimizers.surfaces import SURFACES, Surface
from nnlib.labs.optimizers.walks import Walk, reach, walk, winner
from nnlib.numerals import plain
from nnlib.optim import DEFAULTS, RULES
from ui import lesson
from ui.components.surface_race import short_name, surface_race
from ui.widgets.options import BOUND

PAGE = "optimizers"
USUAL = ("sgd", "sgd_momentum", "rmsprop", "adam")
NONE = "none"
LARGEST_DECAY = 0.99999  # Adam divides by 1 - beta^t
LARGEST_RATE = 1e3
# what -> (smallest, largest, what one press of + or - changes); of the learning rate a tenth of its default
LIMITS = {
    "momentum": (0.0, LARGEST_DECAY, 0.05),
    "decay_rate": (0.0, LARGEST_DECAY, 0.01),
    "beta1": (0.0, LARGEST_DECAY, 0.05),
    "beta2": (0.0, LARGEST_DECAY, 0.001),
    "weight_decay": (0.0, 10.0, 0.01),
    "epsilon": (1e-12, 1.0, 1e-8),
}


@st.fragment
def race_panel() -> None:
    """The whole part of the page; moving the start or changing a setting runs only this again."""
    surface, rules, steps = _race_controls()
    picture, right = st.columns([3.6, 1], gap="medium")
    with right:
        start = _start_controls(surface)
        settings = {rule: _settings(surface, rule) for rule in rules}
    with picture:
        if not rules:
            st.info(lesson.text(PAGE, "race no rules"))
            return
        options = [*(short_name(rule) for rule in rules), NONE]
        question = lesson.text(PAGE, "predict race", steps=steps)
        guess = st.segmented_control(f"**{question}**", options, key=f"race_guess_{surface.name}", wrap=True, **BOUND)
        walks = [walk(surface, rule, start, steps, settings[rule]) for rule in rules] if guess else []
        texts = {
            "waiting": lesson.text(PAGE, "race waiting"),
            "handle": lesson.text(PAGE, "race handle"),
            "guess": lesson.text(PAGE, "race guess", guess=guess) if guess else "",
        }
        ending = outcome(walks, steps, guess) if guess else None
        surface_race(surface, start, walks, steps, "race", texts, ending, lambda x, y: _move_start(surface, x, y))
        st.caption(lesson.text(PAGE, "race legend", reach=plain(reach(surface))))


def _move_start(surface: Surface, x: float, y: float) -> None:
    """What the learner dragged, into the start's two fields; a component's numbers may be anything."""
    x0, x1, y0, y1 = surface.extent
    if math.isfinite(x) and math.isfinite(y):
        st.session_state[f"race_{surface.name}_x"] = min(x1, max(x0, x))
        st.session_state[f"race_{surface.name}_y"] = min(y1, max(y0, y))


def outcome(walks: list[Walk], steps: int, guess: str) -> tuple[int, str]:
    """The step from which on the end is known, and a sentence that says it beside what was guessed."""
    first = winner(walks)
    arrived = [w.arrived for w in walks if w.arrived is not None]
    if first is not None and first.arrived is not None:
        name = short_name(first.rule)
        part = "race won right" if name == guess else "race won"
        return first.arrived, lesson.text(PAGE, part, rule=name, step=first.arrived)
    if arrived:
        step = min(arrived)
        together = [short_name(w.rule) for w in walks if w.arrived == step]
        part = "race together right" if guess in together else "race together"
        return step, lesson.text(PAGE, part, rules=" and ".join(together), step=step)
    return steps, lesson.text(PAGE, "race none right" if guess == NONE else "race none", steps=steps)


def _race_controls() -> tuple[Surface, list[str], int]:
    """Surface, rules, steps."""
    with st.container(horizontal=True, gap="medium"):
        name = st.selectbox(
            "Surface",
            list(SURFACES),
            key="race_surface",
            format_func=lambda name: SURFACES[name].title,
            width=290,
            **BOUND,
        )
        surface = SURFACES[name or "bowl"]
        key = f"race_{surface.name}_steps"
        steps = st.number_input("Steps", 10, 1000, surface.steps, 10, key=key, width=150, **BOUND)
        rules = st.pills(
            "Rules", list(RULES), selection_mode="multi", default=USUAL, key="race_rules", wrap=True, **BOUND
        )
    return surface, [rule for rule in RULES if rule in (rules or [])], surface.steps if steps is None else int(steps)


def _start_controls(surface: Surface) -> tuple[float, float]:
    """What the surface is, and the start as numbers."""
    lesson.show(PAGE, f"surface {surface.name}")
    st.latex(rf"\scriptsize {surface.formula}")
    st.caption(surface.source)
    x0, x1, y0, y1 = surface.extent
    x, y = surface.start
    key = f"race_{surface.name}"
    with st.container(horizontal=True, gap="small"):
        across = number("Start x", x0, x1, x, f"{key}_x", width=125)
        return across, number("Start y", y0, y1, y, f"{key}_y", width=125)


def _settings(surface: Surface, rule: str) -> dict[str, float]:
    """The widgets of one rule: its learning rate in view, the rest under a button that says what they are."""
    prefix, rate = f"race_{surface.name}_{rule}", surface.learning_rate(rule)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        label, key = lesson.text(PAGE, "race rate", rule=short_name(rule)), f"{prefix}_learning_rate"
        chosen = {"learning_rate": number(label, 0.0, LARGEST_RATE, rate, key, step=rate / 10, width=165)}
        others = {name: value for name, value in DEFAULTS[rule].items() if name != "learning_rate"}
        if others:
            with st.popover("More", help=", ".join(others)):
                for name, default in others.items():
                    low, high, step = LIMITS.get(name, (0.0, LARGEST_RATE, default / 10 or 0.1))
                    label = f"{short_name(rule)}: {name}"
                    chosen[name] = number(label, low, high, default, f"{prefix}_{name}", step=step)
    return chosen


def number(label: str, low: float, high: float, default: float, key: str, **how: Any) -> float:
    """A number in the address; an empty one there is taken for the default."""
    value = st.number_input(label, low, high, default, key=key, format="%g", **how, **BOUND)
    return default if value is None else float(value)
