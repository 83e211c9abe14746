"""The take-home menu: its three files are those of `nnlib.experiments.export` and `nnlib.experiments`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.experiments import Experiment, Result, run, to_csv
from nnlib.experiments.export import notebook, script
from nnlib.runs.spec import RunSpec

SPEC = RunSpec(data="moons", width=4, batch_size=60, num_epochs=2)
EXPERIMENT = Experiment("two rules", (SPEC, replace(SPEC, update_rule="sgd")))


def page(experiment, results, made):
    from unittest.mock import patch

    import streamlit as st

    from ui.runs.take_home import take_home

    def note(label, make, file, mime, **how):
        made[file] = make()
        assert how["on_click"] == "ignore"
        st.write(label, file, mime, how["disabled"])

    with patch("streamlit.download_button", note):
        take_home(experiment, results, "menu")


@pytest.mark.parametrize("done", [True, False])
def test_the_files(done: bool):
    results: list[Result | None] = [*run(EXPERIMENT)] if done else [None, None]
    made: dict[str, str] = {}
    app = AppTest.from_function(page, args=(EXPERIMENT, results, made)).run()
    assert not app.exception
    expected = {"py": script(EXPERIMENT), "ipynb": notebook(EXPERIMENT), "csv": to_csv(EXPERIMENT, results)}
    assert made == {f"two_rules.{ending}": text for ending, text in expected.items()}
    assert ("CSV" in app.markdown[-1].value) and app.markdown[-1].value.endswith("`False`" if done else "`True`")
    assert [caption.value for caption in app.caption] == (
        [] if done else ["The records can be had once a run has begun."]
    )


def test_the_real_buttons_are_drawn():
    def real() -> None:
        from nnlib.experiments import EXPERIMENTS
        from ui.runs.take_home import take_home

        take_home(EXPERIMENTS["digits_batchnorm_deep"], [None, None], "menu")

    app = AppTest.from_function(real).run()
    assert not app.exception
    assert len(app.get("download_button")) == 3
