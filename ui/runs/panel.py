"""The part of a page in which a run lives: its buttons, its speed, and the live view of it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from nnlib.data import Dataset
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.components.run_view import has_arrived, run_view
from ui.runs import live
from ui.runs import log as run_log
from ui.runs.live import Run
from ui.runs.painter import Painter
from ui.runs.polling import live_panel
from ui.runs.saved import Saved
from ui.runs.status import progress

POLL, POLL_MOST = 0.5, 1.0  # seconds; between two polls the browser lets the curves grow in three parts
WATCHED = 4  # active runs in the whole process from which on each is polled less often
OVERLAP = 3  # messages whose frames are sent again, in case one was overtaken on its way
SPEEDS: dict[str, float | None] = {"1 / s": 1, "5 / s": 5, "25 / s": 25, "100 / s": 100, "full speed": None}


def obtain(name: str, spec: RunSpec, dataset: Dataset, in_url: bool = True, **how: Any) -> Run:
    """This session's run of that name, or a new one of this spec; `run_log.recover` finds it again after a reload.

    Raises:
        ValueError: the spec cannot be run, in one sentence.
    """
    run: Run | None = st.session_state.get(name)
    log = run_log.current()
    if run is None or (run.status == "ready" and run.spec != spec):
        run = Run(spec, dataset, Painter(dataset), log.lease, name, run_id=run and run.id, **how)
        st.session_state[name] = run
    log.follow(name, run)
    run.seen()
    if in_url and st.query_params.get("run") != run.id:  # every write overtakes what people are setting meanwhile
        st.query_params["run"] = run.id
    return run


def resume(name: str, saved: Saved, dataset: Dataset) -> None:
    """Make a saved run this session's run of that name.

    Raises:
        FileNotFoundError, ValueError: it cannot be used, in one sentence; the session's run stays.
    """
    run = Run(saved.spec, dataset, Painter(dataset), run_log.current().lease, name, run_id=saved.run_id)
    run.resume_from(saved)
    st.session_state[name] = run


def forget(name: str) -> None:
    """End this session's run of that name, so that `obtain` makes a new one; what it has done can be compared."""
    st.session_state.pop(name, None)
    run_log.current().keep(name)


def reset(name: str) -> None:
    """Back to the initial weights; what the run has done can be compared."""
    run, log = st.session_state[name], run_log.current()
    log.keep(name)
    run.reset()
    log.follow(name, run)


def run_panel(name: str, key: str, speeds: Sequence[str] = tuple(SPEEDS)) -> None:
    """Buttons and live view of this session's run of that name; the view polls while the run is active, and only then.

    The rest of the page shows the outcome, and the settings of a run that has not begun: it reruns with both.
    """
    run: Run = st.session_state[name]
    was_over, was_ready = run.over, run.status == "ready"
    run_log.current().shown.add(name)

    def every() -> float | None:
        run.seen()
        return _interval() if run.active else None

    live_panel(
        controls=lambda: _buttons(name, run, key, speeds),
        view=lambda _: _view(run, key),
        every=every,
        changed=lambda: run.over != was_over or (run.status == "ready" and not was_ready),
    )


def _interval() -> float:
    """Seconds between polls: a full class shares the server."""
    busy = sum(run.active for run in run_log.all_runs())
    return min(POLL_MOST, POLL * max(1.0, busy / WATCHED))


def _view(run: Run, key: str) -> None:
    if not run.light:
        progress(run)
    view_key = f"{key}_view"
    sent: list[int] = st.session_state.setdefault(f"{key}_sent", [])  # newest iteration in each of the last messages
    if not has_arrived(run.name, view_key):
        sent.clear()
    view = run.snapshot(after=sent[0] if sent else None)
    st.session_state[f"{key}_sent"] = [*sent, view["iteration"]][-OVERLAP:]
    waiting = lesson.text("run_view", "queued", place=1 + live.SLOTS.ahead_of(run)) if run.status == "queued" else ""
    run_view({**view, "picture": run.picture.facts, "message": waiting}, key=view_key)


def _buttons(name: str, run: Run, key: str, speeds: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_buttons"):
        # One button with two faces: two would stand side by side for a moment, and clicks miss what moves.
        label, icon, act = ("Pause", "pause", run.pause) if run.active else ("Play", "play_arrow", run.play)
        how = {"key": f"{key}_play", "type": "primary", "width": 130, "disabled": run.over}
        st.button(label, icon=f":material/{icon}:", on_click=act, **how)
        st.button("One step", icon=":material/skip_next:", on_click=run.step, key=f"{key}_step", disabled=run.over)
        st.button("Stop", icon=":material/stop:", on_click=run.stop, key=f"{key}_stop", disabled=run.over)
        st.button("Reset", icon=":material/replay:", on_click=reset, args=(name,), key=f"{key}_reset")
        chosen = st.select_slider(
            "Speed (steps)", speeds, speeds[-1], key=f"{key}_speed", bind="query-params", width=240
        )
        run.rate = SPEEDS[chosen]
    if run.note:
        (st.error if run.status == "diverged" else st.info)(run.note)
    if (log := run_log.current()).missing and run.status == "ready" and name not in log.saved:
        st.info(lesson.text("run_status", "gone" if log.missing == "gone" else "elsewhere"))
