"""Any layer or a small network, step by step."""

import streamlit as st

from ui import lesson
from ui.walks.layers import SUBJECTS
from ui.walks.section import lesson_stepper

PAGE = "layers"


def steps() -> None:
    """The whole part of the page."""
    lesson.show(PAGE, "steps")
    lesson_stepper("lay", SUBJECTS.values())
    st.header("What to look for")
    lesson.show(PAGE, "steps look for")
    lesson.ask(PAGE, "question branches")
    lesson.ask(PAGE, "question db")
