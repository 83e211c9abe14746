"""Train your best model: choose everything, watch it learn, measure it on the test set."""

import streamlit as st

from ui import prose
from ui.compare_panel import compare_panel
from ui.examine_panel import examine_panel
from ui.one_of import one_of
from ui.search_panel import search_panel
from ui.train_panel import train_panel

PARTS = {
    "Train": train_panel,
    "Search": search_panel,
    "Compare": compare_panel,
    "Examine": examine_panel,
}

st.title("Train your best model")
prose.show("train_best_model", "intro")
PARTS[one_of("Part", list(PARTS), "train_part", label_visibility="collapsed", persist_state=None)]()
