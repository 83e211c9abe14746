"""Layers: step through any layer or a whole network, forward and back; then what depth does to its signals."""

import streamlit as st

from nnlib.depth_and_scale import signals
from ui import prose
from ui.depth_panel import depth_panel
from ui.lesson_stepper import lesson_stepper
from ui.one_of import one_of
from ui.quiz import ask
from ui.source import source
from ui.stepper.subjects import SUBJECTS

PAGE = "layers"
STEPS, DEPTH = "Step by step", "Depth and scale"

st.title("Layers")
part = one_of("Part", [STEPS, DEPTH], "lay_part", label_visibility="collapsed")
if part == STEPS:
    prose.show(PAGE, "steps")
    lesson_stepper("lay", SUBJECTS.values())
    st.header("What to look for")
    prose.show(PAGE, "steps look for")
    ask(PAGE, "question branches")
    ask(PAGE, "question db")
else:
    prose.show(PAGE, "depth")
    depth_panel()
    st.header("What to look for")
    prose.show(PAGE, "depth look for")
    ask(PAGE, "question relu")
    st.header("The code")
    source(signals)
