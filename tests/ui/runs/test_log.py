"""What is kept of a session's runs: numbered once, figures and curves as the solver's, bounded; and in which words."""

from __future__ import annotations

from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from nnlib.experiments import Result
from nnlib.runs.spec import RunSpec
from ui.lessons.compare import charts
from ui.lessons.compare.table import rows, to_csv
from ui.runs import log as run_log
from ui.runs.live import Run
from ui.runs.log import ITERATION, LOSS, SMOOTH, TRAIN, VAL, Entry, RunLog
from ui.runs.painter import Painter
from ui.widgets import words

SPEC = RunSpec(data="spiral", depth=1, width=8, learning_rate=1e-2, batch_size=40, num_epochs=4, seed=3)
DIVERGING = RunSpec(data="digits", update_rule="sgd", learning_rate=10)


def started(spec: RunSpec = SPEC, steps: int = 1_000_000) -> Run:
    """A run that has taken so many steps, or all."""
    dataset = spec.load_data()
    run = Run(spec, dataset, Painter(dataset))
    for _ in range(steps):
        if run.over:
            break
        run._advance(framed=False)
        if not run.over:
            run.status = "paused"
    return run


@pytest.fixture
def log() -> RunLog:
    log, page = RunLog(), cast("Any", SimpleNamespace(title="A page"))
    log.here = page
    return log


@pytest.fixture(scope="module")
def finished() -> Run:
    return started()


class TestEntry:
    def test_figures_are_the_solvers(self, finished: Run):
        entry, solver = Entry.of(finished, 7, "A page"), finished.solver
        assert (entry.number, entry.page, entry.status, entry.spec) == (7, "A page", "finished", SPEC)
        assert (entry.iteration, entry.num_iterations, entry.epochs) == (36, 36, 4)
        assert (entry.best_val_acc, entry.best_epoch) == (solver.best_val_acc, solver.best_epoch)
        assert entry.train_acc == solver.train_acc_history[-1]
        assert entry.final_loss == pytest.approx(np.mean(solver.loss_history))
        assert entry.num_val == len(solver.y_val)

    def test_curves_are_the_runs(self, finished: Run):
        entry, solver = Entry.of(finished, 1, ""), finished.solver
        np.testing.assert_array_equal(entry.rows[:, ITERATION], np.arange(1, 37))
        np.testing.assert_array_equal(entry.rows[:, LOSS], solver.loss_history)
        measured = entry.rows[np.isfinite(entry.rows[:, VAL])]
        assert measured[:, ITERATION].tolist() == [1, 9, 18, 27, 36]
        np.testing.assert_array_equal(measured[:, TRAIN], solver.train_acc_history)
        np.testing.assert_array_equal(measured[:, VAL], solver.val_acc_history)

    def test_its_result_is_that_of_the_solver(self, finished: Run):
        assert Entry.of(finished, 1, "").result() == Result.of(SPEC, finished.solver)

    def test_a_run_left_off(self):
        entry = Entry.of(started(steps=12), 1, "")
        assert (entry.iteration, entry.result().status, len(entry.result().records)) == (12, "stopped", 12)

    def test_a_diverged_run_has_its_message_and_no_final_loss(self):
        run = started(DIVERGING)
        entry = Entry.of(run, 1, "")
        assert (entry.status, entry.final_loss) == ("diverged", None)
        assert entry.result() == Result.of(DIVERGING, run.solver)

    def test_a_long_run_is_kept_thinned_out(self):
        run = started(replace(SPEC, num_epochs=400))
        entry = Entry.of(run, 1, "")
        assert entry.rows[-1, ITERATION] == 3600
        assert len(entry.rows) <= 610 and entry.rows.nbytes < 30_000
        whole = {record.iteration: record for record in Result.of(run.spec, run.solver).records}
        for record in entry.result().records:
            assert record[:4] == whole[record.iteration][:4]
            assert record.val_acc in (None, whole[record.iteration].val_acc)


class TestLog:
    def test_only_runs_that_have_taken_a_step(self, log: RunLog):
        assert log.entries() == []
        log.follow("a", started(steps=0))
        assert log.entries() == []
        log.keep("a")
        assert log.entries() == []

    def test_each_keeps_the_number_it_got_first(self, log: RunLog):
        run = started(steps=2)
        log.follow("a", run)
        (entry,) = log.entries()
        assert (entry.number, entry.page, log.is_live(entry)) == (1, "A page", True)
        log.keep("a")
        run.reset()
        log.follow("a", run)
        (kept,) = log.entries()
        assert (kept.number, kept.iteration, log.is_live(kept)) == (1, 2, False)
        run._advance(framed=False)
        assert [(e.number, e.iteration, log.is_live(e)) for e in log.entries()] == [(1, 2, False), (2, 1, True)]

    def test_keeping_pauses(self, log: RunLog):
        run = started(replace(SPEC, num_epochs=100_000), steps=1)
        log.follow("a", run)
        run.play()
        log.keep("a")
        assert not run.active
        assert log.entries()[0].iteration == run.solver.iteration

    def test_the_oldest_unpinned_go(self, log: RunLog, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(run_log, "MOST", 3)
        log.pinned = [1]
        for _ in range(6):
            log.follow("a", started(steps=1))
            log.keep("a")
        assert [entry.number for entry in log.entries()] == [1, 5, 6]

    def test_a_viewer_may_begin_a_run_while_another_looks(self, log: RunLog):
        class Looked:
            @property
            def light(self) -> bool:
                log.runs.setdefault("begun meanwhile", cast("Run", Looked()))
                return False

        log.runs["a"] = cast("Run", Looked())
        assert list(log.live) == ["a"]


class TestWords:
    def test_a_difference_in_the_words_of_the_controls(self):
        other = replace(SPEC, update_rule="adamw", learning_rate=0.1, num_train=50, patience=3)
        assert words.difference(SPEC, other) == [
            "training examples all → 50",
            "update rule adam → adamw",
            "learning rate 0.01 → 0.1",
            "early stopping none → 3",
        ]
        assert words.difference(SPEC, SPEC) == []

    def test_a_setting_without_effect_is_no_difference(self):
        decayed = replace(SPEC, weight_decay=0.5, lr_decay=0.5)
        assert words.difference(SPEC, decayed) == [] and words.varied([SPEC, decayed]) == []
        assert words.difference(replace(SPEC, schedule="step"), replace(decayed, schedule="step")) == [
            "factor an epoch 0.95 → 0.5"
        ]
        assert words.varied([replace(SPEC, update_rule="adamw"), replace(decayed, update_rule="adamw")]) == [
            "weight_decay"
        ]

    def test_a_label_tells_what_is_varied(self):
        assert words.label(SPEC, ["update_rule", "learning_rate"]) == "adam, learning rate 0.01"


class TestTable:
    def test_the_settings_that_differ_then_the_figures(self, log: RunLog, finished: Run):
        log.follow("a", finished)
        log.entries()
        log.follow("b", started(replace(SPEC, update_rule="sgd", num_train=40), steps=3))
        table = rows(log, log.entries())
        assert list(table)[:4] == ["Run", "Training examples", "Update rule", "Status"]
        assert table["Update rule"].tolist() == ["adam", "sgd"]
        assert table["Training examples"].tolist() == ["all", "40"]
        assert table["Status"].tolist() == ["finished", "paused, 75 %"]
        assert table["Best validation"].tolist()[0] == 100 * finished.solver.best_val_acc

    def test_numbers_stay_numbers(self, log: RunLog):
        for rate in (0.1, 1e-3):
            log.follow("a", started(replace(SPEC, learning_rate=rate), steps=1))
            log.keep("a")
        table = rows(log, log.entries())
        assert table["Learning rate"].tolist() == [0.1, 0.001]
        assert table["Status"].tolist() == ["left at 3 %", "left at 3 %"]

    def test_as_csv_with_all_settings(self, log: RunLog, finished: Run):
        log.follow("a", finished)
        head, line, _ = to_csv(log).split("\n")
        cells = dict(zip(head.split(","), line.split(","), strict=True))
        assert {field.name for field in fields(RunSpec)} < cells.keys()
        assert (cells["run"], cells["status"], cells["learning_rate"]) == ("1", "finished", "0.01")
        assert float(cells["best_val_acc"]) == finished.solver.best_val_acc


class TestCharts:
    def test_against_epochs_or_steps(self, finished: Run):
        entries = [Entry.of(finished, 1, "")]
        steps = charts.frame({"run 1": "adam"}, entries, VAL, "steps")
        assert steps["x"].tolist() == [1, 9, 18, 27, 36]
        assert steps["y"].tolist() == finished.solver.val_acc_history
        assert charts.frame({"run 1": ""}, entries, VAL, "epochs")["x"].tolist() == [1 / 9, 1, 2, 3, 4]

    def test_bounded_and_never_cut_off(self):
        entry = Entry.of(started(replace(SPEC, num_epochs=450)), 1, "")
        frame = charts.frame({"run 1": ""}, [entry], SMOOTH, "steps")
        assert len(frame) <= charts.POINTS
        assert (frame["x"].iloc[0], frame["x"].iloc[-1]) == (1, 4050)

    def test_losses_far_apart_get_a_logarithmic_axis(self, finished: Run):
        entry = Entry.of(finished, 1, "")
        for factor, expected in ((1, False), (1e4, True)):
            far = entry.rows.copy()
            far[0, SMOOTH] *= factor
            far[1, SMOOTH] = 0
            entries = [entry, replace(entry, rows=far)]
            loss, spec = charts.charts({"run 1": "", "run 2": ""}, entries, "steps")["loss"]
            assert (spec["encoding"]["y"].get("scale", {}).get("type") == "log") is expected
            assert (0 in loss["y"].tolist()) is not expected
