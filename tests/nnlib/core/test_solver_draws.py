"""What the training loop draws: without a seed the course's numbers, with one its own."""

from itertools import chain
from typing import Any

import numpy as np
import pytest

from nnlib.data import Pixels
from nnlib.fc_net import FullyConnectedNet
from nnlib.optim import RULES
from nnlib.solver import Solver
from tests.nnlib.training import accuracy, global_state, histories, network, pictures, records, solver


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
