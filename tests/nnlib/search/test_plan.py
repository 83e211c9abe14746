"""What a search varies: ranges and choices that are refused in a sentence, grids, and plans that survive storage."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnlib.runs.spec import RunSpec
from nnlib.search import Choice, Interval, SearchError, SearchPlan, shown_url, storage_url
from tests.nnlib.oracles import assert_one_sentence

BASE = RunSpec(depth=1, width=8, num_epochs=2)
RATE: dict[str, Interval | Choice] = {"learning_rate": Interval(1e-4, 1)}
FULL = SearchPlan(
    replace(BASE, patience=3, augment="flip"),
    {
        **RATE,
        "depth": Interval(1, 5),
        "normalization": Choice((None, "batchnorm")),
        "weight_scale": Choice(("he", 0.1)),
    },
    method="random",
    pruning="halving",
    num_trials=7,
    points=3,
    seed=4,
)


@pytest.mark.parametrize("plan", [FULL, SearchPlan(BASE, RATE), replace(FULL, method="grid")])
def test_a_plan_survives_storage(plan):
    assert SearchPlan.from_data(json.loads(json.dumps(plan.as_data()))) == plan


@pytest.mark.parametrize(
    ("space", "says"),
    [
        ({}, "nothing to vary"),
        ({"learning_rate": Interval(1, 0.1)}, "swap"),
        ({"learning_rate": Interval(0, 1)}, "must stay within 1e-07 and 100"),
        ({"learning_rate": Interval(1e-3, float("inf"))}, "two numbers"),
        ({"learning_rate": Interval(1e-3, float("nan"))}, "two numbers"),
        ({"depth": Interval(0, 3)}, "must stay within 1 and 20"),
        ({"depth": Interval("1", 3)}, "two numbers"),  # type: ignore[arg-type]
        ({"momentum": Interval(0, 1)}, "cannot be searched"),
        ({"update_rule": Interval(0, 1)}, "intervals are for"),
        ({"update_rule": Choice(())}, "no values"),
        ({"update_rule": Choice(("adam", "magic"))}, "cannot be 'magic'"),
        ({"depth": Choice((2, 200))}, "must stay within"),
        ({"depth": Choice((2, "deep"))}, "numbers"),
        ({"normalization": Choice(("batchnorm", "None"))}, "cannot be 'None'"),
        ({"learning_rate": Interval(0.0, 0.0)}, "must stay within 1e-07 and 100"),
        ({"reg": Interval(-1, 1)}, "must stay within 1e-08 and 10"),
        ({"depth": Interval(True, 3)}, "two numbers, whole ones, but got True and 3"),
        ({"depth": Interval(1.5, 3)}, "two numbers, whole ones, but got 1.5 and 3"),
        ({"width": Choice((16, 24.5))}, "whole ones, but got 24.5"),
        ({"width": Interval(1, 10**400)}, "two numbers"),
        ({"seed": Interval(-(10**5000), 3)}, "two numbers"),
        ({"reg": Interval(None, [1])}, r"two numbers, but got None and \[1\]"),  # type: ignore[arg-type]
        ({"update_rule": Choice("adam")}, "a tuple of values"),  # type: ignore[arg-type]
        ({"update_rule": Choice(None)}, "a tuple of values"),  # type: ignore[arg-type]
        ({"update_rule": Choice(([1], {}))}, r"cannot be \[1\]"),  # type: ignore[arg-type]
        ({"depth": (1, 3)}, r"an Interval or a Choice, but got \(1, 3\)"),
        ({"depth": None}, "an Interval or a Choice"),
        ({"patience": Choice((1, 2))}, "'patience' cannot be searched"),
        ({("depth",): Interval(1, 3)}, "cannot be searched"),
        ([("depth", Interval(1, 3))], "nothing to vary"),
        (None, "nothing to vary"),
    ],
)
def test_a_space_that_makes_no_sense_is_refused_in_a_sentence(space, says):
    with pytest.raises(SearchError, match=says) as error:
        SearchPlan(BASE, space)
    assert_one_sentence(error)


def test_numbers_of_numpy_and_lists_of_values_are_kept_as_json_has_them():
    rates: Any = np.logspace(-3, -1, 3)
    space: dict[str, Interval | Choice] = {"width": Interval(np.int64(4), np.int64(16)), "learning_rate": Choice(rates)}  # type: ignore[arg-type]
    plan = SearchPlan(BASE, space)
    assert SearchPlan.from_data(json.loads(json.dumps(plan.as_data()))) == plan


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "luck"},
        {"pruning": "all"},
        {"num_trials": 0},
        {"num_trials": 1.5},
        {"points": 0},
        {"seed": -1},
        {"seed": True},
        {"num_trials": float("nan")},
        {"num_trials": 10**5000},
        {"points": "5"},
        {"method": None},
        {"method": ["grid"]},
        {"pruning": "x" * 999},
        {"base": None},
        {"base": {"depth": 2}},
        {"method": "grid", "points": 50, "space": {"learning_rate": Interval(1e-4, 1), "reg": Interval(1e-6, 1)}},
    ],
)
def test_a_plan_out_of_bounds_is_refused(wrong):
    with pytest.raises(SearchError) as error:
        replace(FULL, **wrong)
    assert_one_sentence(error)


@pytest.mark.parametrize("data", [None, [], {}, {"space": {}}, FULL.as_data() | {"space": {"depth": {"low": 1}}}])
def test_what_is_no_plan_is_refused(data):
    with pytest.raises(SearchError):
        SearchPlan.from_data(data)


@pytest.mark.parametrize(
    ("name", "interval", "points", "expected"),
    [
        ("learning_rate", Interval(1e-4, 1), 5, [1e-4, 1e-3, 1e-2, 1e-1, 1.0]),
        ("learning_rate", Interval(3e-3, 3e-3), 5, [3e-3]),
        ("depth", Interval(1, 3), 5, [1, 2, 3]),
        ("width", Interval(16, 256), 3, [16, 64, 256]),
        ("dropout_keep_ratio", Interval(0.5, 1), 3, [0.5, 0.75, 1.0]),
        ("weight_scale", Interval(0.012345, 0.2), 2, [0.012345, 0.2]),
    ],
)
def test_a_grid_is_evenly_spaced_and_stays_within(name, interval, points, expected):
    assert interval.grid(name, points) == pytest.approx(expected)
    assert all(interval.low <= value <= interval.high for value in interval.grid(name, points))


def test_a_grid_has_every_combination_once():
    plan = replace(FULL, method="grid")
    points = plan.grid()
    assert plan.wanted == len(points) == 3 * 3 * 2 * 2
    assert len({json.dumps(point) for point in points}) == len(points)
    assert points != replace(plan, seed=5).grid()


def test_a_trial_is_the_base_with_what_was_chosen_rounded_to_three_digits():
    spec = FULL.spec({"learning_rate": 0.00123456, "depth": 3, "normalization": "batchnorm", "weight_scale": "he"})
    assert spec == replace(FULL.base, learning_rate=0.00123, depth=3, normalization="batchnorm")


@pytest.mark.parametrize(
    ("named", "used"),
    [
        ("postgresql://me:secret@host:5433/db", "postgresql+psycopg://me:secret@host:5433/db"),
        ("postgres://host/db", "postgresql+psycopg://host/db"),
        ("sqlite:////somewhere/x.db", "sqlite:////somewhere/x.db"),
    ],
)
def test_the_database_is_named_by_the_environment(monkeypatch, named, used):
    monkeypatch.setenv("NNLIB_STORAGE", named)
    assert storage_url() == used
    assert "secret" not in shown_url(used) and "psycopg" not in shown_url(used)


def test_the_database_is_a_file_in_the_cache_folder_by_default(monkeypatch, tmp_path):
    monkeypatch.delenv("NNLIB_STORAGE", raising=False)
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path))
    assert storage_url() == f"sqlite:///{tmp_path}/studies.sqlite3"


@pytest.mark.parametrize("name", [None, "momentum", 3, [], np.zeros(3)])
def test_a_setting_that_there_is_not_is_refused_by_both_domains(name):
    for domain in (Interval(1, 3), Choice((1, 3))):
        with pytest.raises(SearchError, match=r"^there is no setting ") as error:
            domain.check(name)
        assert_one_sentence(error)


@pytest.mark.parametrize("data", [np.zeros(3), "abc", 3, {"space": [1]}, FULL.as_data() | {"base": {"colour": "red"}}])
def test_whatever_is_no_plan_is_refused_in_one_sentence(data):
    with pytest.raises(SearchError) as error:
        SearchPlan.from_data(data)
    assert_one_sentence(error)
