"""A row of options of which one is always chosen, whatever the link says."""

from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def one_of(label: str, options: Sequence[T], key: str, default: T | None = None, **how: Any) -> T:
    """A segmented control bound to the address bar; by default the first option, also for a link that has none.

    how: further arguments of `st.segmented_control`.
    """
    bound: dict[str, Any] = {"bind": "query-params", "persist_state": "session", "wrap": True}
    first = options[0] if default is None else default
    chosen = st.segmented_control(label, list(options), default=first, required=True, key=key, **bound | how)
    return first if chosen is None else chosen
