"""Gradient check: every parameter of a network against central differences; the step size; a zoo of faults."""

import streamlit as st

from ui import lesson
from ui.lesson import Part
from ui.lessons.gradient_check.bug_zoo import bug_zoo
from ui.lessons.gradient_check.checks import every_cell, published_check, step_size

PARTS = {
    "cells": Part("Every cell", every_cell),
    "step": Part("Step size", step_size),
    "published": Part("Published check", published_check),
    "zoo": Part("Bug zoo", bug_zoo),
}

st.title("Gradient check")
lesson.show("gradient_check", "intro")
lesson.parts(PARTS, "gc_part")
