"""Points: the figures are what they are called, whatever the settings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.data import DataError, points

MANY_CLASSES = ("spiral", "blobs")


def everything(dataset):
    X = np.concatenate([dataset.X_train, dataset.X_val, dataset.X_test])
    return X, np.concatenate([dataset.y_train, dataset.y_val, dataset.y_test])


@given(
    name=st.sampled_from(sorted(points.FIGURES)),
    num_points=st.integers(100, 400),
    num_classes=st.integers(2, 10),
    noise=st.floats(0, 10),
    seed=st.integers(0, 2**63 - 1),
)
def test_any_settings(name, num_points, num_classes, noise, seed):
    settings = {"num_classes": num_classes} if name in MANY_CLASSES else {}
    C = num_classes if settings else 2
    state = np.random.get_state(legacy=False)["state"]["key"].copy()
    first = points.FIGURES[name](num_points, noise=noise, seed=seed, **settings)
    again = points.FIGURES[name](num_points, noise=noise, seed=seed, **settings)
    other = points.FIGURES[name](num_points, noise=noise, seed=seed ^ 1, **settings)
    assert np.array_equal(np.random.get_state(legacy=False)["state"]["key"], state)
    X, y = everything(first)
    assert X.shape == (num_points, 2)
    assert X.dtype == np.float32
    assert y.dtype == np.int64
    counts = np.bincount(y)
    assert len(counts) == C == len(first.class_names)
    assert counts.max() - counts.min() <= 1
    assert len(first.X_val) == len(first.X_test) == num_points // 5
    assert np.array_equal(everything(again)[0], X)
    assert np.array_equal(everything(again)[1], y)
    assert not np.array_equal(everything(other)[1], y)
    assert first.name == name
    assert first.image_shape is None


@pytest.mark.parametrize("name", points.FIGURES)
def test_noise_is_a_standard_deviation(name):
    clean, noisy = (everything(points.FIGURES[name](20_000, noise=noise, seed=3))[0] for noise in (0, 0.3))
    np.testing.assert_allclose((noisy - clean).std(axis=0), 0.3, rtol=0.03)
    np.testing.assert_allclose((noisy - clean).mean(axis=0), 0, atol=0.01)
    assert np.abs(clean).max() <= 1.001


def test_spiral_arms_turn_four_radians():
    X, y = everything(points.spiral(300, num_classes=3, noise=0))
    radius, angle = np.hypot(*X.T), np.arctan2(X[:, 1], X[:, 0])
    turned = (angle - 4 * radius - 2 * np.pi * y / 3 + np.pi) % (2 * np.pi) - np.pi
    np.testing.assert_allclose(turned, 0, atol=1e-4)
    np.testing.assert_allclose(np.sort(radius[y == 1]), np.arange(1, 101) / 100, rtol=1e-5)


def test_circles_lie_inside_one_another():
    X, y = everything(points.circles(200, noise=0))
    np.testing.assert_allclose(np.hypot(*X.T), 0.5 + 0.5 * y, rtol=1e-5)


def test_moons_are_half_circles_turned_to_each_other():
    X, y = everything(points.moons(201, noise=0))
    centres = np.array([[-0.5, -0.25], [0.5, 0.25]]) / 1.5
    np.testing.assert_allclose(np.hypot(*(X - centres[y]).T), 1 / 1.5, rtol=1e-5)
    assert (X[y == 0, 1] >= centres[0, 1] - 1e-6).all()
    assert (X[y == 1, 1] <= centres[1, 1] + 1e-6).all()
    assert X[y == 1, 1].max() > X[y == 0, 1].min()


def test_xor_is_the_sign_of_the_product():
    X, y = everything(points.xor(400, noise=0))
    assert np.array_equal(X[:, 0] * X[:, 1] < 0, y == 1)
    quarters = np.unique(np.sign(X), axis=0, return_counts=True)[1]
    assert len(quarters) == 4
    assert quarters.min() > 60


def test_blobs_are_round_their_centres():
    X, y = everything(points.blobs(400, num_classes=4, noise=0))
    angle = np.pi / 2 * y
    np.testing.assert_allclose(X, 0.75 * np.stack([np.cos(angle), np.sin(angle)], axis=1), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_points": 29}, "num_points must be from 30 to 100000, but is 29"),
        ({"num_points": 10**9}, "num_points"),
        ({"num_points": 100.5}, "num_points must be a whole number"),
        ({"num_points": None}, "num_points must be a whole number"),
        ({"num_points": True}, "num_points must be a whole number"),
        ({"num_classes": 1}, "num_classes must be from 2 to 10, but is 1"),
        ({"num_classes": 11}, "num_classes"),
        ({"noise": -0.1}, "noise must be a number from 0 to 10"),
        ({"noise": float("nan")}, "noise"),
        ({"noise": float("inf")}, "noise"),
        ({"noise": "much"}, "noise"),
        ({"noise": 10**400}, "noise"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"seed": None}, "seed must be a whole number"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(DataError, match=message):
        points.spiral(**settings)
