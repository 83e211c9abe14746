"""Ways to choose one of several options, each bound to the address bar, whatever the link says."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")
BOUND: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}  # to the address bar


def one_of(label: str, options: Sequence[T], key: str, default: T | None = None, **how: Any) -> T:
    """A segmented control bound to the address bar; by default the first option, also for a link that has none.

    how: further arguments of `st.segmented_control`.
    """
    bound: dict[str, Any] = BOUND | {"wrap": True} | how
    first = options[0] if default is None else default
    chosen = st.segmented_control(label, list(options), default=first, required=True, key=key, **bound)
    return first if chosen is None else chosen


def choice(
    label: str, options: Sequence[Any], value: Any, key: str, text: Callable[[Any], str] = str, **how: Any
) -> Any:
    """The chosen option, or the value between two of them that was set.

    options: numbers, or texts of which most are numbers, in order. text: how one is shown, and stands in a link.
    how: further arguments of `st.select_slider`.
    """
    options = [*options]
    for given in (value, st.session_state.get(key, st.query_params.get(key))):
        options = _with(options, given)
    value = value if value in options else options[0]
    return st.select_slider(label, options, value, text, key=key, **BOUND | how)


def _with(options: list[Any], value: Any) -> list[Any]:
    """The options and, at its place among them, a value between the least and the greatest."""
    new, numbers = number(value), [number(option) for option in options]
    known = [n for n in numbers if n is not None]
    if new is None or new in known or not min(known) < new < max(known):
        return options
    if isinstance(options[-1], int):
        if new != int(new):
            return options
        new = int(new)
    falling = known[0] > known[-1]
    at = next(i for i, n in enumerate(numbers) if n is not None and (n < new if falling else n > new))
    return [*options[:at], short(new) if isinstance(options[-1], str) else new, *options[at:]]


def number(value: Any) -> float | None:
    """A number, or a text that a slider or a link has for one."""
    try:
        return float(value.replace(",", "").removeprefix("×") if isinstance(value, str) else value)
    except (TypeError, ValueError):
        return None


def short(x: float) -> str:
    """As few digits as tell the number from all others."""
    return f"{x:g}" if float(f"{x:g}") == x else repr(x)
