"""Experiments: what they describe, what they give, and that worker processes and the cache give the same."""

import csv
import io
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlib.data import cleaning, digits
from nnlib.experiments import (
    EXPERIMENTS,
    Experiment,
    Result,
    Sweep,
    compare,
    describe,
    expected_seconds,
    presets,
    run,
    store,
    summary,
    to_csv,
)
from nnlib.experiments.__main__ import main
from nnlib.experiments.presets import SCALES
from nnlib.experiments.published import FIGURES, SEEDS, Figure
from nnlib.experiments.running import train_group
from nnlib.fc_net import FullyConnectedNet
from nnlib.runs.spec import RunSpec
from nnlib.solver import Diverged, Record, Solver
from tests.nnlib.oracles import assert_one_sentence

SMALL = RunSpec(num_train=60, depth=2, width=8, batch_size=20, num_epochs=3, weight_scale=0.1, learning_rate=0.01)
PAIR = Experiment("pair", (replace(SMALL, normalization="batchnorm"), SMALL))
DIVERGING = replace(SMALL, update_rule="sgd", learning_rate=1e30)
made: Any = Experiment  # of anything
pair: Any = PAIR
named: Any = presets.on


# ------------------------------------------------------------------------------------------------------ description
def test_what_varies_and_what_belongs_on_the_axis():
    experiment = EXPERIMENTS["batchnorm_weight_scale"]
    assert experiment.varied == ("normalization", "weight_scale")
    assert experiment.axis == "weight_scale"
    assert [experiment.label(r) for r in experiment.runs[:2]] == [
        "batchnorm, weight scale 0.0001",
        "no normalization, weight scale 0.0001",
    ]
    assert PAIR.axis is None
    assert Experiment("one", (SMALL,)).label(SMALL) == "digits"
    race = EXPERIMENTS["update_rule_race"]
    assert race.axis is None  # rates belong to the rules
    assert race.label(race.runs[3]) == "adam, learning rate 0.001"
    assert EXPERIMENTS["overfit_50_five_layer_map"].axis == "learning_rate"


def test_words_for_settings():
    assert describe("reg", 0.0) == "reg 0"
    assert describe("weight_scale", "he") == "he"
    assert describe("patience", None) == "no patience"
    assert describe("num_train", 1000) == "num train 1000"


def test_experiments_need_one_data_set():
    with pytest.raises(ValueError, match="runs on one data set"):
        Experiment("none", ())
    with pytest.raises(ValueError, match="2 runs on several"):
        Experiment("mixed", (SMALL, replace(SMALL, data="moons")))


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (lambda: made("none", ()), ["0 runs on none"]),
        (lambda: made("text", "runs"), ["RunSpecs", "'runs'"]),
        (lambda: made("one", SMALL), ["RunSpecs", "give a tuple"]),
        (lambda: made("dicts", ({"depth": 2},)), ["RunSpecs"]),
        (lambda: made(3, (SMALL,)), ["text", "3"]),
        *[(lambda seed=seed: replace(PAIR, global_seed=seed), ["global_seed"]) for seed in (-1, 2**32, 1.5, True, "1")],
        (lambda: pair.with_seeds([]), ["one seed or more", "[]"]),
        (lambda: pair.with_seeds(5), ["one seed or more", "5"]),
        *[(lambda seed=seed: pair.with_seeds([0, seed]), ["seed is "]) for seed in (-1, 1.5, None, 10**5000, np.nan)],
        (lambda: pair.with_settings(widht=3), ["'widht'", "did you mean 'width'"]),
        (lambda: pair.with_settings(width=0), ["width is 0"]),
        (lambda: named("mnist", "batchnorm_deep"), ["data set 'mnist'", "cifar10, digits"]),
        (lambda: named("digits", "batchnorm"), ["experiment 'batchnorm'", "batchnorm_deep"]),
        (lambda: named(["digits"], None), ["data set"]),
        (lambda: presets.batch_sizes("x", SMALL, "batchnorm", ()), ["batch_size is 0"]),
        (lambda: presets.race("x", SMALL, {"Adam": 1e-3}), ["update rule 'Adam'"]),
        (lambda: presets.race("x", SMALL, {}), ["0 runs on none"]),
        (lambda: presets.overfit_map("x", SMALL, [np.nan], [1e-3]), ["weight_scale is nan"]),
        (lambda: expected_seconds(PAIR, 0), ["workers is 0"]),
    ],
)
def test_what_is_no_experiment_is_refused_in_one_sentence(make: Callable[[], Any], parts: list[str]):
    with pytest.raises(ValueError, match=r"\S") as error:
        make()
    assert_one_sentence(error, *parts)


def test_runs_in_a_list_are_an_experiment_too():
    assert Experiment(PAIR.name, list(PAIR.runs)) == PAIR  # type: ignore[arg-type]


def test_seeds_and_settings_for_all_runs():
    seeded = replace(PAIR, global_seed=7)
    assert seeded.groups() == [(0, 1)]
    assert PAIR.groups() == [(0,), (1,)]
    repeated = seeded.with_seeds(range(3))
    assert [r.seed for r in repeated.runs] == [0, 0, 1, 1, 2, 2]
    assert repeated.global_seed is None
    assert {r.num_epochs for r in PAIR.with_settings(num_epochs=9).runs} == {9}


COURSE = {
    "overfit_50_three_layer": {"depth": [2], "width": [100], "weight_scale": [1e-2], "learning_rate": [1e-2]},
    "overfit_50_five_layer": {"depth": [4], "width": [100], "weight_scale": [5e-2], "learning_rate": [2e-3]},
    "update_rule_race": {
        "num_train": [4000] * 4,
        "depth": [5] * 4,
        "weight_scale": [5e-2] * 4,
        "batch_size": [100] * 4,
        "num_epochs": [5] * 4,
        "update_rule": ["sgd", "sgd_momentum", "rmsprop", "adam"],
        "learning_rate": [5e-3, 5e-3, 1e-4, 1e-3],
    },
    "batchnorm_deep": {"normalization": ["batchnorm", None], "depth": [5, 5], "width": [100, 100]},
    "batchnorm_weight_scale": {
        "normalization": ["batchnorm", None] * 20,
        "depth": [7] * 40,
        "width": [50] * 40,
        "num_train": [1000] * 40,
        "batch_size": [50] * 40,
        "num_epochs": [10] * 40,
        "update_rule": ["adam"] * 40,
        "learning_rate": [1e-3] * 40,
    },
    "batchnorm_batch_size": {
        "normalization": ["batchnorm"] * 3 + [None],
        "batch_size": [5, 10, 50, 5],
        "learning_rate": [10**-3.5] * 4,
        "weight_scale": [2e-2] * 4,
        "num_epochs": [10] * 4,
    },
    "layernorm_batch_size": {"normalization": ["layernorm"] * 3 + [None], "batch_size": [5, 10, 50, 5]},
}


@pytest.mark.parametrize("name", COURSE)
def test_the_courses_settings(name):
    experiment = EXPERIMENTS[name]
    for setting, values in COURSE[name].items():
        assert [getattr(r, setting) for r in experiment.runs] == values, setting
    assert {(r.data, r.schedule, r.reg, r.dropout_keep_ratio) for r in experiment.runs} == {
        ("cifar10", "constant", 0.0, 1.0)
    }
    assert (experiment.global_seed == 231) == (name == "batchnorm_deep")
    assert f"digits_{name}" in EXPERIMENTS


def test_the_overfit_recipe_and_the_weight_scales():
    recipe = {
        (r.num_train, r.batch_size, r.num_epochs, r.update_rule)
        for n in COURSE
        if n.startswith("overfit")
        for r in EXPERIMENTS[n].runs
    }
    assert recipe == {(50, 25, 20, "sgd")}
    assert [r.weight_scale for r in EXPERIMENTS["batchnorm_weight_scale"].runs[::2]] == np.logspace(-4, 0, 20).tolist()
    assert len(SCALES) == 20


# ---------------------------------------------------------------------------------------------------------- running
def test_runs_are_those_of_a_solver_made_by_hand():
    dataset = digits.load().subset(60)
    for spec, result in zip(PAIR.runs, run(PAIR), strict=True):
        model = FullyConnectedNet([8, 8], 64, 10, normalization=spec.normalization, weight_scale=0.1, seed=0)
        solver = Solver(
            model,
            dataset.as_dict(),
            update_rule="adam",
            optim_config={"learning_rate": 0.01},
            batch_size=20,
            num_epochs=3,
            seed=0,
        )
        assert list(solver.steps()) == list(result.records)
        assert result.spec == spec
        assert result.losses == solver.loss_history
        assert (result.train_acc, result.val_acc) == (solver.train_acc_history[-1], solver.val_acc_history[-1])
        assert (result.best_val_acc, result.status) == (solver.best_val_acc, "finished")
        assert result.seconds_per_step is not None and result.seconds_per_step > 0


def test_a_global_seed_draws_as_the_course_does():
    """Seeded once; all networks are built, then all are trained."""
    dataset = digits.load().subset(60)
    np.random.seed(7)
    models = [FullyConnectedNet([8, 8], 64, 10, normalization=n, weight_scale=0.1) for n in ("batchnorm", None)]
    solvers = [
        Solver(m, dataset.as_dict(), "adam", {"learning_rate": 0.01}, batch_size=20, num_epochs=3) for m in models
    ]
    expected = [list(solver.steps()) for solver in solvers]
    experiment = replace(PAIR, global_seed=7)
    assert [list(result.records) for result in run(experiment)] == expected
    assert [list(r.records) for r in run(experiment.with_settings(seed=99))] == expected
    swapped = run(replace(experiment, runs=experiment.runs[::-1]))
    assert list(swapped[1].records) != expected[0]


def test_runs_with_their_own_seed_leave_the_global_state_alone():
    np.random.seed(3)
    before = np.random.get_state(legacy=True)[1].copy()  # type: ignore[union-attr]
    run(PAIR)
    assert np.array_equal(np.random.get_state(legacy=True)[1], before)  # type: ignore[index]


def test_every_record_is_told():
    told: list[tuple[int, Record]] = []
    results = run(PAIR, lambda i, record: told.append((i, record)))
    assert told == [(i, record) for i, result in enumerate(results) for record in result.records]


def test_a_diverging_run_keeps_its_records_and_says_why():
    experiment = Experiment("mixed", (DIVERGING, SMALL))
    diverged, sound = run(experiment)
    assert (diverged.status, sound.status) == ("diverged", "finished")
    assert "layer" in diverged.message
    assert np.isfinite(diverged.losses).all()
    assert 0 < len(diverged.records) < len(sound.records)
    assert diverged.final_loss is None
    assert [row["status"] for row in summary(experiment, [diverged, sound])] == ["diverged", "finished"]


def test_events_of_a_group_add_up_to_its_results():
    experiment = Experiment("group", (*PAIR.runs, DIVERGING), global_seed=1)
    rows: dict[int, list] = {0: [], 1: [], 2: []}
    ends, iterations = {}, {}
    for event in train_group(**json.loads(json.dumps(experiment.as_data()))):
        if event is not None:
            sent = json.loads(json.dumps(event))
            rows[sent["run"]] += sent.get("records", [])
            iterations |= {sent["run"]: sent["iterations"]} if "iterations" in sent else {}
            ends |= {sent["run"]: (sent["status"], sent["message"])} if "status" in sent else {}
    results = run(experiment)
    assert [tuple(Record(*row) for row in rows[k]) for k in rows] == [result.records for result in results]
    assert ends == {k: (result.status, result.message) for k, result in enumerate(results)}
    assert iterations == dict.fromkeys(range(3), 9)


# ---------------------------------------------------------------------------------------------------------- results
def test_figures_of_a_result():
    accuracies = {1: (0.1, 0.2), 2: (0.9, 0.5), 4: (1.0, 0.4), 6: (0.95, 0.3)}
    records = tuple(Record(i, i // 2, float(i), 0.1, *accuracies.get(i, (None, None))) for i in range(1, 7))
    result = Result(SMALL, records)
    assert (result.train_acc, result.val_acc, result.best_train_acc, result.best_val_acc) == (0.95, 0.3, 1.0, 0.5)
    assert (result.first_epoch_at(1.0), result.first_epoch_at(0.9), result.first_epoch_at(1.1)) == (2, 1, None)
    assert result.final_loss == 3.5
    long = Result(SMALL, tuple(Record(i, 0, float(i), 0.1) for i in range(250)))
    assert long.final_loss == np.mean(range(150, 250))
    empty = Result(SMALL, ())
    assert (empty.val_acc, empty.best_val_acc, empty.final_loss, empty.measured) == (None, None, None, [])


def test_results_survive_json_to_the_last_bit():
    for result in run(Experiment("mixed", (DIVERGING, SMALL))):
        again = Result.from_data(json.loads(json.dumps(result.as_data())))
        assert again == result
        assert again.seconds_per_step == result.seconds_per_step


GOOD = Result(SMALL, (Record(1, 0, 2.5, 0.1, 0.5, 0.25), Record(2, 0, 2.0, 0.1)), seconds_per_step=0.1).as_data()


@pytest.mark.parametrize(
    "data",
    [
        *(None, [], "records", 3, {}, {"records": []}, [GOOD], np.zeros(3)),
        *({name: value for name, value in GOOD.items() if name != gone} for gone in GOOD),
        *(
            GOOD | {"records": rows}
            for rows in (None, 3, "abc", [1], [[1]], [[1, 0, "2.5", 0.1]], [[1, 0, 1, 1, 1, 1, 1, 1]])
        ),
        *(GOOD | {"records": [[1.5, 0, 2.5, 0.1]]}, GOOD | {"records": [[1, 0, 2.5, 0.1, 1.5, 0.5]]}),
        *(GOOD | {"spec": spec} for spec in (None, [], {"width": 0}, {"colour": "red"})),
        *(GOOD | {"status": "done"}, GOOD | {"status": None}, GOOD | {"seconds_per_step": "soon"}),
    ],
    ids=lambda data: str(data)[:40],
)
def test_damaged_and_foreign_results_are_refused_in_one_sentence(data: Any):
    assert Result.from_data(GOOD).as_data() == GOOD
    with pytest.raises(ValueError, match=r"^these are no results of an experiment, or they are damaged: ") as error:
        Result.from_data(data)
    assert_one_sentence(error)


@pytest.mark.parametrize(
    "spec",
    [
        SMALL,
        replace(SMALL, schedule="cosine", warmup=0.3),
        replace(SMALL, schedule="step", lr_decay=0.5),
        replace(SMALL, patience=1, learning_rate=1e-9, num_epochs=9),
        replace(SMALL, batch_size=60),
        DIVERGING,
    ],
)
def test_a_result_read_from_a_solvers_histories(spec):
    solver = spec.make_solver(spec.load_data())
    for _ in solver.steps():
        pass
    assert Result.of(spec, solver) == run(Experiment("one", (spec,)))[0]


def test_a_result_of_a_solver_on_its_way():
    solver = SMALL.make_solver(SMALL.load_data())
    steps = solver.steps()
    records = [next(steps) for _ in range(5)]
    assert Result.of(SMALL, solver) == Result(SMALL, tuple(r for r in records if isinstance(r, Record)), "stopped")
    assert Result.of(SMALL, SMALL.make_solver(SMALL.load_data())).records == ()


def test_csv_holds_every_record_to_the_last_digit():
    results = run(PAIR)
    rows = list(csv.DictReader(io.StringIO(to_csv(PAIR, [*results[:1], None]))))
    assert list(rows[0]) == ["normalization", "iteration", "epoch", "loss", "learning_rate_now", "train_acc", "val_acc"]
    assert len(rows) == len(results[0].records)
    for row, record in zip(rows, results[0].records, strict=True):
        assert (row["normalization"], int(row["iteration"]), float(row["loss"])) == ("batchnorm", *record[0::2][:2])
        assert row["val_acc"] == ("" if record.val_acc is None else repr(record.val_acc))


# ------------------------------------------------------------------------------------------------------------ store
@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "results"


def test_what_is_stored_is_read_again(own_cache):
    results = run(PAIR)
    store.write("name", results)
    assert store.read("name") == results
    assert store.read("other") is None
    assert [file.name for file in own_cache.iterdir()] == ["name.json"]  # nothing half-written beside it


@pytest.mark.parametrize("damage", ["", "[", "null", "7", '{"a": 1}', '[{"spec": {}}]', "[" * 100_000, "\udcff"])
def test_a_damaged_file_is_as_good_as_absent(own_cache, damage):
    store.write("name", run(PAIR))
    (own_cache / "name.json").write_text(damage, encoding="utf-8", errors="surrogateescape")
    assert store.read("name") is None


def test_where_nothing_can_be_written_results_are_in_memory_until_it_can(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "file"))
    store.write("name", [])
    assert (store.read("name"), store.unwritten()) == ([], 1)
    (tmp_path / "file").unlink()
    assert (store.unwritten(), store.read("name")) == (0, [])
    assert (tmp_path / "file" / "results" / "name.json").is_file()


def test_the_longest_unused_files_go(own_cache, monkeypatch):
    names = [f"{i:032x}" for i in range(30)]
    for i, name in enumerate(names):
        store.write(name, [])
        then = time.time() - 2000 + i
        os.utime(own_cache / f"{name}.json", (then, then))
    assert store.read(names[3]) == []  # used now
    monkeypatch.setattr(cleaning, "MAX_RESULTS", 9 * (own_cache / f"{names[0]}.json").stat().st_size)
    cleaning.clean()
    assert {file.stem for file in own_cache.iterdir()} == {names[3], *names[22:]}


def test_the_key_depends_on_settings_data_and_code(monkeypatch):
    versions = [store.data_version(spec) for spec in PAIR.runs]
    assert all(versions) and versions[0] == versions[1]
    key = store.key(PAIR.as_data(), versions)
    assert key == store.key(json.loads(json.dumps(PAIR.as_data())), versions)
    others = [store.key(PAIR.with_settings(**{name: value}).as_data(), versions) for name, value in CHANGES.items()]
    others += [store.key(replace(PAIR, global_seed=0).as_data(), versions), store.key(PAIR.as_data(), ["x", "x"])]
    monkeypatch.setattr(store, "code_version", lambda: "other code")
    others.append(store.key(PAIR.as_data(), versions))
    assert len({key, *others}) == 1 + len(others)
    assert store.key(replace(PAIR, name="renamed").as_data(), versions) == others[-1]


CHANGES = {
    "data": "moons",
    "num_train": 61,
    "depth": 3,
    "width": 9,
    "taper": 0.5,
    "normalization": "layernorm",
    "dropout_keep_ratio": 0.5,
    "weight_scale": "he",
    "reg": 0.1,
    "update_rule": "sgd",
    "learning_rate": 0.02,
    "weight_decay": 0.2,
    "schedule": "cosine",
    "lr_decay": 0.5,
    "warmup": 0.1,
    "batch_size": 10,
    "num_epochs": 4,
    "augment": "flip",
    "patience": 2,
    "seed": 1,
}


def test_every_setting_is_tried_in_the_key():
    assert set(CHANGES) == {field.name for field in fields(RunSpec)}


def test_data_versions_tell_data_apart():
    specs = [RunSpec(), RunSpec(num_train=50), RunSpec(data="moons"), RunSpec(data="moons", seed=1)]
    assert len({store.data_version(spec) for spec in specs}) == 4
    assert store.data_version(RunSpec(seed=5)) == store.data_version(RunSpec())  # digits are always the same


def test_the_code_version_covers_all_that_numbers_depend_on():
    needed = {path.relative_to(store.NNLIB).as_posix() for path in store.sources()}
    core = "layers normalization speed checks optim schedules params fc_net augmentation solver health checkpoints"
    assert {f"{name}.py" for name in core.split()} <= needed
    assert {"runs/spec.py", "data/pixels.py", "data/dataset.py"} <= needed
    assert not any(path.startswith(("labs", "derivations", "search", "workers")) for path in needed)
    assert len(store.code_version()) == 16


# -------------------------------------------------------------------------------------------------------- published
@pytest.mark.usefixtures("real_cifar10")
def test_the_seeded_published_run_is_met():
    experiment = EXPERIMENTS["batchnorm_deep"]
    comparisons = compare(experiment, run(experiment))
    assert len(comparisons) == len(FIGURES["batchnorm_deep"])
    assert [str(c) for c in comparisons if not c.met] == []
    first = r"batchnorm, loss at iteration 1: published 2\.340974, this run 2\.34097[345]"
    assert re.fullmatch(first, str(comparisons[0]))  # the last digit hangs on the CPU's matrix kernels


def test_published_figures_lie_among_our_seeds():
    for name, figures in FIGURES.items():
        for figure in figures:
            if figure.mean is not None:
                assert abs(figure.published - figure.mean) <= figure.margin, (name, figure)
            assert figure.run < len(EXPERIMENTS[name].runs)


def test_comparisons_only_with_the_published_settings():
    experiment = EXPERIMENTS["overfit_50_three_layer"]
    records = tuple(Record(i, i // 2, 2.4, 0.01, 1.0, 0.2) for i in range(1, 41))
    results = [Result(experiment.runs[0], records)]
    assert [c.here for c in compare(experiment, results)] == [2.4, 0]
    assert len(compare(experiment.with_settings(seed=5), results)) == 2
    assert compare(experiment.with_settings(num_epochs=21), results) == []
    assert compare(replace(experiment, name="mine"), results) == []
    assert compare(experiment, [None]) == []
    deep = EXPERIMENTS["batchnorm_deep"]
    result = Result(deep.runs[0], records)
    assert all(c.figure.mean is not None for c in compare(replace(deep, global_seed=None), [result, None]))
    unmet = compare(deep, [result, None])[0]
    assert not unmet.met


def test_the_margin_is_that_of_a_further_draw():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(4000):
        *forty, further = rng.normal(3, 2, SEEDS + 1)
        mean, sd = float(np.mean(forty)), float(np.std(forty, ddof=1))
        inside += abs(further - mean) <= Figure(0, "loss", 1, further, mean, sd).margin
    assert inside / 4000 == pytest.approx(0.99, abs=0.005)


# ----------------------------------------------------------------------------------------------------- command line
def test_the_command_line(tmp_path, monkeypatch, capsys, own_cache):
    monkeypatch.chdir(tmp_path)
    assert main(["digits_batchnorm_deep", "--epochs", "1", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "no normalization" in out
    experiment = EXPERIMENTS["digits_batchnorm_deep"].with_settings(num_epochs=1)
    expected = to_csv(experiment, run(experiment))
    assert (tmp_path / "digits_batchnorm_deep.csv").read_text() == expected
    assert len(list(own_cache.iterdir())) == 2
    assert main(["digits_batchnorm_deep", "--epochs", "1", "-o", "-"]) == 0
    assert capsys.readouterr().out == expected


def test_seeds_on_the_command_line(tmp_path, monkeypatch, capsys, own_cache):
    monkeypatch.chdir(tmp_path)
    base = EXPERIMENTS["digits_batchnorm_deep"].with_settings(num_epochs=1)
    arguments = ["digits_batchnorm_deep", "--epochs", "1", "--seeds", "2"]
    assert main(arguments) == 0
    assert "Over 2 seeds" in capsys.readouterr().out
    whole = base.with_seeds(range(2))
    assert (tmp_path / "digits_batchnorm_deep.csv").read_text() == to_csv(whole, run(whole))
    assert main([*arguments, "--global-state", "-o", "global.csv"]) == 0
    parts = [run(replace(base, global_seed=seed)) for seed in range(2)]
    results = [replace(r, spec=replace(r.spec, seed=seed)) for seed, part in enumerate(parts) for r in part]
    assert (tmp_path / "global.csv").read_text() == to_csv(whole, results)


def test_ctrl_c_keeps_what_is_there(tmp_path, monkeypatch, capsys, own_cache):
    monkeypatch.chdir(tmp_path)
    wait = Sweep.wait

    def interrupted(sweep: Sweep, timeout: float | None = None) -> bool:
        if any(result is not None and result.records for result in sweep.snapshot().results):
            raise KeyboardInterrupt
        return wait(sweep, timeout)

    monkeypatch.setattr(Sweep, "wait", interrupted)
    assert main(["digits_batchnorm_deep", "--epochs", "100000"]) == 130
    assert "Stopped: 0 of 2 runs are done and kept" in capsys.readouterr().out
    assert len((tmp_path / "digits_batchnorm_deep.csv").read_text().splitlines()) > 1


def test_the_command_line_lists_and_refuses(capsys):
    assert main([]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(EXPERIMENTS)
    assert main(["overfit_50_three_layer"]) == 1  # there is no CIFAR-10 here
    error = capsys.readouterr().err
    assert "CIFAR-10 is not here" in error and "Traceback" not in error
    with pytest.raises(SystemExit):
        main(["unknown"])


def test_a_diverged_item_is_no_record():
    assert not isinstance(Diverged(1, float("inf"), "layer 1", "x", "do", "because"), Record)
