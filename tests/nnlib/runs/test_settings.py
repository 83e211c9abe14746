"""The table of settings: bounds that every run keeps; one more, added in memory, is seen wherever it should be."""

import json
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnlib.runs import SETTINGS, RunSpec
from nnlib.runs.settings import GROUPS, Setting
from nnlib.search import Interval, SearchError, SearchPlan
from tests.nnlib.oracles import assert_one_sentence
from ui.lessons.search import controls as search
from ui.widgets import controls, words

STRANGE: list[Any] = [None, True, [], {}, "", "magic", float("nan"), float("inf"), 10**400, -1, -5, 0.5, "☃" * 900]
STRANGE += [64.5, -0.5, -float("inf"), -(10**400), 10**5000, 1e400, 1j, b"he", Decimal(1), Fraction(1, 2), (1,), {1}]
STRANGE += [np.bool_(True), np.complex64(1), np.float16(2), np.zeros(1), np.zeros((9, 9)), np.datetime64(1, "ns")]
STRANGE += [object(), int, "Adam", "HE", "batch norm", "None", "nan", "1\n2", "<b>", "\0"]


def test_every_field_has_a_row_and_a_default_within_its_bounds():
    assert set(SETTINGS) == {field.name for field in fields(RunSpec)}
    assert {setting.group for setting in SETTINGS.values()} == set(GROUPS)
    RunSpec()  # refuses what is out of them


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_is_within_its_bounds_or_refused_in_one_sentence(name: str):
    setting = SETTINGS[name]
    for value in STRANGE:
        try:
            kept: Any = getattr(replace(RunSpec(), **{name: value}), name)
        except ValueError as error:
            assert_one_sentence(str(error), setting.label if not setting.numeric and name != "data" else "")
            continue
        if not ((kept is None or isinstance(kept, str)) and kept in setting.values):
            assert setting.least is not None and setting.least <= float(kept or 0) <= setting.most
        assert not isinstance(kept, bool) and kept not in setting.excluded


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.numeric])
def test_the_ends_are_in_or_out_as_the_table_says(name: str):
    setting = SETTINGS[name]
    assert setting.least is not None
    for end, step in ((setting.least, -1), (setting.most, 1)):
        if end in setting.excluded:
            with pytest.raises(ValueError, match=name):
                replace(RunSpec(), **{name: end})
        else:
            assert getattr(replace(RunSpec(), **{name: end}), name) == end
        if abs(end) < 1e9:
            with pytest.raises(ValueError, match=f"^{name} is {end + step}, but must be "):
                replace(RunSpec(), **{name: end + step})


@pytest.mark.parametrize("width", [0, -5])
def test_a_width_that_trained_a_single_unit_is_refused(width: int):
    with pytest.raises(ValueError, match=rf"^width is {width}, but must be a whole number from 1 to 100000\.$"):
        RunSpec(width=width)


@pytest.mark.parametrize(
    ("name", "near"), [("widht", "'width'"), ("lr", "data, num_train"), ("learning-rate", "'learning_rate'")]
)
def test_a_setting_that_there_is_not_is_named_with_the_nearest(name: str, near: str):
    told: Any = {name: 3}
    for make in (RunSpec, lambda **told: replace(RunSpec(), **told)):
        with pytest.raises(ValueError, match=f"^RunSpec has no setting '{name}': ") as error:
            make(**told)
        assert_one_sentence(error, near)


def test_numbers_of_numpy_become_pythons():
    """As they come out of np.logspace; experiments and studies are kept as JSON, which does not know them."""
    spec = RunSpec(width=np.int64(32), learning_rate=np.float64(0.1), reg=np.float32(0.5), seed=np.uint8(3))  # type: ignore[arg-type]
    assert spec == RunSpec(width=32, learning_rate=0.1, reg=0.5, seed=3)
    assert json.loads(json.dumps(asdict(spec))) == asdict(spec)


@pytest.mark.parametrize(
    "sizes", [{"width": 100_000}, {"width": 10_000, "depth": 20}, {"width": 99_999, "depth": 3, "taper": 0.9}]
)
def test_a_network_that_no_memory_holds_is_refused_before_it_is_made(sizes: dict[str, Any]):
    with pytest.raises(ValueError, match="weights, but at most 100,000,000 fit") as error:
        RunSpec(**sizes).make_model(64, 10)
    assert_one_sentence(error, f"width {sizes['width']}")


def test_what_can_be_searched_can_be_run():
    for name, setting in SETTINGS.items():
        for end in setting.searched or ():
            assert getattr(replace(RunSpec(), **{name: end}), name) == end


def test_a_plan_whose_base_cannot_run_is_refused():
    plan = SearchPlan(RunSpec(), {"depth": Interval(1, 3)}).as_data()
    plan["base"] |= {"width": -5}
    with pytest.raises(SearchError, match=r"^width is -5, but must be a whole number from 1 to "):
        SearchPlan.from_data(json.loads(json.dumps(plan)))


class TestOneMore:
    """A field of RunSpec and a row of SETTINGS, and nothing else."""

    @dataclass(frozen=True)
    class Longer(RunSpec):
        smoothing: float = 0.1

    @pytest.fixture(autouse=True)
    def row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        setting = Setting("label smoothing", "training", 0, 1, excluded=(1,), searched=(0, 0.9), step=0.1)
        monkeypatch.setitem(SETTINGS, "smoothing", setting)

    def test_its_bounds_are_kept(self):
        with pytest.raises(ValueError, match=r"^smoothing is 1, but must be at least 0 and below 1"):
            self.Longer(smoothing=1)

    def test_it_is_told_in_words(self):
        one, other = self.Longer(), self.Longer(smoothing=0.5)
        assert words.difference(one, other) == ["label smoothing 0.1 → 0.5"]
        assert words.varied([one, other]) == ["smoothing"]
        assert words.label(other, ["smoothing"]) == "label smoothing 0.5"

    def test_it_can_be_searched(self):
        plan = SearchPlan(self.Longer(), {"smoothing": Interval(0, 0.4)}, method="grid", points=3)
        assert sorted(plan.spec(point).smoothing for point in plan.grid()) == [0, 0.2, 0.4]  # type: ignore[attr-defined]
        with pytest.raises(SearchError, match=r"must stay within 0 and 0\.9"):
            SearchPlan(self.Longer(), {"smoothing": Interval(0, 0.95)})
        assert search.stops("smoothing") == [k / 10 for k in range(10)]

    def test_it_has_a_control_and_a_place_in_the_link(self):
        def page() -> None:
            import streamlit as st

            from tests.nnlib.runs.test_settings import TestOneMore
            from ui.widgets import controls

            st.session_state["drawn"] = controls.draw("training", TestOneMore.Longer())

        app = AppTest.from_function(page).run(timeout=30)
        assert not app.exception
        app.number_input(key="smoothing").set_value(0.3).run()
        drawn = app.session_state["drawn"]
        assert drawn.smoothing == 0.3
        assert controls.address(drawn)["smoothing"] == "0.3"
        assert controls.beyond(drawn) == [] and controls.beyond(self.Longer(smoothing=0.95)) == ["smoothing"]
