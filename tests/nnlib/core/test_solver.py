"""The training loop: a record an iteration, histories, the best parameters, what is printed and what is refused."""

import doctest
from typing import Any

import numpy as np
import pytest

import nnlib.solver
from nnlib.optim import RULES
from nnlib.solver import Record
from tests.nnlib.oracles import assert_one_sentence
from tests.nnlib.training import accuracy, histories, network, pictures, records, solver


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
    assert run.records == seen
    assert run.loss_history == [record.loss for record in seen]
    assert run.train_acc_history == [record.train_acc for record in seen if record.train_acc is not None]
    assert run.val_acc_history == [record.val_acc for record in seen if record.val_acc is not None]
    assert run.best_val_acc == max(run.val_acc_history)
    assert all(type(value) is float for history in histories(run) for value in history)
    assert np.mean(run.loss_history[-6:]) < 0.8 * np.mean(run.loss_history[:6])


def test_the_loop_in_the_docstring_gives_the_solvers_losses():
    data = pictures()
    np.random.seed(5)
    whole = solver(network(None), data, seed=None, learning_rate=0.05)
    whole.train()
    np.random.seed(5)
    here = data | {"model": network(None), "np": np, "losses": []}
    here |= {"num_iterations": whole.num_iterations, "batch_size": 8, "learning_rate": 0.05}
    (loop,) = doctest.DocTestParser().get_examples(nnlib.solver.__doc__ or "")
    exec(loop.source, here)  # noqa: S102
    assert here["losses"] == whole.loss_history
    assert len(here["losses"]) == 24
    assert loop.source.count("\n") <= 9


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


# ---------------------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({"update_rule": "Adam"}, ["'Adam'", "adam"]),
        ({"schedule": "linear"}, ["'linear'", "cosine"]),
        ({"warmup": 1.5}, ["warmup", "1.5"]),
        ({"batch_size": 0}, ["batch_size", "0"]),
        ({"num_epochs": -1}, ["num_epochs", "-1"]),
        ({"augment": "rotate"}, ["'rotate'", "None or flip, shift"]),
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
