"""Train your best model: choose everything, watch it learn, measure it on the test set."""

import streamlit as st

from ui import lesson
from ui.lesson import Part
from ui.lessons.compare.panel import compare_panel
from ui.lessons.examine.panel import examine_panel
from ui.lessons.search.panel import search_panel
from ui.lessons.train.panel import train_panel

PARTS = {
    "train": Part("Train", train_panel),
    "search": Part("Search", search_panel),
    "compare": Part("Compare", compare_panel),
    "examine": Part("Examine", examine_panel),
}

st.title("Train your best model")
lesson.show("train_best_model", "intro")
lesson.parts(PARTS, "train_part")
