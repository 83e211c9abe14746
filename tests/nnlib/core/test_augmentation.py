"""Training pictures made anew: each of the moves happens as often as said, and nothing else happens to a picture."""

import numpy as np
import pytest

from nnlib.augmentation import AUGMENTATIONS, SHIFT, flip, shift


def pictures(N: int, side: int = 12) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((N, 3, side, side)).astype(np.float32)


def moved(x: np.ndarray, dy: int, dx: int) -> np.ndarray:
    """The picture seen through a window that lies dy lower and dx further to the right; 0 outside."""
    height, width = x.shape[-2:]
    wide = np.zeros((3, height + 2 * SHIFT, width + 2 * SHIFT), x.dtype)
    wide[:, SHIFT : SHIFT + height, SHIFT : SHIFT + width] = x
    return wide[:, SHIFT + dy : SHIFT + dy + height, SHIFT + dx : SHIFT + dx + width]


def test_a_shifted_picture_is_the_picture_moved_with_zeros_at_its_edges():
    X = pictures(400)
    places = []
    for x, out in zip(X, shift(X, np.random.default_rng(1).random), strict=True):
        found = [
            (dy, dx)
            for dy in range(-SHIFT, SHIFT + 1)
            for dx in range(-SHIFT, SHIFT + 1)
            if np.array_equal(moved(x, dy, dx), out)
        ]
        assert len(found) == 1
        places += found
    assert len(set(places)) == (2 * SHIFT + 1) ** 2
    assert {dy for dy, _ in places} == {dx for _, dx in places} == set(range(-SHIFT, SHIFT + 1))


def test_both_is_a_flip_then_a_shift():
    X = pictures(50)
    streams = [np.random.default_rng(2).random for _ in range(2)]
    np.testing.assert_array_equal(
        AUGMENTATIONS["flip and shift"](X, streams[0]), shift(flip(X, streams[1]), streams[1])
    )


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_nothing_is_changed_in_place_and_type_and_shape_stay(name: str):
    X = pictures(20)
    before = X.copy()
    out = AUGMENTATIONS[name](X, np.random.default_rng(3).random)
    np.testing.assert_array_equal(X, before)
    assert (out.shape, out.dtype) == (X.shape, X.dtype)
    assert not np.array_equal(out, X)
