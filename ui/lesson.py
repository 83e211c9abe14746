"""What every lesson is made of: its text from assets/prose, predictions, questions, source, and its page's parts."""

import inspect
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from ui.widgets.options import one_of

PROSE = Path(__file__).parent.parent / "assets" / "prose"


class Part(NamedTuple):
    """A part of a page: its label, what draws it, and labels that it had when links were handed out."""

    label: str
    draw: Callable[[], object]
    former: tuple[str, ...] = ()


def parts(choices: Mapping[str, Part], key: str) -> None:
    """A control for a page's parts, and the chosen one; what it refuses to do stands there in a sentence.

    Code calls a part by its short name, and the address, which Streamlit writes, by its label. A link may hold either,
    or a former label.
    """
    labels = {name: part.label for name, part in choices.items()}
    known = {label: name for name, part in choices.items() for label in (name, *part.former)}
    asked = st.query_params.get(key)
    if asked in known and asked not in labels.values():
        if key in st.session_state:
            st.session_state[key] = known[asked]
        else:
            st.query_params[key] = labels[known[asked]]  # as Streamlit itself writes it, so that a reload finds it
            st.rerun()
    chosen = one_of(
        "Part", list(choices), key, format_func=labels.__getitem__, label_visibility="collapsed", persist_state=None
    )
    with refusals():
        choices[chosen].draw()


@contextmanager
def refusals() -> Iterator[None]:
    """What is refused within stands on the page, in a sentence."""
    try:
        yield
    except ValueError as error:
        st.error(sentence(error))


def line(said: object) -> str:
    """One line that can be sent: a path can hold line breaks, and bytes that are no text."""
    return " ".join(str(said).split()).encode(errors="replace").decode()


def sentence(error: object) -> str:
    """What an error says, to stand alone: with a capital, unless it begins with a name of the code."""
    said = re.sub(r"[*$~]", r"\\\g<0>", line(error))  # what stands for a secret, or in a path, is no emphasis
    first = said.partition(" ")[0]
    return said if "_" in first or (len(first) == 1 and first != "a") else said[:1].upper() + said[1:]


@cache
def prose(page: str) -> dict[str, str]:
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
    part = prose(page)[name]
    return part.format(**values) if values else part


def show(page: str, name: str, **values: object) -> None:
    """Write one part on the page."""
    st.markdown(text(page, name, **values))


def look_for(page: str, name: str) -> None:
    """One part, under its heading."""
    st.subheader("What to look for")
    show(page, name)


def predict(page: str, name: str, options: Sequence[str], key: str, **values: object) -> str | None:
    """The question `name` of assets/prose/PAGE.md with answers in a row, bound to the URL; None until one is chosen.

    values: for the {names} in the question. Below an open question stands the part `choose first`.
    """
    question = st.container(border=True)
    answer = question.segmented_control(text(page, name, **values), list(options), key=key, bind="query-params")
    if answer is None:
        question.caption(text(page, "choose first"))
    return answer


def ask(page: str, name: str) -> None:
    """The question `name` of assets/prose/PAGE.md.

    The part is the question; then, after a blank line, a list item an answer: `- [x] answer: feedback` for the right
    one, `- [ ] answer: feedback` for the others. The order of the answers is shuffled, always in the same way.
    """
    question, answers = parse(text(page, name))
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
    st.code(_source(function), language="python", line_numbers=True)


_source = cache(inspect.getsource)  # the file is read and cut into tokens
