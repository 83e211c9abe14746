"""Signals through deep networks: the same numbers as the network's own passes, and the growth that the theory tells."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nnlib.fc_net import FullyConnectedNet, weight_std
from nnlib.labs.depth_and_scale import histogram, rms, shrinkage, signals
from tests.nnlib.oracles import assert_one_sentence


@pytest.fixture
def batch():
    rng = np.random.default_rng(5)
    return rng.normal(size=(50, 30)), rng.integers(0, 4, 50)


def test_gradients_are_the_networks(batch):
    X, y = batch
    depth, width = 3, 20
    rng, dims = np.random.default_rng(11), [30, 20, 20, 20, int(y.max()) + 1]
    net = FullyConnectedNet([width] * depth, dims[0], dims[-1], dtype=np.float64, seed=0)
    for layer, (D, H) in enumerate(pairwise(dims), start=1):
        net.params[f"W{layer}"] = np.sqrt(2 / D) * rng.standard_normal((D, H))
    _, grads = net.loss(X, y)
    passed = signals(X, y, depth, width, "he", seed=11)
    below = X
    for layer, signal in enumerate(passed, start=1):
        np.testing.assert_allclose(signal.before, below @ net.params[f"W{layer}"], rtol=1e-12)
        np.testing.assert_allclose(below.T @ signal.dbefore, grads[f"W{layer}"], rtol=1e-9, atol=1e-15)
        np.testing.assert_array_equal(signal.after, np.maximum(signal.before, 0))
        below = signal.after


@pytest.mark.parametrize(
    ("scale", "relu_every", "factor"), [("he", 1, 1.0), ("xavier", 0, 1.0), ("xavier", 1, 0.5**0.5), (0.01, 1, None)]
)
def test_sizes_grow_as_the_theory_tells(batch, scale, relu_every, factor):
    width, depth = 400, 6
    passed = signals(batch[0], batch[1], depth, width, scale, relu_every)
    expected = factor or 0.01 * (width / 2) ** 0.5
    for way in ([s.after for s in passed], [s.dafter for s in passed][::-1]):
        grown = (rms(way[-1]) / rms(way[0])) ** (1 / (depth - 1))
        assert grown == pytest.approx(expected, rel=0.15)


def test_relu_follows_only_every_second_layer(batch):
    passed = signals(batch[0], batch[1], 4, 20, "he", relu_every=2)
    assert [bool((s.after == 0).any()) for s in passed] == [False, True, False, True]


def test_shrinkage_is_that_of_the_scaled_weights(batch):
    (by_rule,) = shrinkage(batch[0], batch[1], depths=(5,), width=30, factors=(0.5, 1.0), seed=2)
    D0, width = batch[0].shape[1], 30
    assert width == D0  # so that one number scales all layers alike
    for factor, ratio in zip((0.5, 1.0), by_rule, strict=True):
        passed = signals(batch[0], batch[1], 5, width, factor * weight_std("he", width), seed=2)
        assert ratio == pytest.approx(rms(passed[-1].after) / rms(passed[0].after), rel=1e-9)


def test_histograms_count_everything_but_zeros():
    a = np.array([0.0, 0.0, 1e-9, 0.1, -1.0, 50.0])
    shares, zeros = histogram(a, np.linspace(-3, 1, 5), logarithmic=True)
    assert zeros == pytest.approx(1 / 3)
    np.testing.assert_allclose(shares * 6, [1, 0, 1, 2])
    shares, _ = histogram(a, np.array([-2.0, 0, 2]), logarithmic=False)
    np.testing.assert_allclose(shares * 6, [1, 3])


def test_unknown_scale_is_refused():
    with pytest.raises(ValueError, match="'he' or 'xavier'"):
        weight_std("glorot", 10)


def test_a_negative_scale_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="at least 0"):
        signals(rng.normal(size=(2, 3)), np.array([0, 1]), 2, 4, -1.0)


def test_numbers_of_any_kind_are_measured_as_floats_and_what_is_none_is_refused(batch):
    X, y = batch
    small = np.array([100, -100], np.int8)
    assert rms(small) == 100
    np.testing.assert_array_equal(histogram(small, np.array([-200, 0, 200]), logarithmic=False)[0], [0.5, 0.5])
    listed, plain = signals(X.tolist(), y.astype(np.uint8), 2, 4, "he"), signals(X, y, 2, 4, "he")
    np.testing.assert_array_equal(listed[1].after, plain[1].after)
    no_batches: tuple[Any, ...] = (None, 3, "abc", X[0], X[None], X.astype(object), [[1.0], [1.0, 2.0]])
    for no_batch in no_batches:
        with pytest.raises(ValueError, match=r"^X ") as error:
            signals(no_batch, y, 2, 4, "he")
        assert_one_sentence(error)
