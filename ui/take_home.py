"""The menu with which a run or an experiment is taken home: as a script, as a notebook, and its records as CSV."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from nnlib.experiments import Experiment, Result, to_csv
from nnlib.export import file_name, notebook, script
from ui import prose

NOTEBOOK_TYPE = "application/x-ipynb+json"


def take_home(experiment: Experiment, results: Sequence[Result | None], key: str) -> None:
    """A button that opens the menu; the files are made when they are asked for.

    experiment: for a run alone: Experiment("my_run", (spec,)), and [Result.of(spec, solver)] as its results.
    results: in the experiment's order; None for what is not there yet.
    """
    name = file_name(experiment)
    empty = not any(result is not None and result.records for result in results)
    with st.popover("Take home", icon=":material/download:"):
        prose.show("take_home", "about")
        files = (
            ("Script", f"{name}.py", "text/x-python", partial(script, experiment), False),
            ("Notebook", f"{name}.ipynb", NOTEBOOK_TYPE, partial(notebook, experiment), False),
            ("Records (CSV)", f"{name}.csv", "text/csv", partial(to_csv, experiment, results), empty),
        )
        for label, file, mime, make, disabled in files:
            st.download_button(
                label,
                make,
                file,
                mime,
                key=f"{key}_{file.rpartition('.')[2]}",
                on_click="ignore",
                disabled=disabled,
                width="stretch",
            )
        if empty:
            st.caption(prose.text("take_home", "no records"))
