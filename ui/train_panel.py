"""Train: choose data, network and update rule, watch the run, see what it has reached."""

import streamlit as st

from nnlib.run_spec import RunSpec
from ui import controls, datasets, prose, run_log
from ui.compare_words import difference
from ui.live import Run
from ui.presets import TRAIN
from ui.quiz import ask
from ui.run_files import Saved
from ui.run_panel import forget, obtain, resume, run_panel
from ui.run_result import result

PAGE = "train_best_model"


def train_panel() -> None:
    """The whole part of the page; the run lives on while other parts and pages are shown."""
    _recall()
    presets = {name: spec for name, spec in TRAIN.items() if spec.data in datasets.available()}
    with st.container(border=True):
        chosen, why = st.columns([1, 2], vertical_alignment="center")
        with chosen:
            name = controls.preset(presets, "Preset", "preset", "Sets all the controls; change them from there.")
        why.markdown(prose.text("presets", name))

    picture, settings = st.columns([3, 1], gap="medium")
    with settings:
        default = presets[name]
        st.subheader("Data")
        chosen_data = controls.data_controls(default)
        st.subheader("Network")
        chosen_network = controls.network_controls(default)
        st.subheader("Training")
        chosen_training = controls.training_controls(default)

    with picture:
        question = prose.text(PAGE, "prediction")
        guess = st.slider(question, 0, 100, 50, 5, format="%d %%", key="guess", **controls.BOUND)
        try:
            spec = RunSpec(**chosen_data, **chosen_network, **chosen_training)
            dataset = datasets.load(spec)
            run = obtain("train_run", spec, dataset)
        except ValueError as error:
            st.error(str(error))
            return
        _offer_saved(run)
        if changed := difference(run.spec, spec):
            with st.container(border=True, horizontal=True, vertical_alignment="center"):
                prose.show(PAGE, "changed", differences=", ".join(changed))
                icon = ":material/replay:"
                st.button("Start over with these", icon=icon, on_click=forget, args=("train_run",))
        with settings:
            controls.learning_rate_preview(spec, len(dataset.y_train))
        run_panel("train_run", key="train")
        if run.over:
            result(run, guess)

    st.header("What to look for")
    prose.show(PAGE, "look for")
    st.header("What each ingredient is worth")
    prose.show(PAGE, "ablation")
    ask(PAGE, "question first loss")
    ask(PAGE, "question gap")


def _recall() -> None:
    """Into a new session that has found its run again, as after a reload on another page, bring the run's settings."""
    if "train_recalled" in st.session_state:
        return
    st.session_state["train_recalled"] = True
    run = st.session_state.get("train_run") or run_log.current().saved.get("train_run")
    if run is not None and not st.query_params.keys() & {"preset", *vars(run.spec)}:
        controls.set_controls(run.spec)


def open_in_train(spec: RunSpec, keep: bool = False) -> None:
    """Put a run's settings into the controls and show them. For callbacks.

    keep: a run there that is over stays until somebody starts over; otherwise it makes room.
    """
    controls.set_controls(spec)
    st.query_params.update(controls.address(spec))  # those of controls that were never drawn are not written otherwise
    st.session_state["train_part"] = "Train"
    if not keep and "train_run" in st.session_state and st.session_state["train_run"].over:
        forget("train_run")


def _offer_saved(run: Run) -> None:
    """Before another run begins: go on with the one that was lost."""
    if message := st.session_state.pop("train_message", ""):
        st.error(message)
    saved = run_log.current().saved.get("train_run")
    if saved is None or run.status != "ready":
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        prose.show(PAGE, "saved", step=f"{saved.iteration:,}", epoch=saved.epoch, epochs=saved.spec.num_epochs)
        st.button(f"Resume from epoch {saved.epoch}", icon=":material/history:", on_click=_resume, args=(saved,))


def _resume(saved: Saved) -> None:
    del run_log.current().saved["train_run"]
    try:
        resume("train_run", saved, datasets.load(saved.spec))
        controls.set_controls(saved.spec)
    except FileNotFoundError:
        st.session_state["train_message"] = prose.text(PAGE, "saved no more")
    except ValueError as error:
        st.session_state["train_message"] = str(error)
