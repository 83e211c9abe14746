"""What the gradient check's views are given: numbers as JSON can hold them, ratios, the curve's rows, sentences."""

import json

import numpy as np
import pytest

from nnlib.fc_net import FullyConnectedNet
from nnlib.labs.gradient_check.published import published_network
from nnlib.labs.gradient_check.report import STEPS, VERDICTS, StepErrors, check, error_curve
from ui.components.error_map import encode, ratio
from ui.lessons.gradient_check import words
from ui.lessons.gradient_check.controls import CheckedNetwork, parse_units
from ui.lessons.gradient_check.u_curve import (
    BENT,
    LARGEST,
    LOWEST,
    MEDIAN,
    ROUND_OFF,
    TRUNCATION,
    U_CURVE,
    best,
    u_curve_frame,
)


def test_a_report_becomes_blocks_of_plain_numbers():
    report = check(*published_network("batchnorm", 0.0))
    data = json.loads(json.dumps(encode(report), allow_nan=False))
    assert [block["name"] for block in data["blocks"]] == list(report.analytic)
    assert [verdict["name"] for verdict in data["verdicts"]] == list(VERDICTS)
    w1 = data["blocks"][0]
    assert (w1["layer"], w1["rows"], w1["columns"], w1["matrix"]) == (1, 15, 20, True)
    np.testing.assert_allclose(w1["analytic"], report.analytic["W1"].ravel(), rtol=1e-9)
    np.testing.assert_allclose(w1["numerical"], report.numerical["W1"].ravel(), rtol=1e-9)
    assert data["start"] == [0, int(report.errors["W1"].argmax())]
    b1 = data["blocks"][1]
    assert (b1["name"], b1["rows"], b1["columns"], b1["matrix"]) == ("b1", 1, 20, False)


def test_what_is_not_finite_becomes_null_and_comes_first():
    model = FullyConnectedNet([3], 4, 2, dtype=np.float64, seed=0)
    model.params["W2"][1, 1] = np.nan
    data = json.loads(json.dumps(encode(check(model, np.ones((2, 4)), np.array([0, 1]))), allow_nan=False))
    assert None in data["blocks"][2]["numerical"]
    block, cell = data["start"]
    assert data["blocks"][block]["errors"][cell] is None


def test_kinks_of_a_cell_are_named_and_not_too_many():
    model, X, y = CheckedNetwork((20, 30), examples=8).build()
    report = check(model, X, y, h=0.1)
    kinks = [names for block in encode(report)["blocks"] for names in block["kinks"].values()]
    assert all(names[0].startswith("layer ") for names in kinks)
    assert max(map(len, kinks)) == 5 and any(names[-1].endswith(" more") for names in kinks)


@pytest.mark.parametrize(
    ("a", "n", "expected"),
    [
        ([1.0, 2.0], [4.0, 8.0], "0.25"),
        ([1.0, 2.0], [1.0, 0.5], "1 … 4"),
        ([-3.0, 1.0], [1.0, 0.002], "−3 … 500"),
        ([1.0, 7.0], [2.0, 0.0], "0.5"),  # no quotient with 0
        ([1.0, 1.0], [0.0, 0.0], ""),
    ],
)
def test_ratio(a, n, expected):
    assert ratio(np.array(a), np.array(n), np.array([True, True])) == expected
    assert ratio(np.array(a), np.array(n), np.array([False, False])) == ""


# ------------------------------------------------------------------------------------------------------------ curve
def test_the_frame_holds_curve_guides_and_notes():
    curve = error_curve(*CheckedNetwork(examples=2).build())
    frame = u_curve_frame(curve, choice=1e-8)
    median = frame[frame.series == MEDIAN].set_index("h")["error"]
    assert median.to_dict() == {point.h: point.median for point in curve}
    assert len(frame[frame.series == LARGEST]) == len(STEPS)
    assert len(frame[frame.series == BENT]) == sum(point.bent > 0 for point in curve)
    assert frame[frame.series == "choice"].h.tolist() == [1e-8]
    assert set(frame[frame.text != ""].text) == {"your choice", ROUND_OFF, TRUNCATION}
    for series, slope in ((ROUND_OFF, -1), (TRUNCATION, 2)):
        guide = frame[frame.series == series]
        found = np.diff(np.log(guide.error)) / np.diff(np.log(guide.h))
        np.testing.assert_allclose(found, slope, rtol=1e-6)
        near = guide.h.iloc[np.abs(np.log(guide.h / (1e-9 if slope < 0 else 1e-3))).argmin()]
        assert guide.set_index("h").error[near] == pytest.approx(
            np.interp(near, median.index[::-1], median[::-1]), rel=0.8
        )


def test_all_series_of_the_frame_are_drawn():
    text = json.dumps(U_CURVE, ensure_ascii=False)
    for series in (MEDIAN, LARGEST, BENT, ROUND_OFF, TRUNCATION, "choice", "left note", "right note"):
        assert series in text
    assert '"data"' not in text  # or the layers would look for data of their own


def test_a_curve_without_gradients_has_no_best_step():
    curve = [StepErrors(h, None, None, None, 0) for h in STEPS]
    assert best(curve) is None
    assert set(u_curve_frame(curve).series) == {"left note", "right note"}
    assert words.best_step(curve, curve[0]).startswith("No cell has a gradient")


def test_an_error_of_zero_is_drawn_at_the_bottom():
    assert u_curve_frame([StepErrors(1e-5, 0.0, None, None, 0)]).error.min() == LOWEST


# -------------------------------------------------------------------------------------------------------- sentences
@pytest.mark.parametrize(("text", "units"), [("20, 30", (20, 30)), ("", ()), (" 7 ", (7,)), ("1,2 3,,4", (1, 2, 3, 4))])
def test_hidden_units_are_read(text, units):
    assert parse_units(text) == units


def test_a_network_too_large_to_draw_is_refused_before_it_is_made():
    with pytest.raises(ValueError, match="at most 4,000"):
        CheckedNetwork((10**9, 10**9)).build()


def test_figures_are_written_briefly():
    assert [words.power(h) for h in (1e-1, 1e-5, 1e-13)] == ["1e-1", "1e-5", "1e-13"]
    assert [words.figure(e) for e in (None, 1.0, 0.25, 3.14e-7, 2e-12)] == ["none", "1.0", "0.25", "3.1e-7", "2.0e-12"]
