"""Batch normalization, deep networks: with and without it, over weight scales, over batch sizes."""

import streamlit as st

from ui import prose
from ui.deep_norm_batches import batches_panel
from ui.deep_norm_pair import pair_panel
from ui.deep_norm_scales import scales_panel
from ui.one_of import one_of

PAGE = "batchnorm_deep"
PARTS = {"With and without": pair_panel, "Weight scale": scales_panel, "Batch size": batches_panel}

st.title("Batch normalization, deep networks")
prose.show(PAGE, "intro")
PARTS[one_of("Part", list(PARTS), "bd_part", label_visibility="collapsed", persist_state=None)]()
