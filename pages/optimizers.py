"""Optimizers: one step of each update rule, the effective step over a thousand, races on a surface and on data."""

import streamlit as st

from ui import lesson
from ui.lesson import Part
from ui.lessons.optimizers import parts

PARTS = {
    "step": Part("One step", parts.one_step),
    "effective": Part("Effective step", parts.effective),
    "race": Part("Race on a surface", parts.race),
    "data": Part("Race on data", parts.race_on_data),
}

st.title("Optimizers")
lesson.show("optimizers", "intro")
lesson.parts(PARTS, "opt_part")
