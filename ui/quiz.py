"""Questions with answers to choose from, and at once why the chosen one is right or wrong."""

import random

import streamlit as st

from ui import prose


def ask(page: str, name: str) -> None:
    """The question `name` of assets/prose/PAGE.md.

    The part is the question; then, after a blank line, a list item an answer: `- [x] answer: feedback` for the right
    one, `- [ ] answer: feedback` for the others. The order of the answers is shuffled, always in the same way.
    """
    question, answers = parse(prose.text(page, name))
    with st.container(border=True):
        key = f"quiz_{page}_{name}"
        chosen = st.radio(f"**{question}**", list(answers), index=None, key=key, persist_state="session")
        if chosen is not None:
            right, feedback = answers[chosen]
            (st.success if right else st.warning)(feedback, icon=":material/check:" if right else ":material/undo:")


def parse(part: str) -> tuple[str, dict[str, tuple[bool, str]]]:
    """The question, and answer -> (right, feedback)."""
    question, _, items = part.partition("\n\n")
    lines = " ".join(items.split()).split("- [")[1:]
    answers = {}
    for line in lines:
        answer, _, feedback = line[3:].partition(": ")
        answers[answer.strip()] = (line[0] == "x", feedback.strip())
    shuffled = list(answers.items())
    random.Random(question).shuffle(shuffled)  # noqa: S311 - the order need not be secret
    return question, dict(shuffled)
