"""The page "Batch normalization" in every part and at its controls' extremes."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnlib.labs.normalization.batches import FEATURES
from tests.page.conftest import OpenPage

PREDICTED = {
    "One batch": {"bn_guess_batch": "all: mean −1, spread 2"},
    "Train and test": {"bn_guess_momentum": "9"},
    "Batch size": {"bn_guess_one": "not a number"},
    "Two backward passes": {"bn_guess_ones": "0", "bn_guess_faster": "3 times"},
    "Step through": {},
}
MODES = {"bn_part": "Train and test", **PREDICTED["Train and test"]}
BACKWARD = {"bn_part": "Two backward passes", **PREDICTED["Two backward passes"]}


def text(app: AppTest) -> str:
    return " ".join(" ".join(str(part.value) for part in app.markdown).split())


def grids(app: AppTest, index: int = -1) -> dict[str, dict]:
    """What went to the numbered tables, by title."""
    found = [e.proto for e in app.get("bidi_component") if e.proto.component_name.endswith("number_grid")]
    return {grid["title"]: grid for grid in json.loads(found[index].json)["grids"]}


def numbers(grid: dict) -> np.ndarray:
    return np.array([[float(cell["text"].replace("−", "-")) for cell in row] for row in grid["cells"]])


@pytest.mark.parametrize("part", PREDICTED)
class TestParts:
    def test_open(self, open_page: OpenPage, part: str):
        app = open_page("batchnorm", bn_part=part)
        assert not app.exception
        assert app.segmented_control(key="bn_part").value is not None

    def test_show_results_after_a_prediction_only(self, open_page: OpenPage, part: str):
        before, after = open_page("batchnorm", bn_part=part), open_page("batchnorm", bn_part=part, **PREDICTED[part])
        assert not after.exception
        for app, expected in ((before, False), (after, bool(PREDICTED[part]))):
            assert ("You expected" in text(app)) is expected


class TestOneBatch:
    @pytest.mark.parametrize(
        "query",
        [
            {"bn_N1": "1"},
            {"bn_N1": "1024", "bn_gamma": "0", "bn_beta": "4"},
            {"bn_how": "those that undo it", "bn_N1": "2"},
            {"bn_of": "skewed", "bn_gamma": "-2"},
        ],
    )
    def test_holds_at_extremes(self, open_page: OpenPage, query: dict[str, str]):
        app = open_page("batchnorm", **PREDICTED["One batch"], **query)
        assert not app.exception and not app.error

    def test_the_spread_follows_gamma_and_the_mean_beta(self, open_page: OpenPage):
        app = open_page("batchnorm", **PREDICTED["One batch"])
        assert "means −1.00, −1.00, −1.00, −1.00, spreads 2.00" in text(app)
        app.slider(key="bn_gamma").set_value(0.5)
        app.slider(key="bn_beta").set_value(3.0).run()
        assert "means 3.00, 3.00, 3.00, 3.00, spreads 0.50" in text(app)


class TestModes:
    @pytest.mark.parametrize(
        "query",
        [{"bn_N": "1"}, {"bn_t": "0"}, {"bn_momentum": "0"}, {"bn_momentum": "1", "bn_t": "200"}, {"bn_N": "256"}],
    )
    def test_hold_at_extremes(self, open_page: OpenPage, query: dict[str, str]):
        app = open_page("batchnorm", **MODES, **query)
        assert not app.exception and not app.error
        assert set(grids(app)) == {"x", "train mode", "test mode"}

    def test_stand_side_by_side(self, open_page: OpenPage):
        app = open_page("batchnorm", **MODES, bn_N="4", bn_t="50")
        shown = grids(app)
        x, in_train, in_test = (numbers(shown[name]) for name in ("x", "train mode", "test mode"))
        assert shown["x"]["columns"] == [feature.name for feature in FEATURES]
        np.testing.assert_allclose(in_train.mean(axis=0), 0, atol=0.02)
        np.testing.assert_allclose(in_train, (x - x.mean(axis=0)) / x.std(axis=0), atol=0.1)
        kept = {
            name: np.array([float(v.replace("−", "-")) for v in values]) for name, values in shown["test mode"]["below"]
        }
        np.testing.assert_allclose(in_test, (x - kept["running mean"]) / np.sqrt(kept["running var"]), atol=0.1)

    def test_one_example_leaves_nothing_in_train_mode(self, open_page: OpenPage):
        assert not numbers(grids(open_page("batchnorm", **MODES, bn_N="1"))["train mode"]).any()


class TestBackwardPasses:
    @pytest.mark.parametrize(("kind", "vanishes"), [("all ones", True), ("x̂", True), ("random", False)])
    def test_what_is_left(self, open_page: OpenPage, kind: str, vanishes: bool):
        shown = grids(open_page("batchnorm", **BACKWARD, bn_dout=kind))
        assert (not numbers(shown["what is left · γ · rstd = dx"]).any()) is vanishes
        assert [float(v) for v in dict(shown["what is left · γ · rstd = dx"]["below"])["sum"]] == [0, 0, 0]

    def test_are_measured_on_demand(self, open_page: OpenPage):
        app = open_page("batchnorm", **BACKWARD, bn_race_N="10", bn_race_D="10")
        assert "times** as long" not in text(app)
        app.button[0].click().run()
        assert not app.exception
        assert "N = 10, D = 10, float64" in text(app)
        app.select_slider(key="bn_race_N").set_value(50).run()
        assert "times** as long" not in text(app)  # figures of another size are not passed off as these


def test_questions_answer_why(open_page: OpenPage):
    app = open_page("batchnorm")
    radio = app.radio(key="quiz_batchnorm_question shape")
    app = radio.set_value("Between −1 and 1").run()
    assert "tail of the skewed feature" in app.warning[0].value


class TestSteps:
    SIMPLIFIED = "Its simplified backward pass"

    @pytest.mark.parametrize("query", [{}, {"bn_steps_N": "1"}, {"bn_steps_N": "5", "bn_steps_numbers": "random"}])
    @pytest.mark.parametrize("what", ["Batch normalization", SIMPLIFIED])
    def test_both_passes_can_be_walked(self, open_page: OpenPage, what: str, query: dict[str, str]):
        app = open_page("batchnorm", bn_part="Step through", bn_steps_what=what, **query)
        assert not app.exception and not app.error
        assert app.selectbox(key="bn_steps_what").value == {self.SIMPLIFIED: "simplified"}.get(what, "batchnorm")
        (stepper,) = [e.proto for e in app.get("bidi_component") if e.proto.component_name.endswith("stepper")]
        names = [node["name"] for node in json.loads(stepper.bytes)["trace"]["nodes"]]
        assert ("dx" if what == self.SIMPLIFIED else "rstd") in names
        assert "own code agree" in text(app) or "numerical gradient agree" in text(app)

    @pytest.mark.parametrize(("what", "question"), [("Batch normalization", "two"), (SIMPLIFIED, "simplified")])
    def test_the_question_is_about_what_is_on_screen(self, open_page: OpenPage, what: str, question: str):
        app = open_page("batchnorm", bn_part="Step through", bn_steps_what=what)
        assert [radio.key for radio in app.radio] == [f"quiz_batchnorm_question {question}"]


@pytest.mark.parametrize("strange", ["", "NaN", "1e999", "-5", "☃", "1.5"])
@pytest.mark.parametrize("part", PREDICTED)
def test_strange_links_break_nothing(open_page: OpenPage, part: str, strange: str):
    names = "part N1 seed1 how of gamma beta N momentum t feature seed dout seed_parts race_N race_D race_dtype"
    query = dict.fromkeys([f"bn_{name}" for name in names.split()], strange)
    app = open_page("batchnorm", **query | {"bn_part": part} | PREDICTED[part])
    assert not app.exception and not app.error


@pytest.mark.parametrize("part", ["", "nothing of the kind"])
def test_a_part_that_is_not_there(open_page: OpenPage, part: str):
    app = open_page("batchnorm", bn_part=part)
    assert not app.exception and not app.error
