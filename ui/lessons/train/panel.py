"""Train: choose data, network and update rule, watch the run, see what it has reached."""

from typing import Any

import streamlit as st

from nnlib.experiments import Experiment, Result
from nnlib.numerals import fixed, percent, whole
from nnlib.runs.accuracy import Accuracy
from nnlib.runs.settings import GROUPS
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.lessons.train.presets import TRAIN
from ui.runs import log
from ui.runs.live import Run
from ui.runs.panel import forget, obtain, resume, run_panel
from ui.runs.saved import Saved
from ui.runs.take_home import run_link, take_home
from ui.widgets import controls, datasets
from ui.widgets.options import BOUND
from ui.widgets.words import difference

PAGE = "train_best_model"


def train_panel() -> None:
    """The whole part of the page; the run lives on while other parts and pages are shown."""
    _recall()
    presets = {name: spec for name, spec in TRAIN.items() if spec.data in datasets.available()}
    with st.container(border=True):
        chosen, why = st.columns([1, 2], vertical_alignment="center")
        with chosen:
            name = controls.preset(presets, "Preset", "preset", "Sets all the controls; change them from there.")
        why.markdown(lesson.text("presets", name))

    picture, settings = st.columns([3, 1], gap="medium")
    with settings:
        spec = presets[name]
        for group in GROUPS:
            st.subheader(group.capitalize())
            spec = controls.draw(group, spec)

    with picture:
        question = lesson.text(PAGE, "prediction")
        guess = st.slider(question, 0, 100, 50, 5, format="%d %%", key="guess", **BOUND)
        try:
            dataset = datasets.load(spec)
            run = obtain("train_run", spec, dataset)
        except ValueError as error:
            st.error(lesson.sentence(error))
            return
        _offer_saved(run)
        if changed := difference(run.spec, spec):
            with st.container(border=True, horizontal=True, vertical_alignment="center"):
                lesson.show(PAGE, "changed", differences=", ".join(changed))
                icon = ":material/replay:"
                st.button("Start over with these", icon=icon, on_click=forget, args=("train_run",))
        with settings:
            controls.learning_rate_preview(spec, len(dataset.y_train))
        run_panel("train_run", key="train")
        if run.over:
            result(run, guess)

    st.header("What to look for")
    lesson.show(PAGE, "look for")
    st.header("What each ingredient is worth")
    lesson.show(PAGE, "ablation")
    lesson.ask(PAGE, "question first loss")
    lesson.ask(PAGE, "question gap")


def _recall() -> None:
    """Into a new session that has found its run again, as after a reload on another page, bring the run's settings."""
    if "train_recalled" in st.session_state:
        return
    st.session_state["train_recalled"] = True
    run = st.session_state.get("train_run") or log.current().saved.get("train_run")
    if run is not None and not st.query_params.keys() & {"preset", *vars(run.spec)}:
        controls.set_controls(run.spec)


def open_in_train(spec: RunSpec, keep: bool = False) -> None:
    """Put a run's settings into the controls and show them. For callbacks.

    keep: a run there that is over stays until somebody starts over; otherwise it makes room.
    """
    controls.set_controls(spec)
    st.query_params.update(controls.address(spec))  # those of controls that were never drawn are not written otherwise
    st.session_state["train_part"] = "train"
    if not keep and "train_run" in st.session_state and st.session_state["train_run"].over:
        forget("train_run")


def _offer_saved(run: Run) -> None:
    """Before another run begins: go on with the one that was lost."""
    if message := st.session_state.get("train_message"):
        st.error(message)
        st.session_state["train_message"] = ""
    saved = log.current().saved.get("train_run")
    if saved is None or run.status != "ready":
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        lesson.show(PAGE, "saved", step=whole(saved.iteration), epoch=saved.epoch, epochs=saved.spec.num_epochs)
        st.button(f"Resume from epoch {saved.epoch}", icon=":material/history:", on_click=_resume, args=(saved,))


def _resume(saved: Saved) -> None:
    del log.current().saved["train_run"]
    try:
        resume("train_run", saved, datasets.load(saved.spec))
        controls.set_controls(saved.spec)
    except FileNotFoundError:
        st.session_state["train_message"] = lesson.text(PAGE, "saved no more")
    except ValueError as error:
        st.session_state["train_message"] = lesson.sentence(error)


def result(run: Run, guess: int) -> None:
    """The outcome beside the prediction, and the test accuracy with its standard error."""
    solver, dataset = run.solver, run.dataset
    with st.container(border=True):
        lesson.show(PAGE, "outcome", guess=guess, reached=100 * solver.best_val_acc)
        N = len(dataset.y_test)
        tested = Accuracy(round(N * solver.check_accuracy(dataset.X_test, dataset.y_test)), N)
        best, test, time = st.columns(3)
        how: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}
        best.metric("Best validation accuracy", percent(solver.best_val_acc), f"after epoch {solver.best_epoch}", **how)
        test.metric("Test accuracy", percent(tested.share), f"± {percent(tested.standard_error)}", **how)
        time.metric("Training time", f"{fixed(run.seconds, 1)} s", f"{whole(solver.iteration)} steps", **how)
        low, high = map(percent, tested.interval())
        st.caption(lesson.text(PAGE, "test", count=whole(N), low=low, high=high))
        with st.container(horizontal=True):
            icon = ":material/search:"
            st.button(lesson.text(PAGE, "examine it"), icon=icon, type="primary", key="run_examine", on_click=_examine)
            take_home(Experiment("my_run", (run.spec,)), [Result.of(run.spec, solver)], "run_home")
            with st.popover(lesson.text(PAGE, "copy link"), icon=":material/link:"):
                run_link(run.spec)


def _examine() -> None:
    st.session_state["train_part"] = "examine"
