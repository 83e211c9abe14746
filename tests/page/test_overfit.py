"""The page "Overfit a small set": prediction, presets, tries that fill the maps, the published run, links, extremes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from nnlib.experiments import Experiment, run
from nnlib.runs.spec import RunSpec
from tests.page.conftest import OpenPage
from ui.lessons.overfit import panel
from ui.lessons.overfit.maps import CLICKED, TRIES
from ui.lessons.overfit.settings import MOST_SEED, PRESETS, RATES, SCALES, START, map_experiment, spec_of
from ui.runs import sweeps
from ui.runs.live import Run

PAGE = "overfit"
GUESSED = {"of_guess": "five layers"}


@pytest.fixture(scope="module", autouse=True)
def close_the_pool() -> Iterator[None]:
    yield
    sweeps.pool().close()
    sweeps.pool.cache_clear()


def run_of(app: AppTest) -> Run:
    return app.session_state["overfit_run"]


def words(app: AppTest) -> str:
    assert not app.exception and not app.error
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def outcome(app: AppTest) -> str:
    """What the run's box says, whatever its colour."""
    assert not app.exception
    (said,) = [box.value for box in (*app.success, *app.warning, *app.info) if "published" not in box.value]
    return said


def to_its_end(app: AppTest) -> AppTest:
    """Play the run that is chosen to its end."""
    current = run_of(app)
    current.play()
    while not current.over:
        time.sleep(0.01)
    return app.run()


def with_settings(app: AppTest, hidden: int, scale: float, rate: float) -> AppTest:
    app.segmented_control(key="of_depth").set_value("three layers" if hidden == 2 else "five layers")
    app.select_slider(key="of_scale_digits").set_value(scale)
    return app.select_slider(key="of_rate_digits").set_value(rate).run()


class TestPrediction:
    def test_asks_first(self, open_page: OpenPage):
        app = open_page(PAGE)
        assert not app.get("vega_lite_chart") and "overfit_run" not in app.session_state
        app.segmented_control(key="of_guess").set_value("both alike").run()
        assert len(app.get("vega_lite_chart")) == 2
        assert "You expected: **both alike**. Whole maps will tell" in words(app)

    def test_whole_maps_answer_it(self, open_page: OpenPage):
        experiment = map_experiment("digits")
        results = dict(zip(experiment.runs, run(experiment), strict=True))
        app = open_page(PAGE, of_guess="both alike")
        app.session_state[TRIES] = results
        app.run()
        reached = [spec for spec, result in results.items() if result.first_epoch_at(1.0) is not None]
        for hidden, name in ((2, "Three layers"), (4, "Five layers")):
            count = sum(spec.depth == hidden for spec in reached)
            assert f"**{name}**: {count} of 54 cells reach 100 %" in words(app)
        assert "You expected: **both alike**. **Five layers are fussier**" in words(app)
        app.number_input(key="of_seed").set_value(1).run()  # other weights: a map of its own
        assert "**Three layers**: none of 54 cells tried" in words(app)


class TestData:
    def test_digits_only(self, open_page: OpenPage):
        app = open_page(PAGE, **GUESSED, of_data="CIFAR-10")
        assert run_of(app).spec == START["digits"]
        assert "can be chosen here once it is downloaded" in words(app)

    def test_cifar10_comes_first_and_digits_can_be_chosen(self, open_page: OpenPage, real_cifar10: Path):
        app = open_page(PAGE, **GUESSED)
        assert run_of(app).spec == START["cifar10"]
        assert "once it is downloaded" not in words(app)
        app.segmented_control(key="of_data").set_value("Digits 8×8").run()
        assert run_of(app).spec == START["digits"]
        app.segmented_control(key="of_data").set_value("CIFAR-10").run()
        assert run_of(app).spec == START["cifar10"]


class TestTrying:
    def test_a_run_that_ends_fills_its_cell(self, open_page: OpenPage):
        app = open_page(PAGE, **GUESSED)
        assert "Press *Try it*" in outcome(app)
        app = to_its_end(with_settings(app, 4, 0.3, 0.03))
        (expected,) = run(Experiment("one", (run_of(app).spec,)))
        assert f"**100 % at epoch {expected.first_epoch_at(1.0)}**" in outcome(app)
        assert app.session_state[TRIES] == {expected.spec: expected}
        assert "**Five layers**: 1 of 1 tried reach 100 %" in words(app)
        assert "**Three layers**: none of 54 cells tried" in words(app)
        app = to_its_end(with_settings(app, 4, 0.03, 0.03))
        assert "**Not reached**" in outcome(app)
        assert "**Five layers**: 1 of 2 tried reach 100 %" in words(app)

    def test_the_button_plays(self, open_page: OpenPage):
        app = open_page(PAGE, **GUESSED, of_speed="1 / s")
        app.button(key="of_try").click().run()
        assert run_of(app).active and run_of(app).rate == 1
        assert "Under way" in outcome(app)
        run_of(app).pause()

    def test_a_clicked_cell_is_played_with_its_settings(self, open_page: OpenPage):
        app = open_page(PAGE, **GUESSED, of_speed="1 / s", of_seed="5")
        app.session_state[CLICKED] = spec_of("digits", 4, 0.1, 1.0)
        app.run()
        assert run_of(app).spec == spec_of("digits", 4, 0.1, 1.0, seed=5)
        assert run_of(app).active and CLICKED not in app.session_state
        run_of(app).pause()

    @pytest.mark.parametrize("way", ["the button", "a cell"])
    def test_a_click_whose_script_is_overtaken_is_not_lost(self, open_page: OpenPage, way: str, monkeypatch):
        app = open_page(PAGE, **GUESSED, of_speed="1 / s")
        with monkeypatch.context() as overtaken:
            overtaken.setattr(panel, "presets_of", lambda spec: st.stop())
            if way == "a cell":
                app.session_state[CLICKED] = spec_of("digits", 4, 0.1, 1.0)
                app.run()
            else:
                app.button(key="of_try").click().run()
        assert not run_of(app).active
        app.run()
        assert run_of(app).active
        run_of(app).pause()
        app.run()
        assert not run_of(app).active

    def test_other_settings_make_another_run_of_the_same_name(self, open_page: OpenPage):
        app = to_its_end(open_page(PAGE, **GUESSED))
        before = run_of(app)
        app = with_settings(app, 2, 0.1, 0.1)
        assert run_of(app) is not before
        assert (run_of(app).id, run_of(app).status) == (before.id, "ready")
        assert len(app.session_state[TRIES]) == 1

    def test_a_stopped_run_is_not_put_into_the_map(self, open_page: OpenPage):
        app = open_page(PAGE, **GUESSED)
        app.button(key="of_step").click().run()
        app.button(key="of_stop").click().run()
        assert "Stopped at step" in outcome(app)
        assert TRIES not in app.session_state or not app.session_state[TRIES]
        app.button(key="of_reset").click().run()
        assert "Press *Try it*" in outcome(app)

    def test_a_diverged_run_says_so_twice(self, open_page: OpenPage):
        app = open_page(PAGE, **GUESSED)
        app = to_its_end(with_settings(app, 2, 3.0, 10.0))
        assert "**Diverged** at step" in outcome(app)
        assert [error.value for error in app.error] == [run_of(app).note]


class TestPresets:
    @pytest.mark.parametrize("name", PRESETS["digits"])
    def test_each_sets_the_controls_and_says_why(self, open_page: OpenPage, name: str):
        app = open_page(PAGE, **GUESSED, of_seed="3")
        app.pills(key="of_preset").set_value(name).run()
        spec = PRESETS["digits"][name]
        assert run_of(app).spec == spec_of("digits", spec.depth, float(spec.weight_scale), spec.learning_rate, 3)
        assert app.pills(key="of_preset").value == name
        assert "{" not in words(app)
        app.number_input(key="of_seed").set_value(0).run()
        assert app.pills(key="of_preset").value == name

    def test_the_one_with_these_settings_is_lit(self, open_page: OpenPage):
        app = open_page(PAGE, **GUESSED)
        assert app.pills(key="of_preset").value is None
        app = with_settings(app, 4, 0.3, 0.03)
        assert app.pills(key="of_preset").value == "Good: five layers"

    def test_the_published_runs(self, open_page: OpenPage, real_cifar10: Path):
        app = open_page(PAGE, **GUESSED)
        for name, loss, epoch in (
            ("Published: three layers", "2.36336", 13),
            ("Published: five layers", "3.97118", 15),
        ):
            app.pills(key="of_preset").set_value(name).run()
            assert not app.table
            app = to_its_end(app)
            assert "**100 % at epoch" in outcome(app)
            (table,) = (table.value for table in app.table)
            assert table["published"].tolist() == [loss, str(epoch)]
            solver = run_of(app).solver
            assert float(table["this run"].iloc[0]) == pytest.approx(solver.loss_history[0], rel=1e-5)
            assert float(table["this run"].iloc[1]) == solver.train_acc_history.index(1.0)
            assert any(box.value.startswith("Met") for box in app.success)


class TestAddress:
    def test_a_link_sets_everything(self, open_page: OpenPage):
        link = {"of_depth": "five layers", "of_scale_digits": "0.5", "of_rate_digits": "0.02", "of_seed": "42"}
        assert run_of(open_page(PAGE, **GUESSED, **link)).spec == spec_of("digits", 4, 0.5, 0.02, 42)

    @pytest.mark.parametrize("value", ["", "-1", "NaN", "null", "[]", "<b>x</b>", "../..", "9" * 400, "\x00"])
    def test_nonsense_falls_back_to_the_default(self, open_page: OpenPage, value: str):
        keys = ["of_data", "of_depth", "of_scale_digits", "of_rate_digits", "of_seed", "of_speed", "run"]
        app = open_page(PAGE, **GUESSED, **dict.fromkeys([*keys, "overfit_map_digits_0"], value))
        assert not app.exception and not app.error
        assert run_of(app).spec == START["digits"]

    @pytest.mark.parametrize("hidden", [2, 4])
    @pytest.mark.parametrize("end", [0, -1])
    def test_extremes(self, open_page: OpenPage, hidden: int, end: int):
        app = with_settings(open_page(PAGE, **GUESSED), hidden, SCALES["digits"][end], RATES["digits"][end])
        app.number_input(key="of_seed").set_value(MOST_SEED).run()
        app = to_its_end(app)
        assert not app.exception
        assert "100 %" not in outcome(app)


class TestSweep:
    def test_it_fills_the_maps_and_can_be_stopped(self, open_page: OpenPage):
        app = open_page(PAGE, **GUESSED)
        assert "108 runs" in words(app)
        app.button(key="overfit_map_digits_0_run").click().run()
        sweep = app.session_state["overfit_map_digits_0"]
        specs: tuple[RunSpec, ...] = sweep.experiment.runs
        assert specs == map_experiment("digits").runs
        while not any(run.state == "finished" for run in sweep.snapshot().runs):
            assert not sweep.over
            time.sleep(0.01)
        app.run()
        app.button(key="overfit_map_digits_0_stop").click().run()
        assert sweep.snapshot().state == "stopped"
        assert "tried reach 100 %" in words(app)
