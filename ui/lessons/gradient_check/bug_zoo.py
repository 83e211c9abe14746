"""The bug zoo: evidence of a planted fault, a guess, and why a wrong guess cannot be it."""

import pandas as pd
import streamlit as st

from nnlib.labs.gradient_check.cases import CASES, EXAMPLES, HEALTHY, Case, Evidence, contradiction, evidence
from nnlib.labs.gradient_check.faults import ADAM_BY_HAND, FAULTS
from nnlib.numerals import fixed, plain
from ui import lesson
from ui.components.error_map import error_map
from ui.widgets.options import one_of

PAGE = "gradient_check"


def bug_zoo() -> None:
    """The whole part: choose a case, look, guess, and see the code once it is found or given up."""
    lesson.show(PAGE, "zoo")
    number = one_of("Case", range(1, len(CASES) + 1), "gc_case")
    case, seen = CASES[number - 1], evidence(CASES[number - 1])
    lesson.show(PAGE, "zoo network", **_described(case))
    error_map(seen.report, key="gc_zoo_map")
    st.subheader("Adam, three steps")
    lesson.show(PAGE, "zoo adam")
    st.table(_adam_table(seen), hide_index=True, width="content")
    question, answer = st.columns(2, gap="large")
    with question:
        guess = st.radio(
            f"**{lesson.text(PAGE, 'zoo question')}**",
            [*FAULTS, HEALTHY],
            index=None,
            format_func=_title,
            key=f"gc_guess_{number}",
            persist_state="session",
        )
    with answer:
        lesson.show(PAGE, "zoo hint")
        found = st.session_state.setdefault("gc_found", frozenset())
        if guess == case.fault:
            found = st.session_state["gc_found"] = found | {number}
            st.success(_revealed(case, "zoo right"), icon=":material/check:")
        elif guess is not None:
            st.warning(_why_not(number, guess), icon=":material/undo:")
        st.caption(lesson.text(PAGE, "zoo score", solved=len(found), count=len(CASES)))
        given_up = guess != case.fault and st.toggle("Show what it was", key=f"gc_reveal_{number}")
        if given_up:
            st.info(_revealed(case, "zoo revealed"), icon=":material/visibility:")
    if case.fault != HEALTHY and (guess == case.fault or given_up):
        for column, function in zip(
            st.columns(2), (FAULTS[case.fault].function, FAULTS[case.fault].right), strict=True
        ):
            with column:
                lesson.source(function)


def _why_not(number: int, guess: str) -> str:
    """What speaks against a wrong guess, with the figures seen and those foretold."""
    found = contradiction(CASES[number - 1], guess)
    title = _title(guess)
    if found is None:
        return title
    cell = "".join(f"[{', '.join(map(str, found.cell))}]" for _ in found.cell[:1])
    digits = ".4g" if found.kind == "numbers" else ".0e"
    figures = {"seen": f"{found.seen:{digits}}", "foretold": f"{found.foretold:{digits}}"}
    why = lesson.text(PAGE, f"zoo {found.kind}", what=found.name, cell=cell, **figures)
    reason = lesson.text(PAGE, "zoo wrong", title=title, why=why)
    if found.kind == "absent" or guess == HEALTHY:
        return reason
    return reason + "\n\n" + lesson.text(PAGE, "zoo marks", about=lesson.text(PAGE, f"fault {guess}"))


def _title(fault: str) -> str:
    return lesson.text(PAGE, "zoo nothing") if fault == HEALTHY else FAULTS[fault].title


def _revealed(case: Case, part: str) -> str:
    return lesson.text(PAGE, part, title=_title(case.fault), about=lesson.text(PAGE, f"fault {case.fault}"))


def _described(case: Case) -> dict[str, object]:
    keep = case.dropout_keep_ratio
    return {
        "examples": EXAMPLES,
        "normalization": case.normalization or "no normalization",
        "reg": f"L2 {plain(case.reg)}" if case.reg else "no L2",
        "dropout": "no dropout" if keep == 1 else f"dropout that keeps {plain(keep)}",
    }


def _adam_table(seen: Evidence) -> pd.DataFrame:
    rows = [
        (t, plain(dw), fixed(by_hand, 6), fixed(got, 6))
        for t, ((dw, by_hand), got) in enumerate(zip(ADAM_BY_HAND, seen.adam, strict=True), start=1)
    ]
    return pd.DataFrame(rows, columns=["step", "dw", "w by hand", "w from the code"])
