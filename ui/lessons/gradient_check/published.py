"""The published check: the course's figures beside ours."""

import streamlit as st

from nnlib.labs.gradient_check.published import EXPECTED_LOSS, published_network
from ui import lesson
from ui.components.error_map import error_map
from ui.lessons.gradient_check import controls, words

PAGE = "gradient_check"
PUBLISHED = {
    f"{norm or 'no normalization'}, {f'L2 {reg:g}' if reg else 'no L2'}": (norm, reg) for norm, reg in EXPECTED_LOSS
}


def published_check() -> None:
    """The course's figures beside ours, and the check of the networks that give them."""
    if guess := lesson.predict(PAGE, "predict loss", ["0", "1", "2.3", "10"], "gc_guess_loss"):
        lesson.show(PAGE, "loss outcome", guess=guess)
        lesson.show(PAGE, "published")
        losses = {
            name: (EXPECTED_LOSS[key], controls.published_report(*key, 1e-5).loss) for name, key in PUBLISHED.items()
        }
        for column, (name, (expected, got)) in zip(st.columns(len(losses)), losses.items(), strict=True):
            column.markdown(f"**{name}**")
            column.code(f"expected {expected!r}\ngot      {got!r}", language=None)
        met = all(expected == got for expected, got in losses.values())
        (st.success if met else st.warning)(lesson.text(PAGE, "published met" if met else "published missed"))
        st.subheader("Their gradients")
        left, right = st.columns(2)
        name = left.selectbox("Network", list(PUBLISHED), key="gc_published", bind="query-params")
        with right:
            h = controls.step_control()
        report = controls.published_report(*PUBLISHED[name], h)
        st.markdown(words.conclusion(report))
        error_map(report, key="gc_published_map")
        lesson.show(PAGE, "published truncation")
    lesson.ask(PAGE, "question blind")
    lesson.source(published_network)
