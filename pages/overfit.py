"""Overfit a small set: find a weight scale and a learning rate with which a network learns fifty pictures by heart."""

import streamlit as st

from ui import lesson
from ui.lessons.overfit.panel import overfit_panel

st.title("Overfit a small set")
lesson.show("overfit", "intro")
overfit_panel()
