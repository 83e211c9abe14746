"""Numbered tables: every number is written, signs are more than colours, digits stand out from their cells."""

import numpy as np
import pytest

from tests.ui.widgets.test_theme import contrast
from ui.components.number_grid import Grid, encode, write


@pytest.mark.parametrize(
    ("value", "sign", "text"),
    [
        (0.0, False, "0.00"),
        (-0.0, False, "0.00"),
        (-0.004, False, "0.00"),
        (-1.5, False, "−1.50"),
        (2.345678, False, "2.35"),
        (-1264.911, False, "−1.26e3"),
        (1e-5, False, "0.00"),
        (float("nan"), False, "not finite"),
        (float("-inf"), False, "not finite"),
        (0.25, True, "+0.25"),
        (-0.25, True, "−0.25"),
        (1e-7, True, "≈ +0"),
        (-1e-7, True, "≈ −0"),
    ],
)
def test_numbers_are_written(value: float, sign: bool, text: str):
    assert write(value, sign) == text


def test_a_grid_says_all_there_is():
    x = np.array([[1.0, -2.0], [0.0, 0.5]])
    before = np.array([[1.0, -2.0], [0.0, -1.0]])
    lit = np.array([[True, False], [False, False]])
    below, beside = {"mean": x.mean(axis=0)}, {"spread": x.std(axis=1)}
    made = encode(Grid("x", x, lit=lit, before=before, below=below, beside=beside))
    assert [[cell["text"] for cell in row] for row in made["cells"]] == [["1.00", "−2.00"], ["0.00", "0.50"]]
    assert [[cell["change"] for cell in row] for row in made["cells"]] == [["", ""], ["", "+1.50"]]
    assert [[cell["lit"] for cell in row] for row in made["cells"]] == lit.tolist()
    assert made["below"] == [["mean", ["0.50", "−0.75"]]]
    assert made["beside"] == [["spread", ["1.50", "0.25"]]]
    assert made["rows"] == ["example 1", "example 2"]
    assert made["columns"] == ["feature 1", "feature 2"]


def test_digits_stand_out_from_every_colour():
    made = encode(Grid("scale", np.linspace(-1, 1, 101)[None]))
    assert min(contrast(cell["colour"], cell["ink"]) for cell in made["cells"][0]) >= 3


def test_numbers_that_are_not_finite_are_named():
    made = encode(Grid("x", np.array([[np.nan, 1.0]])))
    assert made["cells"][0][0]["text"] == "not finite"
