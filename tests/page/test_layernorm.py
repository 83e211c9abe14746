"""The page "Layer normalization" in every part and at its controls' extremes."""

import numpy as np
import pytest
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df

from nnlib.experiments import Result
from nnlib.experiments.presets import narrow_networks
from nnlib.runs.spec import RunSpec
from nnlib.solver import Record
from tests.page.conftest import OpenPage
from tests.page.test_batchnorm import grids, numbers, text
from ui.lessons.normalization import layernorm

GUESSED = {"ln_guess_batch": "its row", "ln_guess_layer": "its row"}
FAILS = {"ln_part": "When does it fail?", "ln_guess_two": "0", "ln_guess_narrow": "it rises"}
GAME = {"ln_part": "Which preprocessing?"}
MATCHED = {
    "ln_match_rows": "layer norm over a part of the features",
    "ln_match_images": "layer norm",
    "ln_match_mean": "batch norm",
    "ln_match_threshold": "neither",
}


class TestAxis:
    def test_asks_first(self, open_page: OpenPage):
        assert "You expected" not in text(open_page("layernorm", ln_guess_batch="its row"))

    def test_one_cell_moves_a_column_and_a_row(self, open_page: OpenPage):
        app = open_page("layernorm", **GUESSED, ln_row="3", ln_column="1")
        assert not app.exception
        shown = grids(app)
        for title, expected in (
            ("x", [(2, 0)]),
            ("batch norm: by columns", [(i, 0) for i in range(4)]),
            ("layer norm: by rows", [(2, j) for j in range(4)]),
        ):
            cells = shown[title]["cells"]
            assert [(i, j) for i in range(4) for j in range(4) if cells[i][j]["change"]] == expected
            assert [(i, j) for i in range(4) for j in range(4) if cells[i][j]["lit"]] == expected

    def test_outputs_are_normalized_along_their_axes(self, open_page: OpenPage):
        shown = grids(open_page("layernorm", **GUESSED))
        np.testing.assert_allclose(numbers(shown["batch norm: by columns"]).mean(axis=0), 0, atol=0.01)
        np.testing.assert_allclose(numbers(shown["layer norm: by rows"]).mean(axis=1), 0, atol=0.01)

    @pytest.mark.parametrize(
        ("what", "outcome"),
        [
            ("a whole example", "changes **16** of 16 outputs of batch norm and **0** of layer norm"),
            ("a whole feature", "changes **0** of 16 outputs of batch norm and **16** of layer norm"),
        ],
    )
    def test_what_a_norm_does_not_see(self, open_page: OpenPage, what: str, outcome: str):
        assert outcome in text(open_page("layernorm", **GUESSED, ln_what=what))

    @pytest.mark.parametrize(
        "query",
        [
            {"ln_N": "2", "ln_D": "2", "ln_row": "6", "ln_column": "6"},
            {"ln_N": "6", "ln_D": "6", "ln_row": "6", "ln_column": "6", "ln_amount": "-5"},
            {"ln_amount": "0"},
        ],
    )
    def test_holds_at_extremes(self, open_page: OpenPage, query: dict[str, str]):
        app = open_page("layernorm", **GUESSED, **query)
        assert not app.exception and not app.error

    def test_fewer_examples_than_the_chosen_one(self, open_page: OpenPage):
        app = open_page("layernorm", **GUESSED, ln_row="4", ln_column="4")
        app.slider(key="ln_N").set_value(2).run()
        assert not app.exception
        assert app.number_input(key="ln_row").value == 2


@pytest.mark.usefixtures("own_cache_and_pool")
class TestFails:
    @pytest.mark.parametrize(("D", "rows"), [("1", 1), ("2", 2), ("6", 6)])
    def test_few_features_leave_few_different_rows(self, open_page: OpenPage, D: str, rows: int):
        app = open_page("layernorm", **FAILS, ln_D_narrow=D)
        assert not app.exception
        assert f"after layer norm: **{rows}**" in text(app)

    def test_trains_on_demand(self, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch):
        few = narrow_networks("few_networks", RunSpec(num_epochs=1), (1, 2, 3, 32), (0,))  # one epoch each will do
        monkeypatch.setattr(layernorm, "NARROW", few)
        app = open_page("layernorm", **FAILS)
        assert "accuracy with one unit" not in text(app)
        app.button(key="ln_sweep_run").click().run()
        assert app.session_state["ln_sweep"].wait(120)
        app.run()
        assert not app.exception and not app.error
        assert "Validation accuracy with one unit" in text(app)
        (chart,) = app.get("vega_lite_chart")
        assert len(convert_arrow_bytes_to_pandas_df(chart.proto.data.data)) == 12
        assert "ln_narrow_home_csv" in [button.key for button in app.download_button]

    def test_offers_all_networks_and_can_be_stopped(self, open_page: OpenPage):
        app = open_page("layernorm", **FAILS)
        assert "72 runs" in "".join(caption.value for caption in app.caption)
        app.button(key="ln_sweep_run").click().run()
        app.button(key="ln_sweep_stop").click().run()
        assert not app.exception
        assert app.session_state["ln_sweep"].over
        assert "Validation accuracy with one unit" not in text(app)

    def test_the_mean_is_over_the_seeds(self):
        results = [
            Result(RunSpec(width=D, normalization=norm, seed=seed), (Record(1, 1, 2.3, 0.1, 0.5, accuracy),))
            for D, norm, seed, accuracy in [
                (1, None, 0, 0.25),
                (1, None, 1, 0.75),
                (2, None, 0, 0.1),
                (1, "layernorm", 0, 0),
            ]
        ]
        assert layernorm._mean_accuracy(results, None, 1) == "50 %"


class TestPreprocessing:
    def test_answers_only_when_all_are_matched(self, open_page: OpenPage):
        app = open_page("layernorm", **GAME, ln_match_rows="neither")
        assert not app.exception
        assert "3 left" in app.info[0].value
        assert not app.success and not app.warning and not app.table

    def test_right_matches(self, open_page: OpenPage):
        app = open_page("layernorm", **GAME, **MATCHED)
        assert not app.exception
        assert len(app.success) == 4 and not app.warning
        measured = app.table[0].value.to_numpy().tolist()
        assert measured[1] == measured[5] and measured[2] == measured[4]  # images and layer norm, mean and batch norm

    @pytest.mark.parametrize("which", MATCHED)
    def test_every_wrong_match_has_a_reason_of_its_own(self, open_page: OpenPage, which: str):
        app = open_page("layernorm", **GAME, **MATCHED)
        said = set()
        for answer in set(MATCHED.values()) - {MATCHED[which]}:
            app.segmented_control(key=which).set_value(answer).run()
            assert not app.exception
            assert len(app.warning) == 1 and len(app.success) == 3
            said.add(app.warning[0].value)
        assert len(said) == 3


def test_every_part_opens(open_page: OpenPage):
    for part in ("Which axis", "Step through", "When does it fail?", "Which preprocessing?"):
        assert not open_page("layernorm", ln_part=part).exception


@pytest.mark.parametrize("strange", ["", "NaN", "1e999", "-5", "☃", "1.5"])
@pytest.mark.parametrize("part", [GUESSED, FAILS, GAME, {}])
def test_strange_links_break_nothing(open_page: OpenPage, part: dict[str, str], strange: str):
    names = (
        "part what amount N D row column seed D_narrow seed_narrow match_rows match_images match_mean match_threshold"
    )
    app = open_page("layernorm", **dict.fromkeys([f"ln_{name}" for name in names.split()], strange) | part)
    assert not app.exception and not app.error
