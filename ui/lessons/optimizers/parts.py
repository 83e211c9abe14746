"""The four parts of the lesson: one step of any rule, the effective step, a race on a surface, and one on data."""

import pandas as pd
import streamlit as st

from nnlib.experiments import presets
from nnlib.labs.optimizers.effective_step import effect
from nnlib.labs.optimizers.published import PUBLISHED, compare
from nnlib.labs.optimizers.walks import walk
from nnlib.numerals import fixed, scientific
from nnlib.optim import RULES
from ui import lesson
from ui.lessons.optimizers.data_race_panel import data_race_panel
from ui.lessons.optimizers.effective_step import effective_step_panel
from ui.lessons.optimizers.race import race_panel
from ui.walks.section import lesson_stepper
from ui.walks.update_rules import GIVEN, PUBLISHED_NUMBERS, UPDATE_RULES

PAGE = "optimizers"


def published(rule: str) -> None:
    """The published results of one step beside ours, and the relative error against its limit."""
    st.subheader("Published, and got")
    lesson.show(PAGE, "published")
    for column, c in zip(st.columns(2), compare(rule), strict=True):
        cells = [f"{c.name}[0,{j}]" for j in range(len(c.expected))]
        numbers = {"expected": [fixed(x, 8) for x in c.expected], "got": [fixed(x, 8) for x in c.got]}
        column.table(pd.DataFrame(numbers, index=pd.Index(cells, name=c.name)))
        met = c.error < c.limit
        text = lesson.text(
            PAGE,
            "published met" if met else "published missed",
            error=scientific(c.error),
            limit=scientific(c.limit, 1),
        )
        (column.success if met else column.error)(text)


def one_step() -> None:
    """Any rule, walked through on a small vector."""
    lesson.show(PAGE, "one step")
    shown = lesson_stepper("rule", UPDATE_RULES.values())
    rule = shown.subject.name
    given = shown.choices["learning_rate"] == GIVEN and not st.session_state.get("rule_changed")
    if rule in PUBLISHED and st.session_state.get("rule_numbers") == PUBLISHED_NUMBERS and given:
        published(rule)
    lesson.look_for(PAGE, f"rule {rule}")
    lesson.ask(PAGE, "question first step")
    lesson.source(RULES[rule])


def effective() -> None:
    """The adaptive rules over a thousand steps."""
    lesson.show(PAGE, "effective")
    effective_step_panel()
    lesson.ask(PAGE, "question correction")
    lesson.source(effect)


def race() -> None:
    """All rules on one surface."""
    lesson.show(PAGE, "race")
    race_panel()
    lesson.look_for(PAGE, "race look for")
    lesson.ask(PAGE, "question bowl")
    lesson.source(walk)


def race_on_data() -> None:
    """The course's network, trained by all rules."""
    lesson.show(PAGE, "data race")
    data_race_panel()
    lesson.look_for(PAGE, "data race look for")
    lesson.ask(PAGE, "question data race lead")
    lesson.ask(PAGE, "question data race time")
    lesson.source(presets.race)
    for rule in ("sgd", "adam"):
        lesson.source(RULES[rule])
