"""The start page: a network learns without a click, the lessons are listed, the data too."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.data import DataError
from tests.page.conftest import OpenPage, pages
from ui.lessons.home import data_panel
from ui.runs.live import Run


def run_of(app: AppTest) -> Run:
    return app.session_state["home_run"]


class TestSpiral:
    def test_learns_without_a_click(self, open_page: OpenPage):
        run = run_of(open_page("home"))
        assert run.light and run.rate == 25
        assert run.active or run.over
        last = time.monotonic() + 20
        while run.solver.iteration < 3:
            assert time.monotonic() < last
            time.sleep(0.01)

    def test_ends_by_itself_within_a_minute_and_learns(self, open_page: OpenPage):
        run = run_of(open_page("home"))
        run.rate = None
        while not run.over:
            time.sleep(0.01)
        assert run.status == "finished"
        assert run.solver.num_iterations / 25 < 60
        assert run.solver.best_val_acc > 0.9

    def test_a_paused_run_stays_paused(self, open_page: OpenPage):
        app = open_page("home")
        app.button(key="home_play").click().run()
        run, at = run_of(app), run_of(app).solver.iteration
        assert run.status == "paused"
        app.run()
        assert run_of(app) is run
        assert (run.status, run.solver.iteration) == ("paused", at)
        app.button(key="home_step").click().run()
        assert run.solver.iteration == at + 1
        app.button(key="home_reset").click().run()
        assert run_of(app).solver.iteration == 0
        assert not app.exception

    @pytest.mark.parametrize(("speed", "rate"), [("1 / s", 1), ("5 / s", 5), ("25 / s", 25)])
    def test_speed(self, open_page: OpenPage, speed: str, rate: float):
        app = open_page("home", home_speed=speed)
        assert run_of(app).rate == rate


def test_every_lesson_has_its_card(open_page: OpenPage):
    app = open_page("home")
    lessons = pages()[1:]
    assert [link.proto.label for link in app.get("page_link")] == [page.title for page in lessons]
    text = [markdown.value for markdown in app.markdown]
    assert all(page.about in text for page in lessons)


class TestDownload:
    @pytest.fixture(autouse=True)
    def forget(self):
        data_panel._shared.clear()
        yield
        data_panel._shared.clear()

    def test_offline_gives_one_sentence(self, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch):
        sentence = "CIFAR-10 was not downloaded, since the host cannot be reached; try again."

        def download(**_) -> None:
            raise DataError(sentence)

        monkeypatch.setattr(data_panel, "download", download)
        app = open_page("home")
        app.button(key="download").click().run()
        thread = data_panel._shared().thread
        assert thread is not None
        thread.join()
        app.run()
        assert [error.value for error in app.error] == [sentence]
        assert app.button(key="download").label.startswith("Download CIFAR-10")
        assert not app.exception

    def test_progress_and_cancel(self, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch):
        from nnlib.data import DownloadCancelled

        def download(progress, cancel) -> None:
            progress(85_000_000, 170_000_000)
            assert cancel.wait(30)
            raise DownloadCancelled("cancelled")

        monkeypatch.setattr(data_panel, "download", download)
        app = open_page("home")
        app.button(key="download").click().run()
        app.run()
        (progress,) = app.get("progress")
        assert progress.proto.value == 50
        assert progress.proto.text == "85.0 of 170.0 MB"
        app.button(key="cancel_download").click().run()
        thread = data_panel._shared().thread
        assert thread is not None
        thread.join()
        app.run()
        assert [error.value for error in app.error] == ["The download was cancelled; nothing was kept of it."]
        assert not app.get("progress")
