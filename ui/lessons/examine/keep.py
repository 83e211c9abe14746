"""Keep: download a model and load one, its settings back into the controls, its link, its script and notebook."""

import io
from dataclasses import replace
from typing import Any

import streamlit as st

from nnlib.experiments import Experiment, Result
from nnlib.numerals import percent
from nnlib.runs.models import MAX_BYTES, PARTS, SavedModel, load_model, save_model
from ui import lesson
from ui.lessons.examine.accuracy import NAMES
from ui.lessons.examine.subject import FILE, LOADED, RUN, Examined
from ui.lessons.train.panel import open_in_train
from ui.runs.log import Entry
from ui.runs.take_home import run_link, take_home
from ui.widgets import controls, datasets

PAGE = "examine"
MESSAGE, COUNT = "keep_message", "keep_uploads"  # the session's names for (went well, sentence) and a number


def keep(subject: Examined) -> None:
    """What can be taken from the network under examination, and another in its place."""
    take, bring = st.columns(2, gap="large")
    with take:
        st.subheader(lesson.text(PAGE, "save title"))
        lesson.show(PAGE, "save")
        sizes = "-".join(map(str, subject.model.hidden_dims))
        st.download_button(
            lesson.text(PAGE, "save button"),
            lambda: as_file(subject),
            f"{subject.spec.data}_{sizes[:60]}_epoch_{subject.saved.epoch}.npz",
            "application/octet-stream",
            key="keep_save",
            icon=":material/save:",
            on_click="ignore",
            type="primary",
        )
        st.subheader(lesson.text(PAGE, "link title"))
        run_link(subject.spec)
        st.subheader(lesson.text(PAGE, "again title"))
        lesson.show(PAGE, "again")
        with st.container(horizontal=True):
            beyond = controls.beyond(subject.spec)
            how = {"icon": ":material/tune:", "key": "keep_settings", "disabled": bool(beyond)}
            st.button(lesson.text(PAGE, "settings button"), on_click=open_in_train, args=(subject.spec, True), **how)
            if beyond:
                st.caption(lesson.text(PAGE, "beyond", names=", ".join(beyond)))
            take_home(Experiment("my_run", (subject.spec,)), [_result(subject)], "keep_home")
    with bring:
        st.subheader(lesson.text(PAGE, "load title"))
        load()
    lesson.source(load_model)


def _result(subject: Examined) -> Result | None:
    """The records of the session's run; of one that goes on as many as are drawn, since others are being added."""
    run = st.session_state.get("train_run")
    if subject.title != RUN or run is None:
        return None
    return Entry.of(run, 1, PAGE).result() if run.active else Result.of(run.spec, run.solver)


def as_file(subject: Examined) -> bytes:
    """The model as `nnlib.runs.models` writes it, with its accuracies if its data are here; called outside the page."""
    saved = subject.saved
    accuracies = saved.accuracies
    if subject.dataset is not None:
        accuracies = {part: subject.accuracy(part, quiet=True) for part in PARTS}
    file = io.BytesIO()
    save_model(file, replace(saved, accuracies=accuracies))
    return file.getvalue()


def load() -> None:
    """Where a file is chosen; what was there stays unless it is one of ours and sound."""
    count = st.session_state.setdefault(COUNT, 0)
    key = f"keep_upload_{count}"

    def take() -> None:
        file: Any = st.session_state.get(key)
        if file is None:
            return
        try:
            saved = load_model(file)
        except ValueError as error:
            st.session_state[MESSAGE] = (False, lesson.sentence(error))
        else:
            st.session_state[LOADED] = (file.name, saved)
            st.session_state["ex_model"] = FILE
            st.session_state[MESSAGE] = (True, _described(saved))
        st.session_state[COUNT] = count + 1  # an empty field, and the file's bytes are let go

    label = lesson.text(PAGE, "load")
    st.file_uploader(label, "npz", key=key, on_change=take, max_upload_size=MAX_BYTES >> 20)
    if message := st.session_state.get(MESSAGE):
        (st.success if message[0] else st.error)(message[1])


def _described(saved: SavedModel) -> str:
    """What was in a file, with the accuracies that it claims."""
    claims = ", ".join(f"{NAMES[part]} {percent(a.share)}" for part, a in saved.accuracies.items())
    facts = {"data": datasets.title(saved.spec.data), "hidden": ", ".join(map(str, saved.model.hidden_dims))}
    return lesson.text(PAGE, "loaded", epoch=saved.epoch, claims=claims or "none", **facts)
