"""The lessons on normalization in deep networks: predictions first, short runs on digits, links, the published run."""

import re
from pathlib import Path

import pandas as pd
import pytest
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from nnlib.runs.spec import RunSpec
from tests.page.conftest import OpenPage

ENOUGH = 60.0  # seconds
QUICK = "a quick look"
SKETCH = "0.1_0.1_0.2_0.9_0.5~0.6_0.9_0.9_0.9_0.5"
# page, part, what is chosen there first, the sweep, settings for a short run
PAIR = ("batchnorm_deep", {"bd_part": "With and without"}, {"bp_guess": "nothing"}, "bp_sweep")
SCALE = ("batchnorm_deep", {"bd_part": "Weight scale"}, {"bs_settled_digits": "true"}, "bs_sweep")
BATCHES = ("batchnorm_deep", {"bd_part": "Batch size"}, {"bb_guess": "none, 5"}, "bb_sweep")
BESIDE = ("layernorm", {"ln_part": "Batch size"}, {"lb_guess": "it loses less"}, "lb_sweep")
EACH = [PAIR, SCALE, BATCHES, BESIDE]
NAMES = ["pair", "scale", "batches", "beside"]
pytestmark = pytest.mark.usefixtures("own_cache_and_pool")


def words(app: AppTest) -> str:
    assert not app.exception and not app.error
    return " ".join(" ".join(str(part.value) for part in (*app.markdown, *app.caption, *app.success)).split())


def run(app: AppTest, name: str) -> AppTest:
    """Press the button, and wait for the end."""
    app.button(key=f"{name}_run").click().run()
    assert app.session_state[name].wait(ENOUGH)
    return app.run()


def rows(chart) -> pd.DataFrame:
    return convert_arrow_bytes_to_pandas_df(chart.proto.data.data)


def charts(app: AppTest) -> list[str]:
    """The specs of the charts on the page."""
    return [element.proto.spec for element in app.get("vega_lite_chart")]


@pytest.mark.parametrize(("page", "part", "guess", "sweep"), EACH, ids=NAMES)
class TestEveryExperiment:
    def test_asks_for_a_prediction_first(self, open_page: OpenPage, page, part, guess, sweep):
        app = open_page(page, **part)
        assert "appears below" in words(app)
        assert f"{sweep}_run" not in [button.key for button in app.button]
        app = open_page(page, **part, **guess)
        assert "appears below" not in words(app)
        assert "at once: about" in words(app)

    def test_runs_shows_and_is_there_at_once_the_next_time(self, open_page: OpenPage, page, part, guess, sweep):
        setting = {f"{sweep[:2]}_settings": QUICK}
        app = run(open_page(page, **part, **guess, **setting), sweep)
        assert ("You expected" in words(app)) or ("your sketch is off" in words(app))
        assert len(charts(app)) == {"bb_sweep": 2, "lb_sweep": 4}.get(sweep, 3)
        assert "What to look for" in [heading.value for heading in app.subheader]
        assert {"bp_home_csv", "bs_home_csv", "bb_sweep_home_csv", "lb_sweep_home_csv"} & {
            button.proto.id.rpartition("-")[2] for button in app.get("download_button")
        }
        again = open_page(page, **part, **guess, **setting)
        again.button(key=f"{sweep}_run").click().run()
        snapshot = again.session_state[sweep].snapshot()
        assert snapshot.state == "finished" and snapshot.cached == len(snapshot.runs)

    @pytest.mark.parametrize("strange", ["", "NaN", "-5", "☃", "1.5"])
    def test_strange_links_break_nothing(self, open_page: OpenPage, page, part, guess, sweep, strange):
        network = ("depth", "width", "weight_scale", "learning_rate", "batch_size", "num_epochs", "seed", "norm")
        names = (*network, "settings", "count", "open", "sweep")
        query = {f"{sweep[:2]}_{name}": strange for name in names}
        query |= {"norm_data": strange, "bs_sketch_digits": strange}
        words(open_page(page, **query | part | guess))
        words(open_page(page, **query | part | guess | {f"{sweep[:2]}_settings": "my own"}))


class TestPair:
    def test_own_settings_are_what_is_trained(self, open_page: OpenPage):
        own = {"bp_depth": "2", "bp_width": "16", "bp_weight_scale": "he", "bp_num_epochs": "2", "bp_seed": "7"}
        _, part, guess, sweep = PAIR
        app = open_page("batchnorm_deep", **part, **guess, **own, bp_settings="my own", bp_norm="layer norm")
        experiment = run(app, sweep).session_state[sweep].experiment
        spec = experiment.runs[0]
        assert (spec.depth, spec.width, spec.weight_scale, spec.num_epochs, spec.seed) == (2, 16, "he", 2, 7)
        assert [r.normalization for r in experiment.runs] == ["layernorm", None]
        assert "with layer norm" in words(app)

    def test_the_published_run_is_met(self, open_page: OpenPage, real_cifar10: Path):
        _, part, guess, sweep = PAIR
        app = run(open_page("batchnorm_deep", **part, **guess), sweep)
        assert re.search(r"Loss at iteration 1: expected \*\*2\.340974\*\*, got \*\*2\.34097[345]\*\*\.", words(app))
        (table,) = app.table
        assert table.value["expected"].tolist()[:3] == ["2.340974", "10.7 %", "11.5 %"]
        assert table.value["met"].tolist() == ["✓"] * 10


class TestScale:
    def test_a_link_brings_the_sketch_and_it_is_judged(self, open_page: OpenPage):
        _, part, guess, sweep = SCALE
        app = open_page("batchnorm_deep", **part, bs_sketch_digits=SKETCH)
        (component,) = [e.proto for e in app.get("bidi_component") if e.proto.component_name.endswith("sketch")]
        assert '"heights":[0.1,0.1,0.2,0.9,0.5]' in component.json.replace(" ", "")
        app = run(open_page("batchnorm_deep", **part, **guess, bs_sketch_digits=SKETCH, bs_settings=QUICK), sweep)
        assert "where you drew" in words(app) and "a factor of" in words(app)
        validation, training, loss = (rows(element) for element in app.get("vega_lite_chart"))
        sketched = validation[validation["kind"] == "sketched"]
        assert sketched["value"].tolist() == [0.1, 0.1, 0.2, 0.9, 0.5, 0.6, 0.9, 0.9, 0.9, 0.5]
        assert len(validation) == 10 + 14
        assert set(training["kind"]) == set(loss["kind"]) == {"measured"}

    def test_a_run_is_opened_with_a_link_to_its_settings(self, open_page: OpenPage):
        _, part, guess, sweep = SCALE
        app = run(open_page("batchnorm_deep", **part, **guess, bs_settings=QUICK), sweep)
        assert len(charts(app)) == 3
        choice = app.selectbox(key="bs_open")
        assert len(choice.options) == 14
        app = choice.set_value(choice.options[3]).run()
        assert len(charts(app)) == 6
        spec: RunSpec = app.session_state[sweep].experiment.runs[3]
        assert f"weight scale {spec.weight_scale:.3g}" in words(app)
        (link,) = [e.proto for e in app.get("page_link")]
        assert repr(spec.weight_scale) in link.query_string and "num_epochs=3" in link.query_string

    def test_what_is_there_stays_when_it_is_stopped(self, open_page: OpenPage):
        _, part, guess, sweep = SCALE
        own = {"bs_settings": "my own", "bs_depth": "2", "bs_width": "4", "bs_batch_size": "1", "bs_num_epochs": "40"}
        app = open_page("batchnorm_deep", **part, **guess, **own)
        app.button(key=f"{sweep}_run").click().run()
        app.button(key=f"{sweep}_stop").click().run()
        assert app.session_state[sweep].snapshot().state == "stopped"
        assert len(charts(app)) == 3
        assert f"{sweep}_run" in [button.key for button in app.button]


def test_layer_norm_stands_beside_batch_norm(open_page: OpenPage):
    _, part, guess, sweep = BESIDE
    app = run(open_page("layernorm", **part, **guess, lb_settings=QUICK), sweep)
    assert len(app.session_state[sweep].experiment.runs) == 7
    assert "points with layer norm**" in words(app)


def test_answers_say_why(open_page: OpenPage):
    app = open_page("batchnorm_deep")
    app = app.radio(key="quiz_batchnorm_deep_question pair").set_value("γ and β add many parameters").run()
    assert "two numbers a unit" in app.warning[0].value
