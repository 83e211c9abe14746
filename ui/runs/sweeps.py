"""The part of a page in which an experiment's runs go through the worker processes: buttons, progress, live results.

A page describes the experiment, and says how to draw a snapshot of it:

>>> experiment = EXPERIMENTS["batchnorm_weight_scale"].with_settings(num_epochs=epochs)
>>> def draw(snapshot): st.vega_lite_chart(frame(summary(experiment, snapshot.results)), SPEC, key="weight_scale_chart")
>>> snapshot = sweep_panel("weight_scale", experiment, draw)       # None until somebody has pressed Run
>>> if snapshot is not None and snapshot.state != "running": ...   # the outcome, the question, what to look for

`draw` runs again at every poll, in a fragment, so it must not write to the rest of the page. When the last run has
ended the whole page reruns. The sweep's id is in the address bar under its name, so that a reload finds it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

from nnlib.data import DataError
from nnlib.experiments import Experiment, Pool, Snapshot, Sweep, cached_runs, describe, expected_seconds, store
from nnlib.numerals import duration
from ui import lesson
from ui.runs.polling import live_panel
from ui.runs.sessions import Lease, Leases, session_id

POLL = 0.3  # seconds

SWEEPS = Leases("end-abandoned-sweeps", Sweep.stop)


@cache
def pool() -> Pool:
    """The server's worker processes, one a core, for all sessions; `pool().warm_up()` starts them ahead of time."""
    return Pool()


def sweep_panel(
    name: str, experiment: Experiment, draw: Callable[[Snapshot], None], label: str = "Run the experiment"
) -> Snapshot | None:
    """Buttons, progress and `draw` of this session's sweep of that name; polls while it runs, and only then.

    name: of the sweep in the session, in the address bar and in the widgets' keys, so unique among all pages.

    Returns:
        How the sweep stood when the page was drawn; None if there is none.
    """
    sweep = find(name)
    running = sweep is not None and not sweep.over

    def changed() -> bool:
        """A click began or ended it, or it came to its end."""
        return st.session_state.get(name) is not sweep or (sweep is not None and sweep.over == running)

    def show(_: None) -> None:
        if sweep is not None:
            snapshot = _look(sweep)
            st.progress(snapshot.done, text=_progress(snapshot))
            for message in dict.fromkeys(run.message for run in snapshot.runs if run.state == "failed"):
                st.error(message)
            if count := store.unwritten():
                st.warning(lesson.text("sweeps", "unwritten", count=count))
            draw(snapshot)

    live_panel(lambda: _buttons(name, experiment, label), show, lambda: POLL if running else None, changed)
    return None if sweep is None else _look(sweep)


def find(name: str) -> Sweep | None:
    """This session's sweep of that name: the one it has, or the one in the address bar if it was this viewer's."""
    sweep: Sweep | None = st.session_state.get(name)
    if sweep is None and name in st.query_params:
        there = SWEEPS.see(st.query_params[name]) is not None
        sweep = SWEEPS.take(st.query_params[name], session_id())  # not somebody else's, who has passed on a link
        if sweep is not None:
            st.session_state[name] = sweep
        else:
            st.session_state[f"{name}_missing"] = "elsewhere" if there else "gone"
            del st.query_params[name]
    if sweep is not None and st.query_params.get(name) != sweep.id:
        st.query_params[name] = sweep.id  # a visit to another page has taken it away
    return sweep


def start(name: str, experiment: Experiment, use_cache: bool = True) -> None:
    """Begin this session's sweep of that name; to be called from a callback.

    Raises:
        nnlib.data.DataError: the data are not here.
    """
    stop(name)
    sweep = Sweep(experiment, pool(), owner=session_id(), use_cache=use_cache)
    st.session_state.pop(f"{name}_missing", None)
    st.session_state[name] = sweep
    st.query_params[name] = sweep.id
    SWEEPS.put(sweep.id, sweep, Lease(session_id()))


def stop(name: str) -> None:
    """End this session's sweep of that name, if there is one; what is there stays."""
    sweep: Sweep | None = st.session_state.get(name)
    if sweep is not None:
        sweep.stop()


def _buttons(name: str, experiment: Experiment, label: str) -> None:
    sweep: Sweep | None = st.session_state.get(name)
    running = sweep is not None and not sweep.over
    same = sweep is not None and sweep.experiment == experiment
    about, absent = _ready(experiment)

    def button(label: str, icon: str, key: str, act: Callable[..., None], **how: Any) -> None:
        st.button(label, icon=f":material/{icon}:", key=f"{name}_{key}", on_click=act, **how)

    with st.container(horizontal=True, vertical_alignment="center", key=f"{name}_buttons"):
        begin: dict[str, Any] = {"args": (name, experiment), "disabled": absent}
        if running:
            button("Stop", "stop", "stop", stop, args=(name,), type="primary")
        elif not same or (sweep is not None and _has_gaps(sweep.snapshot())):
            button(label, "play_arrow", "run", start, type="primary", **begin)
        else:
            button("Run again", "replay", "again", start, kwargs={"use_cache": False}, **begin)
        if not running and not same:
            st.caption(about)
    if missing := st.session_state.get(f"{name}_missing"):
        st.info(lesson.text("sweeps", missing))
    if sweep is not None and not same:
        st.caption(lesson.text("sweeps", "changed", differences=_differences(sweep.experiment, experiment)))


def _has_gaps(snapshot: Snapshot) -> bool:
    """Whether runs are left to do."""
    return any(run.state in ("stopped", "failed") for run in snapshot.runs)


def _ready(experiment: Experiment) -> tuple[str, bool]:
    """What pressing the button would do, and whether the data for it are absent."""
    try:
        cached, total = cached_runs(experiment), len(experiment.runs)
        seconds = expected_seconds(experiment, pool().size)
    except DataError as error:
        return lesson.sentence(error), True
    part = "ready" if not cached else "ready some" if cached < total else "ready all"
    time = lesson.text("sweeps", "while") if seconds is None else duration(seconds * (1 - cached / total))
    return lesson.text("sweeps", part, total=total, cached=cached, time=time, workers=pool().size), False


def _differences(shown: Experiment, chosen: Experiment) -> str:
    """What the sweep on screen has that the controls have not."""
    if len(shown.runs) != len(chosen.runs):
        return f"{len(shown.runs)} runs"
    pairs = {}
    for here, there in zip(shown.runs, chosen.runs, strict=True):
        for setting, (old, _) in here.differences(there).items():
            pairs.setdefault(setting, old)
    return ", ".join(describe(setting, value) for setting, value in pairs.items()) or "other random numbers"


def _progress(snapshot: Snapshot) -> str:
    total, ended, left = len(snapshot.runs), snapshot.ended, snapshot.seconds_left
    values = {"ended": ended, "total": total, "cached": snapshot.cached, "seconds": duration(snapshot.seconds)}
    if snapshot.state == "running":
        if left is None:
            return lesson.text("sweeps", "starting", **values)
        return lesson.text("sweeps", "progress", **values, left=duration(left))
    if snapshot.state == "stopped":
        ended = sum(run.state in ("finished", "diverged") for run in snapshot.runs)
        return lesson.text("sweeps", "stopped", **values | {"ended": ended})
    return lesson.text("sweeps", "finished cached" if snapshot.cached else "finished", **values)


def _look(sweep: Sweep) -> Snapshot:
    SWEEPS.see(sweep.id)
    return sweep.snapshot()
