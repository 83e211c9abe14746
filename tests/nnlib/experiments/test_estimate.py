"""How long an experiment will take: made of what a step takes here, as the runs and the workers are many."""

from dataclasses import replace
from pathlib import Path

import pytest

from nnlib.data import DataError
from nnlib.experiments import Experiment, expected_seconds
from nnlib.experiments import estimate as estimating
from nnlib.runs.spec import RunSpec

SPEC = RunSpec(num_train=100, depth=1, width=8, batch_size=10, num_epochs=2)
STEP, MEASURING = 0.25, 2.0  # seconds


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def known_pace(monkeypatch: pytest.MonkeyPatch) -> list[RunSpec]:
    """A step of batches of 10 takes STEP, of others twice as long; what was asked for."""
    asked = []

    def pace(run: RunSpec) -> tuple[float, float, int]:
        asked.append(run)
        return STEP * (1 if run.batch_size == 10 else 2), MEASURING, 100 // run.batch_size

    monkeypatch.setattr(estimating, "_pace", pace)
    return asked


def test_it_counts_steps_and_measurements(known_pace):
    assert expected_seconds(Experiment("one", (SPEC,)), 1) == 20 * STEP + 3 * MEASURING
    assert expected_seconds(Experiment("one", (replace(SPEC, batch_size=50),)), 1) == 4 * 2 * STEP + 3 * MEASURING


def test_workers_share_the_runs_but_not_a_run(known_pace):
    one = 20 * STEP + 3 * MEASURING
    four = Experiment("four", tuple(replace(SPEC, seed=seed) for seed in range(4)))
    assert expected_seconds(four, 2) == 2 * one
    assert expected_seconds(four, 8) == one
    assert expected_seconds(replace(four, global_seed=3), 8) == 4 * one


def test_alike_runs_are_tried_once(known_pace):
    runs = (replace(SPEC, weight_scale=s, seed=k, num_epochs=5) for k, s in enumerate((1e-3, 1e-2, "he", 1.0)))
    expected_seconds(Experiment("alike", tuple(runs)), 2)
    assert len(set(known_pace)) == 1


@pytest.mark.parametrize("batch_size", [10, 60, 100])  # many, one, and no step without a measurement
def test_it_is_measured(batch_size):
    step, measuring, per_epoch = estimating._pace(replace(SPEC, batch_size=batch_size, num_epochs=1000))
    assert step > 0 and measuring >= 0 and per_epoch == 100 // batch_size


def test_settings_that_cannot_run_give_nothing():
    assert expected_seconds(Experiment("bad", (replace(SPEC, data="moons", augment="flip"),)), 2) is None


def test_absent_data_are_said():
    with pytest.raises(DataError, match="CIFAR-10 is not here"):
        expected_seconds(Experiment("absent", (replace(SPEC, data="cifar10"),)), 2)


def test_data_that_need_preparing_give_nothing(small_cifar10, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CIFAR10_DIR", str(small_cifar10.root))
    assert expected_seconds(Experiment("unprepared", (replace(SPEC, data="cifar10"),)), 2) is None
