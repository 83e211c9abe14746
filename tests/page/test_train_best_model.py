"""Train your best model: every preset, the extremes of every control, every rule and data set, and odd addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.data.points import FIGURES
from nnlib.numerals import percent
from nnlib.optim import RULES
from nnlib.runs.spec import RunSpec
from nnlib.schedules import SCHEDULES
from tests.page.conftest import OpenPage
from ui.lessons.train.presets import DIGITS, TRAIN
from ui.runs import log as run_log
from ui.runs import sessions
from ui.runs.live import Run
from ui.widgets import controls
from ui.widgets.datasets import title

PAGE = "train_best_model"
SLIDERS = {  # key -> the least and the greatest value
    "depth": (1, 10),
    "dropout_keep_ratio": (0.1, 1.0),
    "warmup": (0.0, 0.5),
    "patience": (0, 20),
    "guess": (0, 100),
}
CHOICES: dict[str, list[Any]] = {
    **{name: list(stops) for name, stops in controls.STOPS.items() if name not in ("taper", "weight_decay")},
    "num_train": [n for n in controls.STOPS["num_train"] if n <= 1000],
}
BOUND = ("preset", "data", "seed", "update_rule", "normalization", "schedule", "train_speed", "augment", "lr_decay")
LARGEST = {"depth": "10", "width": "1024", "batch_size": "500", "num_epochs": "500", "normalization": "batchnorm"}


# a setting of every control, and the address that holds it
SPEC = RunSpec(
    data="moons",
    depth=3,
    width=32,
    normalization="layernorm",
    dropout_keep_ratio=0.75,
    weight_scale=0.05,
    reg=1e-3,
    update_rule="rmsprop",
    learning_rate=5e-3,
    schedule="step",
    lr_decay=0.9,
    warmup=0.1,
    batch_size=20,
    num_epochs=10,
    patience=5,
    seed=42,
)
LINK = {
    "data": "Moons",
    "depth": "3",
    "width": "32",
    "normalization": "layernorm",
    "dropout_keep_ratio": "0.75",
    "weight_scale": "5e-2",
    "reg": "0.001",
    "update_rule": "rmsprop",
    "learning_rate": "0.005",
    "schedule": "step",
    "lr_decay": "0.9",
    "warmup": "0.1",
    "batch_size": "20",
    "num_epochs": "10",
    "patience": "5",
    "seed": "42",
}


def run_of(app: AppTest) -> Run:
    return app.session_state["train_run"]


def in_address(app: AppTest) -> dict[str, str]:
    return {key: values[-1] if isinstance(values, list) else values for key, values in app.query_params.items()}


def step(app: AppTest) -> Run:
    """Click One step; the run must have gone on or explained itself."""
    app.button(key="train_step").click().run()
    assert not app.exception
    run = run_of(app)
    assert run.status in ("paused", "finished", "diverged")
    if run.status == "diverged":
        assert [error.value for error in app.error] == [run.note]
    else:
        assert run.solver.iteration == 1 and not app.error
    return run


class TestPresets:
    @pytest.mark.parametrize("name", [name for name, spec in TRAIN.items() if spec.data != "cifar10"])
    def test_chosen_or_in_the_address_it_sets_every_control(self, open_page: OpenPage, name: str):
        linked = open_page(PAGE, preset=name)
        assert run_of(linked).spec == TRAIN[name]
        app = open_page(PAGE, depth="9", width="4", reg="0.1", warmup="0.5", patience="3", seed="7", schedule="cosine")
        assert run_of(app).spec.depth == 9
        for chosen in ("Bad: vanishing", "Spiral: see the boundary", name):
            app.selectbox(key="preset").select(chosen).run()
            assert run_of(app).spec == TRAIN[chosen]
        step(app)

    def test_without_cifar10_its_preset_is_not_offered(self, open_page: OpenPage):
        app = open_page(PAGE, preset="CIFAR-10: a good start", data="cifar10")
        assert not app.exception
        assert "CIFAR-10: a good start" not in app.selectbox(key="preset").options
        assert run_of(app).spec == DIGITS

    def test_cifar10(self, open_page: OpenPage, real_cifar10: Path):
        app = open_page(PAGE, preset="CIFAR-10: a good start", augment="flip")
        assert run_of(app).spec.augment == "flip"
        app.selectbox(key="preset").select("Spiral: see the boundary").run()
        app.selectbox(key="preset").select("CIFAR-10: a good start").run()
        assert run_of(app).spec == TRAIN["CIFAR-10: a good start"]
        run = step(app)
        assert run.snapshot()["iterations"] == 2450


class TestExtremes:
    @pytest.mark.parametrize("key", SLIDERS)
    def test_of_every_slider(self, open_page: OpenPage, key: str):
        app = open_page(PAGE)
        slider = app.slider(key=key)
        assert (slider.min, slider.max) == SLIDERS[key]
        for value in SLIDERS[key]:
            app.slider(key=key).set_value(value).run()
            assert not app.exception and not app.error
        step(app)

    @pytest.mark.parametrize("key", CHOICES)
    def test_of_every_choice(self, open_page: OpenPage, key: str):
        for value in (CHOICES[key][0], CHOICES[key][-1]):
            app = open_page(PAGE)
            app.select_slider(key=key).set_value(value).run()
            assert not app.exception and not app.error
            spec = run_of(app).spec
            assert getattr(spec, key) == (float(value) if str(value)[0].isdigit() else value)
            step(app)

    @pytest.mark.parametrize("seed", [0, 999_999])
    def test_of_the_seed(self, open_page: OpenPage, seed: int):
        app = open_page(PAGE)
        app.number_input(key="seed").set_value(seed).run()
        assert run_of(app).spec.seed == seed
        step(app)

    def test_the_largest_network(self, open_page: OpenPage):
        step(open_page(PAGE, **LARGEST))

    def test_the_smallest_of_everything(self, open_page: OpenPage):
        smallest = {"depth": "1", "width": "4", "batch_size": "1", "num_epochs": "1", "num_train": "50"}
        step(open_page(PAGE, **smallest, dropout_keep_ratio="0.1", normalization="batchnorm"))

    def test_the_boldest_of_everything(self, open_page: OpenPage):
        boldest = {"learning_rate": "50", "weight_scale": "1", "reg": "0.5", "dropout_keep_ratio": "0.1"}
        app = open_page(PAGE, **boldest, depth="10", update_rule="sgd_momentum")
        assert run_of(app).spec.learning_rate == controls.STOPS["learning_rate"][-1]
        step(app)


class TestEveryOption:
    @pytest.mark.parametrize("rule", RULES)
    def test_update_rule(self, open_page: OpenPage, rule: str):
        app = open_page(PAGE)
        app.selectbox(key="update_rule").select(rule).run()
        assert run_of(app).spec.update_rule == rule
        step(app)

    @pytest.mark.parametrize("data", ["digits", *FIGURES])
    @pytest.mark.parametrize("normalization", ["none", "batchnorm", "layernorm"])
    def test_data_and_normalization(self, open_page: OpenPage, data: str, normalization: str):
        app = open_page(PAGE, data=title(data), normalization=normalization)
        spec = run_of(app).spec
        assert (spec.data, spec.normalization or "none") == (data, normalization)
        step(app)

    @pytest.mark.parametrize("schedule", SCHEDULES)
    def test_schedule(self, open_page: OpenPage, schedule: str):
        app = open_page(PAGE, schedule=schedule, warmup="0.2", lr_decay="0.5")
        spec = run_of(app).spec
        assert (spec.schedule, spec.warmup) == (schedule, 0.2)
        assert spec.lr_decay == (0.5 if schedule == "step" else RunSpec.lr_decay)
        step(app)


class TestAddress:
    def test_every_setting_reaches_the_run(self, open_page: OpenPage):
        app = open_page(PAGE)
        app.selectbox(key="data").select(SPEC.data).run()
        app.number_input(key="seed").set_value(SPEC.seed).run()
        app.slider(key="depth").set_value(SPEC.depth).run()
        app.select_slider(key="width").set_value(SPEC.width).run()
        app.button_group(key="normalization").set_value(SPEC.normalization).run()
        app.select_slider(key="weight_scale").set_value("5e-2").run()
        app.slider(key="dropout_keep_ratio").set_value(SPEC.dropout_keep_ratio).run()
        app.select_slider(key="reg").set_value(SPEC.reg).run()
        app.selectbox(key="update_rule").select(SPEC.update_rule).run()
        app.select_slider(key="learning_rate").set_value(SPEC.learning_rate).run()
        app.button_group(key="schedule").set_value(SPEC.schedule).run()
        app.slider(key="lr_decay").set_value(SPEC.lr_decay).run()
        app.slider(key="warmup").set_value(SPEC.warmup).run()
        app.select_slider(key="batch_size").set_value(SPEC.batch_size).run()
        app.select_slider(key="num_epochs").set_value(SPEC.num_epochs).run()
        app.slider(key="patience").set_value(SPEC.patience).run()
        assert run_of(app).spec == SPEC

    def test_a_link_sets_everything(self, open_page: OpenPage):
        assert run_of(open_page(PAGE, **LINK)).spec == SPEC

    @pytest.mark.parametrize(
        "spec",
        [
            SPEC,
            RunSpec(width=200, taper=0.5, depth=4, num_train=100, update_rule="adamw", weight_decay=0.05, reg=0.02),
            RunSpec(width=90, taper=0.6, num_train=750, weight_scale=0.03, learning_rate=0.003171234567891),
            RunSpec(update_rule="adamw", weight_decay=0.0123, batch_size=64, num_epochs=15, dropout_keep_ratio=0.83),
        ],
    )
    def test_the_link_of_a_run_reproduces_it(self, open_page: OpenPage, spec: RunSpec):
        assert run_of(open_page(PAGE, **controls.address(spec))).spec == spec

    def test_a_value_between_two_steps_can_be_left(self, open_page: OpenPage):
        app = open_page(PAGE, learning_rate="0.0031")
        assert run_of(app).spec.learning_rate == 0.0031
        app.select_slider(key="learning_rate").set_value(0.005).run()
        assert not app.exception
        assert run_of(app).spec.learning_rate == 0.005
        assert app.select_slider(key="learning_rate").options == [
            f"{rate:g}" for rate in controls.STOPS["learning_rate"]
        ]

    @pytest.mark.parametrize(("key", "value"), [("width", "100000"), ("width", "33.5"), ("learning_rate", "1e-9")])
    def test_a_number_beyond_the_controls_falls_back_to_the_default(self, open_page: OpenPage, key: str, value: str):
        app = open_page(PAGE, **{key: value})
        assert not app.exception
        assert run_of(app).spec == DIGITS

    @pytest.mark.parametrize("value", ["", "-1", "1e999", "NaN", "null", "[]", "<b>x</b>", "../..", "9" * 400, "\x00"])
    def test_nonsense_falls_back_to_the_default(self, open_page: OpenPage, value: str):
        app = open_page(PAGE, **dict.fromkeys([*BOUND, *CHOICES, *SLIDERS], value))
        assert not app.exception and not app.error
        assert run_of(app).spec == DIGITS
        assert run_of(app).rate is None

    @pytest.mark.parametrize("run", ["", "nothing", "../../x", "<b>"])
    def test_a_run_that_is_not_there_is_replaced(self, open_page: OpenPage, run: str):
        app = open_page(PAGE, run=run)
        assert not app.exception
        assert run_of(app).id not in run or not run
        assert in_address(app)["run"] == run_of(app).id
        assert ["no longer here" in info.value for info in app.info] == [True]
        app.button(key="train_step").click().run()
        assert not app.info

    def test_a_second_tab_of_a_run_says_that_it_is_one(self, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch):
        first = open_page(PAGE)
        monkeypatch.setattr(sessions, "is_connected", lambda session: True)
        monkeypatch.setattr(run_log, "session_id", lambda: "another tab")
        second = open_page(PAGE, run=run_of(first).id)
        assert run_of(second) is not run_of(first)
        assert ["in another tab or browser" in info.value for info in second.info] == [True]


class TestRun:
    def test_the_same_run_after_a_rerun_and_another_after_other_settings(self, open_page: OpenPage):
        app = open_page(PAGE)
        run = run_of(app)
        app.run()
        assert run_of(app) is run
        app.slider(key="depth").set_value(3).run()
        assert run_of(app) is not run
        assert (run_of(app).spec.depth, run_of(app).id) == (3, run.id)
        assert run_of(app).name != run.name

    def test_settings_changed_in_mid_run_are_named(self, open_page: OpenPage):
        app = open_page(PAGE)
        run = step(app)
        app.slider(key="depth").set_value(3).run()
        app.selectbox(key="update_rule").select("sgd").run()
        assert run_of(app) is run
        (notice,) = (m.value for m in app.markdown if "These settings are not those" in m.value)
        assert "hidden layers 2 → 3" in notice and "update rule adam → sgd" in notice
        (over,) = (b for b in app.button if b.label == "Start over with these")
        over.click().run()
        assert (run_of(app).spec.depth, run_of(app).status) == (3, "ready")
        assert not any("These settings are not those" in m.value for m in app.markdown)
        assert run_of(app).solver.iteration == 0

    def test_a_reset_after_other_settings_takes_them(self, open_page: OpenPage):
        app = open_page(PAGE)
        step(app)
        app.slider(key="depth").set_value(3).run()
        app.button(key="train_reset").click().run()
        assert not app.exception
        assert run_of(app).spec.depth == 3

    def test_the_outcome_beside_the_prediction(self, open_page: OpenPage):
        app = open_page(PAGE, guess="85", num_epochs="2")
        assert not app.metric
        run = run_of(app)
        while not run.over:
            run.step()
        app.run()
        assert not app.exception
        (outcome,) = (m.value for m in app.markdown if "You expected" in m.value)
        assert "**85 %**" in outcome and f"**{100 * run.solver.best_val_acc:.1f} %**" in outcome
        test = run.solver.check_accuracy(run.dataset.X_test, run.dataset.y_test)
        shown = {metric.label: metric.value for metric in app.metric}
        assert shown["Test accuracy"] == percent(test)
        assert shown["Best validation accuracy"] == percent(run.solver.best_val_acc)

    def test_stop_shows_the_outcome_and_reset_takes_it_away(self, open_page: OpenPage):
        app = open_page(PAGE)
        step(app)
        app.button(key="train_stop").click().run()
        assert run_of(app).status == "stopped"
        assert {metric.label for metric in app.metric} >= {"Test accuracy"}
        assert app.button(key="train_play").disabled and app.button(key="train_step").disabled
        app.button(key="train_reset").click().run()
        assert not app.metric and not app.exception
        assert not app.button(key="train_play").disabled

    def test_a_diverged_run_shows_its_sentence(self, open_page: OpenPage):
        app = open_page(PAGE, preset="Bad: learning rate too high")
        run = run_of(app)
        while not run.over:
            run.step()
        app.run()
        assert run.status == "diverged"
        assert [error.value for error in app.error] == [run.note]
        assert not app.exception

    def test_speed_is_the_slider_of_the_panel(self, open_page: OpenPage):
        app = open_page(PAGE, train_speed="5 / s")
        assert run_of(app).rate == 5
        app.select_slider(key="train_speed").set_value("full speed").run()
        assert run_of(app).rate is None
