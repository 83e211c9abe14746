"""The effective step: what the rules do is what the factor says, and the known laws of each rule; published steps."""

import copy

import numpy as np
import pytest

from nnlib.labs.optimizers import published
from nnlib.labs.optimizers.effective_step import CURVES, SIGNALS, SPARSE_PERIOD, UNCORRECTED, effect, signal
from nnlib.labs.optimizers.published import PUBLISHED, compare

RATE = 0.01
SETTINGS = {"learning_rate": RATE}


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("rule", ["adagrad", "rmsprop"])
def test_the_update_is_the_factor_times_the_gradient(name, rule):
    gradients = signal(name, 300, seed=3)
    made = effect(rule, gradients, SETTINGS)
    np.testing.assert_allclose(made.updates, -made.factors * gradients, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(made.weights, made.updates.cumsum(), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("curve", ["adam", UNCORRECTED])
def test_adams_update_is_the_factor_times_the_averaged_gradient(name, curve):
    gradients = signal(name, 300, seed=3)
    made = effect(curve, gradients, SETTINGS)
    t = np.arange(1, 301)
    m = np.array([sum(0.1 * 0.9 ** (t - i) * gradients[i - 1] for i in range(1, t + 1)) for t in t])
    v = np.array([sum(0.001 * 0.999 ** (t - i) * gradients[i - 1] ** 2 for i in range(1, t + 1)) for t in t])
    if curve == "adam":
        m, v = m / (1 - 0.9**t), v / (1 - 0.999**t)
    np.testing.assert_allclose(made.factors, RATE / (np.sqrt(v) + 1e-8), rtol=1e-9)
    np.testing.assert_allclose(made.updates, -made.factors * m, rtol=1e-8, atol=1e-13)


def test_adagrads_steps_die_out_as_one_over_the_root_of_time():
    made = effect("adagrad", signal("constant", 1000), SETTINGS)
    np.testing.assert_allclose(made.factors, RATE / np.sqrt(np.arange(1, 1001)), rtol=1e-6)


def test_rmsprop_settles_at_the_learning_rate():
    made = effect("rmsprop", signal("constant", 2000), SETTINGS)
    np.testing.assert_allclose(made.factors, RATE / np.sqrt(1 - 0.99 ** np.arange(1, 2001)), rtol=1e-6)


def test_adam_takes_the_learning_rate_from_the_first_step_on():
    np.testing.assert_allclose(effect("adam", signal("constant", 1000), SETTINGS).updates, -RATE, rtol=1e-6)


def test_without_correction_adams_first_step_is_too_large():
    made = effect(UNCORRECTED, signal("constant", 1000), SETTINGS)
    t = np.arange(1, 1001)
    np.testing.assert_allclose(made.updates, -RATE * (1 - 0.9**t) / np.sqrt(1 - 0.999**t), rtol=1e-5)
    assert made.updates[0] / -RATE == pytest.approx(0.1 / np.sqrt(0.001), rel=1e-5)


def test_the_rules_settings_are_obeyed():
    gradients = signal("noisy", 50, seed=1)
    changed = effect("rmsprop", gradients, {"learning_rate": RATE, "decay_rate": 0.5, "epsilon": 0.1, "beta1": 0.5})
    cache = 0.0
    for g, factor in zip(gradients, changed.factors, strict=True):
        cache = 0.5 * cache + 0.5 * g**2
        assert factor == pytest.approx(RATE / (np.sqrt(cache) + 0.1))


def test_signals():
    assert signal("constant", 3).tolist() == [1, 1, 1]
    sparse = signal("sparse", 1000)
    assert sparse.sum() == 1000 / SPARSE_PERIOD and set(sparse) == {0, 1} and sparse[0] == 1
    noisy = signal("noisy", 10_000, seed=4)
    assert noisy.mean() == pytest.approx(1, abs=0.1) and noisy.std() == pytest.approx(2, abs=0.1)
    np.testing.assert_array_equal(noisy, signal("noisy", 10_000, seed=4))
    assert (noisy != signal("noisy", 10_000, seed=5)).any()


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="there is no gradient signal 'loud': choose one of constant"):
        signal("loud", 3)
    with pytest.raises(ValueError, match="there is no curve 'sgd': choose one of adagrad"):
        effect("sgd", np.ones(3), SETTINGS)
    assert "sgd" not in CURVES


# ----------------------------------------------------------------------------------------------- the published steps
@pytest.mark.parametrize("rule", PUBLISHED)
def test_the_published_steps_are_met(rule):
    compared = compare(rule)
    assert [c.name for c in compared] == list(PUBLISHED[rule].expected)
    assert all(c.error < c.limit for c in compared)


@pytest.mark.parametrize("rule", PUBLISHED)
def test_a_rule_that_is_wrong_by_1e_5_is_seen(rule, monkeypatch):
    right = published.RULES[rule]

    def wrong(w, dw, config):
        next_w, config = right(w, dw, config)
        return next_w * (1 + 1e-5), config

    monkeypatch.setitem(published.RULES, rule, wrong)
    assert any(c.error > c.limit for c in compare(rule))


def test_comparing_leaves_the_published_inputs_as_they_are():
    before = copy.deepcopy(PUBLISHED)
    first = [c.error for rule in PUBLISHED for c in compare(rule)]
    assert [c.error for rule in PUBLISHED for c in compare(rule)] == first
    for rule in before:
        for name, value in before[rule].config.items():
            np.testing.assert_array_equal(PUBLISHED[rule].config[name], value)
