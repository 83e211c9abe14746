"""Asks for a prediction before a result is shown."""

from collections.abc import Sequence

import streamlit as st

from ui import prose


def predict(page: str, name: str, options: Sequence[str], key: str, **values: object) -> str | None:
    """The question `name` of assets/prose/PAGE.md with answers in a row, bound to the URL; None until one is chosen.

    values: for the {names} in the question. Below an open question stands the part `choose first`.
    """
    question = st.container(border=True)
    answer = question.segmented_control(prose.text(page, name, **values), list(options), key=key, bind="query-params")
    if answer is None:
        question.caption(prose.text(page, "choose first"))
    return answer
