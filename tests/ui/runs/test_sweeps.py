"""Sweeps: worker processes give what one process gives; cached, shared, stopped, killed and refused runs."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnlib.augmentation import AUGMENTATIONS
from nnlib.data import DataError, cifar10
from nnlib.experiments import EXPERIMENTS, Experiment, Pool, Result, Snapshot, Sweep, cached_runs, run, store
from nnlib.runs.spec import RunSpec
from nnlib.workers import Task

SMALL = RunSpec(num_train=60, depth=2, width=8, batch_size=20, num_epochs=3, weight_scale=0.1, learning_rate=0.01)
FOUR = Experiment("four", tuple(replace(SMALL, seed=seed) for seed in range(4)))
LONG = Experiment("long", tuple(replace(SMALL, num_epochs=100_000, seed=seed) for seed in range(3)))
ENOUGH = 60.0  # seconds after which a test fails rather than hangs


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "results"


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(2)
    yield pool
    pool.close()


def finish(sweep: Sweep) -> Snapshot:
    assert sweep.wait(ENOUGH)
    return sweep.snapshot()


def until(pool: Pool, condition: Callable[[], bool]) -> None:
    assert pool.wait_for(condition, ENOUGH)


def has_records(sweep: Sweep, k: int = 0) -> bool:
    result = sweep.snapshot().runs[k].result
    return result is not None and len(result.records) > 0


@pytest.mark.parametrize(
    "experiment",
    [
        FOUR,
        Experiment("pair", (replace(SMALL, normalization="batchnorm"), SMALL), global_seed=5),
        Experiment("points", (replace(SMALL, data="moons", num_train=0), replace(SMALL, data="moons", seed=3))),
        Experiment("rich", (replace(SMALL, dropout_keep_ratio=0.5, reg=0.1, schedule="cosine", patience=1),)),
        Experiment("mixed", (replace(SMALL, update_rule="sgd", learning_rate=1e30), SMALL)),
    ],
    ids=lambda experiment: experiment.name,
)
def test_workers_give_the_numbers_of_one_process(pool, experiment):
    snapshot = finish(Sweep(experiment, pool))
    expected = run(experiment)
    assert snapshot.results == expected
    assert [r.state for r in snapshot.runs] == [result.status for result in expected]
    assert [r.message for r in snapshot.runs] == [result.message for result in expected]
    assert [r.label for r in snapshot.runs] == [experiment.label(spec) for spec in experiment.runs]
    assert (snapshot.state, snapshot.done, snapshot.seconds_left, snapshot.cached) == ("finished", 1.0, 0.0, 0)
    assert all(r.done == 1.0 for r in snapshot.runs)
    assert snapshot.ended == len(experiment.runs)


def test_the_global_state_of_this_process_is_left_alone(pool):
    np.random.seed(3)
    before = np.random.get_state(legacy=True)[1].copy()  # type: ignore[union-attr]
    finish(Sweep(replace(FOUR, global_seed=5), pool))
    assert np.array_equal(np.random.get_state(legacy=True)[1], before)  # type: ignore[index]


def test_results_from_before_are_there_at_once(pool):
    assert cached_runs(FOUR) == 0
    first = finish(Sweep(FOUR, pool))
    assert cached_runs(FOUR) == 4
    assert cached_runs(replace(FOUR, global_seed=1)) == 0
    again = Pool(1)  # it never starts a process
    sweep = Sweep(FOUR, again)
    snapshot = sweep.snapshot()
    assert sweep.over
    assert snapshot.results == first.results
    assert (snapshot.state, snapshot.cached, snapshot.done, snapshot.seconds) == ("finished", 4, 1.0, 0.0)
    assert snapshot.results[0] is not None and snapshot.results[0].seconds_per_step is not None
    assert again.processes() == []
    more = replace(FOUR, runs=(*FOUR.runs, replace(SMALL, seed=9)))
    snapshot = finish(Sweep(more, pool))
    assert (snapshot.cached, snapshot.results) == (4, run(more))


def test_on_request_results_from_before_do_not_count(pool):
    finish(Sweep(FOUR, pool))
    sweep = Sweep(FOUR, pool, use_cache=False)
    assert not sweep.over
    assert finish(sweep).cached == 0


def test_a_damaged_result_is_computed_anew(pool, own_cache):
    expected = finish(Sweep(FOUR, pool)).results
    for file in own_cache.iterdir():
        file.write_text("[{]")
    snapshot = finish(Sweep(FOUR, pool))
    assert (snapshot.cached, snapshot.results) == (0, expected)
    assert finish(Sweep(FOUR, pool)).cached == 4


def test_other_code_other_results(pool, monkeypatch):
    finish(Sweep(FOUR, pool))
    monkeypatch.setattr(store, "code_version", lambda: "other")
    assert finish(Sweep(FOUR, pool)).cached == 0


def test_progress_within_a_run(pool):
    sweep = Sweep(replace(LONG, runs=LONG.runs[:2]), pool)
    start = sweep.snapshot()
    assert start.state == "running"
    assert start.done > 0 or start.seconds_left is None  # nothing to base it on yet
    until(pool, lambda: has_records(sweep, 0) and has_records(sweep, 1))
    early = sweep.snapshot()
    known = early.results[0]
    assert known is not None
    until(pool, lambda: sweep.snapshot().done > early.done)
    late = sweep.snapshot()
    assert late.state == "running"
    assert {r.state for r in late.runs} == {"running"}
    assert 0 < early.done < late.done < 1
    assert late.seconds_left is not None and late.seconds_left > 0
    assert late.results[0] is not None and late.results[0].status == "running"
    assert late.results[0].records[: len(known.records)] == known.records
    for r in late.runs:
        assert r.result is not None and r.done == len(r.result.records) / 300_000
    sweep.stop()


def test_stopping_keeps_what_is_there(pool, own_cache):
    sweep = Sweep(LONG, pool)
    until(pool, lambda: has_records(sweep))
    sweep.stop()
    snapshot = sweep.snapshot()
    assert sweep.over and sweep.wait(0)
    assert (snapshot.state, snapshot.seconds_left) == ("stopped", 0.0)
    assert [r.state for r in snapshot.runs] == ["stopped"] * 3
    result = snapshot.results[0]
    assert result is not None and result.records and result.status == "stopped"
    assert snapshot.results[2] is None  # there are two workers
    until(pool, lambda: not pool.processes())
    assert sweep.snapshot() is snapshot
    assert not own_cache.exists()  # unfinished runs are not kept
    sweep.stop()
    assert finish(Sweep(FOUR, pool)).results == run(FOUR)


def test_stopping_a_sweep_that_is_over_changes_nothing(pool):
    sweep = Sweep(FOUR, pool)
    finish(sweep)
    sweep.stop()
    assert sweep.snapshot().state == "finished"


def test_sweeps_share_the_runs_they_have_in_common(pool):
    first, second = Sweep(LONG, pool, owner="A"), Sweep(replace(LONG, runs=LONG.runs[:1]), pool, owner="B")
    until(pool, lambda: has_records(first) and has_records(second))
    with pool.changed:
        assert first.snapshot().results[0] == second.snapshot().results[0]
    first.stop()
    seen = second.snapshot().done
    until(pool, lambda: second.snapshot().done > seen)  # it goes on for the other
    assert second.snapshot().state == "running"
    second.stop()
    until(pool, lambda: not pool.processes())


def test_a_killed_worker_does_not_change_the_results(pool):
    experiment = FOUR.with_settings(num_epochs=300)
    sweep = Sweep(experiment, pool)
    until(pool, lambda: any(r.result is not None for r in sweep.snapshot().runs))
    for pid in pool.processes():
        os.kill(pid, signal.SIGKILL)
    assert finish(sweep).results == run(experiment)


def test_a_setting_that_does_not_fit_fails_its_run_alone(pool):
    good = replace(SMALL, data="moons")
    bad = [replace(good, augment=name) for name in AUGMENTATIONS]
    experiment = Experiment("bad", (bad[0], good, *bad[1:]))
    snapshot = finish(Sweep(experiment, pool))
    assert [r.state for r in snapshot.runs] == ["failed", "finished", "failed", "failed"]
    for r in (snapshot.runs[0], *snapshot.runs[2:]):
        assert "only pictures" in r.message and r.message.count(". ") == 0
    assert snapshot.results == [None, *run(Experiment("good", (good,))), None, None]
    assert snapshot.state == "finished"


def test_absent_data_are_refused_at_once(pool):
    with pytest.raises(DataError, match="CIFAR-10 is not here"):
        Sweep(EXPERIMENTS["batchnorm_deep"], pool)


def test_data_that_are_not_prepared_yet(pool, cifar10_folder, monkeypatch):
    """A worker prepares them, not this process; the results are kept all the same."""
    monkeypatch.setenv("CIFAR10_DIR", str(cifar10_folder))
    experiment = Experiment("small", (replace(SMALL, data="cifar10", num_train=50),))
    assert cifar10.status().state == "found"
    sweep = Sweep(experiment, pool)
    assert cifar10.status().state == "found"
    assert finish(sweep).results == run(experiment)
    assert finish(Sweep(experiment, pool)).cached == 1


def test_the_heaviest_runs_come_first():
    pool = Pool(1)
    sizes = (50, 5, 10)
    experiment = Experiment("sizes", tuple(replace(SMALL, batch_size=size) for size in sizes))
    hold = pool.submit(Task("nnlib.experiments.running:train_group", LONG.as_data()))
    sweep = Sweep(experiment, pool)
    waiting = [task.arguments["runs"][0]["batch_size"] for task in pool._queue if task is not hold]
    pool.close()
    assert waiting == [5, 10, 50]
    assert sweep.snapshot().state == "stopped"  # from outside


def test_a_stored_result_is_a_result(pool, own_cache):
    finish(Sweep(FOUR, pool))
    stored = [store.read(file.stem) for file in own_cache.iterdir()]
    assert all(results is not None and isinstance(results[0], Result) for results in stored)
    assert len(stored) == 4
