"""Optimizers: one step of each update rule, the effective step over a thousand, races on a surface and on data."""

import pandas as pd
import streamlit as st

from nnlib.effective_step import effect
from nnlib.experiments import presets
from nnlib.optim import RULES
from nnlib.published_rules import PUBLISHED, compare
from nnlib.surface_race import walk
from ui import prose
from ui.data_race_panel import data_race_panel
from ui.effective_step_panel import effective_step_panel
from ui.lesson_stepper import lesson_stepper
from ui.quiz import ask
from ui.race_panel import race_panel
from ui.source import source
from ui.update_rule_subjects import GIVEN, PUBLISHED_NUMBERS, UPDATE_RULES

PAGE = "optimizers"


def published(rule: str) -> None:
    """The published results of one step beside ours, and the relative error against its limit."""
    st.subheader("Published, and got")
    prose.show(PAGE, "published")
    for column, c in zip(st.columns(2), compare(rule), strict=True):
        cells = [f"{c.name}[0,{j}]" for j in range(len(c.expected))]
        numbers = {"expected": [f"{x:.8f}" for x in c.expected], "got": [f"{x:.8f}" for x in c.got]}
        column.table(pd.DataFrame(numbers, index=pd.Index(cells, name=c.name)))
        met = c.error < c.limit
        text = prose.text(
            PAGE, "published met" if met else "published missed", error=f"{c.error:.1e}", limit=f"{c.limit:.0e}"
        )
        (column.success if met else column.error)(text)


def one_step() -> None:
    """Any rule, walked through on a small vector."""
    prose.show(PAGE, "one step")
    shown = lesson_stepper("rule", UPDATE_RULES.values())
    rule = shown.subject.name
    given = shown.choices["learning_rate"] == GIVEN and not st.session_state.get("rule_changed")
    if rule in PUBLISHED and st.session_state.get("rule_numbers") == PUBLISHED_NUMBERS and given:
        published(rule)
    st.subheader("What to look for")
    prose.show(PAGE, f"rule {rule}")
    ask(PAGE, "question first step")
    source(RULES[rule])


def effective() -> None:
    """The adaptive rules over a thousand steps."""
    prose.show(PAGE, "effective")
    effective_step_panel()
    ask(PAGE, "question correction")
    source(effect)


def race() -> None:
    """All rules on one surface."""
    prose.show(PAGE, "race")
    race_panel()
    st.subheader("What to look for")
    prose.show(PAGE, "race look for")
    ask(PAGE, "question bowl")
    source(walk)


def race_on_data() -> None:
    """The course's network, trained by all rules."""
    prose.show(PAGE, "data race")
    data_race_panel()
    st.subheader("What to look for")
    prose.show(PAGE, "data race look for")
    ask(PAGE, "question data race lead")
    ask(PAGE, "question data race time")
    source(presets.race)
    for rule in ("sgd", "adam"):
        source(RULES[rule])


PARTS = {
    "step": ("One step", one_step),
    "effective": ("Effective step", effective),
    "race": ("Race on a surface", race),
    "data": ("Race on data", race_on_data),
}

st.title("Optimizers")
prose.show(PAGE, "intro")
part = st.segmented_control(
    "Part",
    list(PARTS),
    default="step",
    required=True,
    format_func=lambda name: PARTS[name][0],
    key="opt_part",
    label_visibility="collapsed",
    bind="query-params",
)
try:
    PARTS[part or "step"][1]()
except ValueError as error:
    st.error(str(error))
