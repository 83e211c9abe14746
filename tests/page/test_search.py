"""Train your best model, part "Search": every control's extremes, a study from start to end, faults in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.numerals import percent
from nnlib.runs import SETTINGS, RunSpec
from nnlib.search import (
    Choice,
    Interval,
    SearchError,
    SearchPlan,
    StudyState,
    Unreachable,
    claims,
    storage_url,
    studies,
)
from nnlib.search.work import work
from tests.page.conftest import OpenPage
from tests.ui.runs.test_live import until
from ui.lessons.search import controls
from ui.lessons.search import desk as search_desk
from ui.lessons.search.view import FEWEST, VIEWS
from ui.runs import sweeps
from ui.widgets.words import label_of

RANGES = [name for name in controls.USUAL if SETTINGS[name].searched]
PAGE = "train_best_model"
SEARCH = {"train_part": "Search", "search_guess": "hidden layers"}
SHORT = SEARCH | {"search_epochs": "1", "search_trials": "5", "search_method": "random"}
BASE = RunSpec(num_train=60, depth=1, width=8, batch_size=20, num_epochs=1)
SPACE = {
    "learning_rate": Interval(1e-4, 1),
    "weight_scale": Interval(1e-3, 1),
    "normalization": Choice((None, "batchnorm")),
}
PLAN = SearchPlan(BASE, SPACE, method="random", pruning="none", num_trials=5)
ENOUGH = 60.0


@pytest.fixture(scope="module", autouse=True)
def own_studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNLIB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
    sweeps.pool().close()
    sweeps.pool.cache_clear()
    search_desk.desk_of.cache_clear()


def words(app: AppTest) -> str:
    assert not app.exception
    progress = [element.proto.text for element in app.main if getattr(element, "type", "") == "progress"]
    said = (*app.markdown, *app.caption, *app.error, *app.warning, *app.info)
    return " | ".join([*(element.value for element in said), *progress])


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=f"search_{key}").click().run()


def made(name: str, plan: SearchPlan = PLAN) -> StudyState:
    """A study with all its trials."""
    studies.create(storage_url(), name, plan)
    for _ in work(name, storage_url()):
        pass
    return studies.read(storage_url(), name)


def wait(name: str, condition) -> None:
    until(lambda: condition(search_desk.desk().look(name)), ENOUGH)


def usable() -> bool:
    with suppress(SearchError):
        return search_desk.desk().names() is not None
    return False


def test_asks_for_a_prediction_first(open_page: OpenPage):
    app = open_page(PAGE, train_part="Search")
    assert "Choose first" in words(app) and not app.selectbox
    app = app.segmented_control(key="search_guess").set_value("hidden layers").run()
    assert "New study" in app.selectbox(key="study").options
    assert "30 trials of 10 epochs" in words(app)


def test_a_study_from_start_to_end_and_on(open_page: OpenPage):
    app = open_page(PAGE, **SHORT)
    app = press(app, "start")
    name = app.selectbox(key="study").value
    assert name == "digits random 1"
    wait(name, lambda book: book.state and book.state.over and not book.running)
    app = app.run()
    assert "All 5 trials done" in words(app) and "Best so far" in words(app)
    assert len(app.dataframe[0].value) == 5
    assert "reckoned from 20 trials on" in words(app)
    app = press(app, "more")
    wait(name, lambda book: book.state and len(book.state.ended) == 15)
    assert "All 15 trials done" in words(app.run())


def test_stopping_and_going_on(open_page: OpenPage):
    app = press(open_page(PAGE, **SHORT | {"search_epochs": "500", "search_name": "long"}), "start")
    wait("long", lambda book: book.state and book.state.running)
    app = press(app.run(), "stop")
    wait("long", lambda book: not book.state.running)
    assert "0 of 5 trials done" in words(app.run())
    app = press(app, "resume")
    wait("long", lambda book: book.state and book.state.running)
    assert app.button(key="search_stop")
    search_desk.desk().stop("long")


def test_the_answer_to_the_prediction_and_every_view(open_page: OpenPage):
    state = made("told", replace(PLAN, num_trials=FEWEST))
    first, share = next(iter(state.importances.items()))
    for view in VIEWS:
        for half in ("true", "false") if view in VIEWS[::2] else ("false",):
            app = open_page(PAGE, **SEARCH, study="told", search_view=view, search_half=half)
            assert f"**{label_of(first)}** has the largest share, {percent(share, 0)}" in words(app)
            assert "You expected **hidden layers**" in words(app)
            assert [element.type for element in app.main].count("vega_lite_chart") == 1


@pytest.mark.parametrize(
    ("x", "y"), [("normalization", "learning_rate"), ("weight_scale", "normalization"), ("weight_scale",) * 2]
)
def test_a_map_of_any_two_settings(open_page: OpenPage, x: str, y: str):
    if "map" not in studies.names(storage_url()):
        made("map")
    app = open_page(PAGE, **SEARCH, study="map", search_view="Map", search_x=label_of(x), search_y=label_of(y))
    assert not app.exception
    assert (app.selectbox(key="search_x").value, app.selectbox(key="search_y").value) == (x, y)


@pytest.mark.parametrize("view", VIEWS)
def test_views_of_one_setting_and_of_nothing(open_page: OpenPage, view: str):
    if "one" not in studies.names(storage_url()):
        made("one", replace(PLAN, space={"learning_rate": Choice((0.1,))}, method="grid"))
        studies.create(storage_url(), "none", PLAN)
    assert "All 1 trials done" in words(open_page(PAGE, **SEARCH, study="one", search_view=view))
    app = open_page(PAGE, **SEARCH, study="none", search_view=view)
    assert "No trial has come to its end yet" in words(app) and not app.dataframe


def test_a_diverged_trial_is_shown(open_page: OpenPage):
    base = replace(BASE, update_rule="sgd", reg=10.0, num_epochs=3)
    made("diverged", replace(PLAN, base=base, method="grid", space={"learning_rate": Choice((50, 100))}))
    app = open_page(PAGE, **SEARCH, study="diverged", search_view="Lines")
    assert list(app.dataframe[0].value["state"]) == ["diverged"] * 2 and not app.exception


def test_a_trial_opens_in_train(open_page: OpenPage):
    state = made("opened", replace(PLAN, base=replace(BASE, update_rule="adamw", num_train=100)))
    app = open_page(PAGE, **SEARCH, study="opened", search_trial="trial 1")
    app = press(app, "open").run()
    assert not app.exception
    spec = app.session_state["train_run"].spec
    assert spec == state.spec(state.trials[1])
    again = open_page(
        PAGE,
        **{
            key: value[0] if isinstance(value, list) else value
            for key, value in app.query_params.items()
            if key != "run"
        },
    )
    assert again.session_state["train_run"].spec == spec


def test_a_trial_beyond_the_controls_stays_here(open_page: OpenPage):
    made("wide", replace(PLAN, num_trials=1, space={"width": Choice((2000,))}))
    app = press(open_page(PAGE, **SEARCH, study="wide"), "open")
    assert "do not reach as far" in words(app)


def test_deleting_takes_a_second_click(open_page: OpenPage):
    made("gone", replace(PLAN, num_trials=1))
    app = open_page(PAGE, **SEARCH, study="gone")
    assert "Delete the study **`gone`** with all its 1 trials?" in words(app)
    app = press(app, "delete").run()
    assert app.selectbox(key="study").value == "New study"
    assert "gone" not in studies.names(storage_url())


def test_how_other_machines_join(open_page: OpenPage):
    made("joined (1)", replace(PLAN, num_trials=1))
    app = open_page(PAGE, **SEARCH, study="joined (1)")
    assert any("python -m nnlib.search --study 'joined (1)'" in code.value for code in app.code)


def test_choices_of_one_study_do_not_hurt_another(open_page: OpenPage):
    made("before")
    made("after", replace(PLAN, num_trials=1, space={"depth": Interval(1, 2), "reg": Interval(1e-4, 1e-2)}))
    app = open_page(PAGE, **SEARCH, study="before", search_view="Map", search_trial="trial 4", search_y="normalization")
    assert app.selectbox(key="search_trial").value == "4"
    app = app.selectbox(key="study").set_value("after").run()
    assert not app.exception
    assert (app.selectbox(key="search_x").value, app.selectbox(key="search_y").value) == ("depth", "reg")
    assert app.selectbox(key="search_trial").value == "best trial"
    assert press(app, "open").session_state["train_run"].spec.reg >= 1e-4


class TestControls:
    @pytest.mark.parametrize("method", ["TPE", "random", "grid"])
    @pytest.mark.parametrize("base", ["Digits: a good start", "Spiral: see the boundary"])
    def test_everything_varied(self, open_page: OpenPage, method: str, base: str):
        app = open_page(PAGE, **SEARCH, search_method=method, search_base=base, search_points="2")
        names = [name for name in controls.USUAL if name != "augment"]
        app = app.multiselect(key="search_vary").set_value(names).run()
        assert not app.exception
        if method == "grid":
            assert "at most 2000 are possible" in words(app)
        else:
            assert app.button(key="search_start")

    @pytest.mark.parametrize("name", RANGES)
    def test_ranges_at_their_ends_and_of_one_value(self, open_page: OpenPage, name: str):
        app = open_page(PAGE, **SEARCH)
        app = app.multiselect(key="search_vary").set_value([name]).run()
        options = controls.stops(name)
        for low, high in ((options[0], options[-1]), (options[0],) * 2, (options[-1],) * 2):
            app = app.select_slider(key=f"vary_{name}").set_value((low, high)).run()
            assert not app.exception and not app.error
            assert app.button(key="search_start")

    def test_nothing_varied_and_nothing_to_choose_from(self, open_page: OpenPage):
        app = open_page(PAGE, **SEARCH)
        app = app.multiselect(key="search_vary").set_value([]).run()
        assert "There is nothing to vary" in words(app)
        app = app.multiselect(key="search_vary").set_value(["update_rule"]).run()
        app = app.button_group(key="vary_update_rule").set_value([]).run()
        assert "update_rule has no values to choose from" in words(app)

    def test_the_run_in_train_can_be_searched_around(self, open_page: OpenPage):
        app = open_page(PAGE, depth="3", num_epochs="5")
        app = app.segmented_control(key="train_part").set_value("search").run()
        app = app.segmented_control(key="search_guess").set_value("hidden layers").run()
        app = app.selectbox(key="search_base").set_value(controls.HERE).run()
        assert "hidden layers 3" in words(app)

    def test_a_name_that_is_taken(self, open_page: OpenPage):
        made("taken", replace(PLAN, num_trials=1))
        app = press(open_page(PAGE, **SHORT, search_name="taken"), "start")
        assert "There is a study 'taken' already" in words(app)

    @pytest.mark.parametrize("strange", ["", "NaN", "1e999", "-5", "☃", "1,0", "../../x"])
    def test_strange_links_break_nothing(self, open_page: OpenPage, strange: str):
        names = "base num_train epochs method trials points pruning seed name view half trial x y"
        keys = [*(f"search_{name}" for name in names.split()), *(f"vary_{name}" for name in RANGES)]
        app = open_page(PAGE, **dict.fromkeys(keys, strange) | SEARCH)
        assert not app.exception and not app.error


class TestFaults:
    def test_a_study_that_cannot_be_read_can_be_deleted(self, open_page: OpenPage):
        made("sound")
        made("broken")
        studies.load(storage_url(), "broken")[0].set_user_attr(studies.PLAN, {"by": "another version"})
        app = open_page(PAGE, study="broken", **SEARCH)
        assert "cannot be read" in words(app)
        assert {"broken", "sound"} <= set(app.selectbox(key="study").options)
        press(app, "delete")
        assert "broken" not in app.selectbox(key="study").options and app.selectbox(key="study").value == "New study"

    def test_a_trial_that_failed_says_why(self, open_page: OpenPage):
        studies.create(storage_url(), "one fails", PLAN)
        study, plan = studies.load(storage_url(), "one fails")
        trial = claims.claim(study, plan)
        assert trial is not None
        claims.fail(study, study.get_trials()[0], "There was not enough memory.")
        for _ in work("one fails", storage_url()):
            pass
        app = open_page(PAGE, study="one fails", **SEARCH)
        assert "1 trials failed (number 0): There was not enough memory." in words(app)
        for view in VIEWS:
            app.segmented_control(key="search_view").set_value(view).run()
            assert "All 5 trials done" in words(app)

    def test_a_database_that_is_away(self, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch):
        made("away")
        app = open_page(PAGE, study="away", **SEARCH)
        with monkeypatch.context() as patch:
            for name in ("read", "names", "create"):
                patch.setattr(studies, name, Mock(side_effect=Unreachable("the database does not answer.")))
            patch.setattr(search_desk, "POLL", -1.0)
            said = words(app.run())
            assert "The database does not answer. Trying again" in said and "All 5 trials done" in said
            search_desk.desk_of.cache_clear()
            assert "The database does not answer. Trying again" in words(app.run())
        until(lambda: "All 5 trials done" in words(app.run()), ENOUGH)

    def test_an_unknown_study(self, open_page: OpenPage):
        app = open_page(PAGE, **SEARCH, study="nowhere")
        assert "There is no study `nowhere` here" in words(app)
        assert app.selectbox(key="study").value == "New study"

    def test_a_damaged_file(self, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("NNLIB_CACHE", str(tmp_path))
        (tmp_path / "studies.sqlite3").write_bytes(b"no database" * 1000)
        app = open_page(PAGE, **SEARCH)
        assert "is damaged" in words(app) and "move it away" in words(app)
        (tmp_path / "studies.sqlite3").unlink()
        until(usable)  # a fault is known for a second to all
        app = press(app, "again")
        assert not app.error and app.button(key="search_start")

    @pytest.mark.parametrize("address", ["nonsense", "mysql://h/d", "sqlite:////proc/nowhere/x.sqlite3"])
    def test_a_database_that_cannot_be_used(self, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, address: str):
        monkeypatch.setenv("NNLIB_STORAGE", address)
        app = open_page(PAGE, **SEARCH)
        assert not app.exception and len(app.error) == 1
        assert app.error[0].value.endswith(".") and "\n" not in app.error[0].value

    def test_data_that_are_not_here(self, open_page: OpenPage):
        studies.create(storage_url(), "pictures", replace(PLAN, base=RunSpec(data="cifar10")))
        app = press(open_page(PAGE, **SEARCH, study="pictures"), "resume")
        wait("pictures", lambda book: book.error)
        assert "CIFAR-10 is not here" in words(app.run())
        assert app.button(key="search_resume")
