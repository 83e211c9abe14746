"""Arrays as pictures: each number at its place, in the colour of its sign."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from ui.widgets import pictures as matrices

WHITE = np.array([247, 247, 247])


def decode(uri: str) -> np.ndarray:
    kind, _, data = uri.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


class Lines:
    """Two inputs, a class on each side of a line; the scores are `steep` times the distances."""

    def __init__(self, direction: tuple[float, float], steep: float = 50.0):
        self.W = steep * np.array([direction, (-direction[0], -direction[1])]).T

    def loss(self, X: np.ndarray) -> np.ndarray:
        return X @ self.W


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])


def nearest_class(pixel: np.ndarray) -> int:
    """Which class colour, mixed with white, this pixel is closest to in hue."""
    hue = (255.0 - pixel) / np.linalg.norm(255.0 - pixel)
    shades = [(255.0 - rgb(c)) / np.linalg.norm(255.0 - rgb(c)) for c in matrices.CLASS_COLOURS[:2]]
    return int(np.argmax([hue @ shade for shade in shades]))


def test_a_data_uri_holds_every_pixel():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    np.testing.assert_array_equal(decode(matrices.data_uri(pixels)), pixels)


class TestDiverging:
    def test_zero_is_white_and_signs_have_colours(self):
        minus, zero, plus = matrices.diverging(np.array([-2.0, 0.0, 2.0])).astype(int)
        np.testing.assert_array_equal(zero, WHITE)
        assert minus[2] > minus[0] and plus[0] > plus[2]  # blue, orange

    def test_the_larger_the_stronger(self):
        for sign in (-1, 1):
            colours = matrices.diverging(sign * np.linspace(0, 1, 20)).astype(float)
            distances = np.linalg.norm(colours - WHITE, axis=1)
            assert (np.diff(distances) > 0).all()

    def test_the_limit_gets_the_full_colour_and_what_is_beyond_too(self):
        colours = matrices.diverging(np.array([1.0, 3.0, 0.5]), limit=1.0)
        np.testing.assert_array_equal(colours[0], colours[1])
        assert (colours[2] != colours[0]).any()

    @pytest.mark.parametrize("a", [np.zeros(3), np.full(3, np.nan), np.array([np.inf, -np.inf, np.nan])])
    def test_nothing_to_show_is_white(self, a: np.ndarray):
        np.testing.assert_array_equal(matrices.diverging(a), np.tile(WHITE, (3, 1)))

    def test_the_shape_gets_a_colour_axis(self):
        assert matrices.diverging(np.ones((2, 3, 4))).shape == (2, 3, 4, 3)


class TestWeightTiles:
    def test_each_weight_is_where_its_pixel_is(self):
        W = np.random.default_rng(1).normal(size=(1 * 3 * 4, 5))  # pictures of 3 x 4, 5 units
        page = matrices.weight_tiles(W, (1, 3, 4))
        assert page.shape == (2 * 3 + 1, 3 * 4 + 2, 3)  # 2 rows of 3 tiles, gaps of 1
        for unit in range(5):
            top, left = (unit // 3) * 4, (unit % 3) * 5
            tile = page[top : top + 3, left : left + 4]
            w = W[:, unit].reshape(3, 4)
            np.testing.assert_array_equal(tile, matrices.diverging(w / np.abs(w).max(), 1.0))

    def test_channels_become_colours(self):
        W = np.zeros((3 * 2 * 2, 1))
        W[0], W[4 + 1], W[8 + 2] = 1.0, 1.0, -1.0  # red at (0, 0), green at (0, 1), less blue at (1, 0)
        expected = [[[255, 127, 127], [127, 255, 127]], [[127, 127, 0], [127, 127, 127]]]
        np.testing.assert_allclose(matrices.weight_tiles(W, (3, 2, 2)), expected, atol=1)

    def test_at_most_so_many(self):
        assert matrices.weight_tiles(np.ones((4, 300)), (1, 2, 2)).shape == (8 * 3 - 1, 8 * 3 - 1, 3)

    def test_weights_that_are_not_finite_can_be_drawn(self):
        W = np.full((4, 2), np.nan)
        assert matrices.weight_tiles(W, (1, 2, 2)).dtype == np.uint8


def test_a_sheet_has_gaps_between_its_pictures():
    pictures = np.stack([np.full((2, 3, 3), k, np.uint8) for k in (10, 20, 30)])
    page = matrices.sheet(pictures, columns=2)
    assert page.shape == (5, 7, 3)
    np.testing.assert_array_equal(
        page[:, :, 0], [[10] * 3 + [128] + [20] * 3] * 2 + [[128] * 7] + [[30] * 3 + [128] * 4] * 2
    )


class TestDecisionBoundary:
    EXTENT = (-1.0, 1.0, -1.0, 1.0)

    @pytest.mark.parametrize(
        ("direction", "place"),
        [((1.0, 0.0), (4, 8)), ((-1.0, 0.0), (4, 0)), ((0.0, 1.0), (0, 4)), ((0.0, -1.0), (8, 4))],
        ids=["right", "left", "up", "down"],
    )
    def test_the_first_class_is_where_the_line_points(self, direction: tuple[float, float], place: tuple[int, int]):
        pixels = matrices.decision_boundary(Lines(direction), self.EXTENT, size=9).astype(float)
        row, column = place
        assert pixels.shape == (9, 9, 3)
        assert nearest_class(pixels[row, column]) == 0
        assert nearest_class(pixels[8 - row, 8 - column]) == 1

    def test_the_surer_the_stronger(self):
        pixels = matrices.decision_boundary(Lines((1.0, 0.0), steep=2.0), self.EXTENT, size=9).astype(float)
        strength = (255 - pixels[4]).sum(axis=1)
        assert (np.diff(strength[5:]) > 0).all() and (np.diff(strength[:4]) < 0).all()

    def test_scores_that_are_not_finite_can_be_drawn(self):
        pixels = matrices.decision_boundary(Lines((np.inf, np.nan)), self.EXTENT, size=4)
        assert pixels.dtype == np.uint8
