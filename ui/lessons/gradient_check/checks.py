"""A network checked: every cell with one step size, all step sizes, and the course's networks beside its figures."""

import streamlit as st

from nnlib.labs.gradient_check.differences import central_differences
from nnlib.labs.gradient_check.published import EXPECTED_LOSS, published_network
from nnlib.labs.gradient_check.report import FLOOR, STEPS, check
from ui import lesson
from ui.components.error_map import error_map
from ui.lessons.gradient_check import controls, words
from ui.lessons.gradient_check.u_curve import U_CURVE, u_curve_frame

PAGE = "gradient_check"
PUBLISHED = {
    f"{norm or 'no normalization'}, {f'L2 {reg:g}' if reg else 'no L2'}": (norm, reg) for norm, reg in EXPECTED_LOSS
}


def every_cell() -> None:
    """The chosen network, checked with one step size."""
    with st.container(border=True):
        network = controls.network_controls()
        left, right, _ = st.columns([1, 1, 2], gap="medium")
        with left:
            h = controls.step_control()
        with right:
            limit = controls.limit_control()
    if guess := lesson.predict(PAGE, "predict error", ["1e-16", "1e-12", "1e-8", "1e-4", "1"], "gc_guess_error"):
        report = controls.report(network, h, limit)
        lesson.show(PAGE, "error outcome", guess=guess, **words.errors(report))
        st.markdown(words.conclusion(report))
        st.markdown(words.kinks(report, *network.build()[:2]))
        error_map(report, key="gc_map")
        lesson.look_for(PAGE, "cells look for")
    lesson.ask(PAGE, "question kink")
    lesson.source(check)


def step_size() -> None:
    """The chosen network, checked with all step sizes."""
    with st.container(border=True):
        network = controls.network_controls()
    options = [words.power(h) for h in STEPS]
    if guess := lesson.predict(PAGE, "predict h", options, "gc_guess_h"):
        curve, milliseconds, losses = controls.curve(network)
        chosen = curve[options.index(guess)]
        st.markdown(words.best_step(curve, chosen))
        st.vega_lite_chart(u_curve_frame(curve, chosen.h), U_CURVE, key="gc_curve")
        lesson.show(PAGE, "h cost", losses=losses, milliseconds=milliseconds, floor=words.power(FLOOR))
        lesson.show(PAGE, "h explained")
        lesson.look_for(PAGE, "h look for")
    lesson.ask(PAGE, "question float32")
    lesson.source(central_differences)


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
