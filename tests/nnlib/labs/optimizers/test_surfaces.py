"""Loss surfaces: gradients against differences and autograd, minima where they are said to be; walks over them."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from nnlib.gradient_check import eval_numerical_gradient_array
from nnlib.labs.optimizers.surfaces import SURFACES
from nnlib.labs.optimizers.walks import reach, walk, winner
from nnlib.optim import DEFAULTS, RULES

every_surface = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)


def sigmoid(a):
    return 1 / (1 + anp.exp(-a))


# The formulas once more, as their sources and docstrings write them, for autograd.
ORACLES = {
    "bowl": lambda x, y: 0.5 * (x**2 + 50 * y**2),
    "rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "saddle": lambda x, y: x**2 / 2 + y**4 / 4 - y**2 / 2,
    "beale": lambda x, y: (
        (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2
    ),
    "rastrigin": lambda x, y: 20 + x**2 - 10 * anp.cos(2 * anp.pi * x) + y**2 - 10 * anp.cos(2 * anp.pi * y),
    "plateau": lambda x, y: 0.5 * ((sigmoid(y - x) - 0.25) ** 2 + (sigmoid(y + x) - 0.75) ** 2),
}  # fmt: skip


def points(surface, count=50):
    x0, x1, y0, y1 = surface.extent
    return np.random.default_rng(0).uniform([x0, y0], [x1, y1], (count, 2))


# -------------------------------------------------------------------------------------------------------- surfaces
@every_surface
def test_values_and_gradients_are_those_of_the_formula(surface):
    oracle = ORACLES[surface.name]
    for w in points(surface):
        assert surface.value(w) == pytest.approx(oracle(*w), rel=1e-12, abs=1e-14)
        expected = [autograd.grad(oracle, i)(*w) for i in (0, 1)]
        np.testing.assert_allclose(surface.gradient(w), expected, rtol=1e-9, atol=1e-13)


@every_surface
def test_gradients_agree_with_differences(surface):
    upstream = np.random.default_rng(1).normal(size=50)
    w = points(surface)
    numerical = eval_numerical_gradient_array(surface.value, w.copy(), upstream)
    scale = np.abs(surface.gradient(w)).max()
    np.testing.assert_allclose(surface.gradient(w) * upstream[:, None], numerical, rtol=1e-5, atol=1e-8 * scale)


@every_surface
def test_many_points_go_through_at_once(surface):
    grid = points(surface, 12).reshape(3, 4, 2)
    assert surface.value(grid).shape == (3, 4)
    assert surface.gradient(grid).shape == (3, 4, 2)
    assert surface.value(grid)[1, 2] == surface.value(grid[1, 2])


@every_surface
def test_the_minima_are_the_lowest_points_in_view(surface):
    minima = np.array(surface.minima)
    np.testing.assert_allclose(surface.gradient(minima), 0, atol=1e-12)
    np.testing.assert_allclose(surface.value(minima), surface.lowest, atol=1e-14)
    assert (surface.value(points(surface, 5000)) > surface.lowest).all()
    x0, x1, y0, y1 = surface.extent
    for x, y in [*surface.minima, surface.start]:
        assert x0 < x < x1
        assert y0 < y < y1


def test_there_are_a_bowl_a_valley_a_saddle_cliffs_many_minima_and_a_plateau():
    assert list(SURFACES) == ["bowl", "rosenbrock", "saddle", "beale", "rastrigin", "plateau"]
    along, across = SURFACES["bowl"].gradient(np.ones(2))
    assert across / along == pytest.approx(50)
    w = np.array([1e-4, 1e-4])
    np.testing.assert_allclose(SURFACES["saddle"].gradient(w), [w[0], -w[1]], rtol=1e-6)  # up along x, down along y
    slopes = np.linalg.norm(SURFACES["plateau"].gradient(points(SURFACES["plateau"], 2000)), axis=-1)
    assert np.quantile(slopes, 0.2) < 0.1 * slopes.max()  # flat where the sigmoid saturates


# ------------------------------------------------------------------------------------------------------------ walks
@every_surface
@pytest.mark.parametrize("rule", RULES)
def test_a_walk_is_the_rule_applied_again_and_again(surface, rule):
    walked = walk(surface, rule, surface.start, 25)
    w, config = np.array(surface.start), {"learning_rate": surface.learning_rate(rule)}
    for t in range(1, 26):
        w, config = RULES[rule](w, surface.gradient(w), config)
        np.testing.assert_array_equal(walked.points[t], w)
        for name, remembered in walked.memory.items():
            np.testing.assert_array_equal(remembered[t], config[name])
    np.testing.assert_array_equal(walked.losses, surface.value(walked.points))
    np.testing.assert_array_equal(walked.gradients, surface.gradient(walked.points))
    assert set(walked.memory) == {name for name, value in config.items() if isinstance(value, np.ndarray)}
    assert all((remembered[0] == 0).all() for remembered in walked.memory.values())


def test_the_settings_are_the_rules_own():
    bowl = SURFACES["bowl"]
    walked = walk(bowl, "sgd_momentum", (1, 1), 3, {"learning_rate": 0.1, "momentum": 0.0})
    plain = walk(bowl, "sgd", (1, 1), 3, {"learning_rate": 0.1})
    np.testing.assert_array_equal(walked.points, plain.points)
    assert DEFAULTS["sgd_momentum"] == {"learning_rate": 1e-2, "momentum": 0.9}


def test_gradient_descent_diverges_on_the_bowl_from_two_over_the_curvature_on():
    bowl = SURFACES["bowl"]
    calm = walk(bowl, "sgd", bowl.start, 2000, {"learning_rate": 0.0399})
    wild = walk(bowl, "sgd", bowl.start, 2000, {"learning_rate": 0.0401})
    assert calm.diverged is None and calm.arrived is not None
    assert wild.diverged == len(wild.points) and wild.arrived is None
    assert np.isfinite(wild.points).all()


def test_a_step_to_infinity_ends_the_walk():
    walked = walk(SURFACES["beale"], "sgd", (4, 3), 10, {"learning_rate": 1e300})
    assert (walked.diverged, len(walked.points)) == (1, 1)


@every_surface
def test_arrived_means_to_stay(surface):
    for rule in RULES:
        walked = walk(surface, rule, surface.start, surface.steps)
        distances = np.min([np.hypot(*(walked.points - minimum).T) for minimum in surface.minima], axis=0)
        if walked.arrived is None:
            assert distances[-1] > reach(surface)
        else:
            assert (distances[walked.arrived :] <= reach(surface)).all()
            assert distances[walked.arrived - 1] > reach(surface)


def test_a_walk_that_starts_at_the_minimum_has_arrived():
    assert walk(SURFACES["bowl"], "adam", (0, 0), 5).arrived == 0


def test_the_suggested_learning_rates_neither_diverge_nor_stand_still():
    for surface in SURFACES.values():
        for rule in RULES:
            walked = walk(surface, rule, surface.start, surface.steps)
            assert walked.diverged is None
            assert walked.losses[-1] < 0.7 * walked.losses[0]


def test_the_first_to_arrive_wins():
    bowl = SURFACES["bowl"]
    slow, fast = (walk(bowl, "sgd", bowl.start, 300, {"learning_rate": rate}) for rate in (0.02, 0.035))
    lost = walk(bowl, "sgd", bowl.start, 300, {"learning_rate": 1.0})
    assert winner([slow, lost, fast]) is fast
    assert winner([lost]) is None
    assert winner([fast, fast]) is None


@pytest.mark.parametrize("start", [(np.nan, 0), (np.inf, 1), (1, 2, 3)])
def test_a_start_that_is_no_point_is_refused(start):
    with pytest.raises(ValueError, match="a walk starts at two finite numbers"):
        walk(SURFACES["bowl"], "sgd", start, 5)


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="there is no update rule 'lion'"):
        walk(SURFACES["bowl"], "lion", (1, 1), 5)
