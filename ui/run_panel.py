"""The part of a page in which a run lives: its buttons, its speed, and the live view of it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from nnlib.data import Dataset
from nnlib.run_spec import RunSpec
from ui import live, prose, registry
from ui.painter import Painter
from ui.run_view import run_view

POLL = 0.18  # seconds
SPEEDS: dict[str, float | None] = {"1 / s": 1, "5 / s": 5, "25 / s": 25, "100 / s": 100, "full speed": None}


def session_id() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else ""


def obtain(name: str, spec: RunSpec, dataset: Dataset, in_url: bool = True, **how: Any) -> live.Run:
    """This session's run of that name: the one it has, the one in the address bar, or a new one of this spec.

    Raises:
        ValueError: the spec cannot be run, in one sentence.
    """
    run: live.Run | None = st.session_state.get(name)
    if run is None and in_url and "run" in st.query_params:
        run = registry.find(st.query_params["run"], session_id())
    if run is None or (run.status == "ready" and run.spec != spec):
        new = live.Run(spec, dataset, picture=Painter(dataset), owner=session_id(), **how)
        forget(name)
        registry.register(new)
        run = new
    st.session_state[name] = run
    if in_url:
        st.query_params["run"] = run.id
    return run


def forget(name: str) -> None:
    """End this session's run of that name, so that `obtain` makes a new one."""
    if (run := st.session_state.pop(name, None)) is not None:
        registry.discard(run)


def run_panel(name: str, key: str, speeds: Sequence[str] = tuple(SPEEDS)) -> None:
    """Buttons and live view of this session's run of that name; polls while the run is active, and only then."""
    run: live.Run = st.session_state[name]
    polling = run.active

    def panel() -> None:
        _buttons(run, key, speeds)
        view = run.snapshot(every_frame=not run.active or st.session_state.get(f"{key}_sent") != run.id)
        st.session_state[f"{key}_sent"] = run.id
        run_view({**view, "picture": run.picture.facts}, key=f"{key}_view")
        if run.active != polling:
            st.rerun()

    st.fragment(panel, run_every=POLL if polling else None)()


def _buttons(run: live.Run, key: str, speeds: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_buttons"):
        if run.active:
            st.button("Pause", icon=":material/pause:", on_click=run.pause, key=f"{key}_pause", type="primary")
        else:
            st.button(
                "Play",
                icon=":material/play_arrow:",
                on_click=run.play,
                key=f"{key}_play",
                type="primary",
                disabled=run.over,
            )
        st.button("One step", icon=":material/skip_next:", on_click=run.step, key=f"{key}_step", disabled=run.over)
        st.button("Stop", icon=":material/stop:", on_click=run.stop, key=f"{key}_stop", disabled=run.over)
        st.button("Reset", icon=":material/replay:", on_click=run.reset, key=f"{key}_reset")
        chosen = st.select_slider(
            "Speed (steps)", speeds, speeds[-1], key=f"{key}_speed", bind="query-params", width=240
        )
        run.rate = SPEEDS[chosen]
        if run.status == "queued":
            st.caption(prose.text("run_view", "queued", ahead=live.SLOTS.ahead_of(run)))
    if run.note:
        (st.error if run.status == "diverged" else st.info)(run.note)
