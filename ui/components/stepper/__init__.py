"""Walks through a computation node by node, forward and back: a component that steps without a rerun."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from ui import lesson
from ui.components.bundle import encode, mount
from ui.components.stepper.trace import Trace, trace

__all__ = ["Trace", "stepper", "trace"]

Edit = Callable[[str, tuple[int, ...], str], None]


def stepper(
    made: Mapping[str, Any] | bytes, key: str, on_edit: Edit | None = None, message: str = "", param: str = "step"
) -> None:
    """Draw a trace; with the same `key` the walk stays at its step while numbers and shapes change.

    Args:
        made: what `trace` returned, or that encoded by `ui.components.bundle.encode`, to be kept.
        key: the component's name on its page.
        on_edit: called with name, index and what was typed when the learner changes a number of an input; the name is
            an input's, or "dout" for the upstream gradient of out. The script runs again after it.
        message: one sentence beside the field where numbers are typed, such as why the last one was refused.
        param: the name under which the address bar holds the step, counted from 1.
    """

    def edited() -> None:
        edit = st.session_state[key].edit
        if on_edit and edit:
            on_edit(str(edit["name"]), tuple(int(i) for i in edit["index"]), str(edit["text"]))

    body = made if isinstance(made, bytes) else encode(made)
    rest = encode({"texts": lesson.prose("stepper"), "message": message, "param": param, "key": key})
    data = b'{"trace":' + body + b"," + rest[1:]
    _component(data=data, key=key, height="content", on_edit_change=edited)


_component = mount("stepper", __file__)
