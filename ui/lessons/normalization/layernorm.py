"""Layer normalization's parts: which axis, step by step, and where it fails."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from nnlib.experiments import Result, Snapshot
from nnlib.experiments.presets import narrow_networks
from nnlib.labs.normalization.batches import add_to, changed_cells, normalize
from nnlib.normalization import layernorm_forward
from nnlib.numerals import percent
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.components.number_grid import Grid, number_grids, write
from ui.lessons.normalization import charts
from ui.runs.sweeps import sweep_panel
from ui.runs.take_home import take_home
from ui.walks.layers import SUBJECTS
from ui.walks.section import lesson_stepper
from ui.widgets.options import BOUND

PAGE = "layernorm"
CELLS = ["that cell", "its row", "its column", "all of them"]
CELL, EXAMPLE, FEATURE = "one cell", "a whole example", "a whole feature"
CHANGES = [CELL, EXAMPLE, FEATURE]
EXAMPLES = 6
SWEEP, SEEDS, WIDTHS = "ln_sweep", 3, (1, 2, 3, 4, 6, 8, 16, 32)
NARROW = narrow_networks("narrow_networks", RunSpec(learning_rate=1e-2, num_epochs=8), WIDTHS, range(SEEDS))


# ---------------------------------------------------------------------------------------------------- which axis
def axis() -> None:
    """The same matrix through both norms, with a cell, a row or a column changed."""
    left, right = st.columns(2)
    with left:
        batch_guess = lesson.predict(PAGE, "predict batch cells", CELLS, "ln_guess_batch")
    with right:
        layer_guess = lesson.predict(PAGE, "predict layer cells", CELLS, "ln_guess_layer")
    if batch_guess and layer_guess:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            what = st.segmented_control(
                "Change", CHANGES, default=CELL, required=True, wrap=True, key="ln_what", **BOUND
            )
            amount = st.slider("Add", -5.0, 5.0, 3.0, 0.5, width=180, key="ln_amount", **BOUND)
            N = st.slider("Examples N", 2, 6, 4, width=115, key="ln_N", **BOUND)
            D = st.slider("Features D", 2, 6, 4, width=115, key="ln_D", **BOUND)
            row = number("Example", N, "ln_row", what == FEATURE) - 1
            column = number("Feature", D, "ln_column", what == EXAMPLE) - 1
            seed = int(st.number_input("Seed", 0, 9999, 0, width=105, key="ln_seed", **BOUND))
        x = np.random.default_rng(seed).normal(0, 2, (N, D)).round(1)
        at = (None if what == FEATURE else row, None if what == EXAMPLE else column)
        edited = add_to(x, amount, *at)
        facts = {"amount": write(amount), "what": what, "total": N * D}
        counts = [int(changed_cells(norm, x, edited).sum()) for norm in ("batchnorm", "layernorm")]
        facts |= dict(zip(("batch_count", "layer_count"), counts, strict=True))
        lesson.show(PAGE, "axis outcome", batch_guess=batch_guess, layer_guess=layer_guess, **facts)
        lesson.show(PAGE, "axis grids")
        hit = add_to(np.zeros((N, D)), 1.0, *at) > 0
        number_grids(axis_grids(x, edited, hit), key="ln_axis", on_pick=pick)
        lesson.look_for(PAGE, "axis look for")
    lesson.ask(PAGE, "question test")
    lesson.ask(PAGE, "question add")
    lesson.source(layernorm_forward)


def number(label: str, most: int, key: str, disabled: bool) -> int:
    """Which example or feature, counted from 1; one that is no longer there becomes the last one."""
    if key in st.session_state:
        st.session_state[key] = min(st.session_state[key], most)
    return int(st.number_input(label, 1, most, min(2, most), width=105, key=key, disabled=disabled, **BOUND))


def axis_grids(x: np.ndarray, edited: np.ndarray, hit: np.ndarray) -> list[Grid]:
    """x with its statistics in the margins, and both outputs; `hit` are the cells that were changed."""
    column_stats = {"mean": edited.mean(axis=0), "spread": edited.std(axis=0)}
    row_stats = {"mean": edited.mean(axis=1), "spread": edited.std(axis=1)}
    outputs = {norm: (normalize(norm, edited), normalize(norm, x)) for norm in ("batchnorm", "layernorm")}
    none = np.zeros_like(hit)
    columns, rows = none | hit.any(axis=0), none | hit.any(axis=1, keepdims=True)
    how: dict[str, Any] = {"limit": 2.5}
    return [
        Grid("x", edited, before=x, lit=hit, below=column_stats, beside=row_stats, pick=True, limit=6.0),
        Grid("batch norm: by columns", outputs["batchnorm"][0], before=outputs["batchnorm"][1], lit=columns, **how),
        Grid("layer norm: by rows", outputs["layernorm"][0], before=outputs["layernorm"][1], lit=rows, **how),
    ]


def pick(row: int, column: int) -> None:
    """Change the cell that was clicked."""
    st.session_state.update(ln_what=CELL, ln_row=row + 1, ln_column=column + 1)


def steps() -> None:
    """The graph, forward and back; batch norm to compare."""
    lesson.show(PAGE, "steps")
    lesson_stepper("ln_steps", [SUBJECTS["layernorm"], SUBJECTS["batchnorm"]])
    lesson.ask(PAGE, "question branch")


# -------------------------------------------------------------------------------------------------- narrow layers
def failing() -> None:
    """The feature dimension down to 1: what is left of the examples, and what networks make of it."""
    st.header("What is left of an example")
    narrow_examples()
    st.header("What a network makes of it")
    narrow_training()
    lesson.ask(PAGE, "question fail")
    lesson.source(narrow_networks)


def narrow_examples() -> None:
    """A few examples with D features, before and after layer norm."""
    guess = lesson.predict(PAGE, "predict two", ["any number", "−1 to 1", "+1 or −1", "0"], "ln_guess_two")
    if not guess:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        D = st.slider("D, features", 1, 6, 2, width=300, key="ln_D_narrow", **BOUND)
        seed = int(st.number_input("Seed", 0, 9999, 0, width=130, key="ln_seed_narrow", **BOUND))
    x = np.random.default_rng(seed).normal(1, 2, (EXAMPLES, D)).round(2)
    out = normalize("layernorm", x)
    distinct = len(np.unique(out.round(2), axis=0))
    lesson.show(PAGE, "two outcome", guess=guess, count=EXAMPLES, D=D, distinct=distinct)
    number_grids([Grid("x", x), Grid("layer norm", out, limit=2.0)], key="ln_narrow_grids")
    lesson.show(PAGE, "narrow about")


def narrow_training() -> None:
    """Accuracy against the width of the normalized layer, trained on demand."""
    options = ["nothing much", "it halves it", "it comes down to guessing", "it rises"]
    guess = lesson.predict(PAGE, "predict narrow", options, "ln_guess_narrow")
    if not guess:
        return
    snapshot = sweep_panel(SWEEP, NARROW, _draw_narrow, lesson.text(PAGE, "train"))
    if snapshot is None:
        return
    if snapshot.state == "finished":
        facts = {
            name + suffix: _mean_accuracy(snapshot.results, norm, D)
            for norm, name in ((None, "none"), ("batchnorm", "batch"), ("layernorm", "layer"))
            for D, suffix in ((1, ""), (2, "_two"), (WIDTHS[-1], "_most"))
        }
        lesson.show(PAGE, "narrow outcome", guess=guess, most=WIDTHS[-1], seeds=SEEDS, **facts)
        lesson.look_for(PAGE, "narrow look for")
    take_home(NARROW, snapshot.results, "ln_narrow_home")


def _draw_narrow(snapshot: Snapshot) -> None:
    rows = charts.narrow_frame(run.result for run in snapshot.runs if run.result and run.state == "finished")
    st.vega_lite_chart(rows, charts.NARROW, key="ln_narrow")


def _mean_accuracy(results: Sequence[Result | None], norm: str | None, D: int) -> str:
    """Over the seeds, in words."""
    found = [r.val_acc or 0 for r in results if r and (r.spec.normalization, r.spec.width) == (norm, D)]
    return percent(float(np.mean(found)) if found else None, 0)
