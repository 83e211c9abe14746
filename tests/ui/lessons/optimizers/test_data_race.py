"""The race on data: its experiment, standings over seeds, the verdict, curves, and the published figures beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnlib.experiments import EXPERIMENTS, Result, RunState
from nnlib.experiments.published import FIGURES
from nnlib.optim import RULES
from nnlib.runs.spec import RunSpec
from nnlib.solver import Record
from ui.components.surface_race import short_name
from ui.lessons.optimizers.data_race import PRESETS, Standing, make, published, rates, smoothed, standings, verdict
from ui.lessons.optimizers.data_race_charts import (
    NAMES,
    POINTS,
    accuracy_frame,
    accuracy_spec,
    loss_frame,
    loss_spec,
)
from ui.widgets.looks import RULE_DASHES

BASE = RunSpec(data="digits")


def run(rule: str, seed: int, val_acc: float | None, losses: list[float] | None = None, status: str = "finished"):
    """A run as a sweep has it; val_acc None: it has no records yet."""
    spec = replace(BASE, update_rule=rule, seed=seed)
    if val_acc is None:
        return RunState(spec, "", "queued", 0.0, None)
    losses = losses or [2.0, 1.0]
    records = [Record(t + 1, 0, loss, 0.1, None, None) for t, loss in enumerate(losses)]
    records[0] = records[0]._replace(train_acc=0.1, val_acc=0.05)
    records[-1] = records[-1]._replace(epoch=1, train_acc=val_acc + 0.1, val_acc=val_acc)
    return RunState(spec, "", status, 1.0, Result(spec, tuple(records), status))


# ------------------------------------------------------------------------------------------------------- experiment
@pytest.mark.parametrize("data", PRESETS)
def test_the_courses_rules_at_their_rates_are_the_courses_experiment(data: str):
    preset = PRESETS[data]
    chosen = {run.update_rule: rates(data)[run.update_rule] for run in preset.runs}
    assert make(data, chosen, 5, [0]) == preset
    assert set(rates(data)) == set(RULES)


def test_every_rule_has_the_same_seeds_and_settings():
    experiment = make("digits", rates("digits"), 3, range(7, 10))
    assert len(experiment.runs) == 3 * len(RULES)
    for seed in (7, 8, 9):
        runs = [run for run in experiment.runs if run.seed == seed]
        assert {run.update_rule for run in runs} == set(RULES)
        assert len({replace(run, update_rule="sgd", learning_rate=1.0) for run in runs}) == 1
        assert {run.num_epochs for run in runs} == {3}


# -------------------------------------------------------------------------------------------------------- standings
def test_standings_are_by_rule_over_the_finished_runs():
    now = standings([run("adam", 0, 0.4), run("sgd", 0, 0.2), run("adam", 1, 0.6), run("sgd", 1, None)])
    assert [s.rule for s in now] == ["sgd", "adam"]
    assert now[1].over_seeds(lambda result: result.val_acc) == pytest.approx((0.5, 0.4, 0.6))
    assert now[0].over_seeds(lambda result: result.val_acc) == pytest.approx((0.2, 0.2, 0.2))
    diverged = Standing("sgd", (run("sgd", 0, 0.3, status="diverged"),))
    assert len(diverged.results) == 1
    assert diverged.over_seeds(lambda result: result.val_acc) is None


def test_the_verdict_is_by_the_mean_over_the_seeds():
    runs = [run("sgd", 0, 0.5), run("adam", 0, 0.4), run("sgd", 1, 0.2), run("adam", 1, 0.6)]
    end = verdict(standings(runs))
    assert end is not None
    assert (end.leaders, end.wins) == (("adam",), 1)
    assert (end.best, end.lead) == pytest.approx((0.5, 0.15))


def test_a_tie_has_two_leaders_and_one_rule_alone_no_lead():
    tie = verdict(standings([run("sgd", 0, 0.5), run("adam", 0, 0.5), run("rmsprop", 0, 0.3)]))
    assert tie is not None
    assert (tie.leaders, tie.wins) == (("sgd", "adam"), 1)
    assert tie.lead == pytest.approx(0.2)
    alone = verdict(standings([run("sgd", 0, 0.5), run("sgd", 1, 0.1)]))
    assert alone is not None
    assert (alone.leaders, alone.lead, alone.wins) == (("sgd",), None, 2)


def test_a_rule_with_a_run_that_did_not_finish_is_out():
    end = verdict(standings([run("sgd", 0, 0.1), run("adam", 0, 0.9, status="diverged")]))
    assert end is not None and end.leaders == ("sgd",)
    assert verdict(standings([run("adam", 0, 0.9, status="diverged"), run("sgd", 0, None)])) is None


# ----------------------------------------------------------------------------------------------------------- curves
def test_one_seed_gives_raw_and_smoothed_losses():
    losses = np.linspace(3, 1, 900).tolist()
    now = standings([run("adam", 0, 0.5, losses)])
    frame, top = loss_frame(now)
    assert top is None
    assert len(frame) <= POINTS
    assert (frame.x.iloc[0], frame.x.iloc[-1]) == (1, 900)
    np.testing.assert_allclose(frame.raw.astype(float), [losses[x - 1] for x in frame.x])
    smooth = smoothed(now[0].results[0])
    np.testing.assert_allclose(frame["mean"].astype(float), [smooth[x - 1] for x in frame.x])
    assert frame.low.isna().all() and frame.high.isna().all()


def test_several_seeds_give_mean_and_band_of_those_that_have_come_so_far():
    now = standings([run("adam", 0, 0.5, [3.0, 3.0, 3.0]), run("adam", 1, 0.7, [1.0, 1.0]), run("adam", 2, None)])
    frame, _ = loss_frame(now)
    assert frame.raw.isna().all()
    np.testing.assert_allclose(frame["mean"].astype(float), [2, 2, 3])
    np.testing.assert_allclose(frame.low.astype(float), [1, 1, np.nan])
    np.testing.assert_allclose(frame.high.astype(float), [3, 3, np.nan])
    accuracy = accuracy_frame(now, "val_acc")
    assert accuracy.x.tolist() == [0, 1]
    np.testing.assert_allclose(accuracy[["mean", "low", "high"]].iloc[1].astype(float), [0.6, 0.5, 0.7])
    np.testing.assert_allclose(accuracy_frame(now, "train_acc")["mean"].iloc[1], 0.7)


def test_huge_losses_are_cut_off():
    frame, top = loss_frame(standings([run("adam", 0, 0.1, [2.0, 1e30]), run("sgd", 0, 0.1, [2.0, 1.0])]))
    assert top == 3.0
    assert frame.raw.max() == frame["mean"].max() == 3.0


def test_before_any_record_there_is_nothing_to_draw():
    now = standings([run("adam", 0, None)])
    frame, top = loss_frame(now)
    assert frame.empty and top is None
    assert accuracy_frame(now, "val_acc").empty


def test_the_legend_has_the_rules_that_race_in_their_own_colours_and_dashes():
    rules = ("sgd", "adamw")
    for spec in (loss_spec(rules, True), loss_spec(rules, False), accuracy_spec(rules, "Training accuracy")):
        encodings = [layer["encoding"] for layer in spec["layer"]]
        assert all(e["color"]["scale"]["domain"] == NAMES for e in encodings)
        assert encodings[-1]["color"]["legend"]["values"] == ["sgd", "adamw"]
        assert encodings[-1]["tooltip"][1]["title"] == encodings[-1]["x"]["title"] in ("step", "epoch")
    assert len({tuple(dash) for dash in RULE_DASHES}) == len(NAMES) == len(RULES)


# -------------------------------------------------------------------------------------------------------- published
def results(data: str, seeds: range, **changes) -> list[Result]:
    """Results of all rules, whose validation accuracy is 0.3 + seed / 100, and training accuracy 0.1 more."""
    experiment = make(data, rates(data), 5, seeds)
    records = (Record(1, 0, 2.0, 0.1, 0.1, 0.1),)
    made = []
    for spec in experiment.runs:
        last = Record(200, 5, 1.0, 0.1, 0.4 + spec.seed / 100, 0.3 + spec.seed / 100)
        made.append(Result(replace(spec, **changes), (*records, last)))
    return made


def test_published_figures_stand_beside_each_seed():
    compared = published("cifar10", results("cifar10", range(2, 5)))
    assert set(compared) == {
        (rule, which) for rule in ("sgd", "sgd_momentum", "rmsprop", "adam") for which in ("train_acc", "val_acc")
    }
    by_hand = {0: 0.299, 1: 0.374, 2: 0.358, 3: 0.376}
    for i, spec in enumerate(EXPERIMENTS["update_rule_race"].runs):
        found = compared[spec.update_rule, "val_acc"]
        assert {c.figure.published for c in found} == {by_hand[i]}
        assert [c.here for c in found] == pytest.approx([0.32, 0.33, 0.34])
    assert len(FIGURES["update_rule_race"]) == len(compared)


def test_only_rules_with_the_published_settings_are_compared():
    every = results("cifar10", range(1))
    others = [result for result in every if result.spec.update_rule != "adam"]
    adam = next(result for result in every if result.spec.update_rule == "adam")
    changed = replace(adam, spec=replace(adam.spec, learning_rate=0.5))
    assert {rule for rule, _ in published("cifar10", [*others, changed])} == {"sgd", "sgd_momentum", "rmsprop"}
    assert published("cifar10", results("cifar10", range(1), num_epochs=4)) == {}
    assert published("cifar10", [replace(result, status="stopped") for result in every]) == {}
    assert published("digits", results("digits", range(1))) == {}


def test_names_in_the_charts_are_those_of_the_other_race():
    assert [short_name(rule) for rule in RULES] == NAMES
