"""Train your best model: choose everything, watch it learn, measure it on the test set."""

import streamlit as st

from ui import lesson
from ui.lessons.compare.panel import compare_panel
from ui.lessons.examine.panel import examine_panel
from ui.lessons.search.panel import search_panel
from ui.lessons.train.panel import train_panel
from ui.widgets.options import one_of

PARTS = {
    "Train": train_panel,
    "Search": search_panel,
    "Compare": compare_panel,
    "Examine": examine_panel,
}

st.title("Train your best model")
lesson.show("train_best_model", "intro")
PARTS[one_of("Part", list(PARTS), "train_part", label_visibility="collapsed", persist_state=None)]()
