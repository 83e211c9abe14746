"""The whole network's gradients, with every normalization, with dropout and L2, against differences and autograd."""

from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.fc_net import FullyConnectedNet
from nnlib.gradient_check import eval_numerical_gradient
from tests.draws import draws
from tests.nnlib import oracles
from tests.nnlib.training import random_network

NORMALIZATIONS = (None, "batchnorm", "layernorm")
each_normalization = pytest.mark.parametrize("normalization", NORMALIZATIONS)
SIZES = st.integers(1, 4)


def oracle(params: Any, model: FullyConnectedNet, X: np.ndarray, y: np.ndarray, masks: list[Any]) -> Any:
    """The loss, written once more for autograd."""
    x = np.reshape(X, (len(X), -1))
    for i in range(1, model.num_layers):
        x = oracles.affine(x, params[f"W{i}"], params[f"b{i}"])
        if model.normalization:
            axis = ["batchnorm", "layernorm"].index(model.normalization)
            x = oracles.standardize(x, params[f"gamma{i}"], params[f"beta{i}"], axis)
        x = oracles.relu(x) * masks[i - 1]
    scores = oracles.affine(x, params[f"W{model.num_layers}"], params[f"b{model.num_layers}"])
    squares = [anp.sum(params[name] ** 2) for name in params if name.startswith("W")]
    return oracles.cross_entropy(scores, y) + model.reg / 2 * sum(squares)


def compare_with_autograd(model: FullyConnectedNet, X: np.ndarray, y: np.ndarray, **factors: float) -> None:
    """Loss and gradients are the oracle's; `factors` spoil nnlib's gradients by name."""
    masks = [1 if cache.dropout is None else cache.dropout.mask for cache in model.forward(X, "train")[1]]
    params, (loss, grads) = dict(model.params), model.loss(X, y)
    assert loss == pytest.approx(oracle(params, model, X, y, masks), rel=1e-12, abs=1e-12)
    expected = autograd.grad(oracle)(params, model, X, y, masks)  # pyright: ignore
    for name in model.params:
        actual = grads[name] * factors.get(name, 1)
        np.testing.assert_allclose(actual, expected[name], **oracles.AUTOGRAD, err_msg=name)


def compare_with_differences(model: FullyConnectedNet, X: np.ndarray, y: np.ndarray, **factors: float) -> None:
    """Gradients are those of central differences, `check_network`'s way."""
    _, grads = model.loss(X, y)
    for name, w in model.params.items():
        expected = eval_numerical_gradient(lambda _: model.loss(X, y)[0], w, verbose=False)
        np.testing.assert_allclose(grads[name] * factors.get(name, 1), expected, rtol=1e-5, atol=1e-8, err_msg=name)


def suits_differences(model: FullyConnectedNet, X: np.ndarray) -> bool:
    """Whether no ReLU is near its kink, and no variance so small that h is not small against its root (0 is fine)."""
    _, caches = model.forward(X, "train")
    x = np.concatenate([[1], *(cache.relu.x.ravel() for cache in caches if cache.relu)])
    var = np.concatenate([[1], *(cache.norm.var.ravel() for cache in caches if cache.norm)])
    return bool(np.all(np.abs(x) > 1e-3) and np.all((var > 0.01) | (var < 1e-25)))


@each_normalization
@draws(50)
@given(
    N=SIZES,
    D=SIZES,
    hidden_dims=st.lists(SIZES, max_size=3),
    C=SIZES,
    keep=st.sampled_from([1, 0.6]),
    reg=st.sampled_from([0.0, 0.7]),
    seed=st.integers(0, 2**32 - 1),
)
def test_gradients(normalization, N, D, hidden_dims, C, keep, reg, seed):
    model, rng = random_network(hidden_dims, normalization, keep, reg, D, C, seed=seed)
    X, y = rng.normal(size=(N, D)), rng.integers(0, C, N)
    compare_with_autograd(model, X, y)
    if suits_differences(model, X):
        compare_with_differences(model, X, y)


@each_normalization
@pytest.mark.parametrize("keep", [1, 0.7])
@pytest.mark.parametrize("reg", [0, 0.5])
@pytest.mark.parametrize("compare", [compare_with_autograd, compare_with_differences])
def test_a_gradient_wrong_by_a_thousandth_is_caught(normalization, keep, reg, compare):
    for seed in range(100):
        model, rng = random_network([6, 4], normalization, keep, reg, seed=seed)
        X, y = 2 * rng.normal(size=(8, 5)), rng.integers(0, 3, 8)
        if suits_differences(model, X):
            break
    compare(model, X, y)
    for name in model.params:
        if normalization == "batchnorm" and name in ("b1", "b2"):
            continue  # 0: the mean over the batch takes b out again
        with pytest.raises(AssertionError, match=name):
            compare(model, X, y, **{name: 1.001})
