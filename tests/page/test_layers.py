"""The page "Layers" in both parts and at its controls' extremes: a walk or a sentence, never a traceback."""

import json
from collections.abc import Callable
from urllib.parse import quote

import numpy as np
import pytest
from streamlit.runtime.caching import get_data_cache_stats_provider
from streamlit.testing.v1 import AppTest

from tests.page.conftest import OpenPage
from ui.lessons.layers import depth
from ui.walks.layers import SUBJECTS

Visit = Callable[..., AppTest]
TITLES = [subject.title for subject in SUBJECTS.values()]
DEPTH = "Depth and scale"


@pytest.fixture
def visit(open_page: OpenPage) -> Visit:
    """Opens the page with what a link holds, given without the prefix of its names."""

    def visit(**query: object) -> AppTest:
        app = open_page("layers", **{f"lay_{name}": str(value) for name, value in query.items()})
        assert not app.exception
        return app

    return visit


def sent(app: AppTest) -> dict:
    """What went to the stepper."""
    (element,) = (e for e in app.get("bidi_component") if e.proto.component_name.endswith("stepper"))
    return json.loads(element.proto.bytes)


def value(app: AppTest, name: str) -> np.ndarray:
    node = next(n for n in sent(app)["trace"]["nodes"] if n["name"] == name)
    return np.reshape(node["value"], node["shape"])


def written(app: AppTest) -> str:
    return "\n".join(str(part.value) for part in app.markdown)


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("numbers", ["nice", "random"])
@pytest.mark.parametrize("size", [{}, {"N": 1, "D": 1, "H": 1, "C": 2}, {"N": 5, "D": 5, "H": 5, "C": 5}])
def test_every_subject_at_its_extremes(visit: Visit, title, numbers, size):
    app = visit(what=title, numbers=numbers, seed=9999, **size)
    assert not app.error
    assert len(sent(app)["trace"]["steps"]) > 3
    assert "agree" in written(app)


@pytest.mark.parametrize("rule", ["adamw", "nesterov_momentum"])
def test_whole_network_with_everything_on(visit: Visit, rule):
    app = visit(what="Two-layer network", rule=rule, norm="batchnorm", reg="0.1")
    assert not app.error
    titles = [graph["title"] for graph in sent(app)["trace"]["graphs"]]
    assert titles[1:] == [f"{name}: {rule}" for name in ("W1", "b1", "gamma1", "beta1", "W2", "b2")]


def test_test_mode_shows_the_running_averages(visit: Visit):
    app = visit(what="Batch normalization", mode="test")
    np.testing.assert_array_equal(value(app, "running_var"), np.full(4, 4.0))


def test_changed_numbers_arrive_and_everything_follows(visit: Visit):
    plain, app = visit(), visit(changed="x[1,2]=10; w[2,0]=0")
    assert not app.error
    x, w, b = (value(app, name) for name in "xwb")
    assert x[1, 2] == 10 and w[2, 0] == 0
    np.testing.assert_allclose(value(app, "out"), x @ w + b)
    assert not np.array_equal(value(app, "out"), value(plain, "out"))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ("x[9,9]=1", "so there is no x[9,9]"),
        ("x[0,0]=abc", "'abc' is none"),
        ("x[0,0]=1e99", "choose a smaller one"),
        ("q[0]=1", "only inputs can be changed"),
        ("<script>alert(1)</script>", "written like"),
        ("x[0,0]=nan", "choose a smaller one"),
        ("🦊" * 100, "written like"),
    ],
)
def test_what_is_no_number_is_refused_and_the_rest_shown(visit: Visit, changed, sentence):
    app = visit(changed=changed)
    (error,) = app.error
    assert sentence.lower() in error.value.lower()
    np.testing.assert_array_equal(value(app, "out"), value(visit(), "out"))


def test_a_label_out_of_range_is_refused(visit: Visit):
    app = visit(what="Softmax loss", changed="y[0]=7")
    assert "from 0 to 2" in app.error[0].value


def test_extreme_numbers_do_not_break_the_page(visit: Visit):
    app = visit(what="Two-layer network", changed="; ".join(f"X[{i},{j}]=1e6" for i in range(3) for j in range(4)))
    assert not app.error
    zero = visit(what="Batch normalization", changed="; ".join(f"x[{i},0]=3" for i in range(4)))
    assert not zero.error


def test_another_shape_forgets_the_changes(visit: Visit):
    app = visit(changed="x[2,3]=5")
    app.slider(key="lay_N").set_value(1).run()
    assert not app.exception and not app.error
    assert value(app, "x").shape == (1, 4)


def test_seed_changes_random_numbers_only(visit: Visit):
    first, again, other = (visit(numbers="random", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(value(first, "x"), value(again, "x"))
    assert not np.array_equal(value(first, "x"), value(other, "x"))


@pytest.mark.parametrize("strange", ["", "nothing", "☃", "' OR 1=1", quote("<b>")])
def test_strange_links_show_the_first_subject(visit: Visit, strange):
    app = visit(what=strange, N=strange, numbers=strange, seed=strange)
    assert sent(app)["trace"]["title"] == "affine"


# -------------------------------------------------------------------------------------------------- depth and scale
def test_a_strange_link_to_depth_shows_the_first_choices(visit: Visit):
    app = visit(part=DEPTH, guess="20 layers", init="", show="", axis="", relu="", depth="x", width="☃")
    assert not app.error
    assert "Activations vanish" in written(app)


def test_the_prediction_comes_first(visit: Visit):
    app = visit(part=DEPTH)
    assert not app.get("vega_lite_chart")
    assert "Choose an answer" in app.caption[0].value


@pytest.mark.parametrize("relu", ["after every layer", "after every second layer", "nowhere"])
@pytest.mark.parametrize(
    ("state", "forward", "backward"),
    [
        ({"init": "fixed", "scale": "0.001", "depth": 20}, "vanish", "vanish"),
        ({"init": "fixed", "scale": "1", "depth": 20, "width": 200}, "explode", "explode"),
    ],
)
def test_a_wrong_scale_shows(visit: Visit, relu, state, forward, backward):
    app = visit(part=DEPTH, guess="20 layers", relu=relu, **state)
    assert not app.error
    assert f"Activations {forward}" in written(app)
    assert f"Gradients {backward}" in written(app)


@pytest.mark.parametrize("state", [{"init": "he"}, {"init": "xavier", "relu": "nowhere"}, {"depth": 1}])
def test_a_right_scale_keeps_sizes(visit: Visit, state):
    app = visit(part=DEPTH, guess="2 layers", width=200, **state)
    assert "Activations keep" in written(app)
    assert "Gradients keep" in written(app)


@pytest.mark.parametrize("axis", ["size", "value"])
@pytest.mark.parametrize("show", ["after ReLU", "before ReLU"])
@pytest.mark.parametrize("state", [{"width": 10, "depth": 20, "scale": "0.001", "init": "fixed"}, {"init": "he"}])
def test_every_view_is_drawn(visit: Visit, axis, show, state):
    app = visit(part=DEPTH, guess="both alike", axis=axis, show=show, **state)
    assert not app.error
    assert len(app.get("vega_lite_chart")) == 3
    assert "You expected **both alike**" in written(app)


@pytest.mark.parametrize(("part", "count"), [("Step by step", 2), (DEPTH, 1)])
def test_each_answer_has_its_feedback(visit: Visit, part, count):
    app = visit(part=part, guess="20 layers")
    questions = [(str(radio.key), radio.options) for radio in app.radio if str(radio.key).startswith("quiz_")]
    assert len(questions) == count
    for key, answers in questions:
        for answer in answers:
            app.radio(key=key).set_value(answer).run()
            assert len(app.success) + len(app.warning) >= 1


def test_the_signals_of_few_networks_are_kept():
    """Twenty layers of 200 units take 26 MB: all that visitors look at would fill the memory."""
    for width in depth.WIDTHS:
        for scale in (0.1, 1.0):
            depth._signals(20, width, scale, 1, 0)
    stats = get_data_cache_stats_provider().get_stats()
    kept = sum(s.byte_length for family in stats.values() for s in family if s.cache_name.endswith("._signals"))
    assert 0 < kept < 60e6
