"""Strokes and scanned digits become 8x8 pictures like those of the data set, and are recognized."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from nnlib.data import digits
from nnlib.labs.examine import drawn_digits
from nnlib.labs.examine.drawn_digits import Stroke
from nnlib.labs.examine.network import probabilities
from nnlib.runs.spec import RunSpec


def arc(x: float, y: float, across: float, down: float, start: float, end: float) -> list[tuple[float, float]]:
    angles = np.radians(np.linspace(start, end, 24))
    return [(x + across * math.cos(angle), y + down * math.sin(angle)) for angle in angles]


WRITTEN = {
    0: [arc(50, 50, 28, 45, -90, 270)],
    1: [[(35, 25), (55, 5), (55, 95)]],
    2: [[*arc(50, 28, 25, 25, -180, 30), (25, 95), (80, 95)]],
    3: [[*arc(45, 28, 25, 23, -150, 90), *arc(45, 73, 28, 23, -90, 150)]],
    4: [[(45, 5), (15, 60), (80, 55)], [(70, 30), (50, 95)]],
    5: [[(75, 5), (30, 5), (28, 45), *arc(48, 67, 27, 27, -110, 140)]],
    6: [[(55, 5), (38, 30), (30, 60), *arc(50, 72, 22, 22, 180, 540)]],
    7: [[(20, 5), (80, 5), (40, 95)]],
    8: [[*arc(50, 27, 20, 22, 90, 450), *arc(50, 73, 25, 23, -90, 270)]],
    9: [[*arc(50, 30, 24, 24, 0, 360), (72, 40), (66, 95)]],
}


@pytest.fixture(scope="module")
def trained():
    dataset = digits.load()
    solver = replace(RunSpec(), width=128, num_epochs=15).make_solver(dataset)
    solver.train()
    return solver.model, dataset


def drawn(strokes: Sequence[Stroke]) -> np.ndarray:
    picture = drawn_digits.from_strokes(strokes)
    assert picture is not None
    return picture


def said(trained, digit: np.ndarray | None) -> int:
    model, dataset = trained
    assert digit is not None
    return int(probabilities(model, digit[None, None] / 16 - dataset.mean_image)[0].argmax())


def test_written_digits_are_recognized(trained):
    found = {digit: said(trained, drawn_digits.from_strokes(strokes)) for digit, strokes in WRITTEN.items()}
    assert sum(digit == answer for digit, answer in found.items()) >= 9, found


def test_size_place_and_number_of_points_do_not_matter():
    once = drawn(WRITTEN[7])
    moved = [[(0.3 * x + 40, 0.3 * y + 5) for x, y in stroke] for stroke in WRITTEN[7]]
    np.testing.assert_allclose(drawn(moved), once, atol=1)  # of pixels equally near one is ink
    finer = [
        [((1 - t) * x + t * u, (1 - t) * y + t * v) for t in np.linspace(0, 1, 9)]
        for (x, y), (u, v) in zip(WRITTEN[7][0], WRITTEN[7][0][1:], strict=False)
    ]
    np.testing.assert_allclose(drawn(finer), once, atol=1)


@pytest.mark.parametrize("digit", WRITTEN)
def test_ink_and_extent_are_those_of_the_data(digit: int):
    picture = drawn(WRITTEN[digit])
    assert (picture.shape, picture.dtype) == ((8, 8), np.float32)
    assert picture.sum() == drawn_digits.INK
    assert picture.min() >= 0 and picture.max() <= 16
    rows, columns = np.flatnonzero(picture.sum(axis=1)), np.flatnonzero(picture.sum(axis=0) > 8)
    assert (rows[0], rows[-1]) == (0, 7)  # as in each of the training digits
    assert columns[0] >= 1 and columns[-1] <= 6


def test_the_ink_is_the_mean_of_the_training_digits():
    dataset = digits.load()
    assert round(float(16 * (dataset.X_train + dataset.mean_image).sum(axis=(1, 2, 3)).mean())) == drawn_digits.INK


def test_blocks_count_pixels():
    bitmap = np.zeros((32, 32), bool)
    bitmap[:4, :4] = True
    bitmap[4:6, 30] = True
    counted = drawn_digits.blocks(bitmap)
    assert (counted[0, 0], counted[1, 7], counted.sum()) == (16, 2, 18)


@pytest.mark.parametrize("strokes", [[], [[]], [[], []]])
def test_without_strokes_there_is_no_digit(strokes):
    assert drawn_digits.from_strokes(strokes) is None


@pytest.mark.parametrize("strokes", [[[(5, 5)]], [[(5, 5), (5, 5)]], [[(0, 50), (100, 50)]], [[(3, 0), (3, 100)]]])
def test_dots_and_straight_lines_are_drawn(strokes):
    picture = drawn_digits.from_strokes(strokes)
    assert picture is not None and np.isfinite(picture).all() and picture.sum() == drawn_digits.INK


def test_strokes_without_end_are_cut_off():
    rng = np.random.default_rng(0)
    picture = drawn_digits.from_strokes([rng.uniform(0, 100, (10_000, 2)).tolist()] * 3)
    assert picture is not None and picture.sum() == drawn_digits.INK


def test_a_digit_of_the_data_enlarged_is_still_that_digit(trained):
    _, dataset = trained
    levels = 16 * (dataset.X_test[:100, 0] + dataset.mean_image[0])
    enlarged = [np.pad(np.kron(picture >= 6, np.ones((9, 9), bool)), 20) for picture in levels]
    right = [said(trained, drawn_digits.from_ink(ink)) == y for ink, y in zip(enlarged, dataset.y_test, strict=False)]
    assert np.mean(right) > 0.8


def test_half_of_a_slant_is_taken_out(monkeypatch: pytest.MonkeyPatch):
    """Drift of a leaning bar between its first and last row, as strokes and as ink, with and without."""
    ink = np.zeros((90, 100), bool)
    for row in range(90):
        ink[row, 65 - row // 3 : 75 - row // 3] = True
    drifts = []
    for part in (0.0, drawn_digits.UPRIGHT):
        monkeypatch.setattr(drawn_digits, "UPRIGHT", part)
        for picture in (drawn_digits.from_strokes([[(70, 0), (40, 90)]]), drawn_digits.from_ink(ink)):
            assert picture is not None
            top, bottom = (np.average(np.arange(8), weights=picture[row]) for row in (1, 6))
            drifts.append(top - bottom)
    leaning, halved = drifts[:2], drifts[2:]
    assert min(leaning) > 1
    np.testing.assert_allclose(halved, np.array(leaning) / 2, atol=0.2)


def test_no_ink_gives_nothing():
    assert drawn_digits.from_ink(np.zeros((20, 30), bool)) is None
    full = drawn_digits.from_ink(np.ones((20, 30), bool))
    assert full is not None and full.sum() == drawn_digits.INK
