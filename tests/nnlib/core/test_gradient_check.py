"""The checkers are checked: gradients of known functions, relative errors by hand, a network's faults found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.fc_net import FullyConnectedNet
from nnlib.gradient_check import (
    RIGHT,
    check_network,
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    rel_error,
)
from tests.draws import draws
from tests.nnlib.oracles import assert_one_sentence

SHAPES = st.lists(st.integers(1, 3), min_size=0, max_size=3).map(tuple)
SEEDS = st.integers(0, 2**32 - 1)


@draws(40)
@given(shape=SHAPES, seed=SEEDS)
def test_gradient_of_a_known_function(shape, seed):
    rng = np.random.default_rng(seed)
    x, a = np.asarray(rng.normal(size=shape)), np.asarray(rng.normal(size=shape))
    before = x.copy()
    found = eval_numerical_gradient(lambda x: np.sum(a * x**3 + np.sin(x)), x, verbose=False)
    np.testing.assert_allclose(found, 3 * a * x**2 + np.cos(x), rtol=1e-7, atol=1e-8)
    np.testing.assert_array_equal(x, before)


@draws(40)
@given(shape=SHAPES.filter(len), seed=SEEDS)
def test_gradient_of_a_known_function_that_gives_an_array(shape, seed):
    rng = np.random.default_rng(seed)
    x, df = rng.normal(size=shape), rng.normal(size=shape)
    before = x.copy(), df.copy()
    np.testing.assert_allclose(eval_numerical_gradient_array(np.exp, x, df), df * np.exp(x), rtol=1e-7, atol=1e-8)
    np.testing.assert_array_equal([x, df], before)


def test_every_entry_of_the_output_counts():
    """f(x) = (x1 x2, x1^2), upstream (2, 3): the gradient is (2 x2 + 6 x1, 2 x1)."""
    found = eval_numerical_gradient_array(
        lambda x: np.array([x[0] * x[1], x[0] ** 2]), np.array([5.0, 7.0]), np.array([2.0, 3.0])
    )
    np.testing.assert_allclose(found, [44, 10], rtol=1e-8)


def test_a_function_may_give_back_its_argument_or_write_its_result_in_place():
    x, df, place = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.empty(2)
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda x: x, x, df), df, rtol=1e-9)
    np.testing.assert_allclose(
        eval_numerical_gradient_array(lambda x: np.multiply(x, 2, out=place), x, df), 2 * df, rtol=1e-9
    )


def test_the_step_is_h():
    points = []
    eval_numerical_gradient(lambda x: points.append(float(x[0])) or 0.0, np.array([1.0]), verbose=False, h=0.25)
    assert sorted(points) == [0.75, 1.25]


def test_x_is_whole_again_when_the_function_fails():
    x = np.array([1.0, 2.0])

    def fails_at_the_second_cell(x):
        if x[1] != 2:
            raise RuntimeError
        return 0.0

    with pytest.raises(RuntimeError):
        eval_numerical_gradient(fails_at_the_second_cell, x, verbose=False)
    np.testing.assert_array_equal(x, [1, 2])


def test_derivatives_are_printed_unless_told_otherwise(capsys):
    f = lambda x: float(x.sum())  # noqa: E731
    eval_numerical_gradient(f, np.zeros((1, 2)))
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(")")[0] for line in printed] == ["(0, 0", "(0, 1"]
    eval_numerical_gradient(f, np.zeros(2), verbose=False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("x", "y", "error"),
    [
        ([1.0], [1.0], 0),
        ([1.0, 2.0], [1.0, 3.0], 0.2),  # 1 / 5
        ([1.0], [-1.0], 1),
        ([0.0], [0.0], 0),
        ([0.0], [1.0], 1),
        ([1e-10], [0.0], 0.01),  # the floor of 1e-8
        ([[1.0, 1.001]], [[1.0, 1.0]], 0.001 / 2.001),
        (3.0, 1.0, 0.5),
        ([], [], 0),
    ],
)
def test_relative_error_by_hand(x, y, error):
    assert rel_error(np.array(x), np.array(y)) == pytest.approx(error, rel=1e-12)
    assert rel_error(np.array(y), np.array(x)) == pytest.approx(error, rel=1e-12)


def test_relative_error_does_not_hide_what_is_not_a_number():
    assert np.isnan(rel_error(np.array([1.0, np.nan]), np.ones(2)))


@pytest.mark.parametrize(("x", "y"), [((3,), (1,)), ((3,), (3, 1)), ((2, 3), (3,)), ((), (1,))])
def test_gradients_of_different_shapes_are_not_compared(x, y):
    with pytest.raises(ValueError, match="same shape") as error:
        rel_error(np.zeros(x), np.zeros(y))
    assert_one_sentence(error, str(x), str(y))


def network(reg: float = 0.5) -> tuple[FullyConnectedNet, np.ndarray, np.ndarray]:
    model = FullyConnectedNet([4, 3], 5, 3, 0.8, "layernorm", reg, "he", np.float64, seed=1)
    rng = np.random.default_rng(1)
    params = model.params.vector
    params += 0.3 * rng.normal(size=params.shape)  # with b = 0 and beta = 0, dead units below put ReLUs at their kink
    return model, rng.normal(size=(6, 5)), rng.integers(0, 3, 6)


def test_a_right_network_passes_and_keeps_its_parameters():
    model, X, y = network()
    before = model.params.vector.copy()
    errors = check_network(model, X, y)
    assert list(errors) == list(model.params)
    assert max(errors.values()) < 1e-6
    np.testing.assert_array_equal(model.params.vector, before)


@pytest.mark.parametrize("name", ["W1", "gamma1", "beta2", "W3", "b3"])
def test_a_parameter_with_a_gradient_wrong_by_a_thousandth_is_named(name, monkeypatch):
    model, X, y = network()
    right = model.loss

    def wrong(X, y):
        loss, grads = right(X, y)
        grads[name] *= 1.001
        return loss, grads

    monkeypatch.setattr(model, "loss", wrong)
    errors = check_network(model, X, y)
    assert errors.pop(name) == pytest.approx(0.001 / 2.001, rel=0.02)
    assert max(errors.values()) < 1e-6


@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
@pytest.mark.parametrize(("hidden", "N"), [([], 3), ([10], 5), ([5, 5], 10), ([8, 8, 8], 6)])
def test_right_networks_pass_at_all_defaults(hidden, N, normalization):
    """Weights of 1e-2: gradients near 0, ReLUs whose inputs are next to 0, and at 0 where a layer below is silent."""
    for seed in range(3):
        model = FullyConnectedNet(hidden, 6, 4, normalization=normalization, dtype=np.float64, seed=seed)
        rng = np.random.default_rng(seed)
        errors = check_network(model, rng.normal(size=(N, 6)), rng.integers(0, 4, N))
        assert max(errors.values()) <= RIGHT, (seed, errors)


@pytest.mark.parametrize("name", ["W1", "b2", "W3"])
def test_a_fault_shows_among_small_gradients_too(name, monkeypatch):
    model = FullyConnectedNet([6, 5], 6, 4, dtype=np.float64, seed=0)
    rng = np.random.default_rng(0)
    X, y, right = rng.normal(size=(7, 6)), rng.integers(0, 4, 7), model.loss

    def wrong(X, y):
        loss, grads = right(X, y)
        grads[name] *= 1.01
        return loss, grads

    monkeypatch.setattr(model, "loss", wrong)
    errors = check_network(model, X, y)
    assert errors.pop(name) > 10 * RIGHT
    assert max(errors.values()) <= RIGHT


def test_float32_is_warned_of():
    model = FullyConnectedNet([5], 4, 3, seed=0)
    with pytest.warns(UserWarning, match="float32 say nothing .*: build the model with float64"):
        check_network(model, np.ones((2, 4)), np.array([0, 1]))
