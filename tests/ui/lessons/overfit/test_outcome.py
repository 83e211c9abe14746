"""How a run of the overfit lesson went: each verdict, from made curves and from real runs, and its sentence."""

from __future__ import annotations

import math

import pytest

from nnlib.experiments import Experiment, Result, run
from nnlib.solver import Record
from ui import lesson
from ui.lessons.overfit.outcome import CHANCE, counts, sentence, verdict
from ui.lessons.overfit.settings import PRESETS, spec_of

SPEC = spec_of("digits", 2, 0.3, 0.1)
VERDICTS = ["reached", "lost again", "stopped", "diverged", "diverged large", "thrown out", "large", "small", "slow"]
VERDICTS += ["unsteady", "on its way"]


def made(losses: list[float], accuracies: list[float], status: str = "finished") -> Result:
    """A result with an accuracy every second iteration, the first one's included."""
    measured = {1: accuracies[0]} | {2 * i: accuracy for i, accuracy in enumerate(accuracies[1:], start=1)}
    records = (Record(t, t // 2, loss, 0.1, measured.get(t), measured.get(t)) for t, loss in enumerate(losses, start=1))
    return Result(SPEC, tuple(records), status)


def steps(*losses: float) -> list[float]:
    """Forty losses that go through these at equal distances."""
    parts = len(losses) - 1
    at = [min(int(t * parts / 39), parts - 1) for t in range(40)]
    return [losses[i] + (t * parts / 39 - i) * (losses[i + 1] - losses[i]) for t, i in enumerate(at)]


LOW = [0.1] * 21
MADE = {
    "reached": made(steps(2.3, 0.1), [0.1, *[0.5] * 7, *[1.0] * 13]),
    "lost again": made(steps(2.3, 0.1), [0.1, *[1.0] * 19, 0.9]),
    "stopped": made(steps(2.3, 1.5)[:10], [0.1, 0.2, 0.3], "stopped"),
    "diverged": made([2.3, 9.0, 1e20], [0.1, 0.2], "diverged"),
    "diverged large": made([90.0, 1e20], [0.1, 0.2], "diverged"),
    "thrown out": made(steps(2.3, 80.0, 2.4, 2.3, 2.3, 2.3), LOW),
    "large": made(steps(200.0, 50.0), LOW),
    "small": made(steps(CHANCE, 2.25), LOW),
    "slow": made(steps(2.32, 2.2), LOW),
    "unsteady": made(steps(2.3, 6.0, 1.0), [0.1, 0.6, *[0.4] * 19]),
    "on its way": made(steps(2.32, 1.0), [0.1, *[0.7] * 20]),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_every_verdict_and_its_sentence(name: str):
    assert verdict(MADE[name]) == name
    words = sentence(MADE[name])
    assert "{" not in words and "nan" not in words and "None" not in words


def test_no_verdict_is_left_without_a_test():
    said = {part.removeprefix("outcome ") for part in lesson.prose("overfit") if part.startswith("outcome ")}
    assert said - {"ready", "running"} == set(VERDICTS) == set(MADE)


def test_the_numbers_in_the_sentences():
    assert sentence(MADE["reached"]).startswith("**100 % at epoch 8**")
    assert "100 % at epoch 1**, but lost again: 90 %" in sentence(MADE["lost again"])
    assert "at step 11, before 100 %: the best was 30 %" in sentence(MADE["stopped"])
    assert "at step 4" in sentence(MADE["diverged"])
    assert "started at 90.00, 39 times chance (2.30)" in sentence(MADE["diverged large"]).replace("\n", " ")
    assert "60 % at best, at epoch 1" in sentence(MADE["unsteady"])


def test_a_run_that_diverges_at_once_has_its_sentence():
    nothing = Result(SPEC, (), "diverged")
    assert verdict(nothing) == "diverged large"
    assert "at step 1" in sentence(nothing)
    assert counts(nothing)


def test_the_map_takes_whole_runs_and_those_at_100():
    assert not counts(MADE["stopped"])
    assert all(counts(MADE[name]) for name in set(VERDICTS) - {"stopped"})
    assert counts(made(steps(2.3, 0.1)[:10], [0.1, 0.5, 1.0], "stopped"))
    assert not counts(made(steps(2.3, 1.0)[:10], [0.1, 0.5], "running"))


@pytest.mark.parametrize("name", PRESETS["digits"])
def test_presets_on_digits_do_what_they_say(name: str):
    (result,) = run(Experiment("preset", (PRESETS["digits"][name],)))
    expected = {
        "Good: three layers": "reached",
        "Good: five layers": "reached",
        "Bad: weights too small": "small",
        "Bad: weights too large": "diverged large",
        "Bad: rate too low": "slow",
        "Bad: rate too high": "diverged",
    }
    assert verdict(result) == expected[name]


@pytest.mark.parametrize("name", PRESETS["cifar10"])
def test_presets_on_cifar10_do_what_they_say(name: str, real_cifar10):
    (result,) = run(Experiment("preset", (PRESETS["cifar10"][name],)))
    expected = {
        "Published: three layers": "reached",
        "Published: five layers": "reached",
        "Bad: weights too small": "small",
        "Bad: weights too large": "diverged large",
        "Bad: rate too low": "slow",
        "Bad: rate too high": "diverged",
        "Bad: dead units": "thrown out",
    }
    assert verdict(result) == expected[name]


def test_chance_is_the_loss_of_guessing_among_ten_classes():
    assert math.isclose(CHANCE, -math.log(1 / 10))
