"""What is measured of a trained network: accuracies, mistakes, units, gradients with respect to inputs, the map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnlib.gradient_check import eval_numerical_gradient
from nnlib.labs.examine import network
from nnlib.layers import softmax_loss
from nnlib.runs.accuracy import Accuracy
from tests.nnlib.oracles import assert_one_sentence
from tests.nnlib.training import random_network

NORMS = [None, "batchnorm", "layernorm"]


def trained(normalization: str | None = None, **settings: Any):
    """A random network whose running averages are not those it starts with, and examples (20, 5)."""
    model, rng = random_network([7, 6], normalization, **settings)
    X = rng.normal(size=(20, 5))
    model.loss(X, rng.integers(0, 3, 20))
    return model, X


class TestAccuracy:
    @pytest.mark.parametrize(
        ("right", "count", "low", "high"),
        [  # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ],
    )
    def test_wilsons_interval_is_the_published_one(self, right: int, count: int, low: float, high: float):
        assert Accuracy(right, count).interval() == pytest.approx((low, high), abs=5e-5)

    def test_it_mirrors_and_stays_within_0_and_1(self):
        low, high = Accuracy(3, 40).interval()
        assert Accuracy(37, 40).interval() == pytest.approx((1 - high, 1 - low))
        assert Accuracy(40, 40).interval()[1] == 1.0

    def test_about_95_of_100_intervals_hold_the_true_share(self):
        rng = np.random.default_rng(3)
        drawn = rng.binomial(200, 0.9, 2000)
        held = [low <= 0.9 <= high for low, high in (Accuracy(int(right), 200).interval() for right in drawn)]
        assert 0.93 < np.mean(held) < 0.97

    def test_share_and_standard_error(self):
        accuracy = Accuracy(525, 1000)
        assert accuracy.share == 0.525
        assert accuracy.standard_error == pytest.approx(np.sqrt(0.525 * 0.475 / 1000))

    def test_nothing_counted_says_nothing(self):
        nothing = Accuracy(0, 0)
        assert (nothing.share, nothing.standard_error, nothing.interval()) == (0.0, 0.0, (0.0, 1.0))


class TestProbabilities:
    def test_are_those_of_the_softmax_loss_in_chunks(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(network, "CHUNK", 7)
        model, X = trained("batchnorm", keep=0.5)
        told: list[float] = []
        p = network.probabilities(model, X, told.append)
        y = np.arange(20) % 3
        loss, _ = softmax_loss(model.loss(X), y)
        assert -np.log(p[np.arange(20), y]).mean() == pytest.approx(loss)
        np.testing.assert_allclose(p.sum(axis=1), 1)
        assert told == pytest.approx([7 / 20, 14 / 20, 1])

    def test_of_no_examples(self):
        model, X = trained()
        assert network.probabilities(model, X[:0]).shape == (0, 3)

    def test_of_scores_beyond_all_numbers(self):
        model, X = trained(dtype=np.float32)
        for name in ("W1", "W2", "W3"):
            model.params[name] = 1e30 * model.params[name]
        p = network.probabilities(model, X.astype(np.float32))
        assert np.isfinite(p).all()
        a = network.activations(model, X.astype(np.float32), 3)
        assert np.isfinite(a).all()
        assert np.isfinite(network.principal_components(a).places).all()


class TestMistakes:
    def test_confusion_matrix_counts_true_by_predicted(self):
        y, predicted = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 0, 0, 2])
        np.testing.assert_array_equal(network.confusion_matrix(y, predicted, 3), [[1, 1, 0], [0, 1, 0], [2, 0, 1]])

    def test_accuracy_of_each_class_also_of_one_without_examples(self):
        confusion = np.array([[3, 1, 0], [0, 0, 0], [2, 0, 5]])
        assert network.class_accuracies(confusion) == [(3, 4), (0, 0), (5, 7)]

    def test_the_surest_mistake_comes_first(self):
        p = np.array([[0.9, 0.1], [0.3, 0.7], [0.05, 0.95], [0.4, 0.6]])
        y = np.array([0, 0, 0, 1])
        np.testing.assert_array_equal(network.confident_mistakes(p, y), [2, 1])


class TestUnits:
    @pytest.mark.parametrize("normalization", NORMS)
    def test_activations_are_the_layers_outputs_in_test_mode(self, normalization, monkeypatch):
        monkeypatch.setattr(network, "CHUNK", 6)
        model, X = trained(normalization, keep=0.5)
        scores, caches = model.forward(X, "test")
        np.testing.assert_array_equal(network.activations(model, X, 0), X)
        for layer in (1, 2):
            relu = caches[layer - 1].relu
            assert relu is not None
            np.testing.assert_allclose(network.activations(model, X, layer), np.maximum(relu.x, 0))
        np.testing.assert_allclose(network.activations(model, X, 3), scores)

    @pytest.mark.parametrize("layer", [-1, 4])
    def test_there_are_no_other_layers(self, layer: int):
        model, X = trained()
        with pytest.raises(ValueError, match=r"0 .* to 3"):
            network.activations(model, X, layer)

    def test_dead_units_and_strongest_inputs(self):
        a = np.array([[0.0, 1.0, 0.5], [0.0, 0.0, 2.0], [0.0, 3.0, 0.0], [0.0, 2.0, 0.0]])
        np.testing.assert_array_equal(network.dead_units(a), [0])
        np.testing.assert_array_equal(network.strongest(a, 1, 2), [2, 3])
        np.testing.assert_array_equal(network.strongest(a, 2, 10), [1, 0])
        assert len(network.strongest(a, 0, 10)) == 0

    @pytest.mark.parametrize("normalization", NORMS)
    @pytest.mark.parametrize("layer", [1, 2, 3])
    def test_the_input_gradient_is_the_numerical_one(self, normalization, layer: int):
        model, X = trained(normalization)
        expected = eval_numerical_gradient(
            lambda X: float(network.activations(model, X, layer)[:, 1].mean()), X.copy(), verbose=False
        )
        found = network.input_gradient(model, X, layer, 1)
        np.testing.assert_allclose(found, expected.sum(axis=0), rtol=1e-5, atol=1e-8)

    def test_of_the_first_layer_it_is_the_weights(self):
        model, X = trained()
        rows = network.strongest(network.activations(model, X, 1), 2, 5)
        np.testing.assert_allclose(network.input_gradient(model, X[rows], 1, 2), model.params["W1"][:, 2])

    def test_training_state_is_left_alone(self):
        model, X = trained("batchnorm")
        before = model.state()
        network.activations(model, X, 2)
        network.input_gradient(model, X, 2, 0)
        network.probabilities(model, X)
        for name, array in model.state().items():
            np.testing.assert_array_equal(array, before[name])


class TestPrincipalComponents:
    def test_are_the_eigenvectors_of_the_covariance(self):
        rng = np.random.default_rng(0)
        a = rng.normal(size=(50, 6)) @ rng.normal(size=(6, 6)) + 3
        found = network.principal_components(a)
        values, vectors = np.linalg.eigh(np.cov(a.T))
        np.testing.assert_allclose(found.shares, values[::-1] / values.sum())
        for k in (0, 1):
            direction = vectors[:, -1 - k]
            direction = direction * np.sign(direction[np.abs(direction).argmax()])
            np.testing.assert_allclose(found.places[:, k], (a - a.mean(axis=0)) @ direction)

    def test_of_points_on_a_line_there_is_one(self):
        found = network.principal_components(np.outer(np.arange(5.0), [3.0, 4.0]))
        np.testing.assert_allclose(found.places, np.stack([5 * (np.arange(5) - 2.0), np.zeros(5)], axis=1), atol=1e-12)
        np.testing.assert_allclose(found.shares, [1, 0], atol=1e-12)

    @pytest.mark.parametrize("a", [np.zeros((4, 3)), np.ones((4, 1)), np.ones((1, 3))])
    def test_of_nothing_that_varies_there_are_none(self, a: np.ndarray):
        found = network.principal_components(a)
        np.testing.assert_array_equal(found.places, np.zeros((len(a), 2)))
        assert found.shares.sum() == 0


class TestWhatCannotBe:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_examples_that_are_not_finite_are_no_evidence(self, value: float):
        model, X = trained()
        X[3, 2] = value
        calls = (
            network.probabilities,
            lambda m, X: network.activations(m, X, 1),
            lambda m, X: network.activations(m, X, 3),
        )
        for call in calls:
            with pytest.raises(ValueError, match=r"X must hold finite numbers, but has .* in example 3: ") as error:
                call(model, X)
            assert_one_sentence(error)

    @pytest.mark.parametrize(
        "y", [np.zeros((4, 1), int), [0, 1], [0, 1, 2, 3], [0, 1, 2, -1], np.zeros(4), np.eye(4, 3)]
    )
    def test_labels_that_are_none_are_refused_wherever_they_meet_predictions(self, y: Any):
        p = np.eye(4, 3) / 2 + 1 / 6
        predicted = np.zeros(4, int)
        for call in (
            lambda: network.confusion_matrix(y, predicted, 3),
            lambda: network.confusion_matrix(predicted, y, 3),
            lambda: network.confident_mistakes(p, y),
        ):
            with pytest.raises(ValueError, match=r"^labels are whole numbers from 0 to 2, one for each of ") as error:
                call()
            assert_one_sentence(error)
