"""Layers: step through any layer or a whole network, forward and back; then what depth does to its signals."""

import streamlit as st

from nnlib.labs.depth_and_scale import signals
from ui import lesson
from ui.lessons.layers.depth import depth_panel
from ui.walks.layers import SUBJECTS
from ui.walks.section import lesson_stepper
from ui.widgets.options import one_of

PAGE = "layers"
STEPS, DEPTH = "Step by step", "Depth and scale"

st.title("Layers")
part = one_of("Part", [STEPS, DEPTH], "lay_part", label_visibility="collapsed")
if part == STEPS:
    lesson.show(PAGE, "steps")
    lesson_stepper("lay", SUBJECTS.values())
    st.header("What to look for")
    lesson.show(PAGE, "steps look for")
    lesson.ask(PAGE, "question branches")
    lesson.ask(PAGE, "question db")
else:
    lesson.show(PAGE, "depth")
    depth_panel()
    st.header("What to look for")
    lesson.show(PAGE, "depth look for")
    lesson.ask(PAGE, "question relu")
    st.header("The code")
    lesson.source(signals)
