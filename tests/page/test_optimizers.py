"""The page "Optimizers": every part, its controls' extremes, predictions and outcomes, and what goes to the browser."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnlib.experiments import run
from nnlib.labs.optimizers.effective_step import CURVES, SIGNALS, effect, signal
from nnlib.labs.optimizers.published import PUBLISHED
from nnlib.labs.optimizers.surfaces import SURFACES
from nnlib.labs.optimizers.walks import walk
from nnlib.numerals import percent
from nnlib.optim import DEFAULTS, RECORDS, RULES
from tests.page.conftest import OpenPage
from ui.components.surface_race import GRID, heights
from ui.lessons.optimizers.data_race import make, rates
from ui.lessons.optimizers.effective_step_charts import factors_frame, weights_frame
from ui.lessons.optimizers.race import LIMITS, outcome
from ui.walks.update_rules import UPDATE_RULES

RACE = {"opt_part": "Race on a surface"}
DATA = {"opt_part": "Race on data"}
EFFECTIVE = {"opt_part": "Effective step"}


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in app.markdown)


def components(app: AppTest) -> list[dict[str, Any]]:
    """What the page's components were sent, decoded."""
    protos = [element.proto for element in app.get("bidi_component")]
    return [json.loads(proto.bytes) for proto in protos if proto.bytes]  # `reconnection` is sent nothing


def race(app: AppTest) -> dict[str, Any]:
    (sent,) = [data for data in components(app) if "surface" in data]
    return sent


def floats(packed: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed), "<f4")


# --------------------------------------------------------------------------------------------------------- one step
class TestOneStep:
    @pytest.mark.parametrize("rule", RULES)
    def test_every_rule_can_be_walked_through(self, open_page: OpenPage, rule: str):
        app = open_page("optimizers", rule_what=rule)
        assert not app.exception and not app.error
        assert "own code agree" in text(app)
        (sent,) = components(app)
        assert sent["trace"]["title"] == rule
        names = {node["name"] for node in sent["trace"]["nodes"]}
        assert names >= {"w", "dw", "next_w", *DEFAULTS[rule], *(f"{name}_before" for name in RECORDS[rule].memory)}

    @pytest.mark.parametrize("rule", PUBLISHED)
    def test_published_steps_are_met(self, open_page: OpenPage, rule: str):
        app = open_page("optimizers", rule_what=rule, rule_numbers="published")
        assert not app.exception and not app.error
        assert len(app.success) == len(app.table) == len(PUBLISHED[rule].expected) == 2
        for table in app.table:
            expected, got = (table.value[c].str.replace("−", "-").astype(float) for c in ("expected", "got"))
            np.testing.assert_allclose(expected, got, atol=1.1e-8)

    def test_published_steps_are_not_compared_with_other_settings(self, open_page: OpenPage):
        for other in ({"rule_numbers": "random"}, {"rule_learning_rate": "1.0"}, {"rule_changed": "w[0,0]=3"}):
            app = open_page("optimizers", **{"rule_what": "adam", "rule_numbers": "published"} | other)
            assert not app.exception
            assert not app.table

    @pytest.mark.parametrize("rule", RULES)
    def test_the_graph_has_the_settings_that_were_chosen(self, rule: str):
        subject = UPDATE_RULES[rule]
        choices = {"learning_rate": 0.01}
        inputs = subject.draw(np.random.default_rng(3), {"D": 4}, choices)
        derivation = subject.derive(inputs, choices)
        config = {name: float(inputs[name]) for name in DEFAULTS[rule]} | {"learning_rate": 0.01}
        config |= {name: inputs[f"{name}_before"].copy() for name in RECORDS[rule].memory}
        if "t_before" in inputs:
            config["t"] = int(inputs["t_before"])
        expected, _ = RULES[rule](inputs["w"], inputs["dw"], config)
        np.testing.assert_allclose(derivation.out.value, expected, rtol=1e-12)
        np.testing.assert_allclose(subject.code(inputs, choices)[0], expected, rtol=1e-12)

    def test_a_changed_number_that_cannot_be_is_refused(self, open_page: OpenPage):
        app = open_page("optimizers", rule_changed="w[7]=1")
        assert not app.exception
        assert len(app.error) == 1


# --------------------------------------------------------------------------------------------------- effective step
class TestEffectiveStep:
    def test_asks_first(self, open_page: OpenPage):
        app = open_page("optimizers", **EFFECTIVE)
        assert "0.000316" not in text(app)
        app.segmented_control(key="es_guess").set_value("0.005").run()
        assert "You expected 0.005; it is **0.000316**" in text(app)

    def test_right_guess(self, open_page: OpenPage):
        app = open_page("optimizers", **EFFECTIVE, es_guess="0.0003")
        assert "You expected 0.0003, and it is **0.000316**" in text(app)
        assert "(*uncorrected*, dotted) it is 3.16, and the longest, at step\n12, is 6.57" in (text(app))

    @pytest.mark.parametrize("name", SIGNALS)
    @pytest.mark.parametrize("extreme", [{}, {"es_beta1": "0.0", "es_beta2": "0.9999", "es_decay": "0.999"}])
    def test_holds_at_extremes(self, open_page: OpenPage, name: str, extreme: dict[str, str]):
        app = open_page("optimizers", **EFFECTIVE, es_guess="0.01", es_signal=name, es_seed="9999", **extreme)
        assert not app.exception and not app.error

    def test_lines_are_short_and_labels_apart(self):
        effects = [effect(curve, signal("constant", 1000), {"learning_rate": 0.01}) for curve in CURVES]
        for frame, log in ((factors_frame(effects), True), (weights_frame(effects), False)):
            assert max(frame[frame.label.isna()].rule.value_counts().tolist()) <= 300
            labels = np.sort(frame[frame.label.notna()].value)
            places = np.log(labels) if log else labels
            span = np.ptp(np.log(frame.value)) if log else np.ptp(frame.value)
            assert len(places) == len(CURVES)
            assert np.diff(places).min() > 0.05 * span
            first = frame.value[(frame.rule == "adagrad") & (frame.step == 1)].tolist()[0]
            assert first == pytest.approx(0.01 if log else -0.01, rel=1e-6)


# ------------------------------------------------------------------------------------------------------------- race
class TestRace:
    def test_asks_first(self, open_page: OpenPage):
        sent = race(open_page("optimizers", **RACE))
        assert sent["tracks"] == [] and sent["outcome"] is None
        assert "Answer the question" in sent["texts"]["waiting"]

    @pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
    def test_the_walks_sent_are_those_of_nnlib(self, open_page: OpenPage, surface):
        query = {f"race_guess_{surface.name}": "none", "race_surface": surface.title}
        sent = race(open_page("optimizers", **RACE, **query))
        assert [track["rule"] for track in sent["tracks"]] == ["sgd", "sgd_momentum", "rmsprop", "adam"]
        for track in sent["tracks"]:
            walked = walk(surface, track["rule"], surface.start, surface.steps)
            np.testing.assert_allclose(floats(track["points"]), walked.points.ravel(), rtol=1e-6, atol=1e-30)
            np.testing.assert_allclose(floats(track["losses"]), walked.losses, rtol=1e-6, atol=1e-30)
            for memory in track["memory"]:
                expected = walked.memory[memory["name"]].ravel()
                np.testing.assert_allclose(floats(memory["values"]), expected, rtol=1e-6, atol=1e-30)
            assert (track["arrived"], track["diverged"]) == (walked.arrived, walked.diverged)

    def test_settings_reach_the_rules(self, open_page: OpenPage):
        query = {"race_guess_bowl": "none", "race_bowl_x": "2.5", "race_bowl_y": "-1.0", "race_bowl_steps": "30"}
        query |= {"race_bowl_sgd_momentum_momentum": "0.5", "race_bowl_sgd_momentum_learning_rate": "0.02"}
        sent = race(open_page("optimizers", **RACE, **query))
        expected = walk(
            SURFACES["bowl"], "sgd_momentum", (2.5, -1.0), 30, {"learning_rate": 0.02, "momentum": 0.5}
        ).points  # fmt: skip
        np.testing.assert_allclose(floats(sent["tracks"][1]["points"]), expected.ravel(), rtol=1e-6, atol=1e-30)
        assert (sent["start"], sent["steps"]) == ([2.5, -1.0], 30)

    def test_a_diverging_rule_says_so(self, open_page: OpenPage):
        query = {"race_guess_bowl": "none", "race_bowl_sgd_learning_rate": "1.0"}
        app = open_page("optimizers", **RACE, **query)
        track = race(app)["tracks"][0]
        assert not app.exception and not app.error
        assert track["diverged"] == len(floats(track["losses"]))
        assert np.isfinite(floats(track["points"])).all()

    def test_no_rule_no_race(self, open_page: OpenPage):
        app = open_page("optimizers", **RACE)
        app.pills(key="race_rules").set_value([]).run()
        assert not app.exception
        assert "at least one rule" in app.info[0].value

    @pytest.mark.parametrize("end", [0, 1])
    def test_holds_at_extremes(self, open_page: OpenPage, end: int):
        app = open_page("optimizers", **RACE, race_guess_beale="none", race_surface=SURFACES["beale"].title)
        app.pills(key="race_rules").set_value(list(RULES)).run()
        for rule in RULES:
            app.number_input(key=f"race_beale_{rule}_learning_rate").set_value([0.0, 1e3][end])
            for name in set(DEFAULTS[rule]) - {"learning_rate"}:
                app.number_input(key=f"race_beale_{rule}_{name}").set_value(LIMITS[name][end])
        app.number_input(key="race_beale_steps").set_value([10, 1000][end])
        app.run()
        assert not app.exception and not app.error
        assert len(race(app)["tracks"]) == len(RULES)

    def test_empty_values_in_the_address_are_the_defaults(self, open_page: OpenPage):
        names = [
            "race_surface",
            "race_rules",
            "race_bowl_x",
            "race_bowl_steps",
            "race_bowl_adam_beta1",
            "race_guess_bowl",
        ]
        app = open_page("optimizers", **RACE, **dict.fromkeys(names, ""))
        assert not app.exception and not app.error
        for part in (EFFECTIVE | {"es_guess": "0.01", "es_signal": "", "es_seed": "", "es_rate": ""}, {"opt_part": ""}):
            app = open_page("optimizers", **part)
            assert not app.exception and not app.error

    def test_every_setting_of_every_rule_has_limits(self):
        assert set(LIMITS) == {name for config in DEFAULTS.values() for name in config} - {"learning_rate"}


# ----------------------------------------------------------------------------------------------------- race on data
@pytest.mark.usefixtures("own_cache_and_pool")
class TestRaceOnData:
    def started(self, app: AppTest) -> AppTest:
        app.button(key="data_race_run").click().run()
        assert app.session_state["data_race"].wait(120)
        return app.run()

    def test_asks_first(self, open_page: OpenPage):
        app = open_page("optimizers", **DATA)
        assert not app.exception and not app.error
        assert "data_race_run" not in [button.key for button in app.button]
        guess = app.segmented_control(key="drace_guess")
        assert "after 5 epochs" in guess.label
        assert guess.options == ["sgd", "momentum", "rmsprop", "adam"]
        guess.set_value("sgd").run()
        assert "data_race_run" in [button.key for button in app.button]

    def test_the_race_is_run_and_its_numbers_are_those_of_nnlib(self, open_page: OpenPage):
        app = open_page("optimizers", **DATA, drace_guess="sgd", drace_epochs="2", drace_seed="3", drace_seeds="3")
        app.number_input(key="drace_digits_adam_rate").set_value(2e-3)
        app = self.started(app.pills(key="drace_rules").set_value(["sgd", "adam"]).run())
        assert not app.exception and not app.error
        expected = run(make("digits", {"sgd": rates("digits")["sgd"], "adam": 2e-3}, 2, range(3, 6)))
        (table,) = app.table
        assert table.value["learning rate"].tolist() == ["0.05", "0.002"]
        assert table.value["runs"].tolist() == ["3 finished"] * 2
        for rule in ("sgd", "adam"):
            values = [result.val_acc or 0.0 for result in expected if result.spec.update_rule == rule]
            written = f"{percent(float(np.mean(values)))} ({percent(min(values))} to {percent(max(values))})"
            assert table.value.loc[rule, "validation accuracy"] == written
            assert float(table.value.loc[rule, "ms a step"].split()[0]) > 0
        assert "You expected sgd; it is **adam**" in text(app)
        assert "In 3 of 3 seeds" in text(app)
        assert len(app.get("vega_lite_chart")) == 3
        assert "Lines: mean of 3 seeds" in "".join(caption.value for caption in app.caption)

    def test_one_seed_says_that_it_is_one(self, open_page: OpenPage):
        app = self.started(open_page("optimizers", **DATA, drace_guess="adam", drace_rules="adam", drace_epochs="1"))
        assert not app.exception and not app.error
        assert "As you said: **adam**" in text(app) and "That is one seed" in text(app)
        assert app.table[0].value["runs"].tolist() == ["finished"]

    def test_who_diverges_has_not_won(self, open_page: OpenPage):
        app = open_page("optimizers", **DATA, drace_guess="sgd", drace_rules="sgd", drace_epochs="1")
        app = self.started(app.number_input(key="drace_digits_sgd_rate").set_value(1e3).run())
        assert not app.exception
        assert app.table[0].value["runs"].tolist() == ["diverged"]
        assert "**sgd**: Diverged" in text(app) and "lower the learning rate" in text(app)
        assert "lower the learning rates" in app.info[0].value

    def test_a_stopped_race_has_no_winner(self, open_page: OpenPage):
        app = open_page("optimizers", **DATA, drace_guess="adam", drace_epochs="20", drace_seeds="5")
        app.button(key="data_race_run").click().run()
        app.button(key="data_race_stop").click().run()
        assert not app.exception
        assert "Stopped before" in app.info[0].value

    def test_no_rule_no_race(self, open_page: OpenPage):
        app = open_page("optimizers", **DATA, drace_guess="adam")
        app.pills(key="drace_rules").set_value([]).run()
        assert not app.exception
        assert "at least one rule" in app.info[0].value

    def test_a_guess_that_no_longer_races_is_asked_for_again(self, open_page: OpenPage):
        app = open_page("optimizers", **DATA, drace_guess="adam")
        app.pills(key="drace_rules").set_value(["sgd", "rmsprop"]).run()
        assert not app.exception
        assert app.segmented_control(key="drace_guess").value is None

    def test_strange_values_in_the_address_are_the_defaults(self, open_page: OpenPage):
        names = ("data", "rules", "seeds", "seed", "epochs", "digits_adam_rate")
        for value in ("", "-1", "<b>"):
            app = open_page("optimizers", **DATA, drace_guess="adam", **{f"drace_{name}": value for name in names})
            assert not app.exception and not app.error

    @pytest.mark.parametrize("end", [0, 1])
    def test_holds_at_extremes(self, open_page: OpenPage, end: int):
        app = open_page("optimizers", **DATA, drace_guess="adam", drace_seeds="5")
        app = app.pills(key="drace_rules").set_value(list(RULES)).run()
        for rule in RULES:
            control = app.number_input(key=f"drace_digits_{rule}_rate")
            control.set_value([control.min, control.max][end])
        app.number_input(key="drace_epochs").set_value([1, 20][end])
        app.number_input(key="drace_seed").set_value([0, 9999][end])
        app.run()
        assert not app.exception and not app.error
        assert "35 runs" in "".join(caption.value for caption in app.caption)


# ----------------------------------------------------------------------------------------------------------- outcome
def test_the_outcome_names_the_first_and_compares_it_with_the_guess():
    bowl = SURFACES["bowl"]
    walks = [walk(bowl, rule, bowl.start, 120) for rule in ("sgd", "adam")]
    step = walks[1].arrived
    assert outcome(walks, 120, "sgd") == (step, f"adam arrives first, at step {step}.")
    assert outcome(walks, 120, "adam") == (step, f"As you said: adam arrives first, at step {step}.")
    both = [walks[1], walks[1]]
    assert outcome(both, 120, "none") == (step, f"adam and adam arrive first, together, at step {step}.")
    short = [walk(bowl, "sgd", bowl.start, 20)]
    assert outcome(short, 20, "sgd") == (20, "None arrives within 20 steps.")
    assert outcome(short, 20, "none") == (20, "As you said: none arrives within 20 steps.")


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_losses_can_be_read_back_from_the_picture(surface):
    shares, top = heights(surface)
    _, right, low, _ = surface.extent
    assert shares.shape == (GRID, GRID)
    assert shares.min() >= 0 and shares.max() == 1
    corner = surface.lowest + surface.unit * np.expm1(shares[0, -1] * top)
    assert corner == pytest.approx(surface.value(np.array([right, low])))
