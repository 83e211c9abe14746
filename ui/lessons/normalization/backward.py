"""Batchnorm's two backward passes: what is taken out of the gradient, cell by cell, and both passes timed on demand."""

import numpy as np
import streamlit as st

from nnlib.labs.normalization.batches import gradient_parts as parts_of
from nnlib.labs.normalization.batches import time_backward
from nnlib.normalization import batchnorm_forward
from nnlib.numerals import fixed, scientific, short
from ui import lesson
from ui.components.number_grid import Grid, number_grids
from ui.lessons.normalization import charts
from ui.widgets.options import BOUND, one_of

PAGE = "batchnorm"
N, D = 4, 3
RANDOM, ONES, XHAT = "random", "all ones", "x̂"
REPEATS = 25
SIZES = [2, 10, 50, 100, 250, 500, 1000]
PRESSED = "bn_race_pressed"  # in the session until the race is run: the script may be overtaken before


def gradient_parts() -> None:
    """dout, what is taken out of it, and dx, as tables."""
    lesson.show(PAGE, "parts about")
    guess = lesson.predict(PAGE, "predict ones", ["0", "1", "γ", "γ · rstd"], "bn_guess_ones")
    if not guess:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kinds = [ONES, XHAT, RANDOM]
        kind = one_of("dout", kinds, "bn_dout")
        seed = int(st.number_input("Seed", 0, 9999, 0, key="bn_seed_parts", width=130, **BOUND))
    rng = np.random.default_rng(seed)
    x, gamma = rng.normal(size=(N, D)).round(2), rng.uniform(0.5, 2, D).round(2)
    _, cache = batchnorm_forward(x, gamma, np.zeros(D), {"mode": "train"})
    dout = {RANDOM: rng.normal(size=(N, D)).round(2), ONES: np.ones((N, D)), XHAT: cache.xhat}[kind]
    parts = parts_of(dout, cache)
    lesson.show(PAGE, "ones outcome", guess=guess, upstream=kind, largest=short(np.abs(parts.dx).max(), 2))
    limit = float(max(2.0, np.abs(dout).max()))
    checks = {"sum": parts.dx.sum(axis=0), "sum · x̂": (parts.dx * cache.xhat).sum(axis=0)}
    grids = [
        Grid("dout", dout, limit=limit),
        Grid("− its mean", parts.along_one, limit=limit),
        Grid("− x̂ · mean(dout · x̂)", parts.along_xhat, limit=limit),
        Grid("what is left · γ · rstd = dx", parts.dx, limit=limit, below=checks),
    ]
    number_grids(grids, key="bn_parts")
    lesson.look_for(PAGE, "parts look for")


def race() -> None:
    """Both passes on the same batch: the difference of their results and their times."""
    guess = lesson.predict(PAGE, "predict faster", ["as long", "1.5 times", "3 times", "10 times"], "bn_guess_faster")
    if not guess:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        examples = st.select_slider("N, examples", SIZES, 100, key="bn_race_N", width=230, **BOUND)
        features = st.select_slider("D, features", SIZES, 100, key="bn_race_D", width=230, **BOUND)
        kinds = ["float64", "float32"]
        dtype = one_of("Numbers", kinds, "bn_race_dtype")
        st.button(lesson.text(PAGE, "measure"), type="primary", icon=":material/timer:", on_click=_press)
    asked = (examples, features, dtype)
    if st.session_state.get(PRESSED):
        with st.spinner(""):
            st.session_state["bn_race"] = (asked, time_backward(examples, features, REPEATS, np.dtype(dtype)))
        st.session_state[PRESSED] = False
    known = st.session_state.get("bn_race")
    if known is None or known[0] != asked:
        st.caption(lesson.text(PAGE, "measure first"))
        return
    times = known[1]
    facts = {"guess": guess, "N": examples, "D": features, "dtype": dtype, "difference": scientific(times.difference)}
    for name in ("staged", "simplified"):
        low, middle, high = np.percentile(1e6 * getattr(times, name), [25, 50, 75])
        facts |= {name: fixed(middle, 1), f"{name}_low": fixed(low, 1), f"{name}_high": fixed(high, 1)}
    lesson.show(PAGE, "measured", ratio=fixed(times.ratio, 1), **facts)
    st.vega_lite_chart(charts.times_frame(times), charts.TIMES, key="bn_times")
    lesson.show(PAGE, "measured about", repeats=REPEATS)


def _press() -> None:
    st.session_state[PRESSED] = True
