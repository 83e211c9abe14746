"""The training loop's options: learning-rate schedules, early stopping, flipping."""

from typing import Any

import numpy as np
import pytest

from nnlib.optim import RULES
from nnlib.schedules import learning_rate
from nnlib.solver import Solver
from tests.nnlib.oracles import assert_one_sentence
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


# ---------------------------------------------------------------------------------------------------------- bounds
NO_NUMBERS: list[Any] = [-1, -0.5, float("nan"), float("inf"), -float("inf"), 10**400, True, "abc", "3", b"3"]
NO_NUMBERS += [[], {}, 1j, np.ones(3)]
WHOLE = ["batch_size", "num_epochs", "print_every"]
WHOLE_OR_NONE = ["num_train_samples", "num_val_samples", "patience", "checkpoint_every", "seed"]
NAMES = ["update_rule", "schedule", "augment"]
REFUSED = (
    [(name, value) for name in WHOLE for value in [None, 0, 2.5, 3.0, *NO_NUMBERS]]
    + [(name, value) for name in WHOLE_OR_NONE for value in [2.5, 3.0, *NO_NUMBERS]]
    + [(name, value) for name in ("lr_decay", "warmup") for value in [None, *NO_NUMBERS]]
    + [(name, value) for name in NAMES for value in [3, "Adam", "", [], {}, "None", np.ones(3)]]
    + [("optim_config", value) for value in [3, "adam", [], {"lr": 1}, {"beta1": 0.9}, {3: 4}]]
    + [("optim_config", {"learning_rate": value}) for value in [None, *NO_NUMBERS]]
)


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=lambda part: str(part)[:20])
def test_a_setting_that_cannot_be_is_refused_in_one_sentence(name, value):
    with pytest.raises(ValueError, match=r"\S") as error:
        solver(**{name: value})
    assert_one_sentence(error)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("name", ["batchsize", "learning_rate", "epochs", "X_train"])
def test_a_setting_that_there_is_not_is_named_with_the_nearest(name):
    told: Any = {name: 3}
    with pytest.raises(ValueError, match=f"^the Solver has no setting '{name}': ") as error:
        Solver(network(), pictures(), **told)
    assert_one_sentence(error, {"batchsize": "did you mean 'batch_size'"}.get(name, ""))


@pytest.mark.parametrize("batch_size", [47, 48, 49, 10_000])
@pytest.mark.parametrize("seed", [7, None])
def test_a_batch_larger_than_the_data(batch_size, seed):
    """With replacement, as the course draws; with a seed it is all there is."""
    run = solver(network(seed), batch_size=batch_size, seed=seed)
    assert (len(records(run)), run.iterations_per_epoch) == (4, 1)
    X, y = run._batch(0)
    assert len(X) == len(y) == (batch_size if seed is None else min(batch_size, 48))
