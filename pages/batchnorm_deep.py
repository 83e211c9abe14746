"""Batch normalization, deep networks: with and without it, over weight scales, over batch sizes."""

import streamlit as st

from ui import lesson
from ui.lessons.batchnorm_deep.batches import batches_panel
from ui.lessons.batchnorm_deep.pair import pair_panel
from ui.lessons.batchnorm_deep.scales import scales_panel
from ui.widgets.options import one_of

PAGE = "batchnorm_deep"
PARTS = {"With and without": pair_panel, "Weight scale": scales_panel, "Batch size": batches_panel}

st.title("Batch normalization, deep networks")
lesson.show(PAGE, "intro")
PARTS[one_of("Part", list(PARTS), "bd_part", label_visibility="collapsed", persist_state=None)]()
