"""Batch and layer normalization: right gradients in either way and mode, running averages, dtypes, misfits refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.layers import (
    BatchnormCache,
    LayernormCache,
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
)
from tests.draws import draws
from tests.nnlib import oracles
from tests.nnlib.oracles import Layer, assert_one_sentence, assert_untouched, check_layer, check_that_faults_are_caught

SIZES = st.integers(1, 6)
SEEDS = st.integers(0, 2**32 - 1)
EPS = st.sampled_from([1e-5, 1e-3, 0.1])
BACKWARD = {"staged": batchnorm_backward, "alt": batchnorm_backward_alt}
by_both_ways = pytest.mark.parametrize("way", BACKWARD)


def batchnorm(way: str, eps: float = 1e-5) -> Layer:
    return Layer(
        lambda x, gamma, beta: batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps}),
        BACKWARD[way],
        lambda x, gamma, beta: oracles.standardize(x, gamma, beta, axis=0, eps=eps),
    )


def batchnorm_in_test_mode(way: str, running_mean: np.ndarray, running_var: np.ndarray) -> Layer:
    bn_param = {"mode": "test", "running_mean": running_mean, "running_var": running_var}
    return Layer(
        lambda x, gamma, beta: batchnorm_forward(x, gamma, beta, bn_param),
        BACKWARD[way],
        lambda x, gamma, beta: gamma * (x - running_mean) * (running_var + 1e-5) ** -0.5 + beta,
    )


def layernorm(eps: float = 1e-5) -> Layer:
    return Layer(
        lambda x, gamma, beta: layernorm_forward(x, gamma, beta, {"eps": eps}),
        layernorm_backward,
        lambda x, gamma, beta: oracles.standardize(x, gamma, beta, axis=1, eps=eps),
    )


def draw(
    seed: int, N: int, D: int
) -> tuple[np.random.Generator, tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """A generator, (x, gamma, beta) and the upstream gradient."""
    rng = np.random.default_rng(seed)
    args = oracles.spread_columns(rng, N, D), rng.normal(size=D), rng.normal(size=D)
    return rng, args, rng.normal(size=(N, D))


# ------------------------------------------------------------------------------------------------------- gradients
@by_both_ways
@draws(50)
@given(N=SIZES, D=SIZES, eps=EPS, seed=SEEDS)
def test_batchnorm_gradients(way, N, D, eps, seed):
    _, args, dout = draw(seed, N, D)
    check_layer(batchnorm(way, eps), args, dout)


@by_both_ways
@draws(40)
@given(N=SIZES, D=SIZES, seed=SEEDS)
def test_batchnorm_gradients_in_test_mode(way, N, D, seed):
    rng, args, dout = draw(seed, N, D)
    check_layer(batchnorm_in_test_mode(way, rng.normal(size=D), rng.uniform(0.1, 4, D)), args, dout)


@draws(50)
@given(N=SIZES, D=SIZES, eps=EPS, seed=SEEDS)
def test_layernorm_gradients(N, D, eps, seed):
    rng, (_, gamma, beta), dout = draw(seed, N, D)
    check_layer(layernorm(eps), [oracles.spread_columns(rng, D, N).T, gamma, beta], dout)


@by_both_ways
@draws(30)
@given(N=SIZES, D=SIZES, spread=st.sampled_from([0, 1e-12, 1e-4, 1e-2]), seed=SEEDS)
def test_gradients_where_features_hardly_vary(way, N, D, spread, seed):
    """Variance next to nothing against eps: too curved for central differences, but not for autograd."""
    rng, (_, gamma, beta), dout = draw(seed, N, D)
    x = spread * rng.normal(size=(N, D))
    check_layer(batchnorm(way), [x, gamma, beta], dout, numerically=False)
    check_layer(layernorm(), [x, gamma, beta], dout, numerically=False)


@by_both_ways
@pytest.mark.parametrize("seed", range(3))
def test_a_gradient_wrong_by_a_thousandth_is_caught(way, seed):
    rng, args, dout = draw(seed, 4, 5)
    check_that_faults_are_caught(batchnorm(way), args, dout)
    check_that_faults_are_caught(batchnorm_in_test_mode(way, rng.normal(size=5), rng.uniform(0.5, 2, 5)), args, dout)
    check_that_faults_are_caught(layernorm(), args, dout)


@draws(50)
@given(N=st.integers(1, 40), D=SIZES, mode=st.sampled_from(["train", "test"]), seed=SEEDS)
def test_both_ways_back_give_the_same_numbers(N, D, mode, seed):
    rng, args, dout = draw(seed, N, D)
    running = {"running_mean": rng.normal(size=D), "running_var": rng.uniform(0.1, 4, D)}
    cache = batchnorm_forward(*args, {"mode": mode, **running})[1]
    for staged, alt in zip(batchnorm_backward(dout, cache), batchnorm_backward_alt(dout, cache), strict=True):
        np.testing.assert_allclose(alt, staged, rtol=1e-12, atol=1e-12 * (1 + np.abs(cache.rstd).max()))


def test_an_upstream_gradient_of_ones_has_no_gradient_through_batchnorm():
    """Why the tests draw it at random: the mean over the batch is taken out, and with it all that ones could show."""
    _, args, _ = draw(0, 5, 3)
    dx, *_ = batchnorm_backward(np.ones((5, 3)), batchnorm_forward(*args, {"mode": "train"})[1])
    np.testing.assert_allclose(dx, 0, atol=1e-14)


# ------------------------------------------------------------------------------------------------------ statistics
@draws(30)
@given(N=st.integers(2, 30), D=SIZES, seed=SEEDS)
def test_normalized_features_have_mean_beta_and_standard_deviation_gamma(N, D, seed):
    rng, (x, gamma, beta), _ = draw(seed, N, D)
    out = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0})[0]
    np.testing.assert_allclose(out.mean(axis=0), beta, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=0), np.abs(gamma), atol=1e-12)
    x = oracles.spread_columns(rng, N, D).T
    out = layernorm_forward(x, np.full(N, 2.0), np.full(N, 3.0), {"eps": 0})[0]
    np.testing.assert_allclose(out.mean(axis=1), 3, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=1), 2, atol=1e-12)


def test_the_default_eps_is_1e_5():
    x, one, zero = np.array([[-1.0], [1.0]]), np.ones(1), np.zeros(1)
    np.testing.assert_allclose(batchnorm_forward(x, one, zero, {"mode": "train"})[0], x / np.sqrt(1.00001), rtol=1e-15)
    x = x.T
    one, zero = np.ones(2), np.zeros(2)
    np.testing.assert_allclose(layernorm_forward(x, one, zero, {})[0], x / np.sqrt(1.00001), rtol=1e-15)


def test_running_averages_by_hand():
    """Batches 0, 4 (mean 2, variance 4) and 1, 3 (mean 2, variance 1), with a momentum of 3/4."""
    one, zero = np.ones(1), np.zeros(1)
    bn_param: dict[str, Any] = {"mode": "train", "momentum": 0.75}
    batchnorm_forward(np.array([[0.0], [4.0]]), one, zero, bn_param)
    assert (bn_param["running_mean"], bn_param["running_var"]) == (0.5, 1.0)
    batchnorm_forward(np.array([[1.0], [3.0]]), one, zero, bn_param)
    assert (bn_param["running_mean"], bn_param["running_var"]) == (0.875, 1.0)
    bn_param |= {"mode": "test", "eps": 0}
    np.testing.assert_array_equal(batchnorm_forward(np.array([[1.875]]), one, zero, bn_param)[0], [[1.0]])


def test_the_default_momentum_is_nine_tenths():
    _, (x, gamma, beta), _ = draw(0, 5, 3)
    bn_param: dict[str, Any] = {"mode": "train"}
    batchnorm_forward(x, gamma, beta, bn_param)
    np.testing.assert_allclose(bn_param["running_mean"], 0.1 * np.mean(x, axis=0), rtol=1e-14)
    np.testing.assert_allclose(bn_param["running_var"], 0.1 * np.var(x, axis=0), rtol=1e-14)


def test_only_training_renews_the_running_averages():
    _, (x, gamma, beta), _ = draw(0, 5, 3)
    mean, var = np.ones(3), np.full(3, 2.0)
    bn_param = {"mode": "test", "running_mean": mean, "running_var": var}
    assert_untouched(batchnorm_forward, x, gamma, beta, bn_param)
    assert (bn_param["running_mean"] is mean, bn_param["running_var"] is var) == (True, True)
    bn_param["mode"] = "train"
    batchnorm_forward(x, gamma, beta, bn_param)
    np.testing.assert_array_equal(mean, 1)  # another array was put in: who holds the old one sees no change
    assert not np.array_equal(bn_param["running_mean"], mean)


def test_no_example_sees_another_in_layernorm_or_in_test_mode():
    _, (x, gamma, beta), _ = draw(0, 5, 3)
    running = {"running_mean": np.ones(3), "running_var": np.full(3, 2.0)}
    for forward, param in ((layernorm_forward, {}), (batchnorm_forward, {"mode": "test", **running})):
        whole = forward(x, gamma, beta, param)[0]
        alone = np.vstack([forward(row[None], gamma, beta, param)[0] for row in x])
        np.testing.assert_allclose(whole, alone, rtol=1e-13)


# ------------------------------------------------------------------------------------------- dtypes, inputs, caches
@pytest.mark.parametrize("dtype", oracles.COMPUTED)
@pytest.mark.parametrize("mode", ["train", "test"])
def test_the_dtype_is_kept_and_inputs_are_not_changed(dtype, mode):
    _, args, dout = draw(0, 4, 3)
    (x, gamma, beta), dout = (a.astype(dtype) for a in args), dout.astype(dtype)
    bn_param = {"mode": mode}
    out, cache = assert_untouched(lambda *args: batchnorm_forward(args[0], args[1], args[2], bn_param), x, gamma, beta)
    back = [assert_untouched(backward, dout, cache) for backward in BACKWARD.values()]
    ln_out, ln_cache = assert_untouched(layernorm_forward, x, gamma, beta, {"mode": mode})
    ln_back = assert_untouched(layernorm_backward, dout, ln_cache)
    arrays = oracles.arrays_in([out, cache, bn_param, back, ln_out, ln_cache, ln_back])
    assert {a.dtype for a in arrays} == {np.dtype(oracles.COMPUTED[dtype])}
    assert len(arrays) > 20


def test_caches_carry_the_symbols_of_the_formulas():
    _, (x, gamma, beta), _ = draw(0, 4, 3)
    for axis, kind, (_, cache) in (
        (0, BatchnormCache, batchnorm_forward(x, gamma, beta, {"mode": "train"})),
        (1, LayernormCache, layernorm_forward(x, gamma, beta, {})),
    ):
        assert isinstance(cache, kind)
        assert cache._fields[:6] == ("mean", "xmu", "var", "rstd", "xhat", "gamma")
        mean, var = x.mean(axis=axis, keepdims=True), x.var(axis=axis, keepdims=True)
        shape = (3,) if axis == 0 else (4, 1)
        symbols = {"mean": mean, "xmu": x - mean, "var": var, "rstd": 1 / np.sqrt(var + 1e-5), "gamma": gamma}
        symbols["xhat"] = symbols["xmu"] * symbols["rstd"]
        for name, expected in symbols.items():
            actual = getattr(cache, name)
            assert actual.shape == (shape if name in ("mean", "var", "rstd") else expected.shape), name
            np.testing.assert_allclose(actual, expected.reshape(actual.shape), rtol=1e-13, atol=1e-14, err_msg=name)


# ---------------------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize("forward", [batchnorm_forward, layernorm_forward])
@pytest.mark.parametrize(
    ("x", "gamma", "beta", "parts"),
    [
        ((4, 3), (1,), (3,), ["(4, 3)", "(1,)"]),
        ((4, 3), (3,), (1,), ["(4, 3)", "(1,)"]),
        ((4, 3), (4, 3), (3,), ["(4, 3)"]),
        ((4, 3), (3,), (4, 1), ["(4, 3)", "(4, 1)"]),
        ((4, 3), (), (3,), ["(4, 3)", "()"]),
        ((4, 4), (4, 1), (4,), ["(4, 4)", "(4, 1)"]),
        ((3,), (3,), (3,), ["two axes", "(3,)"]),
        ((4, 3, 2), (2,), (2,), ["two axes", "(4, 3, 2)"]),
    ],
)
def test_shapes_that_do_not_fit_are_refused(forward, x, gamma, beta, parts):
    with pytest.raises(ValueError, match="need") as error:
        forward(np.ones(x), np.ones(gamma), np.ones(beta), {"mode": "train"})
    assert_one_sentence(error, *parts)


@pytest.mark.parametrize("mode", ["Train", "eval", "", None])
def test_unknown_modes_are_refused(mode):
    with pytest.raises(ValueError, match="'train' or 'test'") as error:
        batchnorm_forward(np.ones((4, 3)), np.ones(3), np.ones(3), {"mode": mode})
    assert_one_sentence(error, repr(mode))


@pytest.mark.parametrize("mode", ["train", "test"])
@pytest.mark.parametrize("name", ["running_mean", "running_var"])
@pytest.mark.parametrize("shape", [(1,), (4, 1), (4, 3), ()])
def test_running_averages_that_would_broadcast_are_refused(mode, name, shape):
    bn_param = {"mode": mode, "running_mean": np.zeros(3), "running_var": np.ones(3), name: np.ones(shape)}
    with pytest.raises(ValueError, match=name) as error:
        batchnorm_forward(np.ones((4, 3)), np.ones(3), np.ones(3), bn_param)
    assert_one_sentence(error, str(shape))


@pytest.mark.parametrize("backward", [batchnorm_backward, batchnorm_backward_alt, layernorm_backward])
@pytest.mark.parametrize("shape", [(1, 3), (4, 1), (3,)])
def test_an_upstream_gradient_that_would_broadcast_is_refused(backward, shape):
    _, args, _ = draw(0, 4, 3)
    forward = layernorm_forward if backward is layernorm_backward else batchnorm_forward
    with pytest.raises(ValueError, match="dout") as error:
        backward(np.ones(shape), forward(*args, {"mode": "train"})[1])
    assert_one_sentence(error, str(shape))
