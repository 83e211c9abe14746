"""How a run or an experiment is taken home: a script, a notebook, its records as CSV, or a link with its settings."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from nnlib.experiments import Experiment, Result, to_csv
from nnlib.experiments.export import file_name, notebook, script
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.widgets import controls

NOTEBOOK_TYPE = "application/x-ipynb+json"


def take_home(experiment: Experiment, results: Sequence[Result | None], key: str) -> None:
    """A button that opens the menu; the files are made when they are asked for.

    experiment: for a run alone: Experiment("my_run", (spec,)), and [Result.of(spec, solver)] as its results.
    results: in the experiment's order; None for what is not there yet.
    """
    name = file_name(experiment)
    empty = not any(result is not None and result.records for result in results)
    with st.popover("Take home", icon=":material/download:"):
        lesson.show("take_home", "about")
        _file("Script", f"{name}.py", "text/x-python", partial(script, experiment), key)
        _file("Notebook", f"{name}.ipynb", NOTEBOOK_TYPE, partial(notebook, experiment), key)
        _file("Records (CSV)", f"{name}.csv", "text/csv", partial(to_csv, experiment, results), key, empty)
        if empty:
            st.caption(lesson.text("take_home", "no records"))


def _file(label: str, name: str, mime: str, make: Callable[[], str], key: str, absent: bool = False) -> None:
    how: dict[str, Any] = {"on_click": "ignore", "disabled": absent, "width": "stretch"}
    st.download_button(label, make, name, mime, key=f"{key}_{name.rpartition('.')[2]}", **how)


def run_link(spec: RunSpec) -> None:
    """The address that sets all of Train's controls to this spec, with a button that copies it."""
    st.code(f"{st.context.url or ''}?{urlencode(controls.address(spec))}", language=None, wrap_lines=True)
    lesson.show("examine", "link")
