"""The training loop's options: learning-rate schedules, early stopping, flipping."""

import numpy as np
import pytest

from nnlib.optim import RULES
from nnlib.schedules import learning_rate
from tests.nnlib.training import network, pictures, records, solver


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine"])
@pytest.mark.parametrize("warmup", [0, 0.25])
def test_learning_rates_follow_the_schedule(schedule, warmup):
    run = solver(schedule=schedule, warmup=warmup, lr_decay=0.5, learning_rate=0.1)
    rates = [record.learning_rate for record in records(run)]
    expected = [learning_rate(schedule, 0.1, t, 24, 6, 0.5, warmup) for t in range(24)]
    assert rates == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_the_rules_own_learning_rate_is_the_default(rule):
    run = solver(update_rule=rule, optim_config=None)
    assert records(run)[0].learning_rate == RULES[rule](np.ones(1), np.ones(1))[1]["learning_rate"]


def test_the_callers_optim_config_is_not_changed():
    config = {"learning_rate": 0.1, "beta1": 0.8}
    run = solver(update_rule="adam", optim_config=config, lr_decay=0.5)
    run.train()
    assert config == {"learning_rate": 0.1, "beta1": 0.8}
    assert run.optim_config["beta1"] == 0.8


@pytest.mark.parametrize("patience", [1, 3])
def test_a_run_stops_when_the_validation_accuracy_has_not_risen_for_so_many_epochs(patience):
    run = solver(learning_rate=0, patience=patience, num_epochs=10)
    assert [record.epoch for record in records(run)][-1] == patience
    assert (run.iteration, run.epoch) == (6 * patience, patience)
    assert list(run.steps()) == []


def test_a_rise_gives_new_patience():
    run = solver(patience=2, num_epochs=9, learning_rate=0.01)
    scripted = iter([0.5, 0.1, 0.1, 0.1, 0.2, 0.1, 0.2, 0.1, 0.6, 0.1, 0.6, 0.1, 0.5, 0.9, 0.9])
    run.check_accuracy = lambda X, *args: next(scripted) if X is run.X_val else 0.0  # type: ignore[method-assign]
    scripted = iter([0.1, 0.1, 0.2, 0.2, 0.6, 0.6, 0.5, 0.9])  # after iteration 1, then epochs 1, 2, ...
    assert [record.epoch for record in records(run)][-1] == 6
    assert run.best_val_acc == 0.6


def test_flipping_mirrors_about_half_the_pictures_left_to_right_and_only_in_training():
    X = np.arange(48 * 24, dtype=np.float32).reshape(48, 2, 3, 4)
    data = pictures() | {"X_train": X.copy()}
    for seed in (7, None):
        np.random.seed(0)
        run = solver(network(seed), data, seed=seed, augment="flip", learning_rate=0.0)
        seen: list[np.ndarray] = []
        loss_of = run.model.loss

        def logged(X, y=None, seen=seen, loss_of=loss_of):
            if y is not None:
                seen.append(X.copy())
            return loss_of(X, y)

        tested: list[np.ndarray] = []

        def check(X, y, *args, tested=tested):
            tested.append(X[:])
            return 0.5

        run.model.loss = logged  # type: ignore[method-assign]
        run.check_accuracy = check  # type: ignore[method-assign]
        list(run.steps())
        flipped = []
        for picture in np.concatenate(seen):
            original = X[int(picture.min()) // 24]
            flipped.append(not np.array_equal(picture, original))
            np.testing.assert_array_equal(picture, original[..., ::-1] if flipped[-1] else original)
        assert 0.35 < np.mean(flipped) < 0.65  # of 192
        np.testing.assert_array_equal(data["X_train"], X)
        assert all(np.array_equal(a, X) or np.array_equal(a, data["X_val"]) for a in tested)
