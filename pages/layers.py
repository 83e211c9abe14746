"""Layers: step through any layer or a whole network, forward and back; then what depth does to its signals."""

import streamlit as st

from ui import lesson
from ui.lesson import Part
from ui.lessons.layers.depth import depth_panel
from ui.lessons.layers.steps import steps

PARTS = {"steps": Part("Step by step", steps), "depth": Part("Depth and scale", depth_panel)}

st.title("Layers")
lesson.parts(PARTS, "lay_part")
