"""A part of a page that draws itself anew while something goes on, and only then."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def live_panel(
    controls: Callable[[], T], view: Callable[[T], None], every: Callable[[], float | None], changed: Callable[[], bool]
) -> None:
    """Controls, and below them a view that polls.

    A click reruns the panel alone. The polling view is a fragment within it, so that polls carry no controls, and a
    poll that is still on its way when a click switches polling off finds nothing to rerun.

    Args:
        controls: what they give goes to the view.
        every: seconds between polls; None: there is nothing to wait for.
        changed: whether something has happened that the rest of the page is to know: then all of it reruns.
    """

    def panel() -> None:
        if changed():
            st.rerun()
        with st.container():
            chosen = controls()
        poll(lambda: view(chosen), every, changed)

    st.fragment(panel)()


def poll(view: Callable[[], None], every: Callable[[], float | None], changed: Callable[[], bool] = bool) -> None:
    """The view alone; when there is nothing to wait for any more the whole page reruns."""

    def polled() -> None:
        if every() is None or changed():
            st.rerun()
        view()

    if (seconds := every()) is not None:
        st.fragment(polled, run_every=seconds)()
    else:
        with st.container():  # where the fragment would put it
            view()
