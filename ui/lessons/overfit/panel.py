"""The lesson on overfitting a small set: settings, the maps, the run, its outcome and its curves."""

import pandas as pd
import streamlit as st

from nnlib.experiments import Experiment, Result, compare
from nnlib.experiments.published import SEEDS
from nnlib.fc_net import FullyConnectedNet
from nnlib.numerals import plain
from nnlib.optim import sgd
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.lessons.overfit import maps
from ui.lessons.overfit.outcome import sentence, verdict
from ui.lessons.overfit.settings import DEPTHS, NAMES, TRY, data_controls, presets_of, run_controls
from ui.runs.live import Run
from ui.runs.panel import SPEEDS, obtain, reset, run_panel
from ui.runs.take_home import take_home
from ui.widgets import datasets

PAGE, RUN = "overfit", "overfit_run"
COURSE = {2: "overfit_50_three_layer", 4: "overfit_50_five_layer"}


def overfit_panel() -> None:
    """All of the lesson but its title."""
    with st.container(horizontal=True, vertical_alignment="center", gap="large"):
        with st.container(width=360):
            data, seed = data_controls()
        guess = lesson.predict(PAGE, "predict fussier", [*DEPTHS, "both alike"], "of_guess")
    if guess:
        with lesson.refusals():
            _lab(data, seed, guess)
        st.header("What to look for")
        lesson.show(PAGE, "look for")
    for question in ("question why", "question small", "question deeper"):
        lesson.ask(PAGE, question)
    lesson.source(FullyConnectedNet._initialize)
    lesson.source(sgd)


def _lab(data: str, seed: int, guess: str) -> None:
    """Presets, settings, the maps; then the run, its outcome and its curves."""
    clicked = maps.clicked(data)
    presets = st.container()  # which of them is chosen depends on the settings
    spec = run_controls(data, seed)
    with presets:
        presets_of(spec)
    run = _this_run(spec)
    if clicked or st.session_state.get(TRY):
        run.reset()
        run.rate = SPEEDS[st.session_state.get("of_speed", "full speed")]
        run.play()
        maps.done()
        st.session_state[TRY] = False
    over = run.over  # it may end at any moment, and all that follows is to be of one mind
    result = Result.of(spec, run.solver) if over else None
    if result is not None:
        maps.note(result)
    maps.maps(spec, guess)
    st.header("This run")
    rate, scale = plain(spec.learning_rate), plain(float(spec.weight_scale))
    lesson.show(PAGE, "run", network=NAMES[spec.depth].capitalize(), scale=scale, rate=rate, seed=seed)
    _outcome(run, result)
    run_panel(RUN, key="of")
    if run.over != over:
        st.rerun()  # it has ended since
    if result is not None:
        _published(result)
    take_home(Experiment("overfit_50", (spec,)), [result], "of_home")


def _this_run(spec: RunSpec) -> Run:
    """The live run of these settings; another one gives way to it.

    Raises:
        ValueError: the data cannot be had, in one sentence.
    """
    dataset = datasets.load(spec)
    run = obtain(RUN, spec, dataset)
    if run.spec != spec:
        reset(RUN)  # what has not begun is replaced
        run = obtain(RUN, spec, dataset)
    return run


def _outcome(run: Run, result: Result | None) -> None:
    """How the run went, or what to do."""
    if result is None:
        st.info(lesson.text(PAGE, "outcome ready" if run.status == "ready" else "outcome running"))
    else:
        (st.success if verdict(result) == "reached" else st.warning)(sentence(result))


def _published(result: Result) -> None:
    """The published figures beside this run's, if it has the published settings."""
    found = compare(Experiment(COURSE[result.spec.depth], (result.spec,)), [result])
    if found:
        st.subheader("Published, and got")
        rows = [
            {
                "": c.label.partition(", ")[2],
                "published": plain(c.figure.published),
                f"{SEEDS} seeds": f"{plain(c.figure.mean)} ± {plain(c.figure.sd)}",
                "this run": plain(c.here, 7),
            }
            for c in found
        ]
        st.table(pd.DataFrame(rows).set_index(""))
        met = all(c.met for c in found)
        (st.success if met else st.warning)(lesson.text(PAGE, "published met" if met else "published missed"))
        st.caption(lesson.text(PAGE, "published", seeds=SEEDS))
