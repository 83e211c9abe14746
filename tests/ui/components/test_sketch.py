"""A sketched curve: how a link holds it, what else a link may bring, how high it stands between points."""

import math

import pytest

from ui.components.sketch import Axis, height, read, write

AT = (1e-4, 1e-2, 1.0)
X, Y = Axis("scale", 1e-4, 1.0, log=True), Axis("accuracy", 0.0, 0.5, percent=True)
START = {"none": (0.1, 0.2, 0.3), "batch norm": (0.3, 0.3, 0.3)}


def test_a_link_holds_it():
    text = write(START)
    assert text == "0.1_0.2_0.3~0.3_0.3_0.3"
    assert read(text, START, Y) == START


def test_what_lies_outside_is_kept_within_the_axis():
    assert read("-1_0.2_7~0.3_0.3_0.3", START, Y) == {"none": (0.0, 0.2, 0.5), "batch norm": (0.3, 0.3, 0.3)}


@pytest.mark.parametrize(
    "text",
    ["", "☃", "0.1", "0.1_0.2_0.3", "0.1_0.2_0.3~0.3_0.3", "0.1_0.2_nan~0.3_0.3_0.3", "1_2_inf~1_1_1", "~", "_~_"],
)
def test_other_text_is_no_sketch(text):
    assert read(text, START, Y) is None


def test_it_is_straight_between_its_points_on_the_axis_it_is_drawn_on():
    assert height(AT, START["none"], X, 1e-3) == pytest.approx(0.15)
    assert height(AT, START["none"], X, 1e-2) == pytest.approx(0.2)
    assert height(AT, START["none"], X, 1e-5) == 0.1
    assert height((0.0, 1.0), (0.0, 1.0), Axis("x", 0.0, 1.0), 0.25) == pytest.approx(0.25)
    assert height(AT, START["none"], X, math.sqrt(1e-2)) == pytest.approx(0.25)
