"""The words of a lesson: its text from assets/prose, predictions, questions, and the source that ran."""

import inspect
import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import streamlit as st

from ui import lesson

PROSE = Path(__file__).parent.parent / "assets" / "prose"


@cache
def parts(page: str) -> dict[str, str]:
    """The parts of assets/prose/PAGE.md: the name after `## ` -> the markdown below it."""
    found: dict[str, list[str]] = {}
    name = None
    for line in (PROSE / f"{page}.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line[3:].strip()
            found[name] = []
        elif name is not None:
            found[name].append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def text(page: str, name: str, **values: object) -> str:
    """One part's markdown, with {names} filled in if any are given."""
    part = parts(page)[name]
    return part.format(**values) if values else part


def show(page: str, name: str, **values: object) -> None:
    """Write one part on the page."""
    st.markdown(text(page, name, **values))


def predict(page: str, name: str, options: Sequence[str], key: str, **values: object) -> str | None:
    """The question `name` of assets/prose/PAGE.md with answers in a row, bound to the URL; None until one is chosen.

    values: for the {names} in the question. Below an open question stands the part `choose first`.
    """
    question = st.container(border=True)
    answer = question.segmented_control(lesson.text(page, name, **values), list(options), key=key, bind="query-params")
    if answer is None:
        question.caption(lesson.text(page, "choose first"))
    return answer


def ask(page: str, name: str) -> None:
    """The question `name` of assets/prose/PAGE.md.

    The part is the question; then, after a blank line, a list item an answer: `- [x] answer: feedback` for the right
    one, `- [ ] answer: feedback` for the others. The order of the answers is shuffled, always in the same way.
    """
    question, answers = parse(lesson.text(page, name))
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


def source(function: Callable) -> None:
    """The source of a function, under its full name."""
    st.caption(f"`{function.__module__}.{function.__qualname__}`")
    st.code(inspect.getsource(function), language="python", line_numbers=True)
