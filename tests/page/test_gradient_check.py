"""The page "Gradient check" in every part and at its controls' extremes: a result or a sentence, never a traceback."""

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.labs.gradient_check.cases import CASES, HEALTHY
from nnlib.labs.gradient_check.faults import FAULTS
from nnlib.labs.gradient_check.published import EXPECTED_LOSS
from tests.page.conftest import OpenPage

PARTS = {"steps": "Step size", "published": "Published check", "zoo": "Bug zoo"}
Open = Callable[..., AppTest]


@pytest.fixture
def visit(open_page: OpenPage) -> Open:
    """Opens the page with what a link holds, given without the prefix of its names."""

    def visit(**query: object) -> AppTest:
        app = open_page("gradient_check", **{f"gc_{name}": str(value) for name, value in query.items()})
        assert not app.exception
        return app

    return visit


def written(app: AppTest) -> str:
    return "\n".join(str(part.value) for part in app.markdown)


def drawn(app: AppTest) -> dict | None:
    """What went to the heat maps, if they are there."""
    for element in app.get("bidi_component"):
        if element.proto.component_name.endswith("error_map"):
            return json.loads(element.proto.json)
    return None


def test_nothing_is_shown_before_a_prediction(visit: Open):
    app = visit()
    assert "Choose first" in app.caption[0].value
    assert drawn(app) is None


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"norm": "batchnorm", "examples": 1},
        {"norm": "layernorm", "keep": 0.3, "reg": 3.14, "examples": 8},
        {"dtype": "float32", "scale": "1", "h": "1e-13"},
        {"h": "1e-1", "limit": "1e-10", "scale": "0.01"},
        {"hidden": ""},
        {"hidden": "1 1 1 1 1 1"},
        {"hidden": "2,,3"},
        {"seed": 999_999, "norm": "batchnorm", "dtype": "float32", "scale": "0.01"},
    ],
)
def test_every_cell_at_its_extremes(visit: Open, state):
    app = visit(guess_error="1e-8", **state)
    assert not app.error
    assert "You expected **1e-8**" in written(app)
    data = drawn(app)
    assert data is not None
    assert sum(verdict["count"] for verdict in data["verdicts"]) == sum(len(b["errors"]) for b in data["blocks"])


@pytest.mark.parametrize("hidden", ["x", "20, -1", "0", "1.5", "1 2 3 4 5 6 7", "٣", "999999 999999", "9" * 40])
def test_hidden_units_that_cannot_be_are_refused_in_one_sentence(visit: Open, hidden):
    app = visit(guess_error="1", hidden=hidden)
    (error,) = app.error
    assert error.value.endswith(".") and "\n" not in error.value
    assert drawn(app) is None


def test_right_gradients_agree_and_the_nearest_relu_is_named(visit: Open):
    app = visit(guess_error="1e-4")
    assert "All 1,260 cells agree" in written(app)
    assert "No ReLU switches within h = 1e-5" in written(app)


def test_float32_is_said_to_prove_little(visit: Open):
    assert "little speaks for them" in written(visit(guess_error="1", dtype="float32"))


def test_kinks_are_named(visit: Open):
    app = visit(guess_error="1e-4", h="1e-1")
    assert "ReLU kinks within h = 1e-1" in written(app)
    data = drawn(app)
    assert data is not None
    assert any("layer 1, example" in relu for b in data["blocks"] for relus in b["kinks"].values() for relu in relus)


@pytest.mark.parametrize(("normalization", "dtype"), [("none", "float64"), ("batchnorm", "float32")])
def test_the_curve_and_the_chosen_step(visit: Open, normalization, dtype):
    app = visit(part=PARTS["steps"], norm=normalization, dtype=dtype, guess_h="1e-12")
    assert "You chose h = **1e-12**" in written(app)
    (chart,) = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    layers = json.loads(chart.proto.spec)["layer"]
    guides = layers[0]["transform"][0]["filter"]["oneOf"]
    assert ["round-off" in guides[0], "truncation" in guides[1]] == [True, True]


def test_the_best_step_is_acknowledged(visit: Open):
    app = visit(part=PARTS["steps"], guess_h="1e-5")
    assert "that is where the median error is smallest" in written(app)


def test_a_network_without_gradients_has_no_curve_but_a_sentence(visit: Open):
    app = visit(part=PARTS["steps"], guess_h="1e-5", examples=1, scale="0.01", hidden="1 1 1 1 1 1")
    assert not app.error


def test_expected_and_got_stand_side_by_side(visit: Open):
    app = visit(part=PARTS["published"], guess_loss="2.3")
    shown = [code.value for code in app.code[: len(EXPECTED_LOSS)]]
    assert shown == [f"expected {loss!r}\ngot      {loss!r}" for loss in EXPECTED_LOSS.values()]
    assert "all 16 digits" in app.success[0].value


@pytest.mark.parametrize("network", ["no normalization, L2 3.14", "batchnorm, no L2"])
def test_the_published_networks_are_checked(visit: Open, network):
    app = visit(part=PARTS["published"], guess_loss="10", published=network, h="1e-4")
    data = drawn(app)
    assert data is not None and data["verdicts"][-1] == {**data["verdicts"][-1], "name": "differs", "count": 0}


@pytest.mark.parametrize("number", range(1, len(CASES) + 1))
def test_a_case_shows_evidence_and_after_the_right_guess_both_codes(visit: Open, number):
    case = CASES[number - 1]
    app = visit(part=PARTS["zoo"], case=number)
    data = drawn(app)
    assert data is not None
    assert (data["verdicts"][-1]["count"] > 0) is (case.fault not in (HEALTHY, "adam"))
    got = app.table[0].value
    assert (got["w by hand"].tolist() == got["w from the code"].tolist()) is (case.fault != "adam")
    assert not app.code and not app.success and not app.warning and not app.info
    app.radio[0].set_value(case.fault).run()
    assert not app.exception
    assert app.success and not app.warning
    assert len(app.code) == (0 if case.fault == HEALTHY else 2)
    assert any("1 of 13 cases solved" in caption.value for caption in app.caption)


def test_every_wrong_guess_gets_its_reason_and_can_be_given_up(visit: Open):
    app = visit(part=PARTS["zoo"], case=2)
    reasons = set()
    for guess in [*FAULTS, HEALTHY]:
        if guess != CASES[1].fault:
            app.radio[0].set_value(guess).run()
            assert not app.exception and not app.success and not app.code
            reasons.add(app.warning[0].value)
    assert len(reasons) == len(FAULTS)
    app.toggle[0].set_value(True).run()
    assert FAULTS[CASES[1].fault].title in app.info[0].value
    assert len(app.code) == 2


def test_a_strange_link_falls_back(visit: Open):
    app = visit(part="?", h="-1", case="99", keep="NaN", examples="1e9", norm="<b>", guess_error="0", seed="-5")
    assert not app.error
    assert app.segmented_control[0].value == "cells"
