"""The router: which pages there are, in the order of the lessons."""

from copy import copy
from math import isinf
from pathlib import Path

import streamlit as st

from ui.components.reconnection import reconnection
from ui.navigation import PAGES
from ui.runs.status import run_page

ABOUT = "Layer by Layer: how fully connected networks train, every number within reach."  # the menu holds the theme
ICON = (Path(__file__).parent.parent / "assets" / "icon.svg").read_text(encoding="utf-8")


def is_infinite(text: str) -> bool:
    try:
        return isinf(float(text))
    except ValueError:
        return False


st.set_page_config(page_title="Layer by Layer", page_icon=ICON, layout="wide", menu_items={"About": ABOUT})
# Copies, since st.navigation marks the page that may run: sessions that share it would take that right from each other.
page = st.navigation([copy(page) for page in PAGES])
if infinite := [name for name, value in st.query_params.items() if is_infinite(value)]:
    for name in infinite:  # a field for whole numbers that is bound to the address breaks on it
        del st.query_params[name]
    st.rerun()
run_page(page)
reconnection()
