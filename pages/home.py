"""Home: what this is, a network that is learning already, the map of the lessons, the data."""

import math

import streamlit as st

from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.lessons.home.data_panel import data_panel
from ui.navigation import LESSONS
from ui.runs.panel import obtain, run_panel
from ui.widgets import datasets

SPIRAL = RunSpec(
    data="spiral", depth=2, width=16, update_rule="adam", learning_rate=0.01, batch_size=40, num_epochs=80, seed=1
)

st.title("Layer by Layer")
lesson.show("home", "intro")

st.header("A network that is learning right now")
lesson.show("home", "spiral", width=SPIRAL.width, rule=SPIRAL.update_rule.capitalize())
arrived = "home_run" not in st.session_state
run = obtain("home_run", SPIRAL, datasets.load(SPIRAL), in_url=False, light=True, rate=25)
if arrived:
    run.play()
run_panel("home_run", key="home", speeds=("1 / s", "5 / s", "25 / s"))
lesson.show("home", "spiral question", chance=math.log(3))

st.header("The lessons")
for first in range(0, len(LESSONS), 3):
    for column, page in zip(st.columns(3), LESSONS[first : first + 3], strict=False):
        with column.container(border=True, height="stretch"):
            st.page_link(page)
            st.markdown(page.help or "")

st.header("The data")
data_panel()
