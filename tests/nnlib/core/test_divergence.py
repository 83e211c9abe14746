"""A run whose loss overflows ends with the layer, the quantity, the step and what to change; its history stays."""

from typing import Any

import numpy as np
import pytest

from nnlib.fc_net import FullyConnectedNet
from nnlib.health import find_overflow
from nnlib.solver import Diverged, Record, Solver
from tests.nnlib.oracles import assert_one_sentence
from tests.nnlib.training import network, pictures, solver


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
    assert "10000" in last.advice
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


def test_data_that_become_infinite_while_it_runs_are_named():
    data = pictures()
    run = solver(network(), data)
    data["X_train"][:, 0, 0, 0] = np.nan
    *_, last = run.steps()
    assert isinstance(last, Diverged)
    assert_one_sentence(last.message, last.layer, last.quantity, last.advice)
    assert (last.layer, last.quantity) == ("the input", "X")
    assert "data" in last.advice


def test_a_penalty_that_overflows_is_named():
    _, last = diverge(FullyConnectedNet([], 24, 4, reg=1.0, weight_scale=1e19, seed=0))
    assert "softmax" not in last.quantity


def test_the_penalty_is_judged_by_the_weights_alone():
    """As it is computed: biases, gamma and beta may be of any size."""
    model, data = network(normalization="layernorm", reg=1.0), pictures(8)
    for name in ("b1", "beta2", "b3"):
        model.params[name] = np.full(model.params[name].shape, -1e30)
    _, quantity, *_ = find_overflow(model, data["X_train"], data["y_train"], 0.1, first=False)
    assert quantity == "the softmax loss"


def test_train_prints_why_it_ended(capsys):
    run = solver(verbose=True, learning_rate=1e4)
    run.train()
    assert run.diverged
    assert capsys.readouterr().out.splitlines()[-1] == run.diverged.message
