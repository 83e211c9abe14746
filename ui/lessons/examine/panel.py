"""Examine: a trained network's accuracy, mistakes, units and map, inputs of one's own, and what to keep of it."""

from collections.abc import Callable

import streamlit as st

from ui import lesson
from ui.lessons.examine.accuracy import accuracy
from ui.lessons.examine.keep import keep, load
from ui.lessons.examine.map import layer_map
from ui.lessons.examine.mistakes import mistakes
from ui.lessons.examine.own import own
from ui.lessons.examine.subject import Examined, current
from ui.lessons.examine.units import units
from ui.widgets.options import one_of

PAGE = "examine"
OWN, KEEP = "Try your own", "Keep"
VIEWS: dict[str, Callable[[Examined], None]] = {
    "Accuracy": accuracy,
    "Mistakes": mistakes,
    "Hidden units": units,
    "Map": layer_map,
    OWN: own,
    KEEP: keep,
}


def examine_panel() -> None:
    """The network that is looked at, and one view of it; without a network, what to do first."""
    subject = current()
    if subject is None:
        with st.container(border=True):
            lesson.show(PAGE, "empty")
            go, icon = lesson.text(PAGE, "go to Train"), ":material/play_arrow:"
            st.button(go, icon=icon, type="primary", key="ex_train", on_click=_go_to_train)
        st.subheader(lesson.text(PAGE, "load title"))
        load()
        return
    views = list(VIEWS)
    if subject.dataset is None:
        lesson.show(PAGE, "no data")
        views = [OWN, KEEP]
    view = one_of("View", views, "ex_view", views[0], label_visibility="collapsed")
    VIEWS[view](subject)


def _go_to_train() -> None:
    st.session_state["train_part"] = "train"
