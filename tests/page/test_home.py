"""The start page: a network learns without a click, the lessons are listed, the data too."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.data import DataError, binary, cifar10, prepared
from tests.conftest import SmallCifar10
from tests.page.conftest import OpenPage, pages
from ui.lessons.home import cache_panel, data_panel
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


class TestCache:
    @pytest.fixture(autouse=True)
    def own_cache(self, small_cifar10: SmallCifar10, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("CIFAR10_DIR", str(small_cifar10.root))
        cache_panel._sizes.clear()

    def test_a_damaged_archive_is_not_here(self, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        (tmp_path / binary.ARCHIVE).write_bytes(b"<html>login</html>")
        monkeypatch.setenv("CIFAR10_DIR", str(tmp_path))
        app = open_page("home")
        assert ["is not a sound gzip-compressed tar archive" in warning.value for warning in app.warning] == [True]
        assert sum("Here" in badge.value for badge in app.markdown) == 2  # points and digits
        assert not app.exception

    def test_says_what_is_held_and_frees_it(self, open_page: OpenPage, small_cifar10: SmallCifar10):
        cifar10.load(num_training=70, num_validation=25, num_test=15)
        results = small_cifar10.cache / "results" / f"{'a' * 32}.json"
        results.parent.mkdir()
        results.write_bytes(b"x" * 2_600_000)
        app = open_page("home")
        (line,) = [caption.value for caption in app.caption if "cache folder" in caption.value]
        assert (
            "holds 4 MB: CIFAR-10 1 MB, results of experiments 3 MB." in line or "results of experiments 2 MB" in line
        )
        app.button(key="cache_free_results").click().run()
        assert not results.exists()
        assert "cache_free_results" not in [button.key for button in app.button]
        app.button(key="cache_free_pictures").click().run()
        assert prepared.folders() == []
        assert not [caption.value for caption in app.caption if "cache folder" in caption.value]
        assert not app.exception

    def test_what_is_in_use_cannot_be_freed(self, open_page: OpenPage, small_cifar10: SmallCifar10):
        data = cifar10.load(num_training=70, num_validation=25, num_test=15)
        app = open_page("home")
        assert app.button(key="cache_free_pictures").disabled
        assert any(caption.value.startswith("In use") for caption in app.caption)
        assert len(data.X_train) == 70

    @pytest.mark.parametrize("name", ["file", "nowhere", "loop"])
    def test_a_folder_that_cannot_be_written_is_told_once(
        self, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ):
        (tmp_path / "file").touch()
        (tmp_path / "nowhere").symlink_to(tmp_path / "a" / "b")
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / name))
        app = open_page("home")
        assert [str(tmp_path / name) in warning.value for warning in app.warning] == [True]
        assert not app.exception

    @pytest.mark.parametrize("variable", ["NNLIB_CACHE", "CIFAR10_DIR"])
    @pytest.mark.parametrize("name", [os.fsdecode(b"caf\xe9"), "two\nlines", "x" * 5000, "__a__*b*$c$"])
    def test_names_that_a_page_cannot_show_as_they_are(
        self, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
    ):
        if len(name) < 100:
            (tmp_path / name).touch()
        monkeypatch.setenv(variable, str(tmp_path / name))
        app = open_page("home")
        assert not app.exception
        assert all("\n" not in warning.value for warning in app.warning if variable == "CIFAR10_DIR")


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
