"""Batch normalization: one batch, train and test mode, batch sizes, both backward passes, step by step."""

import streamlit as st

from ui import lesson
from ui.lesson import Part
from ui.lessons.normalization import batchnorm

PARTS = {
    "batch": Part("One batch", batchnorm.one_batch),
    "modes": Part("Train and test", batchnorm.modes),
    "sizes": Part("Batch size", batchnorm.batch_sizes),
    "backward": Part("Two backward passes", batchnorm.two_backward_passes),
    "steps": Part("Step through", batchnorm.steps),
}

st.title("Batch normalization, one batch")
lesson.show("batchnorm", "intro")
lesson.parts(PARTS, "bn_part")
