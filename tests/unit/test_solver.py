"""The training loop: records, draws, schedules, early stopping, flips, divergence, and what it refuses."""

from itertools import chain
from typing import Any

import numpy as np
import pytest

from nnlib.data import Pixels
from nnlib.fc_net import FullyConnectedNet
from nnlib.optim import RULES
from nnlib.schedules import learning_rate
from nnlib.solver import Diverged, Record, Solver
from tests.unit.oracles import assert_one_sentence
from tests.unit.runs import global_state, histories, network, pictures, records, solver


def accuracy(model: FullyConnectedNet, X: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(np.argmax(model.loss(X), axis=1) == y))


# ------------------------------------------------------------------------------------------- records and histories
def test_a_record_an_iteration_with_accuracies_at_the_start_and_after_every_epoch():
    run, data = solver(), pictures()
    assert (run.iterations_per_epoch, run.num_iterations) == (6, 24)
    seen: list[Record] = []
    for record in run.steps():
        assert isinstance(record, Record)
        assert (run.iteration, run.epoch) == (record.iteration, record.epoch)
        measured = record.iteration in (1, 6, 12, 18, 24)
        assert (record.train_acc is None, record.val_acc is None) == (not measured, not measured)
        if measured:
            assert record.train_acc == accuracy(run.model, data["X_train"], data["y_train"])
            assert record.val_acc == accuracy(run.model, data["X_val"], data["y_val"])
        assert record.health is None
        seen.append(record)
    assert [record.iteration for record in seen] == list(range(1, 25))
    assert [record.epoch for record in seen] == [t // 6 for t in range(1, 25)]
    assert run.loss_history == [record.loss for record in seen]
    assert run.train_acc_history == [record.train_acc for record in seen if record.train_acc is not None]
    assert run.val_acc_history == [record.val_acc for record in seen if record.val_acc is not None]
    assert run.best_val_acc == max(run.val_acc_history)
    assert all(type(value) is float for history in histories(run) for value in history)
    assert np.mean(run.loss_history[-6:]) < 0.8 * np.mean(run.loss_history[:6])


@pytest.mark.parametrize("rule", RULES)
def test_each_step_is_one_step_of_the_rule_on_the_batchs_loss(rule):
    run = solver(update_rule=rule, learning_rate=0.01, lr_decay=0.5)
    twin, config = network(), {"learning_rate": 0.01}
    batches: list[Any] = []
    loss_of = run.model.loss

    def logged(X: np.ndarray, y: np.ndarray | None = None) -> Any:
        if y is not None:
            batches.append((X, y))
        return loss_of(X, y)

    run.model.loss = logged  # type: ignore[method-assign]
    for record in run.steps():
        assert isinstance(record, Record)
        loss, grads = twin.loss(*batches[-1])
        assert record.loss == loss
        assert record.learning_rate == pytest.approx(0.01 * 0.5 ** ((record.iteration - 1) // 6))
        config["learning_rate"] = record.learning_rate
        next_w, config = RULES[rule](twin.params.vector, grads.vector, config)
        twin.params.vector[:] = next_w
        if record.iteration < run.num_iterations:
            np.testing.assert_array_equal(run.model.params.vector, twin.params.vector)
    assert [len(y) for _, y in batches] == [8] * 24


@pytest.mark.parametrize("seed", [7, None])
def test_train_is_exhausting_steps(seed):
    runs = []
    for exhaust in (lambda run: run.train(), lambda run: list(run.steps())):
        np.random.seed(3)
        runs.append(solver(network(seed, "batchnorm", 0.7), seed=seed, update_rule="adam"))
        exhaust(runs[-1])
    assert histories(runs[0]) == histories(runs[1])
    np.testing.assert_array_equal(runs[0].model.params.vector, runs[1].model.params.vector)


def test_steps_can_be_left_and_taken_up_again():
    whole, parts = solver(), solver()
    records(whole)
    for _ in range(3):
        for record in parts.steps():
            if record.iteration % 5 == 0:
                break
    records(parts)
    assert histories(parts) == histories(whole)
    np.testing.assert_array_equal(parts.model.params.vector, whole.model.params.vector)
    assert list(parts.steps()) == []


def test_at_the_end_the_model_is_the_one_that_did_best_on_the_validation_data():
    run = solver(network(normalization="batchnorm"), learning_rate=0.3, update_rule="adam")
    states, best = {}, None
    for record in run.steps():
        if isinstance(record, Record) and record.val_acc is not None:
            states[record.iteration] = run.model.state(), record.val_acc
            if best is None or record.val_acc > states[best][1]:
                best = record.iteration
    assert best not in (None, run.num_iterations)
    for name, array in run.model.state().items():
        np.testing.assert_array_equal(array, states[best][0][name], err_msg=name)
    assert run.best_params.keys() == run.model.params.keys()
    for name, array in run.best_params.items():
        np.testing.assert_array_equal(array, states[best][0][name], err_msg=name)
    assert accuracy(run.model, run.X_val, run.y_val) == run.best_val_acc == states[best][1]


def test_there_are_no_best_parameters_before_the_first_step():
    run = solver()
    assert (run.best_params, run.best_val_acc, run.iteration, run.epoch) == ({}, 0, 0, 0)


def test_progress_is_printed_as_in_the_course(capsys):
    run = solver(verbose=True, print_every=8, num_epochs=2)
    run.train()
    loss, train, val = histories(run)
    assert capsys.readouterr().out.splitlines() == [
        f"(Iteration 1 / 12) loss: {loss[0]:f}",
        f"(Epoch 0 / 2) train acc: {train[0]:f}; val_acc: {val[0]:f}",
        f"(Epoch 1 / 2) train acc: {train[1]:f}; val_acc: {val[1]:f}",
        f"(Iteration 9 / 12) loss: {loss[8]:f}",
        f"(Epoch 2 / 2) train acc: {train[2]:f}; val_acc: {val[2]:f}",
    ]
    solver().train()
    assert capsys.readouterr().out == ""


def test_health_comes_when_asked_for_and_once():
    run = solver()
    steps = run.steps()
    with_health = []
    for i in range(6):
        run.measure_next |= i in (2, 4)
        with_health.append(next(steps).health is not None)  # type: ignore[union-attr]
    assert with_health == [False, False, True, False, True, False]
    plain = solver()
    list(plain.steps())
    list(steps)
    assert histories(run) == histories(plain)


# ----------------------------------------------------------------------------------------------------------- draws
def course(
    model: FullyConnectedNet, data: dict[str, Any], rule: str, rate: float, lr_decay: float, samples: int
) -> Any:
    """The course's training loop, written anew: one config a parameter, draws in its order; 4 epochs, batches of 8."""
    configs: dict[str, Any] = {name: {"learning_rate": rate} for name in model.params}
    X, y, losses, accuracies, best = data["X_train"], data["y_train"], [], [], (0.0, {})

    def check(X: np.ndarray, y: np.ndarray, num_samples: int) -> float:
        if len(X) > num_samples:
            mask = np.random.choice(len(X), num_samples)
            X, y = X[mask], y[mask]
        return accuracy(model, X, y)

    for t in range(4 * (len(X) // 8)):
        mask = np.random.choice(len(X), 8)
        loss, grads = model.loss(X[mask], y[mask])
        losses.append(loss)
        for name, w in model.params.items():
            model.params[name], configs[name] = RULES[rule](w.copy(), grads[name], configs[name])
        epoch_end = (t + 1) % (len(X) // 8) == 0
        if epoch_end:
            for config in configs.values():
                config["learning_rate"] *= lr_decay
        if t == 0 or epoch_end:
            accuracies.append((check(X, y, samples), check(data["X_val"], data["y_val"], samples)))
            if accuracies[-1][1] > best[0]:
                best = accuracies[-1][1], {name: w.copy() for name, w in model.params.items()}
    return losses, accuracies, best


@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize("samples", [1000, 20])
@pytest.mark.parametrize("keep", [1, 0.7])
def test_without_a_seed_the_draws_and_numbers_are_the_courses(rule, samples, keep):
    data = pictures()
    np.random.seed(231)
    model = network(None, "batchnorm", keep)
    losses, accuracies, (best_val_acc, best_params) = course(model, data, rule, 0.01, 0.5, samples)
    after = global_state()
    np.random.seed(231)
    run = solver(
        network(None, "batchnorm", keep),
        data,
        seed=None,
        update_rule=rule,
        learning_rate=0.01,
        lr_decay=0.5,
        num_train_samples=samples,
        num_val_samples=samples,
    )
    run.train()
    assert run.loss_history == losses
    assert list(zip(run.train_acc_history, run.val_acc_history, strict=True)) == accuracies
    assert run.best_val_acc == best_val_acc
    for name, w in run.model.params.items():
        np.testing.assert_array_equal(w, best_params[name])
    assert global_state() == after


class Logged:
    """Examples whose indices are noted as batches are drawn."""

    def __init__(self, X: np.ndarray):
        self.X, self.shape, self.drawn = X, X.shape, []

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        self.drawn.append(np.asarray(rows).tolist())
        return self.X[rows]


def batches_of(run: Solver, X: Logged) -> list[list[int]]:
    run.check_accuracy = lambda *args: 0.5  # type: ignore[method-assign]
    list(run.steps())
    return X.drawn


def test_with_a_seed_every_epoch_visits_every_example_once_in_a_new_order():
    data = pictures() | {"X_train": Logged(pictures()["X_train"])}
    batches = batches_of(solver(data=data), data["X_train"])
    epochs = [list(chain(*batches[i : i + 6])) for i in range(0, 24, 6)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(48))
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_a_training_set_that_batches_do_not_divide_still_gives_full_batches():
    data = pictures(50) | {"X_train": Logged(pictures(50)["X_train"])}
    batches = batches_of(solver(data=data, batch_size=8), data["X_train"])
    assert [len(batch) for batch in batches] == [8] * 24
    for i in range(0, 24, 6):
        assert len(set(chain(*batches[i : i + 6]))) == 48
    few = pictures(5) | {"X_train": Logged(pictures(5)["X_train"])}
    assert [len(batch) for batch in batches_of(solver(data=few), few["X_train"])] == [5] * 4


def test_a_seeded_run_repeats_itself_and_leaves_the_global_state_alone():
    before = global_state()

    def run(seed: int) -> Solver:
        run = solver(network(1, "batchnorm", 0.7), augment="flip", seed=seed, num_train_samples=10, num_val_samples=5)
        run.train()
        return run

    first, again, other = run(7), run(7), run(8)
    assert global_state() == before
    assert histories(first) == histories(again) != histories(other)
    np.testing.assert_array_equal(first.model.params.vector, again.model.params.vector)


def test_every_step_drops_other_units():
    run, masks = solver(network(keep=0.5)), set()
    forward = run.model.forward

    def logged(X: np.ndarray, mode: str) -> Any:
        scores, caches = forward(X, mode)
        if mode == "train":
            masks.add(caches[0].dropout.mask.tobytes())  # type: ignore[union-attr]
        return scores, caches

    run.model.forward = logged  # type: ignore[method-assign]
    records(run)
    assert len(masks) == run.num_iterations


def test_sampled_accuracies_are_estimates_of_the_whole():
    run = solver(network(), pictures(2000, 24), batch_size=100, num_train_samples=None)
    run.train()
    X, y = run.X_train, run.y_train
    whole = run.check_accuracy(X, y)
    assert whole == accuracy(run.model, X, y)
    assert run.check_accuracy(X, y, num_samples=2000) == run.check_accuracy(X, y, num_samples=5000) == whole
    assert run.check_accuracy(X, y, batch_size=7) == whole
    sampled = run.check_accuracy(X, y, num_samples=500)
    assert sampled != whole
    assert sampled == pytest.approx(whole, abs=0.1)
    assert (sampled * 500) == pytest.approx(round(sampled * 500), abs=1e-9)


def test_pixels_serve_as_data():
    rng = np.random.default_rng(0)
    images, y = rng.integers(0, 256, (40, 3, 2, 4), dtype=np.uint8), rng.integers(0, 4, 40)
    mean = images.mean(axis=0)
    numbers = images.astype(np.float32) - mean.astype(np.float32)
    runs = []
    for X in (Pixels(images, mean), numbers):
        data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
        runs.append(solver(network(), data, learning_rate=1e-4, augment="flip"))
        runs[-1].train()
    assert histories(runs[0]) == histories(runs[1])


# ------------------------------------------------------------------------------ schedules, early stopping, flipping
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


# ------------------------------------------------------------------------------------------------------ divergence
def diverge(model: FullyConnectedNet, data: dict[str, Any] | None = None, **settings: Any) -> tuple[Solver, Diverged]:
    run = solver(model, data, **settings)
    *before, last = run.steps()
    assert isinstance(last, Diverged)
    assert all(isinstance(record, Record) and np.isfinite(record.loss) for record in before)
    assert run.diverged is last
    assert not np.isfinite(last.loss)
    assert len(run.loss_history) == last.iteration == run.iteration == len(before) + 1
    assert run.loss_history[:-1] == [record.loss for record in before]
    assert list(run.steps()) == []
    assert_one_sentence(last.message, last.layer, last.quantity, last.advice)
    return run, last


def test_a_learning_rate_too_high_is_named_with_its_step_and_what_to_do():
    run, last = diverge(network(), learning_rate=1e4)
    assert 1 < last.iteration <= 24
    assert "learning rate" in last.advice
    assert "1e+04" in last.advice
    assert np.isfinite(run.model.params.vector).all()  # the best so far


def test_weights_too_large_are_named_at_the_first_step():
    _, last = diverge(network(weight_scale=1e20))
    assert (last.iteration, last.layer, last.quantity) == (1, "layer 2", "x w + b")
    assert "weight scale" in last.advice
    assert "1e+20" in last.advice
    _, last = diverge(network(weight_scale=1e20, normalization="batchnorm"))
    assert (last.iteration, last.layer, last.quantity) == (1, "layer 1", "var")


def spoiled(name: str, value: float = np.inf) -> FullyConnectedNet:
    model = network(normalization="layernorm" if name.startswith(("gamma", "beta")) else None)
    model.params[name] += np.float32(value)
    return model


@pytest.mark.parametrize(
    ("name", "layer", "quantity"),
    [
        ("W1", "layer 1", "W1"),
        ("W2", "layer 2", "W2"),
        ("b2", "layer 2", "b2"),
        ("W3", "the output layer", "W3"),
        ("b3", "the output layer", "b3"),
    ],
)
def test_the_first_layer_and_quantity_that_are_not_finite_are_named(name, layer, quantity):
    _, last = diverge(spoiled(name))
    assert (last.layer, last.quantity) == (layer, quantity)


def test_data_that_are_not_finite_are_named():
    data = pictures()
    data["X_train"][3, 0, 0, 0] = np.nan
    _, last = diverge(network(), data)
    assert (last.layer, last.quantity) == ("the input", "X")
    assert "data" in last.advice


def test_a_penalty_that_overflows_is_named():
    _, last = diverge(FullyConnectedNet([], 24, 4, reg=1.0, weight_scale=1e19, seed=0))
    assert "softmax" not in last.quantity


def test_train_prints_why_it_ended(capsys):
    run = solver(verbose=True, learning_rate=1e4)
    run.train()
    assert run.diverged
    assert capsys.readouterr().out.splitlines()[-1] == run.diverged.message


# ---------------------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({"update_rule": "Adam"}, ["'Adam'", "adam"]),
        ({"schedule": "linear"}, ["'linear'", "cosine"]),
        ({"warmup": 1.5}, ["warmup", "1.5"]),
        ({"batch_size": 0}, ["batch_size", "0"]),
        ({"num_epochs": -1}, ["num_epochs", "-1"]),
        ({"augment": "rotate"}, ["'rotate'", "'flip'"]),
        ({"data": pictures() | {"y_train": np.zeros(3, int)}}, ["X_train", "48", "3"]),
        ({"data": pictures() | {"y_val": np.zeros(25, int)}}, ["X_val", "24", "25"]),
        ({"data": pictures() | {"X_val": np.zeros((24, 5))}}, ["X_val", "(24, 5)", "24 numbers"]),
        ({"data": pictures() | {"X_train": np.zeros((0, 24)), "y_train": np.zeros(0, int)}}, ["X_train", "0"]),
        ({"data": pictures() | {"X_train": np.zeros((48, 24))}, "augment": "flip"}, ["pictures", "(48, 24)"]),
    ],
)
def test_what_does_not_fit_is_refused(settings, parts):
    with pytest.raises(ValueError, match=r"\S") as error:
        solver(**settings)
    assert_one_sentence(error, *parts)


@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rate": -0.1},
        {"learning_rate": float("nan")},
        {"optim_config": {"learning_rte": 0.1}},
        {"data": pictures() | {"y_train": np.full(48, 4)}},
        {"data": pictures() | {"y_val": np.full(24, -1)}},
        {"num_epochs": 2.5},
        {"print_every": 0, "verbose": True},
        {"num_train_samples": 0},
        {"patience": 0},
    ],
    ids=[
        "negative rate",
        "nan rate",
        "misspelt",
        "labels",
        "val labels",
        "epochs",
        "print_every",
        "samples",
        "patience",
    ],
)
def test_what_cannot_work_is_refused_before_the_first_step(settings):
    with pytest.raises(ValueError, match=r"\S") as error:
        solver(**settings)
    assert_one_sentence(error)
