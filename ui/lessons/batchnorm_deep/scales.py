"""The weight-scale experiment: a sketched prediction, three charts that fill as runs end, any run opened."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from nnlib.experiments import Experiment, RunState, Snapshot
from nnlib.experiments.presets import SCALES, weight_scales
from nnlib.numerals import percent, plain, whole
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.components.sketch import Axis, Sketch, height
from ui.lessons.batchnorm_deep import setup
from ui.lessons.batchnorm_deep.charts import CHANCE, NORMS, OPEN, accuracy_top, against_scale, ended, scale_rows
from ui.lessons.batchnorm_deep.pair import draw_curves
from ui.runs.sweeps import find, sweep_panel
from ui.runs.take_home import take_home
from ui.widgets import controls
from ui.widgets.looks import NORM_NAMES
from ui.widgets.options import BOUND, one_of

PAGE = "batchnorm_deep"
TRAIN = "../pages/train_best_model.py"  # seen from the router
SWEEP, OPENED, VISITS = "bs_sweep", "bs_open", "bs_visits"
QUANTITIES = ("best_val_acc", "best_train_acc", "final_loss")
LINES = (NORM_NAMES[None], NORM_NAMES["batchnorm"])
AT = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
X = Axis("weight scale", AT[0], AT[-1], log=True)
EVERY = {20: SCALES, 10: SCALES[1::2], 7: SCALES[1::3]}  # how many scales -> which
QUICK_SCALES, QUICK_EPOCHS = 7, 3
OWN = ("depth", "width", "learning_rate", "batch_size", "num_epochs")
WORKS = 0.8  # of the best accuracy: so much is taken for a scale that works


def scales_panel() -> None:
    """The whole part of the page."""
    lesson.show(PAGE, "scale about")
    experiment = setup.choose("bs", "batchnorm_weight_scale", _quick, _own)
    data = experiment.runs[0].data
    with st.container(border=True):
        lesson.show(PAGE, "predict scale")
        place = st.container()
        settled = st.toggle(lesson.text(PAGE, "settle"), key=f"bs_settled_{data}", **BOUND)
        if not settled:
            with place:
                sketch_of(data).show(lesson.text(PAGE, "sketch about"), (lesson.text(PAGE, "guessing"), CHANCE))
            st.caption(lesson.text(PAGE, "sketch first"))
    if settled:
        snapshot = sweep_panel(SWEEP, experiment, _draw, lesson.text(PAGE, "run scale"))
        if snapshot is None:
            _charts((), data)
        else:
            _outcome(snapshot)
    lesson.ask(PAGE, "question small scale")
    lesson.ask(PAGE, "question large scale")
    lesson.source(weight_scales)


def sketch_of(data: str) -> Sketch:
    """The sketch for these data, whose accuracies have an axis of their own."""
    top = accuracy_top("best_val_acc", data)
    axis = Axis("best validation accuracy", 0.0, top, percent=True)
    start = {name: (share * top,) * len(AT) for name, share in zip(LINES, (0.4, 0.6), strict=True)}
    return Sketch(f"bs_sketch_{data}", AT, X, axis, start, [NORMS.index(name) for name in LINES])


def _quick(published: Experiment) -> Experiment:
    runs = tuple(run for run in published.runs if run.weight_scale in EVERY[QUICK_SCALES])
    return replace(published, runs=runs).with_settings(num_epochs=QUICK_EPOCHS)


def _own(base: RunSpec) -> Experiment:
    count = one_of("Weight scales", list(EVERY), "bs_count")
    chosen = setup.settings("bs", base, OWN)
    return weight_scales("my_weight_scales", replace(base, **chosen), EVERY[count])


def _draw(snapshot: Snapshot) -> None:
    data = snapshot.runs[0].spec.data
    _charts(snapshot.runs, data)
    open_run(snapshot.runs, OPENED)


def _charts(runs: Sequence[RunState], data: str) -> None:
    opened, visit = st.session_state.get(OPENED), st.session_state.get(VISITS, 0)
    for column, quantity in zip(st.columns(3), QUANTITIES, strict=True):
        key = f"bs_{quantity}_{data}"
        sketched = {"at": AT, "drawn": sketch_of(data).drawn()} if quantity == "best_val_acc" else {}
        rows = scale_rows(runs, quantity, opened, visit, **sketched)
        spec = against_scale(quantity, data, LINES)
        column.vega_lite_chart(rows, spec, key=key, on_select=partial(_pick, key))
    losses = [run.result.final_loss for run in ended(runs) if run.result is not None]
    above = sum(loss is None or loss > 3.5 for loss in losses)
    st.caption(lesson.text(PAGE, "scale legend", above=above))


def _pick(key: str) -> None:
    """Open the run whose point was clicked."""
    points = st.session_state[key].selection.get(OPEN) or []
    if points and points[0].get("run"):
        st.session_state[OPENED] = points[0]["run"]
        st.session_state[VISITS] = st.session_state.get(VISITS, 0) + 1


def _outcome(snapshot: Snapshot) -> None:
    """How far the sketch is off, which scales work; the way home."""
    if snapshot.state == "finished":
        drawn = sketch_of(snapshot.runs[0].spec.data).drawn()
        for name in LINES:
            measured = best_by_scale(snapshot.runs, name)
            if measured:
                line = lesson.text(PAGE, f"line {name}")
                lesson.show(PAGE, "sketch off", line=line, **off_by(drawn[name], measured), **works(measured))
        lesson.look_for(PAGE, "scale look for")
    if (sweep := find(SWEEP)) is not None:
        take_home(sweep.experiment, snapshot.results, "bs_home")


def best_by_scale(runs: Sequence[RunState], name: str) -> dict[float, float]:
    """Weight scale -> best validation accuracy of the runs with that normalization that have ended."""
    return {
        float(run.spec.weight_scale): run.result.best_val_acc
        for run in ended(runs)
        if NORM_NAMES[run.spec.normalization] == name and run.result is not None and run.result.best_val_acc is not None
    }


def off_by(heights: Sequence[float], measured: dict[float, float]) -> dict[str, str]:
    """The mean and the largest distance of a sketched line from what was measured, in words."""
    sketched = {scale: height(AT, heights, X, scale) for scale in measured}
    distances = {scale: abs(sketched[scale] - measured[scale]) for scale in measured}
    worst = max(distances, key=distances.__getitem__)
    return {
        "mean": whole(100 * float(np.mean(list(distances.values())))),
        "at": plain(worst, 2),
        "drawn": percent(sketched[worst]),
        "measured": percent(measured[worst]),
    }


def works(measured: dict[float, float]) -> dict[str, str]:
    """From which weight scale to which the accuracy is near its best, and how often the last is the first."""
    best = max(measured.values())
    good = [scale for scale, accuracy in measured.items() if accuracy >= WORKS * best]
    low, high = min(good), max(good)
    return {"best": percent(best), "low": plain(low, 2), "high": plain(high, 2), "times": whole(high / low)}


def open_run(runs: Sequence[RunState], key: str) -> None:
    """A list of the runs that have ended, bound to the address under `key`; below it the one that is chosen."""
    by_label = {run.label: run for run in ended(runs)}
    label = st.selectbox(
        "Open a run", list(by_label), None, key=key, placeholder=lesson.text(PAGE, "open"), width=520, **BOUND
    )
    if label is None or label not in by_label:
        return
    run = by_label[label]
    spec = run.spec
    with st.container(border=True):
        st.subheader(lesson.text(PAGE, "opened", label=label))
        pair = [r for r in by_label.values() if r.spec.weight_scale == spec.weight_scale]
        draw_curves(pair, "bs_run")
        if run.message:
            st.warning(run.message)
        st.caption(setup.in_words(spec))
        st.page_link(
            TRAIN,
            label=lesson.text(PAGE, "train this"),
            icon=":material/open_in_new:",
            query_params=controls.address(spec),
        )
