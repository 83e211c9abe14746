"""Layers: step through any layer or a whole network, forward and back; then depth and scale."""

import streamlit as st

from ui.lesson_stepper import lesson_stepper
from ui.stepper.subjects import SUBJECTS

st.title("Layers")
lesson_stepper("lay", SUBJECTS.values())
