"""The update rules: the first two steps by hand, minima found, memory kept in config, dtypes kept, `out` obeyed."""

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.optim import DEFAULTS, RULES, adam, adamw, get_rule, nesterov_momentum, sgd_momentum
from tests.draws import draws
from tests.nnlib.oracles import assert_one_sentence, assert_untouched

every_rule = pytest.mark.parametrize("rule", RULES)
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)

# Two steps worked by hand from w = 1, with gradients chosen so that every root comes out even: `path` is w after each
# step, `memory` what config holds then.
BY_HAND = {
    "sgd": {
        "config": {"learning_rate": F(1, 4)},
        "gradients": (F(3), F(-1)),
        "path": (F(1, 4), F(1, 2)),  # 1 - 3/4; + 1/4
        "memory": {},
    },
    "sgd_momentum": {
        "config": {"learning_rate": F(1, 4), "momentum": F(1, 2)},
        "gradients": (F(3), F(-1)),
        "path": (F(1, 4), F(1, 8)),
        "memory": {"velocity": (F(-3, 4), F(-1, 8))},  # -3/4; 1/2 * -3/4 + 1/4
    },
    "nesterov_momentum": {
        "config": {"learning_rate": F(1, 4), "momentum": F(1, 2)},
        "gradients": (F(3), F(-1)),
        "path": (F(-1, 8), F(1, 16)),  # 1 - 3/8 - 3/4; -1/8 - 1/16 + 1/4
        "memory": {"velocity": (F(-3, 4), F(-1, 8))},
    },
    "adagrad": {
        "config": {"learning_rate": F(1, 2), "epsilon": F(1)},
        "gradients": (F(3), F(-4)),
        "path": (F(5, 8), F(23, 24)),  # 1 - 1/2 * 3/(3+1); + 1/2 * 4/(5+1)
        "memory": {"cache": (F(9), F(25))},
    },
    "rmsprop": {
        "config": {"learning_rate": F(1, 2), "decay_rate": F(3, 4), "epsilon": F(1)},
        "gradients": (F(2), F(-11, 4)),
        "path": (F(1, 2), F(43, 42)),  # 1 - 1/2 * 2/(1+1); + 1/2 * (11/4)/(13/8+1)
        "memory": {"cache": (F(1), F(169, 64))},  # 4/4; 3/4 + 121/64
    },
    "adam": {
        "config": {"learning_rate": F(1, 2), "beta1": F(1, 2), "beta2": F(3, 4), "epsilon": F(1)},
        "gradients": (F(9), F(-5)),
        "path": (F(11, 20), F(137, 240)),  # mhat 9, vhat 81: 1 - 1/2 * 9/10; mhat -1/3, vhat 49: + 1/2 * 1/3 / 8
        "memory": {"m": (F(9, 2), F(-1, 4)), "v": (F(81, 4), F(343, 16)), "t": (1, 2)},
    },
    "adamw": {
        "config": {"learning_rate": F(1, 2), "beta1": F(1, 2), "beta2": F(3, 4), "epsilon": F(1)}
        | {"weight_decay": F(1, 5)},
        "gradients": (F(9), F(-5)),
        "path": (F(9, 20), F(511, 1200)),  # as adam's, and - 1/2 * 1/5 * w each time
        "memory": {"m": (F(9, 2), F(-1, 4)), "v": (F(81, 4), F(343, 16)), "t": (1, 2)},
    },
}

# A parabola of unequal axes around (3, -2), and Rosenbrock's bent valley with its floor at (1, 1).
PROBLEMS = {
    "parabola": (lambda w: np.array([1, 10]) * (w - [3, -2]), (0, 0), (3, -2), 600, 1e-6),
    "rosenbrock": (
        lambda w: np.array([2 * (w[0] - 1) - 400 * w[0] * (w[1] - w[0] ** 2), 200 * (w[1] - w[0] ** 2)]),
        (-1, 1.5),
        (1, 1),
        6000,
        0.05,
    ),
}
LEARNING_RATES = {
    "sgd": (0.1, 0.002),
    "sgd_momentum": (0.02, 0.001),
    "nesterov_momentum": (0.02, 0.001),
    "adagrad": (1.0, 0.4),
    "rmsprop": (0.05, 0.002),
    "adam": (0.1, 0.01),
    "adamw": (0.1, 0.01),
}


@every_rule
@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_rule_finds_the_minimum(rule, problem):
    gradient, start, minimum, steps, tolerance = PROBLEMS[problem]
    w, config = np.array(start, float), {"learning_rate": LEARNING_RATES[rule][list(PROBLEMS).index(problem)]}
    if rule == "adamw":
        config["weight_decay"] = 0.0  # which would pull towards 0, away from the minimum
    for _ in range(steps):
        w, config = RULES[rule](w, gradient(w), config)
    np.testing.assert_allclose(w, minimum, atol=tolerance)


@every_rule
@pytest.mark.parametrize("in_place", [False, True])
def test_the_first_two_steps_by_hand(rule, in_place):
    case = BY_HAND[rule]
    w, config = np.array([1.0]), {name: float(value) for name, value in case["config"].items()}
    for step, (gradient, expected) in enumerate(zip(case["gradients"], case["path"], strict=True)):
        w, config = RULES[rule](w, np.array([float(gradient)]), config, out=w if in_place else None)
        assert w[0] == pytest.approx(float(expected), rel=1e-14)
        for name, values in case["memory"].items():
            assert np.ravel(config[name])[0] == pytest.approx(float(values[step]), rel=1e-14), name


def test_every_rule_is_worked_by_hand():
    assert list(BY_HAND) == list(RULES) == list(DEFAULTS)


def test_the_defaults_are_the_usual_ones():
    assert DEFAULTS == {
        "sgd": {"learning_rate": 1e-2},
        "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
        "nesterov_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
        "adagrad": {"learning_rate": 1e-2, "epsilon": 1e-8},
        "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
        "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        "adamw": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 1e-2},
    }


@every_rule
@draws(15)
@given(shape=SHAPES, dtype=st.sampled_from([np.float32, np.float64]), seed=st.integers(0, 2**32 - 1))
def test_dtype_and_shape_are_kept_and_w_and_dw_are_not_changed(rule, shape, dtype, seed):
    rng = np.random.default_rng(seed)
    w, config = rng.normal(size=shape).astype(dtype), None
    for _ in range(3):
        dw = rng.normal(size=shape).astype(dtype)
        next_w, config = assert_untouched(lambda w, dw, config=config: RULES[rule](w, dw, config), w, dw)
        arrays = {"next_w": next_w} | {name: a for name, a in config.items() if isinstance(a, np.ndarray)}
        assert {(a.shape, a.dtype) for a in arrays.values()} == {(shape, np.dtype(dtype))}
        assert not np.shares_memory(next_w, w)
        w = next_w


def test_a_numpy_number_as_learning_rate_keeps_the_dtype():
    w = np.ones(3, np.float32)
    for rule in RULES.values():
        next_w, config = rule(w, w, {"learning_rate": 10 ** np.float64(-3)})
        arrays = [next_w, *(value for value in config.values() if isinstance(value, np.ndarray))]
        assert {a.dtype for a in arrays} == {np.dtype(np.float32)}, rule.__name__


@every_rule
def test_out_receives_the_next_weights_and_may_be_w(rule):
    rng = np.random.default_rng(0)
    w, dw = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    expected, _ = RULES[rule](w, dw)
    other = np.full((2, 3), np.nan)
    next_w, _ = assert_untouched(lambda w, dw: RULES[rule](w, dw, out=other), w, dw)
    assert next_w is other
    np.testing.assert_array_equal(other, expected)
    next_w, _ = assert_untouched(lambda dw: RULES[rule](w, dw, out=w), dw)
    assert next_w is w
    np.testing.assert_array_equal(w, expected)


@every_rule
def test_config_is_filled_in_place_and_goes_round(rule):
    """CS231n's notebooks look into the very dict that they gave; without one a new one comes back."""
    w, dw, config = np.ones(3), np.ones(3), {"learning_rate": 0.5}
    _, returned = RULES[rule](w, dw, config)
    assert returned is config
    assert config.keys() >= DEFAULTS[rule].keys() | {"learning_rate"}
    assert config["learning_rate"] == 0.5
    first, second = RULES[rule](w, dw)[1], RULES[rule](w, dw)[1]
    assert first is not second
    assert DEFAULTS[rule].items() <= first.items()
    memory = [name for name, value in first.items() if isinstance(value, np.ndarray)]
    assert set(memory) == set(BY_HAND[rule]["memory"]) - {"t"}
    assert not any(np.shares_memory(first[name], second[name]) for name in memory)


@every_rule
def test_entries_of_w_do_not_see_each_other(rule):
    """So one step over a flat vector of all parameters is a step for each of them."""
    rng = np.random.default_rng(0)
    whole, parts = rng.normal(size=6), []
    gradients = rng.normal(size=(3, 6))
    for half in (slice(3), slice(3, None)):
        w, config = whole[half], None
        for dw in gradients:
            w, config = RULES[rule](w, dw[half], config)
        parts.append(w)
    w, config = whole, None
    for dw in gradients:
        w, config = RULES[rule](w, dw, config)
    np.testing.assert_array_equal(w, np.concatenate(parts))


def test_adamw_decays_weights_beside_adam_and_not_through_it():
    rng = np.random.default_rng(0)
    w, dw = rng.normal(size=5), rng.normal(size=5)
    settings = {"learning_rate": 0.1}
    plain, plain_config = adam(w, dw, dict(settings))
    decayed, config = adamw(w, dw, {**settings, "weight_decay": 0.5})
    np.testing.assert_allclose(decayed, plain - 0.1 * 0.5 * w, rtol=1e-14)
    np.testing.assert_array_equal(config["m"], plain_config["m"])
    np.testing.assert_array_equal(config["v"], plain_config["v"])
    shrunk, _ = adamw(w, np.zeros(5), {**settings, "weight_decay": 0.5})
    np.testing.assert_allclose(shrunk, 0.95 * w, rtol=1e-14)


def test_adams_first_step_is_the_learning_rate_whatever_the_gradients_size():
    """So it does count its first step as t = 1."""
    w, config = adam(np.zeros(3), np.array([1e-3, -1.0, 1e3]), {"learning_rate": 0.01})
    np.testing.assert_allclose(w, [-0.01, 0.01, -0.01], rtol=1e-4)
    assert config["t"] == 1


def test_nesterov_is_momentum_seen_from_where_the_velocity_leads():
    """On a parabola: Nesterov's points are momentum's points plus momentum times the velocity there."""
    a, learning_rate, mu = np.array([1.0, 4.0]), 0.1, 0.8
    x, velocity = np.array([1.0, -2.0]), np.zeros(2)
    seen, config = x.copy(), {"learning_rate": learning_rate, "momentum": mu}
    for _ in range(5):
        velocity = mu * velocity - learning_rate * a * (x + mu * velocity)  # Sutskever et al., 2013, eqs. 3 and 4
        x = x + velocity
        seen, config = nesterov_momentum(seen, a * seen, config)
        np.testing.assert_allclose(seen, x + mu * velocity, rtol=1e-12)
        np.testing.assert_allclose(config["velocity"], velocity, rtol=1e-12)


def test_momentum_remembers_what_config_brings():
    w, config = sgd_momentum(np.zeros(1), np.zeros(1), {"velocity": np.array([2.0]), "momentum": 0.5})
    assert (w[0], config["velocity"][0]) == (1, 1)


def test_rules_are_found_by_name_and_unknown_ones_refused():
    assert get_rule("adam") is adam is RULES["adam"]
    for name in ("Adam", "", "adam "):
        with pytest.raises(ValueError, match="no update rule") as error:
            get_rule(name)
        assert_one_sentence(error, repr(name), *RULES)


@every_rule
@pytest.mark.parametrize("shape", [(3, 1), (1,), (), (2, 3)])
def test_a_gradient_that_would_broadcast_is_refused(rule, shape):
    with pytest.raises(ValueError, match="dw") as error:
        RULES[rule](np.ones(3), np.ones(shape))
    assert_one_sentence(error, str(shape), "(3,)")


@pytest.mark.parametrize("rule", [adam, adamw])
@pytest.mark.parametrize("t", [-1, 1.5, "a", None, True, [1], np.nan, 2**53 + 1, 10**400], ids=lambda t: f"{t!r:.20}")
def test_a_count_of_steps_that_cannot_be_is_refused(rule, t):
    with pytest.raises(ValueError, match=r"^t is ") as error:
        rule(np.ones(3), np.ones(3), {"t": t})
    assert_one_sentence(error)
