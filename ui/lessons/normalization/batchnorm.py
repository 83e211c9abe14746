"""Batch normalization's parts: one batch, train and test mode, batch sizes, both backward passes, step by step."""

import math
from typing import Any

import numpy as np
import streamlit as st

from nnlib.labs.normalization import batches
from nnlib.labs.normalization.batches import FEATURES, TRUE_MEAN, TRUE_VAR
from nnlib.normalization import batchnorm_backward, batchnorm_backward_alt, batchnorm_forward
from ui import lesson
from ui.components.number_grid import Grid, number_grids, write
from ui.lessons.normalization import backward, charts
from ui.walks.layers import SUBJECTS
from ui.walks.section import lesson_stepper
from ui.walks.simplified import SIMPLIFIED
from ui.widgets.options import BOUND, one_of

PAGE = "batchnorm"
NAMES = [feature.name for feature in FEATURES]
SIZES = [1, 2, 3, 4, 6, 8, 16, 32, 64, 256]
NUM_BATCHES, ROWS_SHOWN = 200, 4
BY_HAND, UNDO = "by hand", "those that undo it"

running_averages = st.cache_data(max_entries=50, show_spinner=False)(batches.running_averages)
batch_size_effect = st.cache_data(max_entries=50, show_spinner=False)(batches.batch_size_effect)


def one_batch() -> None:
    """Features before and after, as distributions."""
    settings, picture = st.columns([1, 3], gap="large")
    with settings:
        N = st.select_slider("Examples N", [1, 2, 4, 16, 64, 256, 1024], 256, key="bn_N1", **BOUND)
        seed = st.number_input("Seed", 0, 9999, 0, key="bn_seed1", **BOUND)
        how = one_of("γ and β", [BY_HAND, UNDO], "bn_how")
        only = st.selectbox("of", ["all features", *NAMES], key="bn_of", disabled=how == UNDO, **BOUND)
        gamma_chosen = st.slider("γ", -2.0, 2.0, 2.0, 0.1, key="bn_gamma", disabled=how == UNDO, **BOUND)
        beta_chosen = st.slider("β", -4.0, 4.0, -1.0, 0.1, key="bn_beta", disabled=how == UNDO, **BOUND)
    x = batches.draw_batch(np.random.default_rng(int(seed)), N)
    chosen = np.array([only in ("all features", name) for name in NAMES])
    gamma, beta = np.where(chosen, gamma_chosen, 1.0), np.where(chosen, beta_chosen, 0.0)
    if how == UNDO:
        gamma, beta = np.sqrt(x.var(axis=0) + 1e-5), x.mean(axis=0)
    with picture:
        options = ["all: mean −1, spread 2", "all: mean 2, spread 1", "means 1 lower, spreads doubled"]
        if guess := lesson.predict(PAGE, "predict batch", options, "bn_guess_batch"):
            out, _ = batchnorm_forward(x, gamma, beta, {"mode": "train"})
            means, spreads = (", ".join(write(v) for v in values) for values in (out.mean(axis=0), out.std(axis=0)))
            lesson.show(PAGE, "batch outcome", guess=guess, means=means, spreads=spreads)
            for column, name, values in zip(st.columns(2), ("Before", "After"), (x, out), strict=True):
                with column:
                    st.subheader(name)
                    frame, spec = charts.distributions_frame(values), charts.DISTRIBUTIONS
                    st.vega_lite_chart(frame, spec, key=f"bn_hist_{name}")
                    st.vega_lite_chart(charts.means_frame(values), charts.MEANS, key=f"bn_mean_{name}")
            lesson.look_for(PAGE, "batch look for")
    lesson.ask(PAGE, "question shape")
    lesson.source(batchnorm_forward)


def modes() -> None:
    """Running averages over the batches, and the same batch in both modes."""
    settings, picture = st.columns([1, 3], gap="large")
    with settings:
        N = st.select_slider("Batch size N", SIZES, 8, key="bn_N", **BOUND)
        momentum = st.slider("Momentum", 0.0, 1.0, 0.9, 0.01, key="bn_momentum", **BOUND)
        t = st.slider("Batches seen", 0, NUM_BATCHES, 20, key="bn_t", **BOUND)
        name = one_of("Feature", NAMES, "bn_feature")
        seed = int(st.number_input("Seed", 0, 9999, 0, key="bn_seed", **BOUND))
    with picture:
        guess = lesson.predict(PAGE, "predict momentum", ["2", "9", "22", "90"], "bn_guess_momentum")
        if guess:
            needed = math.ceil(math.log(0.1) / math.log(momentum)) if 0 < momentum < 1 else 1
            words = lesson.text(PAGE, "never") if momentum == 1 else needed
            lesson.show(PAGE, "momentum outcome", guess=guess, momentum=momentum, needed=words)
            averages, d = running_averages(N, momentum, NUM_BATCHES, seed), NAMES.index(name)
            frames = charts.running_frames(averages, d, t)
            specs = {"bn_running_mean": charts.RUNNING_MEAN, "bn_running_var": charts.RUNNING_VAR}
            for column, (key, spec), frame in zip(st.columns(2), specs.items(), frames, strict=True):
                column.vega_lite_chart(frame, spec, key=key)
            numbers = [averages.mean[t, d], TRUE_MEAN[d], averages.var[t, d], TRUE_VAR[d]]
            facts = dict(zip(("mean", "true_mean", "var", "true_var"), map(write, numbers), strict=True))
            lesson.show(PAGE, "modes at", batches=t, batch_size=N, feature=name, **facts)
    if guess:
        x = batches.draw_batch(np.random.default_rng([seed, 1]), N)
        side_by_side(x, averages.mean[t], averages.var[t], t)
        lesson.look_for(PAGE, "modes look for")
    lesson.ask(PAGE, "question mode")
    lesson.source(batchnorm_forward)


def side_by_side(x: np.ndarray, running_mean: np.ndarray, running_var: np.ndarray, t: int) -> None:
    """One batch, (N, D), in both modes, with the running averages after t batches."""
    N = len(x)
    in_train, in_test = batches.both_modes(x, running_mean, running_var)
    cut = f" (its first {ROWS_SHOWN} of {N} examples)" if N > ROWS_SHOWN else ""
    st.subheader(lesson.text(PAGE, "modes title"))
    largest = write(float(np.abs(in_train - in_test).max()))
    lesson.show(PAGE, "modes about", batches=t, cut=cut, largest=largest)
    how: dict[str, Any] = {"columns": NAMES, "limit": 4.0}
    of_batch = {"batch mean": x.mean(axis=0), "batch var": x.var(axis=0)}
    kept = {"running mean": running_mean, "running var": running_var}
    grids = [
        Grid("x", x[:ROWS_SHOWN], **how),
        Grid("train mode", in_train[:ROWS_SHOWN], below=of_batch, **how),
        Grid("test mode", in_test[:ROWS_SHOWN], below=kept, **how),
    ]
    number_grids(grids, key="bn_modes")


def batch_sizes() -> None:
    """The batch size down to 1, measured."""
    options = ["the example itself", "0, whatever comes in", "not a number"]
    if guess := lesson.predict(PAGE, "predict one", options, "bn_guess_one"):
        effects = [batch_size_effect(N) for N in SIZES]
        one = effects[0]
        lesson.show(PAGE, "one outcome", guess=guess, train=write(one.train_spread), test=write(one.test_spread))
        picture, numbers = st.columns([3, 2], gap="large")
        picture.vega_lite_chart(charts.batch_sizes_frame(effects), charts.BATCH_SIZES, key="bn_sizes")
        numbers.table(charts.batch_sizes_table(effects))
        lesson.show(PAGE, "size about")
        lesson.look_for(PAGE, "size look for")
    lesson.ask(PAGE, "question small")
    lesson.source(batches.batch_size_effect)


def two_backward_passes() -> None:
    """What normalizing takes out of a gradient; then both passes, compared and timed."""
    backward.gradient_parts()
    st.header("Same numbers, how much sooner?")
    backward.race()
    lesson.ask(PAGE, "question alt")
    lesson.source(batchnorm_backward)
    lesson.source(batchnorm_backward_alt)


def steps() -> None:
    """The graph, forward and back."""
    lesson.show(PAGE, "steps")
    shown = lesson_stepper("bn_steps", [SUBJECTS["batchnorm"], SIMPLIFIED])
    lesson.ask(PAGE, "question simplified" if shown.subject is SIMPLIFIED else "question two")
