"""The whole network: its parameters, caches, modes, seeds, dtypes and state, and what it refuses."""

from typing import Any

import numpy as np
import pytest

from nnlib.fc_net import FullyConnectedNet, LayerCache
from nnlib.layers import AffineCache, BatchnormCache, DropoutCache, LayernormCache, ReluCache, affine_backward
from nnlib.params import Parameters
from tests.nnlib import oracles
from tests.nnlib.oracles import assert_one_sentence, assert_untouched
from tests.nnlib.training import global_state, random_network

NORMALIZATIONS = (None, "batchnorm", "layernorm")
each_normalization = pytest.mark.parametrize("normalization", NORMALIZATIONS)


def test_examples_of_any_rank_are_flattened():
    model, rng = random_network([4], D=12)
    X, y = rng.normal(size=(5, 3, 2, 2)), rng.integers(0, 3, 5)
    loss, grads = model.loss(X, y)
    flat_loss, flat_grads = model.loss(X.reshape(5, 12), y)
    assert loss == flat_loss
    np.testing.assert_array_equal(grads.vector, flat_grads.vector)


def test_no_gradient_is_computed_for_the_examples():
    """It would cost as much as the first layer's whole forward pass."""
    asked: list[bool] = []

    def logged(dout: Any, cache: Any, need_dx: bool = True, **settings: Any) -> Any:
        asked.append(need_dx)
        return affine_backward(dout, cache, need_dx, **settings)

    model, rng = random_network([4, 3])
    model.layers = model.layers._replace(affine_backward=logged)
    model.loss(rng.normal(size=(6, 5)), rng.integers(0, 3, 6))
    assert asked == [True, True, False]


# ----------------------------------------------------------------------------------------------------- what it has
@each_normalization
def test_parameters_are_named_and_shaped_as_in_the_course(normalization):
    model = FullyConnectedNet([4, 2], input_dim=5, num_classes=3, normalization=normalization)
    shapes = {"W1": (5, 4), "b1": (4,), "W2": (4, 2), "b2": (2,), "W3": (2, 3), "b3": (3,)}
    if normalization:
        shapes |= {"gamma1": (4,), "beta1": (4,), "gamma2": (2,), "beta2": (2,)}
    assert {name: a.shape for name, a in model.params.items()} == shapes
    assert isinstance(model.params, Parameters)
    for name, a in model.params.items():
        if name.startswith("W"):
            assert 0 < np.abs(a).max() < 0.1
        else:
            np.testing.assert_array_equal(a, 1 if name.startswith("gamma") else 0)


def test_defaults_are_the_courses():
    model = FullyConnectedNet([100])
    assert (model.input_dim, model.num_classes, model.num_layers, model.hidden_dims) == (3072, 10, 2, [100])
    assert (model.normalization, model.reg, model.dropout_keep_ratio, model.seed) == (None, 0, 1, None)
    assert model.dtype == model.params["W1"].dtype == np.float32
    assert model.params["W1"].std() == pytest.approx(1e-2, rel=0.02)


@pytest.mark.parametrize(("weight_scale", "std"), [(0.3, 0.3), ("he", 0.1), ("xavier", 0.005**0.5), (0, 0)])
def test_weight_scales(weight_scale, std):
    model = FullyConnectedNet([300], input_dim=200, weight_scale=weight_scale, dtype=np.float64, seed=0)
    W1 = model.params["W1"]
    assert W1.std() == pytest.approx(std, rel=0.02)
    assert abs(W1.mean()) <= 5 * std / 200


def test_caches_tell_every_step_of_every_layer():
    for normalization, kind in ((None, None), ("batchnorm", BatchnormCache), ("layernorm", LayernormCache)):
        model, rng = random_network([4, 2], normalization, keep=0.5)
        X = rng.normal(size=(6, 5))
        scores, caches = model.forward(X, "train")
        assert [type(cache) for cache in caches] == [LayerCache] * 3
        for cache in caches[:-1]:
            assert (type(cache.affine), type(cache.relu), type(cache.dropout)) == (AffineCache, ReluCache, DropoutCache)
            assert (cache.norm is None) if kind is None else isinstance(cache.norm, kind)
        last = caches[-1]
        assert last[1:] == (None, None, None)
        np.testing.assert_array_equal(scores, last.affine.x @ last.affine.w + last.affine.b)
        assert caches[0].affine.x is X
        assert caches[1].affine.w is model.params["W2"]


def test_only_weights_are_regularized():
    model, rng = random_network([4], "layernorm", reg=0.5)
    X, y = rng.normal(size=(6, 5)), rng.integers(0, 3, 6)
    loss, grads = model.loss(X, y)
    model.reg = 0
    plain_loss, plain_grads = model.loss(X, y)
    W1, W2 = model.params["W1"], model.params["W2"]
    assert loss - plain_loss == pytest.approx(0.25 * (np.sum(W1**2) + np.sum(W2**2)), rel=1e-12)
    for name, gradient in grads.items():
        penalty = 0.5 * model.params[name] if name in ("W1", "W2") else 0
        np.testing.assert_allclose(gradient, plain_grads[name] + penalty, rtol=1e-12, err_msg=name)


def test_testing_uses_running_averages_and_drops_nothing():
    model, rng = random_network([4, 3], "batchnorm", keep=0.5)
    X, y = rng.normal(size=(6, 5)), rng.integers(0, 3, 6)
    for _ in range(3):
        model.loss(X, y)
    before = model.state()
    scores = model.loss(X)
    np.testing.assert_array_equal(scores, model.loss(X))
    np.testing.assert_allclose(scores, np.vstack([model.loss(row[None]) for row in X]), rtol=1e-12)
    x = X
    for i, bn in enumerate(model.bn_params, start=1):
        x = oracles.affine(x, before[f"W{i}"], before[f"b{i}"])
        x = (x - bn["running_mean"]) / np.sqrt(bn["running_var"] + 1e-5)
        x = np.maximum(before[f"gamma{i}"] * x + before[f"beta{i}"], 0)
    np.testing.assert_allclose(scores, x @ before["W3"] + before["b3"], rtol=1e-12)
    for name, array in model.state().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_training_renews_every_layers_running_averages():
    model, rng = random_network([4, 3], "batchnorm")
    X = rng.normal(size=(6, 5))
    _, caches = model.forward(X, "train")
    for bn, cache in zip(model.bn_params, caches, strict=False):
        assert isinstance(cache.norm, BatchnormCache)
        np.testing.assert_allclose(bn["running_mean"], 0.1 * cache.norm.mean, rtol=1e-12)
        np.testing.assert_allclose(bn["running_var"], 0.1 * cache.norm.var, rtol=1e-12)
    assert len(model.bn_params) == 2


# ----------------------------------------------------------------------------------------------------------- seeds
def test_a_seed_fixes_weights_and_masks_and_leaves_the_global_state_alone():
    np.random.seed(0)
    before = global_state()
    X, y = np.random.default_rng(0).normal(size=(6, 5)), np.zeros(6, int)
    first, again, other = (FullyConnectedNet([50], 5, 3, 0.5, seed=seed) for seed in (1, 1, 2))
    losses = [model.loss(X, y)[0] for model in (first, again, other)]
    assert global_state() == before
    np.testing.assert_array_equal(first.params.vector, again.params.vector)
    assert losses[0] == losses[1]
    assert not np.array_equal(first.params.vector, other.params.vector)


def test_masks_change_with_iteration_and_layer_only():
    model, rng = random_network([40, 40], keep=0.5)
    X = rng.normal(size=(6, 5))

    def masks(iteration: int) -> list[Any]:
        model.iteration = iteration
        return [cache.dropout.mask for cache in model.forward(X, "train")[1][:-1] if cache.dropout]

    first, again, later = masks(0), masks(0), masks(1)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], later[0])


def test_a_dropout_seed_fixes_the_masks_alone():
    np.random.seed(3)
    model, plain = (FullyConnectedNet([6, 6], 5, 3, 0.5, weight_scale="he", dropout_seed=seed) for seed in (9, None))
    np.random.seed(3)
    np.testing.assert_array_equal(model.params.vector, FullyConnectedNet([6, 6], 5, 3, weight_scale="he").params.vector)
    assert not np.array_equal(model.params.vector, plain.params.vector)
    X, masks = np.ones((4, 5)), []
    for model.iteration in (0, 0, 7):
        _, caches = model.forward(X, "train")
        masks += [cache.dropout.mask for cache in caches[:-1]]  # type: ignore[union-attr]
    expected = (np.random.default_rng(9).random((4, 6)) < 0.5) / 0.5
    for mask in masks:
        np.testing.assert_array_equal(mask, expected)


def test_without_a_seed_weights_come_layer_by_layer_from_the_global_state():
    np.random.seed(5)
    expected = [0.1 * np.random.randn(5, 4), 0.1 * np.random.randn(4, 3)]
    following = np.random.random()
    np.random.seed(5)
    model = FullyConnectedNet([4], 5, 3, normalization="batchnorm", weight_scale=0.1, dtype=np.float64)
    assert np.random.random() == following
    np.testing.assert_array_equal(model.params["W1"], expected[0])
    np.testing.assert_array_equal(model.params["W2"], expected[1])


def test_without_a_seed_masks_come_from_the_global_state():
    model = FullyConnectedNet([40], 5, 3, 0.5, dtype=np.float64)
    X, y = np.ones((6, 5)), np.zeros(6, int)
    np.random.seed(1)
    first, second = model.loss(X, y)[0], model.loss(X, y)[0]
    np.random.seed(1)
    assert model.loss(X, y)[0] == first != second


# ---------------------------------------------------------------------------------------------------- dtype, inputs
@each_normalization
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("given_as", [np.float32, np.float64, np.uint8])
def test_everything_is_of_the_models_dtype_and_inputs_are_not_changed(normalization, dtype, given_as):
    model, rng = random_network([4, 3], normalization, 0.7, 0.5, dtype=dtype)
    X, y = (9 * rng.random((6, 5))).astype(given_as), rng.integers(0, 3, 6)
    before = model.params.vector.copy()
    loss, grads = assert_untouched(model.loss, X, y)
    scores = assert_untouched(model.loss, X)
    arrays = [scores, grads.vector, *model.state().values(), *oracles.arrays_in(model.forward(X, "train"))]
    assert {a.dtype for a in arrays} == {np.dtype(dtype)}
    assert isinstance(loss, float)
    assert isinstance(grads, Parameters)
    assert list(grads) == list(model.params)
    np.testing.assert_array_equal(model.params.vector, before)


def test_params_can_be_set_as_a_whole_or_by_name():
    model, other = random_network([4])[0], random_network([4], seed=1)[0]
    own = model.params
    model.params = other.params
    assert model.params is own
    np.testing.assert_array_equal(own.vector, other.params.vector)
    assert not np.shares_memory(own.vector, other.params.vector)


@pytest.mark.parametrize("change", [lambda p: p.update(W9=p["W1"]), lambda p: p.pop("b1")])
def test_parameters_too_many_or_too_few_are_refused(change):
    model = random_network([4])[0]
    before, values = model.params.vector.copy(), {name: w + 1 for name, w in model.params.items()}
    change(values)
    with pytest.raises(ValueError, match=r"this network has W1, .*, but got"):
        model.params = values
    np.testing.assert_array_equal(model.params.vector, before)


@pytest.mark.parametrize("values", [None, 5, [1], {}, {1: 2}, "W1", np.zeros(3)], ids=repr)
def test_parameters_that_are_no_mapping_of_these_names_are_refused(values):
    with pytest.raises(ValueError, match="this network has W1") as error:
        random_network([4])[0].params = values
    assert_one_sentence(error)


def test_parameters_of_which_one_does_not_fit_change_nothing():
    model = random_network([4])[0]
    before = model.params.vector.copy()
    with pytest.raises(ValueError, match="b2 has shape"):
        model.params = {**{name: w + 1 for name, w in model.params.items()}, "b2": [1.0]}
    np.testing.assert_array_equal(model.params.vector, before)


@pytest.mark.parametrize("layers", [None, 3, {}, ["a"], (1,) * 9], ids=repr)
def test_layers_that_are_none_are_refused(layers):
    with pytest.raises(ValueError, match="must be Layers") as error:
        random_network([4])[0].layers = layers
    assert_one_sentence(error)


def test_a_backward_pass_takes_the_caches_of_its_forward_pass():
    model, rng = random_network([4])
    scores, caches = model.forward(rng.normal(size=(6, 5)), "train")
    no_caches: tuple[Any, ...] = (None, 3, "ab", {}, [], [1, 2], caches[:1], caches * 2)
    for others in no_caches:
        with pytest.raises(ValueError, match="what this network's forward pass gave") as error:
            model.backward(scores, others)
        assert_one_sentence(error)
    no_scores: tuple[Any, ...] = (1.0, scores[0], scores[:3], scores.T)
    for dscores in no_scores:
        with pytest.raises(ValueError, match="dscores has shape") as error:
            model.backward(dscores, caches)
        assert_one_sentence(error)


# ------------------------------------------------------------------------------------------------------------ state
@each_normalization
def test_state_goes_to_another_network_and_is_a_copy(normalization):
    model, rng = random_network([4, 3], normalization)
    X, y = rng.normal(size=(6, 5)), rng.integers(0, 3, 6)
    model.loss(X, y)
    state = model.state()
    running = ("running_mean1", "running_var1", "running_mean2", "running_var2")
    assert state.keys() == {*model.params, *(running if normalization == "batchnorm" else ())}
    other = random_network([4, 3], normalization, seed=9)[0]
    other.load_state(state)
    np.testing.assert_array_equal(other.loss(X), model.loss(X))
    for array in state.values():
        array[:] = 77
    for network in (model, other):
        assert not any((array == 77).any() for array in network.state().values())


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda s: s.pop("b2"), ["b2"]),
        (lambda s: s.pop("running_var1"), ["running_var1"]),
        (lambda s: s.update(W9=s["W1"]), ["W9"]),
        (lambda s: s.update(W2=s["W2"].T), ["W2", "(4, 3)", "(3, 4)"]),
        (lambda s: s.update(b2=s["b2"][:1]), ["b2", "(1,)"]),
        (lambda s: s.update(running_mean1=np.zeros(())), ["running_mean1", "()"]),
        (lambda s: s.update(beta2=np.array(["a", "b", "c"])), ["beta2", "<U1"]),
        (lambda s: s.update(beta2=np.zeros(3, complex)), ["beta2", "complex"]),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change, parts):
    model, other = random_network([4, 3], "batchnorm")[0], random_network([4, 3], "batchnorm", seed=1)[0]
    before, state = model.state(), other.state()
    change(state)
    with pytest.raises(ValueError, match="the state") as error:
        model.load_state(state)
    assert_one_sentence(error, *parts)
    for name, array in model.state().items():
        np.testing.assert_array_equal(array, before[name])


# ----------------------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({"normalization": "Batchnorm"}, ["'Batchnorm'", "batchnorm", "layernorm"]),
        ({"normalization": ""}, ["''", "batchnorm"]),
        ({"dropout_keep_ratio": 0}, ["dropout_keep_ratio", " 0,"]),
        ({"dropout_keep_ratio": 1.5}, ["dropout_keep_ratio", "1.5"]),
        ({"dropout_keep_ratio": float("nan")}, ["dropout_keep_ratio", "nan"]),
        ({"weight_scale": "gauss"}, ["weight_scale", "'gauss'"]),
        ({"weight_scale": -1}, ["weight_scale", "-1"]),
        ({"weight_scale": float("nan")}, ["weight_scale", "nan"]),
        ({"input_dim": 0}, ["input_dim", "at least 1", " 0,"]),
        ({"num_classes": -2}, ["num_classes", "at least 1", "-2"]),
        ({"hidden_dims": [4, 0]}, ["hidden_dims", "at least 1", "[4, 0]"]),
    ],
)
def test_settings_out_of_range_are_refused(settings, parts):
    with pytest.raises(ValueError, match=r"\S") as error:
        FullyConnectedNet(**({"hidden_dims": [4]} | settings))
    assert_one_sentence(error, *parts)


def test_examples_of_another_size_are_refused():
    model, _ = random_network([4])
    with pytest.raises(ValueError, match="features") as error:
        model.loss(np.ones((2, 6)))
    assert_one_sentence(error, "(2, 6)", "(5, 4)")


@each_normalization
def test_unknown_modes_are_refused(normalization):
    model, rng = random_network([4], normalization)
    with pytest.raises(ValueError, match="'train' or 'test'"):
        model.forward(rng.normal(size=(2, 5)), "tset")
