"""Examine: a trained network's accuracy, mistakes, units and map, inputs of one's own, and what to keep of it."""

from collections.abc import Callable

import streamlit as st

from ui import prose
from ui.examine_accuracy import accuracy
from ui.examine_map import layer_map
from ui.examine_mistakes import mistakes
from ui.examine_own import own
from ui.examine_subject import Subject, current
from ui.examine_units import units
from ui.keep_panel import keep, load
from ui.one_of import one_of

PAGE = "examine"
OWN, KEEP = "Try your own", "Keep"
VIEWS: dict[str, Callable[[Subject], None]] = {
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
        _empty()
        return
    views = list(VIEWS)
    if subject.dataset is None:
        prose.show(PAGE, "no data")
        views = [OWN, KEEP]
    view = one_of("View", views, "ex_view", views[0], label_visibility="collapsed")
    VIEWS[view](subject)


def _empty() -> None:
    with st.container(border=True):
        prose.show(PAGE, "empty")
        icon = ":material/play_arrow:"
        st.button(prose.text(PAGE, "go to Train"), icon=icon, type="primary", key="ex_train", on_click=_go_to_train)
    st.subheader(prose.text(PAGE, "load title"))
    load()


def _go_to_train() -> None:
    st.session_state["train_part"] = "Train"
