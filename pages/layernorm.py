"""Layer normalization: which axis, step by step, where it fails, batch sizes, which preprocessing is like it."""

import streamlit as st

from ui import lesson
from ui.lesson import Part
from ui.lessons.batchnorm_deep.batches import norms_and_batches_panel
from ui.lessons.normalization import layernorm
from ui.lessons.normalization.preprocessing import preprocessing

PARTS = {
    "axis": Part("Which axis", layernorm.axis),
    "steps": Part("Step through", layernorm.steps),
    "fail": Part("When does it fail?", layernorm.failing),
    "sizes": Part("Batch size", norms_and_batches_panel),
    "preprocessing": Part("Which preprocessing?", preprocessing),
}

st.title("Layer normalization")
lesson.show("layernorm", "intro")
lesson.parts(PARTS, "ln_part")
