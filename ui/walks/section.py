"""A section of a page: choose what to walk through, its shapes and numbers, and step through it.

    shown = lesson_stepper("lay", SUBJECTS.values())                  # a list to choose from
    shown = lesson_stepper("bn", [SUBJECTS["batchnorm"]])             # one subject: no list
    shown.subject, shown.choices, shown.inputs, shown.derivation

`key` is a short word that begins the names of all widgets in the link (lay_what, lay_N, lay_numbers, lay_seed, ...);
the step is `step`, so a page has one such section in view at a time. Subjects of your own: see `ui.walks.layers`,
with `presets` for published inputs. Numbers that cannot be used are refused in one sentence, and the others shown.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from nnlib.derivations import Derivation
from nnlib.numerals import scientific
from ui import lesson
from ui.components.bundle import encode
from ui.components.stepper import stepper, trace
from ui.walks import edits
from ui.walks.agreement import Agreement, agreement
from ui.walks.subject import Inputs, Subject
from ui.widgets.options import BOUND, one_of

RANDOM = "random"
AGREE = 1e-3  # above it there is a kink; below it only round-off, and where the slope bends much the step h


class Shown(NamedTuple):
    """What is on screen."""

    subject: Subject
    choices: dict[str, Any]
    inputs: Inputs
    derivation: Derivation


def lesson_stepper(key: str, subjects: Iterable[Subject]) -> Shown:
    """Draw controls, stepper and the line that says how well graph, code and numerical gradient agree.

    Args:
        key: begins the names of all widgets.
        subjects: what can be chosen; the first is the default. Their names differ.

    Returns:
        What is shown, for the page to go on with.
    """
    subject, choices, drawn = _controls(key, {subject.name: subject for subject in subjects})
    refused = st.session_state.get(f"{key}_refused", "")
    try:
        inputs = edits.apply(drawn, edits.parse(st.session_state.get(f"{key}_changed") or ""))
    except ValueError as error:
        st.error(lesson.sentence(error))
        inputs = drawn
    walk = _walk(id(subject), str(choices), _digest(inputs), subject, choices, inputs)
    stepper(walk.trace, key=f"{key}_stepper", on_edit=lambda *edit: _edit(key, drawn, *edit), message=refused)
    st.session_state[f"{key}_refused"] = ""  # said once
    _say(walk)
    return Shown(subject, choices, inputs, walk.derivation)


class _Walk(NamedTuple):
    subject: Subject  # kept, so that no other one gets its id while this entry lives
    derivation: Derivation
    trace: bytes  # encoded: lists of lists would take ten times the memory
    agreement: Agreement


@st.cache_resource(max_entries=100, show_spinner=False)
def _walk(
    subject_id: int, chosen: str, digest: str, _subject: Subject, _choices: dict[str, Any], _inputs: Inputs
) -> _Walk:
    """What is drawn, once for all who look at the same numbers."""
    with np.errstate(all="ignore"):
        derivation = _subject.derive(_inputs, _choices)
        made = trace(derivation, editable=[name for name in _inputs if name not in _subject.fixed])
    return _Walk(_subject, derivation, encode(made), agreement(_subject, _inputs, _choices, derivation))


def _digest(inputs: Inputs) -> str:
    """Tells inputs apart."""
    digest = hashlib.sha256()
    for name, a in inputs.items():
        digest.update(f"{name} {a.shape} {a.dtype} ".encode())
        digest.update(np.ascontiguousarray(a).tobytes())
    return digest.hexdigest()


def _controls(key: str, subjects: dict[str, Subject]) -> tuple[Subject, dict[str, Any], Inputs]:
    """The widgets; gives what they choose, and its inputs before the learner's changes."""

    def forget() -> None:
        st.session_state[f"{key}_changed"] = ""

    how: dict[str, Any] = {"on_change": forget, **BOUND}
    name = next(iter(subjects))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if len(subjects) > 1:
            name = st.selectbox(
                "Step through",
                list(subjects),
                key=f"{key}_what",
                format_func=lambda option: subjects[option].title,
                width=330,
                **how,
            )
        subject = subjects[name or next(iter(subjects))]  # None: a link that names the widget, but nothing for it
        choices = {
            choice.name: st.selectbox(choice.label, choice.options, key=f"{key}_{choice.name}", width=160, **how)
            for choice in subject.choices
        }
        choices = {c.name: c.options[0] if choices[c.name] is None else choices[c.name] for c in subject.choices}
        names = [*subject.presets, RANDOM]
        numbers = one_of("Numbers", names, f"{key}_numbers", **how)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        sizes = {
            size.name: st.slider(
                f"{size.name}, {size.about}",
                size.low,
                size.high,
                size.default,
                key=f"{key}_{size.name}",
                width=160,
                **how,
            )
            for size in subject.sizes
        }
        seed = st.number_input("Seed", 0, 9999, 0, key=f"{key}_seed", width=130, disabled=numbers != RANDOM, **how)
        st.text_input(
            "Changed numbers",
            key=f"{key}_changed",
            placeholder=lesson.text("stepper", "changed"),
            max_chars=2000,
            width=330,
            **BOUND,
        )
    if numbers == RANDOM:
        return subject, choices, subject.draw(np.random.default_rng(int(seed)), sizes, choices)
    return subject, choices, subject.presets[numbers](sizes, choices)


def _edit(key: str, drawn: Inputs, name: str, index: tuple[int, ...], typed: str) -> None:
    """Take what was typed in the stepper, or say why not."""
    try:
        new = {(name, index): typed.strip()}
        edits.apply(drawn, new)
        try:
            known = edits.parse(st.session_state.get(f"{key}_changed") or "")
        except ValueError:
            known = {}
        st.session_state[f"{key}_changed"] = edits.write({**known, **new})
    except ValueError as error:
        st.session_state[f"{key}_refused"] = lesson.sentence(error)


def _say(walk: _Walk) -> None:
    """How well graph, code and numerical gradient agree."""
    found = walk.agreement
    code, numerical = scientific(found.code), scientific(found.numerical)
    if found.code <= AGREE and not walk.derivation.backward_steps:
        lesson.show("stepper", "agree forward", code=code)
    elif max(found) <= AGREE:
        lesson.show("stepper", "agree", code=code, numerical=numerical)
    elif found.code <= AGREE:
        lesson.show("stepper", "kink", code=code, numerical=numerical)
    else:
        lesson.show("stepper", "too large", code=code, numerical=numerical)
