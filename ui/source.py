"""The code that ran, read from the functions themselves, so that what is shown cannot drift from what runs."""

import inspect
from collections.abc import Callable

import streamlit as st


def source(function: Callable) -> None:
    """The source of a function, under its full name."""
    st.caption(f"`{function.__module__}.{function.__qualname__}`")
    st.code(inspect.getsource(function), language="python", line_numbers=True)
