"""affine, relu, dropout: right gradients for every shape, dtypes kept, inputs left alone, misfits refused."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.layers import (
    AffineCache,
    DropoutCache,
    ReluCache,
    affine_backward,
    affine_forward,
    dropout_backward,
    dropout_forward,
    relu_backward,
    relu_forward,
)
from tests.draws import draws
from tests.nnlib import oracles
from tests.nnlib.oracles import Layer, assert_one_sentence, assert_untouched, check_layer, check_that_faults_are_caught
from tests.nnlib.training import global_state

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)  # N, d1, ..., dk; rank 1 to 4
SIZES = st.integers(1, 5)
SEEDS = st.integers(0, 2**32 - 1)
AFFINE = Layer(affine_forward, affine_backward, oracles.affine)
RELU = Layer(relu_forward, lambda dout, cache: (relu_backward(dout, cache),), oracles.relu)


def dropout(shape: tuple[int, ...], p: float, mode: str, seed: int) -> Layer:
    """Dropout with one fixed mask, read off from what happens to ones."""
    param = {"p": p, "mode": mode, "seed": seed}
    mask = dropout_forward(np.ones(shape), param)[0]
    return Layer(
        lambda x: dropout_forward(x, param), lambda dout, cache: (dropout_backward(dout, cache),), lambda x: x * mask
    )


def affine_args(rng: np.random.Generator, shape: tuple[int, ...], H: int) -> list[np.ndarray]:
    return [rng.normal(size=shape), rng.normal(size=(prod(shape[1:]), H)), rng.normal(size=H)]


# ------------------------------------------------------------------------------------------------------- gradients
@draws(50)
@given(shape=SHAPES, H=SIZES, seed=SEEDS)
def test_affine_gradients(shape, H, seed):
    rng = np.random.default_rng(seed)
    check_layer(AFFINE, affine_args(rng, shape, H), dout=rng.normal(size=(shape[0], H)))


@draws(50)
@given(shape=SHAPES, seed=SEEDS)
def test_relu_gradient(shape, seed):
    rng = np.random.default_rng(seed)
    check_layer(RELU, [oracles.away_from_zero(rng.normal(size=shape))], dout=rng.normal(size=shape))


@draws(50)
@given(shape=SHAPES, p=st.floats(0.05, 1), mode=st.sampled_from(["train", "test"]), mask_seed=SEEDS, seed=SEEDS)
def test_dropout_gradient_with_fixed_seed(shape, p, mode, mask_seed, seed):
    rng = np.random.default_rng(seed)
    check_layer(dropout(shape, p, mode, mask_seed), [rng.normal(size=shape)], dout=rng.normal(size=shape))


@pytest.mark.parametrize("seed", range(3))
def test_a_gradient_wrong_by_a_thousandth_is_caught(seed):
    rng = np.random.default_rng(seed)
    check_that_faults_are_caught(AFFINE, affine_args(rng, (4, 2, 3), 5), dout=rng.normal(size=(4, 5)))
    x, dout = oracles.away_from_zero(rng.normal(size=(4, 6))), rng.normal(size=(4, 6))
    check_that_faults_are_caught(RELU, [x], dout)
    check_that_faults_are_caught(dropout((4, 6), 0.7, "train", seed), [x], dout)


def test_the_first_layer_can_leave_dx_out():
    rng = np.random.default_rng(0)
    x, w, b = affine_args(rng, (4, 3), 2)
    dout, cache = rng.normal(size=(4, 2)), affine_forward(x, w, b)[1]
    dx, dw, db = affine_backward(dout, cache, need_dx=False)
    assert dx is None
    np.testing.assert_array_equal(dw, affine_backward(dout, cache)[1])
    np.testing.assert_array_equal(db, affine_backward(dout, cache)[2])


def test_dw_can_be_written_where_it_belongs():
    rng = np.random.default_rng(0)
    x, w, b = affine_args(rng, (4, 3), 2)
    dout, cache, place = rng.normal(size=(4, 2)), affine_forward(x, w, b)[1], np.full((3, 2), np.nan)
    dw = affine_backward(dout, cache, dw_out=place)[1]
    assert dw is place
    np.testing.assert_array_equal(dw, affine_backward(dout, cache)[1])


def test_relu_passes_nothing_on_at_zero():
    out, cache = relu_forward(np.array([-1.0, -0.0, 0.0, 1.0]))
    np.testing.assert_array_equal(out, [0, 0, 0, 1])
    np.testing.assert_array_equal(relu_backward(np.array([5.0, 6.0, 7.0, 8.0]), cache), [0, 0, 0, 8])


# --------------------------------------------------------------------------------------------------------- dropout
@draws(25)
@given(p=st.floats(0.1, 1), seed=SEEDS)
def test_dropout_keeps_a_share_of_p_and_the_mean(p, seed):
    x = np.full(4000, 3.0)
    out, cache = dropout_forward(x, {"p": p, "mode": "train", "seed": seed})
    np.testing.assert_allclose(out[out != 0], 3 / p, rtol=1e-15)
    assert (out > 0).mean() == pytest.approx(p, abs=6 * np.sqrt(p * (1 - p) / 4000) + 1e-12)
    np.testing.assert_array_equal(out, x * cache.mask)


def test_dropout_changes_nothing_in_test_mode_and_draws_nothing():
    x, before = np.random.default_rng(0).normal(size=(3, 4)), global_state()
    out, cache = dropout_forward(x, {"p": 0.3, "mode": "test"})
    np.testing.assert_array_equal(out, x)
    np.testing.assert_array_equal(dropout_backward(x, cache), x)
    assert global_state() == before


def test_dropout_with_a_seed_repeats_itself_and_leaves_the_global_state_alone():
    x, before = np.ones((20, 20)), global_state()
    masks = [dropout_forward(x, {"p": 0.5, "mode": "train", "seed": seed})[0] for seed in (1, 1, 2, [1, 2], [1, 2])]
    np.testing.assert_array_equal(masks[0], masks[1])
    np.testing.assert_array_equal(masks[3], masks[4])
    assert not np.array_equal(masks[0], masks[2])
    assert not np.array_equal(masks[0], masks[3])
    assert global_state() == before


def test_dropout_without_a_seed_draws_from_the_global_state():
    x, param = np.ones((20, 20)), {"p": 0.5, "mode": "train"}
    np.random.seed(3)
    first, second = dropout_forward(x, param)[0], dropout_forward(x, param)[0]
    np.random.seed(3)
    np.testing.assert_array_equal(dropout_forward(x, param)[0], first)
    assert not np.array_equal(first, second)


# ------------------------------------------------------------------------------------------- dtypes, inputs, caches
@pytest.mark.parametrize("dtype", oracles.COMPUTED)
def test_the_dtype_is_kept_and_inputs_are_not_changed(dtype):
    rng = np.random.default_rng(0)
    x, w, b = (a.astype(dtype) for a in affine_args(rng, (4, 2, 3), 5))
    dout, dx = rng.normal(size=(4, 5)).astype(dtype), rng.normal(size=(4, 2, 3)).astype(dtype)
    param = {"p": 0.4, "mode": "train", "seed": 1}
    passes = [
        (affine_forward, affine_backward, (x, w, b), dout),
        (relu_forward, relu_backward, (x,), dx),
        (dropout_forward, dropout_backward, (x, param), dx),
        (dropout_forward, dropout_backward, (x, {**param, "mode": "test"}), dx),
    ]
    for forward, backward, args, upstream in passes:
        out, cache = assert_untouched(forward, *args)
        gradients = assert_untouched(backward, upstream, cache)
        arrays = oracles.arrays_in([out, cache, gradients])
        assert {a.dtype for a in arrays} == {np.dtype(oracles.COMPUTED[dtype])}, forward.__name__


def test_caches_carry_the_symbols_of_the_formulas():
    rng = np.random.default_rng(0)
    x, w, b = affine_args(rng, (4, 3), 2)
    cache = affine_forward(x, w, b)[1]
    assert isinstance(cache, AffineCache)
    assert cache._fields == ("x", "w", "b")
    assert (cache.x is x, cache.w is w, cache.b is b) == (True, True, True)
    assert isinstance(relu_forward(x)[1], ReluCache)
    assert relu_forward(x)[1].x is x
    assert isinstance(dropout_forward(x, {"p": 0.5, "mode": "train"})[1], DropoutCache)


# ---------------------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("w", "b", "parts"),
    [
        ((5, 2), (2,), ["6 features", "(4, 2, 3)", "(5, 2)"]),
        ((6,), (2,), ["6 features", "(6,)"]),
        ((2, 3, 2), (2,), ["6 features", "(2, 3, 2)"]),
        ((6, 2), (3,), ["(6, 2)", "(3,)"]),
        ((6, 2), (1,), ["(6, 2)", "(1,)"]),
        ((6, 2), (), ["(6, 2)", "()"]),
        ((6, 2), (4, 2), ["(6, 2)", "(4, 2)"]),
    ],
)
def test_affine_refuses_shapes_that_do_not_fit(w, b, parts):
    with pytest.raises(ValueError, match="needs a") as error:
        affine_forward(np.ones((4, 2, 3)), np.ones(w), np.ones(b))
    assert_one_sentence(error, *parts)


@pytest.mark.parametrize("p", [0, -0.1, 1.01, float("nan"), float("inf")])
def test_dropout_refuses_a_p_that_is_no_probability_to_keep(p):
    with pytest.raises(ValueError, match="0 < p <= 1") as error:
        dropout_forward(np.ones(3), {"p": p, "mode": "train"})
    assert_one_sentence(error, str(p))


@pytest.mark.parametrize("mode", ["Train", "eval", "", None])
def test_dropout_refuses_unknown_modes(mode):
    with pytest.raises(ValueError, match="'train' or 'test'") as error:
        dropout_forward(np.ones(3), {"p": 0.5, "mode": mode})
    assert_one_sentence(error, repr(mode))


@pytest.mark.parametrize("shape", [(1, 6), (6,), (4, 1), (), (2, 4, 6)])
@pytest.mark.parametrize("layer", [RELU, dropout((4, 6), 0.5, "train", 0)], ids=["relu", "dropout"])
def test_an_upstream_gradient_that_would_broadcast_is_refused(layer, shape):
    cache = layer.forward(np.ones((4, 6)))[1]
    with pytest.raises(ValueError, match="dout") as error:
        layer.backward(np.ones(shape), cache)
    assert_one_sentence(error, str(shape))
