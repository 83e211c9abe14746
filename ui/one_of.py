"""A row of options of which one is always chosen, whatever the link says."""

from collections.abc import Sequence
from typing import Any

import streamlit as st


def one_of(label: str, options: Sequence[str], key: str, **how: Any) -> str:
    """A segmented control bound to the address bar; the first option is the default, also for a link that has none.

    how: further arguments of `st.segmented_control`.
    """
    bound: dict[str, Any] = {"bind": "query-params", "persist_state": "session", "wrap": True}
    chosen = st.segmented_control(label, list(options), default=options[0], required=True, key=key, **bound | how)
    return chosen or options[0]
