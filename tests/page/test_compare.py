"""Compare: runs of a visit side by side, their differences, their settings used again, taken home; pages in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.runs.spec import RunSpec
from tests.page.conftest import OpenPage
from ui import lesson
from ui.runs import saved
from ui.runs.live import Run
from ui.runs.log import LOGS, RunLog
from ui.runs.painter import Painter

PAGE = "train_best_model"
SAVED = RunSpec(data="moons", width=32, learning_rate=2e-3, batch_size=50, num_epochs=5)
MOONS = {"data": "Moons", "num_epochs": "2", "width": "8"}


def part(app: AppTest, name: str) -> AppTest:
    app.button_group(key="train_part").set_value(name.lower()).run()
    assert not app.exception and not app.error
    return app


def log_of(app: AppTest) -> RunLog:
    return app.session_state["run_log"]


def train(app: AppTest) -> Run:
    """To the end, and draw the page again."""
    run: Run = app.session_state["train_run"]
    while not run.over:
        run.step()
    app.run()
    assert not app.exception and not app.error
    return run


def start_over(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Start over with these").click().run()
    assert not app.exception


def two_runs(open_page: OpenPage, **second: float) -> AppTest:
    """Adam, then sgd, with the learning rate or the like changed too."""
    app = open_page(PAGE, **MOONS)
    train(app)
    app.selectbox(key="update_rule").select("sgd").run()
    for key, value in second.items():
        app.select_slider(key=key).set_value(value).run()
    start_over(app)
    train(app)
    return part(app, "Compare")


def texts(app: AppTest) -> str:
    return "\n".join(markdown.value for markdown in app.markdown)


class TestTable:
    def test_empty_says_what_to_do(self, open_page: OpenPage):
        app = open_page(PAGE, train_part="Compare")
        (info,) = app.info
        assert info.value.startswith("No run has begun yet.")
        assert not app.dataframe

    def test_runs_replaced_and_reset_are_kept(self, open_page: OpenPage):
        app = open_page(PAGE, **MOONS)
        app.button(key="train_step").click().run()
        app.button(key="train_reset").click().run()
        app.button(key="train_step").click().run()
        app.select_slider(key="learning_rate").set_value(0.1).run()
        start_over(app)
        train(app)
        table = part(app, "Compare").dataframe[0].value
        assert table["Run"].tolist() == [1, 2, 3]
        assert table["Learning rate"].tolist() == [0.002, 0.002, 0.1]
        assert table["Status"].tolist() == ["left at 7 %", "left at 7 %", "finished"]
        assert table["Best validation"][2] == 100 * app.session_state["train_run"].solver.best_val_acc

    def test_the_demonstration_on_the_first_page_is_none_of_them(self, open_page: OpenPage):
        app = open_page("home")
        app.session_state["home_run"].step()
        app.switch_page(f"../pages/{PAGE}.py").run()
        assert part(app, "Compare").info

    def test_runs_of_the_overfit_lab_with_their_page(self, open_page: OpenPage):
        app = open_page("overfit", of_guess="five layers")
        app.session_state["overfit_run"].step()
        app.select_slider(key="of_rate_digits").set_value(0.1).run()
        app.session_state["overfit_run"].step()
        app.switch_page(f"../pages/{PAGE}.py").run()
        app.session_state["train_run"].step()
        table = part(app, "Compare").dataframe[0].value
        assert table["Page"].tolist() == ["Overfit a small set"] * 2 + ["Train your best model"]
        assert table["Status"].tolist()[0].startswith("left at") and table["Learning rate"].tolist()[1] == 0.1


class TestPinned:
    def test_the_last_two_first_then_what_was_chosen(self, open_page: OpenPage):
        app = two_runs(open_page)
        assert log_of(app).pinned == [1, 2]
        assert len(app.get("vega_lite_chart")) == 3
        assert {"**run 1**: adam", "**run 2**: sgd"} <= {markdown.value for markdown in app.markdown}

    def test_one_setting_differs(self, open_page: OpenPage):
        app = two_runs(open_page)
        assert "From run 1 to run 2 one setting changes: **update rule adam → sgd**." in texts(app)
        assert "standard error with 120 validation examples" in texts(app)

    def test_several_settings_differ(self, open_page: OpenPage):
        app = two_runs(open_page, learning_rate=0.1)
        differences = "**update rule adam → sgd, learning rate 0.002 → 0.1**"
        assert f"From run 1 to run 2 2 settings change: {differences}." in texts(app)

    def test_the_same_settings(self, open_page: OpenPage):
        app = open_page(PAGE, **MOONS)
        train(app)
        app.button(key="train_reset").click().run()
        train(app)
        assert "Runs 1 and 2 have the same settings" in texts(part(app, "Compare"))

    def test_different_data_are_not_compared(self, open_page: OpenPage):
        app = open_page(PAGE, **MOONS)
        train(app)
        app.selectbox(key="data").select("xor").run()
        start_over(app)
        train(app)
        part(app, "Compare")
        assert "data Moons → XOR" in texts(app)
        assert "their accuracies cannot be compared" in texts(app) and "standard error" not in texts(app)
        assert any("taken home one by one" in caption.value for caption in app.caption)

    def test_more_than_two(self, open_page: OpenPage):
        app = two_runs(open_page)
        part(app, "Train").select_slider(key="learning_rate").set_value(0.1).run()
        start_over(app)
        train(app)
        log_of(app).pinned = [1, 2, 3]
        part(app, "Compare")
        assert "**run 1**: adam, learning rate 0.002  \n**run 2**: sgd, learning rate 0.002  \n**run 3**: sgd" in texts(
            app
        )
        assert len(app.get("download_button")) == 1 + 3 * 4

    def test_none(self, open_page: OpenPage):
        app = two_runs(open_page)
        part(app, "Train")
        log_of(app).pinned = []
        part(app, "Compare")
        assert any("Tick runs in the table" in info.value for info in app.info)
        assert not app.get("vega_lite_chart")


class TestUse:
    def test_puts_a_runs_settings_into_the_controls(self, open_page: OpenPage):
        app = two_runs(open_page, learning_rate=0.1)
        app.button(key="compare_use_1").click().run()
        assert not app.exception and not app.error
        run: Run = app.session_state["train_run"]
        assert (run.spec.update_rule, run.spec.learning_rate, run.status) == ("adam", 0.002, "ready")
        assert app.selectbox(key="update_rule").value == "adam"
        assert not any("These settings are not those" in markdown.value for markdown in app.markdown)
        assert [entry.number for entry in log_of(app).entries()] == [1, 2]

    def test_leaves_a_run_that_is_not_over(self, open_page: OpenPage):
        app = two_runs(open_page)
        part(app, "Train").button(key="train_reset").click().run()
        app.button(key="train_step").click().run()
        run = app.session_state["train_run"]
        part(app, "Compare").button(key="compare_use_1").click().run()
        assert app.session_state["train_run"] is run
        assert any("update rule sgd → adam" in markdown.value for markdown in app.markdown)


class TestElsewhere:
    @pytest.fixture
    def away(self, open_page: OpenPage) -> AppTest:
        app = open_page(PAGE, **MOONS | {"num_epochs": "500", "depth": "4", "train_speed": "1 / s"})
        app.session_state["train_run"].play()
        return app.switch_page("../pages/optimizers.py").run()

    def test_the_sidebar_tells_of_a_run_that_goes_on(self, away: AppTest):
        assert not away.exception
        run: Run = away.session_state["train_run"]
        assert "**Training goes on**" in {markdown.value for markdown in away.sidebar.markdown}
        assert run.active

    def test_and_that_it_has_ended_until_it_is_visited(self, away: AppTest):
        away.session_state["train_run"].stop()
        away.run()
        assert "**Training has ended**" in {markdown.value for markdown in away.sidebar.markdown}
        away.switch_page(f"../pages/{PAGE}.py").run()
        assert not away.sidebar.markdown
        away.switch_page("../pages/optimizers.py").run()
        assert not away.sidebar.markdown

    def test_coming_back_brings_the_runs_settings(self, away: AppTest):
        run: Run = away.session_state["train_run"]
        away.switch_page(f"../pages/{PAGE}.py").run()
        assert away.session_state["train_run"] is run
        assert away.slider(key="depth").value == 4
        assert not any("These settings are not those" in markdown.value for markdown in away.markdown)

    def test_its_own_page_shows_it_in_place(self, open_page: OpenPage):
        app = open_page(PAGE, **MOONS | {"num_epochs": "500", "train_speed": "1 / s"})
        app.session_state["train_run"].play()
        app.run()
        assert not app.sidebar.markdown
        assert part(app, "Compare").sidebar.markdown

    def test_a_reload_on_another_page_finds_the_run_and_its_settings(self, away: AppTest, open_page: OpenPage):
        run: Run = away.session_state["train_run"]
        app = open_page("optimizers", run=run.id)
        assert app.session_state["train_run"] is run and log_of(app) is log_of(away)
        assert app.sidebar.markdown
        app.switch_page(f"../pages/{PAGE}.py").run()
        assert app.session_state["train_run"] is run
        assert app.slider(key="depth").value == 4

    def test_a_link_with_settings_wins_over_the_runs(self, away: AppTest, open_page: OpenPage):
        run: Run = away.session_state["train_run"]
        app = open_page(PAGE, run=run.id, depth="7")
        assert app.session_state["train_run"] is run
        assert app.slider(key="depth").value == 7
        assert any("hidden layers 4 → 7" in markdown.value for markdown in app.markdown)


class TestRestarted:
    """The app has forgotten a run that it had saved."""

    @pytest.fixture
    def run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
        monkeypatch.setenv("NNLIB_CACHE", str(tmp_path))
        dataset = SAVED.load_data()
        run = Run(SAVED, dataset, Painter(dataset))
        for _ in range(9):
            run.step()
        saved.save(run.id, "train_run", SAVED, run.solver, 61.0)
        return run

    def test_its_link_offers_to_resume(self, open_page: OpenPage, run: Run):
        app = open_page(PAGE, run=run.id)
        assert "saved up to step 9, with 1 of 5 epochs done" in texts(app)
        assert app.select_slider(key="width").value == SAVED.width
        next(button for button in app.button if button.label == "Resume from epoch 1").click().run()
        assert not app.exception and not app.error
        resumed: Run = app.session_state["train_run"]
        assert (resumed.id, resumed.spec, resumed.status) == (run.id, SAVED, "paused")
        assert resumed.solver.loss_history == run.solver.loss_history
        assert "These settings are not those" not in texts(app) and "saved up to" not in texts(app)
        assert [entry.iteration for entry in log_of(app).entries()] == [9]

    def test_a_damaged_checkpoint_is_refused_in_a_sentence(self, open_page: OpenPage, run: Run, tmp_path: Path):
        (tmp_path / "runs" / f"{run.id}.npz").write_bytes(b"damaged")
        app = open_page(PAGE, run=run.id)
        next(button for button in app.button if button.label.startswith("Resume")).click().run()
        assert not app.exception
        assert "is not a file written by nnlib" in app.error[0].value
        assert app.session_state["train_run"].status == "ready"

    def test_one_that_is_gone_too(self, open_page: OpenPage, run: Run, tmp_path: Path):
        app = open_page(PAGE, run=run.id)
        (tmp_path / "runs" / f"{run.id}.npz").unlink()
        next(button for button in app.button if button.label.startswith("Resume")).click().run()
        assert not app.exception
        assert [error.value for error in app.error] == [lesson.text(PAGE, "saved no more")]

    def test_not_while_somebody_has_it(self, open_page: OpenPage, run: Run):
        log = RunLog("somebody")
        log.follow("train_run", run)
        LOGS.put(log.id, log, log.lease)
        assert "saved up to" not in texts(open_page(PAGE, run=run.id))
