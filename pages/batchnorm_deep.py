"""Batch normalization, deep networks: with and without it, over weight scales, over batch sizes."""

import streamlit as st

from ui import lesson
from ui.lesson import Part
from ui.lessons.batchnorm_deep.batches import batches_panel
from ui.lessons.batchnorm_deep.pair import pair_panel
from ui.lessons.batchnorm_deep.scales import scales_panel

PARTS = {
    "pair": Part("With and without", pair_panel),
    "scales": Part("Weight scale", scales_panel),
    "batches": Part("Batch size", batches_panel),
}

st.title("Batch normalization, deep networks")
lesson.show("batchnorm_deep", "intro")
lesson.parts(PARTS, "bd_part")
