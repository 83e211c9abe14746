"""Copies moved together give the numbers of the cell-by-cell loop, and the kinks that a brute-force search finds."""

from typing import Any

import numpy as np
import pytest

from nnlib import layers
from nnlib.fc_net import FullyConnectedNet, Layers
from nnlib.gradient_check import eval_numerical_gradient
from nnlib.labs.gradient_check import differences
from nnlib.labs.gradient_check.differences import central_differences, cross_entropies
from nnlib.layers import softmax_loss
from tests.nnlib.oracles import assert_one_sentence

NORMALIZATIONS = (None, "batchnorm", "layernorm")


def build(
    hidden_dims=(4, 3), normalization=None, keep=1.0, reg=0.0, dtype: Any = np.float64, seed=0, N=3, D=5, C=4
) -> tuple[FullyConnectedNet, np.ndarray, np.ndarray]:
    """model, X, y; all parameters are random."""
    model = FullyConnectedNet(hidden_dims, D, C, keep, normalization, reg, "he", dtype, seed)
    rng = np.random.default_rng([seed, 1])
    model.params.vector += 0.3 * rng.normal(size=model.params.vector.size).astype(dtype)
    return model, rng.normal(size=(N, D)), rng.integers(0, C, N)


def loop(model: FullyConnectedNet, X: np.ndarray, y: np.ndarray, h: float) -> dict[str, np.ndarray]:
    """The course's way: cell by cell, each time the whole of `model.loss`."""
    return {
        name: eval_numerical_gradient(lambda _: model.loss(X, y)[0], w, verbose=False, h=h)
        for name, w in model.params.items()
    }


def assert_like_the_loop(model: FullyConnectedNet, X: np.ndarray, y: np.ndarray, h: float) -> None:
    """Every cell within two units in the last place of the two losses, divided by 2 h."""
    (found,) = central_differences(model, X, y, [h])
    expected = loop(model, X, y, h)
    resolution = 4 * np.finfo(model.dtype).eps * max(1.0, model.loss(X, y)[0]) / (2 * h)
    assert list(found.gradients) == list(expected)
    for name, gradient in expected.items():
        assert found.gradients[name].dtype == model.dtype
        np.testing.assert_allclose(found.gradients[name], gradient, rtol=1e-12, atol=resolution, err_msg=name)


@pytest.mark.parametrize("h", [1e-2, 1e-5, 1e-9])
@pytest.mark.parametrize("reg", [0.0, 3.14])
@pytest.mark.parametrize("keep", [1.0, 0.6])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_numbers_are_those_of_the_loop(normalization, keep, reg, h):
    assert_like_the_loop(*build((4, 3), normalization, keep, reg), h)


@pytest.mark.parametrize("hidden_dims", [(), (1,), (6,), (3, 5, 2, 4)])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_any_depth_and_width(hidden_dims, normalization):
    assert_like_the_loop(*build(hidden_dims, normalization, reg=0.1, seed=1), 1e-5)


@pytest.mark.parametrize("N", [1, 2, 9])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_any_batch_size(N, normalization):
    assert_like_the_loop(*build((4, 3), normalization, seed=2, N=N), 1e-5)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_float32_is_computed_in_float32(normalization):
    assert_like_the_loop(*build((4, 3), normalization, 0.8, 0.1, np.float32, seed=3), 1e-2)


def test_examples_of_several_axes_and_whole_numbers():
    model, X, y = build(D=12)
    assert_like_the_loop(model, X.reshape(3, 3, 2, 2), y, 1e-5)
    assert_like_the_loop(model, (10 * X).astype(np.int64), y, 1e-5)


def test_a_batchnorm_of_another_epsilon():
    model, X, y = build(normalization="batchnorm")
    for bn in model.bn_params:
        bn["eps"] = 0.1
    assert_like_the_loop(model, X, y, 1e-5)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_pieces_make_the_whole(normalization, monkeypatch):
    """However few rows go at once, numbers and kinks stay the same."""
    model, X, y = build((6, 5), normalization, 0.8)
    (whole,) = central_differences(model, X, y, [0.1])
    monkeypatch.setattr(differences, "AT_ONCE", 1)
    (pieces,) = central_differences(model, X, y, [0.1])
    np.testing.assert_array_equal(whole.gradients.vector, pieces.gradients.vector)
    for name, kinks in whole.kinks.items():
        np.testing.assert_array_equal(np.unique(kinks, axis=0), np.unique(pieces.kinks[name], axis=0))


def test_several_steps_are_taken_one_by_one():
    model, X, y = build(normalization="batchnorm")
    steps = [1e-2, 1e-5, 1e-4]
    for h, found in zip(steps, central_differences(model, X, y, steps), strict=True):
        (alone,) = central_differences(model, X, y, [h])
        assert found.h == h
        np.testing.assert_array_equal(found.gradients.vector, alone.gradients.vector)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_model_stays_as_it_is(normalization):
    model, X, y = build(normalization=normalization, keep=0.7)
    before, X_before, y_before = model.state(), X.copy(), y.copy()
    central_differences(model, X, y, [1e-2, 1e-5])
    for name, array in model.state().items():
        np.testing.assert_array_equal(array, before[name])
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)


@pytest.mark.parametrize("layer", ["affine_forward", "relu_forward", "batchnorm_forward", "layernorm_forward"])
def test_a_layer_that_is_off_by_a_thousandth_shows(layer):
    """The loop goes through this very function: a change of 0.1 % in it, and the numbers are no longer the same."""
    right = getattr(layers, layer)

    def wrong(*args):
        out, cache = right(*args)
        return out * 1.001, cache

    model, X, y = build(normalization="batchnorm" if layer.startswith("batch") else "layernorm")
    assert_like_the_loop(model, X, y, 1e-5)
    model.layers = Layers(*(wrong if f is right else f for f in model.layers))
    with pytest.raises(AssertionError):
        assert_like_the_loop(model, X, y, 1e-5)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_losses_of_the_copies_are_rounded_like_softmax_loss(dtype):
    rng = np.random.default_rng(5)
    for N, C in ((1, 2), (2, 10), (7, 3), (20, 9)):
        scores = (10 * rng.normal(size=(6, N, C))).astype(dtype)
        y = rng.integers(0, C, N)
        found = cross_entropies(scores, y)
        assert found.dtype == dtype
        assert found.tolist() == [softmax_loss(x, y)[0] for x in scores]


# ------------------------------------------------------------------------------------------------------------ kinks
def kinks_by_force(model: FullyConnectedNet, X: np.ndarray, h: float) -> dict[str, set[tuple[int, int, int, int]]]:
    """Move every cell, run the network, and compare which ReLUs are on."""

    def active():
        caches: list[Any] = model.forward(X, "train")[1][:-1]
        return [(c.relu.x > 0) & (1 if c.dropout is None else c.dropout.mask > 0) for c in caches]

    base, found = active(), {}
    for name, w in model.params.items():
        found[name] = set()
        for cell, old in enumerate(w.ravel().copy()):
            for moved in (old + h, old - h):
                w.flat[cell] = moved
                for layer, (on, before) in enumerate(zip(active(), base, strict=True), start=1):
                    found[name] |= {
                        (cell, layer, int(n), int(j)) for n, j in zip(*np.nonzero(on != before), strict=True)
                    }
            w.flat[cell] = old
    return found


@pytest.mark.parametrize("keep", [1.0, 0.6])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_kinks_are_those_that_a_search_finds(normalization, keep):
    model, X, y = build((5, 4, 3), normalization, keep, seed=4, N=6)
    (found,) = central_differences(model, X, y, [0.2])
    expected = kinks_by_force(model, X, 0.2)
    assert sum(map(len, expected.values())) > 20
    for name, kinks in found.kinks.items():
        assert kinks.shape == (len(kinks), 4)
        assert {tuple(kink) for kink in kinks.tolist()} == expected[name], name


def test_no_kinks_are_found_far_from_zero():
    model, X, y = build()
    (found,) = central_differences(model, X, y, [1e-9])
    assert all(kinks.shape == (0, 4) for kinks in found.kinks.values())


def test_a_relu_at_zero_is_at_its_kink():
    """With all parameters 0 but the scores' bias, ReLU's inputs are 0: raising one switches it on."""
    model, X, y = build((2,))
    model.params.vector[:] = 0
    (found,) = central_differences(model, X, y, [1e-6])
    assert {tuple(kink) for kink in found.kinks["b1"].tolist()} == {(j, 1, n, j) for j in range(2) for n in range(3)}


# ----------------------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize("h", [0.0, -1e-5, np.nan, np.inf])
def test_a_step_that_is_none_is_refused(h):
    with pytest.raises(ValueError, match="step size") as error:
        central_differences(*build(), [1e-5, h])
    assert_one_sentence(error, str(h))


def test_dropout_without_a_seed_is_refused():
    model, X, y = build(keep=0.5)
    model.seed = None
    with pytest.raises(ValueError, match="without a seed") as error:
        central_differences(model, X, y, [1e-5])
    assert_one_sentence(error)


def test_labels_that_do_not_fit_are_refused():
    model, X, y = build()
    with pytest.raises(ValueError, match="label"):
        central_differences(model, X, y[:-1], [1e-5])
