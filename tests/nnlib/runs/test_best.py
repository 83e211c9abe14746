"""The best settings: what the lesson says of them is about them; the lecture's one is reached on digits."""

import re
from dataclasses import replace

import pytest

from nnlib.runs.best import ABLATION, CIFAR10, DIGITS
from tests.draws import DEEP
from ui import lesson


def test_the_table_has_a_row_for_each_ingredient():
    table = lesson.text("train_best_model", "ablation")
    assert sorted(re.findall(r"^\| (.+?) \| [\d.]+ %", table, flags=re.M)) == sorted(ABLATION)


def test_each_row_changes_something_else():
    changed = [tuple(CIFAR10.differences(spec)) for name, spec in ABLATION.items() if name != "all of it"]
    assert all(changed)
    assert len(set(ABLATION.values())) == len(ABLATION)
    assert ABLATION["all of it"] == CIFAR10


@pytest.mark.parametrize("seed", range(3 if DEEP else 1))
def test_digits_reach_97_percent(seed: int):
    spec = replace(DIGITS, seed=seed)
    dataset = spec.load_data()
    solver = spec.make_solver(dataset)
    for _ in solver.steps():
        pass
    assert solver.best_val_acc >= 0.97
    assert solver.check_accuracy(dataset.X_test, dataset.y_test) >= 0.97
