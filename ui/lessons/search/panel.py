"""Search: make a study or reopen one, start and stop it, take a trial to Train."""

import re
import shlex
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import streamlit as st

from nnlib.search import SearchError, SearchPlan, StudyState, Unreachable, open_studies, shown_url, storage_url
from ui import lesson
from ui.lessons.search.controls import plan_controls
from ui.lessons.search.desk import Book, attempt, desk
from ui.lessons.search.view import View, chosen_view, show_study, waiting
from ui.lessons.train.panel import open_in_train
from ui.runs.polling import live_panel, poll
from ui.runs.sessions import session_id
from ui.widgets.controls import beyond
from ui.widgets.options import BOUND

PAGE = "search"
GUESSES = ["learning rate", "weight scale", "hidden layers", "all alike"]
NEW, BEST = "New study", "best trial"
FAULT = "search_fault"  # what stood in the way of the last click
POLL, POLL_IDLE = 1.0, 5.0  # seconds; other machines may work on a study that is idle here
MORE = 10  # trials


def search_panel() -> None:
    """The whole part of the page; a search goes on while other parts and pages are shown."""
    lesson.show(PAGE, "intro")
    guess = lesson.predict(PAGE, "predict", GUESSES, "search_guess")
    if guess is not None:
        try:
            with st.spinner("Opening the studies…", show_time=True):
                names = desk().names()
            _studies(names, guess)
        except Unreachable as away:
            poll(partial(waiting, str(away)), lambda: POLL_IDLE, lambda: attempt(desk().names)[1] is None)
        except SearchError as error:
            st.error(lesson.sentence(error))
            st.button("Try again", icon=":material/refresh:", key="search_again")
        st.header("What to look for")
        lesson.show(PAGE, "look for")
    for name in ("question log", "question grid", "question validation"):
        lesson.ask(PAGE, name)
    with suppress(SearchError):  # of Optuna, which is said above
        lesson.source(open_studies("work").run_trial)


def _studies(names: list[str], guess: str) -> None:
    asked = st.session_state.get("study", st.query_params.get("study", NEW))
    if asked not in (NEW, *names) and asked not in (names := desk().names(fresh=True)):
        written = re.sub(r"[^-+() .,\w]", "?", asked)[:60]  # a link can hold anything, also more than a name
        st.warning(lesson.text(PAGE, "unknown study", study=f"`{written}`"))
        st.session_state["study"] = NEW
    name = st.selectbox("Study", [NEW, *names], key="study", on_change=_click, **BOUND)
    if FAULT in st.session_state:
        st.error(st.session_state[FAULT])
    if name == NEW:
        _new_study(names)
    else:
        _study(name, guess)


# ---------------------------------------------------------------------------------------------------- a new study
def _new_study(names: list[str]) -> None:
    plan = plan_controls()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        free = _free_name(plan, names)
        name = st.text_input("Name of the study", key="search_name", placeholder=free, max_chars=60, width=320, **BOUND)
        _button("Start the search", "play_arrow", "start", _begin, name or free, plan)
        st.caption(lesson.text(PAGE, "wanted", wanted=plan.wanted, epochs=plan.base.num_epochs))


def _free_name(plan: SearchPlan, names: list[str]) -> str:
    """One that no study has: "digits tpe 1"."""
    stem = f"{plan.base.data} {plan.method} "
    numbers = [int(m[1]) for name in names if (m := re.fullmatch(re.escape(stem) + r"(\d{1,9})", name))]
    return f"{stem}{max(numbers, default=0) + 1}"


def _begin(name: str, plan: SearchPlan) -> None:
    desk().create(name.strip(), plan)
    desk().start(name.strip(), session_id())
    st.session_state.update(study=name.strip(), search_name="")


def _button(label: str, icon: str, key: str, act: Callable[..., None], *args: Any) -> None:
    """One whose click may concern the whole page, though it stands in a fragment."""
    kind = "secondary" if key in ("more", "open") else "primary"
    if st.button(label, icon=f":material/{icon}:", type=kind, key=f"search_{key}", on_click=_click, args=(act, *args)):
        st.rerun()


def _click(act: Callable[..., None] | None = None, *args: Any) -> None:
    """Do it; what stands in the way is said until the next click."""
    st.session_state.pop(FAULT, None)
    try:
        if act is not None:
            act(*args)
    except ValueError as error:
        st.session_state[FAULT] = lesson.sentence(error)


# ------------------------------------------------------------------------------------------------------- a study
def _study(name: str, guess: str) -> None:
    """What can be done with it, and how it stands; the view polls while there is something to come."""
    was = _condition(desk().look(name))

    def controls() -> View | None:
        book = desk().look(name)
        if book.state is None:
            if book.waiting:
                waiting(book.waiting)
            else:
                st.error(lesson.sentence(book.error))
                _delete_button(name, "delete unread")
            return None
        _buttons(book, book.state)
        return chosen_view(book.state)

    def view(chosen: View | None) -> None:
        if chosen is not None:
            show_study(desk().look(name), guess, chosen)

    def every() -> float | None:
        running, busy, over, _ = was
        return POLL if running or busy else None if over else POLL_IDLE

    def changed() -> bool:
        return st.session_state["study"] != name or _condition(desk().look(name)) != was  # or it was deleted

    live_panel(controls, view, every, changed)


def _condition(book: Book) -> tuple[bool, bool, bool, int | None]:
    """Whether it runs here, a worker is at it anywhere, nothing more is to come; 0: nothing is known, 1: nor is there a
    best trial, 2: there is."""
    state = book.state
    if state is None:
        return book.running, False, not book.waiting, 0
    return book.running, bool(state.running), state.over, 1 + (state.best is not None)


def _buttons(book: Book, state: StudyState) -> None:
    name, plan = book.name, state.plan
    with st.container(horizontal=True, vertical_alignment="center", key="search_buttons"):
        if book.running:
            _button("Stop", "stop", "stop", desk().stop, name)
        elif not state.over:
            _button("Resume", "play_arrow", "resume", desk().start, name, session_id())
        elif plan.method != "grid":
            _button(f"{MORE} more trials", "add", "more", _prolong, name, plan.num_trials + MORE)
        with st.popover("On other machines", icon=":material/devices:"):
            _other_machines(name)
        _delete_button(name, "delete", disabled=bool(state.running or book.running), count=len(state.ended))
        if state.best is not None:  # any ended trial to Train, the best first
            ended = sorted(state.ended, key=lambda trial: -(trial.value or 0))
            trials = {BEST: BEST} | {str(trial.number): f"trial {trial.number}" for trial in ended}
            how: dict[str, Any] = {"format_func": trials.__getitem__, "label_visibility": "collapsed", "width": 170}
            chosen = st.selectbox("Trial", list(trials), key="search_trial", **how, **BOUND)
            _button("Open in Train", "open_in_new", "open", _open, name, chosen)


def _other_machines(name: str) -> None:
    url = storage_url()
    local, shown = url.startswith("sqlite"), shown_url(url)
    lesson.show(PAGE, "machines sqlite" if local else "machines", url=shown)
    setting = "" if local else f"NNLIB_STORAGE={shlex.quote(shown)} "
    st.code(f"{setting}python -m nnlib.search --study {shlex.quote(name)}", language="bash")
    if local:
        lesson.show(PAGE, "machines more")


def _delete_button(name: str, words: str, disabled: bool = False, **values: Any) -> None:
    with st.popover("Delete", icon=":material/delete:", disabled=disabled):
        lesson.show(PAGE, words, study=f"`{name}`", **values)
        _button("Delete it", "delete", "delete", _delete, name)


def _prolong(name: str, num_trials: int) -> None:
    desk().prolong(name, num_trials)
    desk().start(name, session_id())


def _delete(name: str) -> None:
    desk().delete(name)
    st.session_state["study"] = NEW


def _open(name: str, chosen: str) -> None:
    state = desk().look(name).state
    trials = {} if state is None else {str(trial.number): trial for trial in state.ended} | {BEST: state.best}
    if state is None or (trial := trials.get(chosen)) is None:
        return
    spec = state.spec(trial)
    if beyond(spec):
        raise SearchError(lesson.text(PAGE, "cannot open"))
    open_in_train(spec)
