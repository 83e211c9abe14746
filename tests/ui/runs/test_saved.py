"""Saved runs: found again by their id, pruned, never trusted; a run that goes on from one is the same, bit for bit."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnlib.runs.spec import RunSpec
from tests.ui.runs.test_live import until
from ui.runs import live
from ui.runs import saved as run_files
from ui.runs.live import Run
from ui.runs.painter import Painter
from ui.runs.saved import Saved

SPEC = RunSpec(data="spiral", depth=2, width=8, dropout_keep_ratio=0.8, learning_rate=1e-2, num_epochs=8, patience=6)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path))
    return tmp_path / "runs"


@pytest.fixture
def make() -> Iterator:
    made: list[Run] = []

    def make(spec: RunSpec = SPEC) -> Run:
        dataset = spec.load_data()
        made.append(Run(spec, dataset, Painter(dataset), place="train_run"))
        return made[-1]

    yield make
    for run in made:
        run.pause()


def steps(run: Run, count: int) -> Run:
    for _ in range(count):
        run._advance(framed=False)
    return run


def save(run: Run) -> Saved:
    run_files.save(run.id, run.place, run.spec, run.solver, run.seconds)
    saved = run_files.find(run.id)
    assert saved is not None
    return saved


class TestFiles:
    def test_found_by_its_id(self, folder: Path, make):
        run = steps(make(), 10)
        saved = save(run)
        assert (saved.run_id, saved.place, saved.spec, saved.iteration) == (run.id, "train_run", SPEC, 10)
        assert saved.epoch == run.solver.epoch and saved.seconds == run.seconds
        assert run_files.find("another") is None

    @pytest.mark.parametrize("run_id", ["", "../x", "a/b", "a\x00", "x" * 33, "ä"])
    def test_an_id_that_none_has(self, folder: Path, run_id: str):
        assert run_files.find(run_id) is None

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "{}", '{"spec": {"depths": 1}}', '{"spec": {"learning_rate": -1}}']
    )
    def test_a_damaged_description_is_as_good_as_none(self, folder: Path, make, text: str):
        run = steps(make(), 3)
        save(run)
        (folder / f"{run.id}.json").write_text(text)
        assert run_files.find(run.id) is None

    @pytest.mark.parametrize("name", ["place", "iteration", "epoch", "seconds", "spec"])
    @pytest.mark.parametrize("value", [None, "3", [], {}, -1, True, float("nan"), 10**400])
    def test_no_fact_of_a_description_is_believed(self, folder: Path, make, name: str, value: object):
        run = steps(make(), 3)
        save(run)
        path = folder / f"{run.id}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
        found = run_files.find(run.id)
        assert found is None or (name, value) in (("place", "3"), ("spec", {}))

    def test_the_old_and_all_but_the_newest_go(self, folder: Path, make, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(run_files, "MOST", 3)
        runs = [steps(make(), 1) for _ in range(6)]
        now = time.time()
        for age, run in enumerate(runs):
            save(run)
            os.utime(folder / f"{run.id}.npz", (now, now - 100 + age))
        assert {path.stem for path in folder.iterdir()} == {run.id for run in runs[3:]}
        os.utime(folder / f"{runs[4].id}.npz", (now, now - run_files.MAX_AGE - 10))
        save(runs[5])
        assert {path.stem for path in folder.iterdir()} == {runs[3].id, runs[5].id}

    def test_a_disk_that_cannot_be_written_stops_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make):
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "file"))
        run = steps(make(), 1)
        assert not run_files.save(run.id, run.place, run.spec, run.solver, run.seconds)
        assert run_files.find(run.id) is None
        run._save()
        assert "could not be saved" in run.note


@pytest.mark.usefixtures("folder")
class TestResume:
    def test_the_same_numbers_and_curves(self, make):
        whole = make()
        while not whole.over:
            steps(whole, 1)
        half = steps(make(), 20)
        resumed = make()
        resumed.resume_from(save(half))
        assert (resumed.status, resumed.seconds, resumed.recording.curves()) == (
            "paused",
            half.seconds,
            half.recording.curves(),
        )
        assert [frame["iteration"] for frame in resumed.snapshot()["frames"]] == [0, 20]
        resumed.play()
        until(lambda: resumed.over)
        assert resumed.solver.loss_history == whole.solver.loss_history
        assert resumed.recording.curves() == whole.recording.curves()
        for name, value in whole.solver.model.state().items():
            np.testing.assert_array_equal(resumed.solver.model.state()[name], value)

    def test_a_run_that_is_over_stays_so(self, make):
        run = make()
        while not run.over:
            steps(run, 1)
        resumed = make()
        resumed.resume_from(save(run))
        assert resumed.status == "finished"
        assert resumed.solver.best_val_acc == run.solver.best_val_acc

    def test_another_runs_checkpoint_is_refused(self, make):
        saved = save(steps(make(), 3))
        other = make(replace(SPEC, width=9))
        with pytest.raises(ValueError, match="hidden_dims"):
            other.resume_from(saved)
        assert (other.status, other.solver.iteration) == ("ready", 0)

    def test_a_checkpoint_on_data_that_have_changed_is_refused(self, make):
        saved = save(steps(make(), 3))
        other = make()
        other.solver.X_val[0, 0] += 1
        with pytest.raises(ValueError, match=r"has X_val .* \(here .*: use the same settings and data"):
            other.resume_from(saved)
        assert (other.status, other.solver.iteration) == ("ready", 0)


class TestSaving:
    def test_while_it_goes_on_and_when_it_pauses(self, folder: Path, make, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(live, "SAVE_EVERY", 0.05)
        run = make(replace(SPEC, num_epochs=100_000, patience=None))
        run.play()
        until(lambda: run_files.find(run.id) and run.seconds > live.SAVE_EVERY)
        assert run.active
        run.pause()
        saved = run_files.find(run.id)
        assert saved is not None and saved.iteration == run.solver.iteration

    def test_not_a_short_run_nor_one_that_no_page_shows(self, folder: Path, make, monkeypatch: pytest.MonkeyPatch):
        run = make()
        run.play()
        until(lambda: run.over)
        monkeypatch.setattr(live, "SAVE_EVERY", 0.0)
        unknown = make()
        unknown.place = ""
        unknown.play()
        until(lambda: unknown.over)
        assert not folder.exists()

    def test_not_one_that_diverged(self, folder: Path, make, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(live, "SAVE_EVERY", 0.0)
        run = make(RunSpec(data="digits", update_rule="sgd", learning_rate=10))
        run.play()
        until(lambda: run.over)
        run.pause()
        saved = run_files.find(run.id)
        assert saved is None or saved.iteration < run.solver.iteration


def test_a_minute_and_a_week():
    assert (live.SAVE_EVERY, run_files.MAX_AGE, run_files.MOST) == (60, 604_800, 20)


def test_a_description_holds_no_more_than_json(folder: Path, make):
    run = steps(make(), 1)
    save(run)
    facts = json.loads((folder / f"{run.id}.json").read_text())
    assert set(facts) == {"place", "spec", "iteration", "epoch", "seconds"}
