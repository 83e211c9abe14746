"""What the charts and sentences on normalization in deep networks are made of."""

from dataclasses import replace

import pytest

from nnlib.experiments import EXPERIMENTS, Comparison, Experiment, Result, RunState
from nnlib.experiments.published import Figure
from nnlib.runs.spec import RunSpec
from nnlib.solver import Record
from ui.lessons.batchnorm_deep import charts
from ui.lessons.batchnorm_deep.batches import name_of, points_lost, together
from ui.lessons.batchnorm_deep.pair import comparison_table
from ui.lessons.batchnorm_deep.scales import AT, best_by_scale, off_by, works
from ui.lessons.batchnorm_deep.setup import in_words, shared

SPEC = RunSpec(num_train=100, depth=1, width=8, batch_size=10, num_epochs=2)


def result(losses: list[float], spec: RunSpec = SPEC, train: float = 0.5, val: float = 0.25) -> Result:
    """A run with these losses; accuracies after the first iteration and after every tenth."""
    rows = enumerate(losses, 1)
    measured = {t: (train, val) for t in range(len(losses) + 1) if t == 1 or t % 10 == 0}
    return Result(spec, tuple(Record(t, t // 10, loss, 1e-3, *measured.get(t, (None, None))) for t, loss in rows))


def state(spec: RunSpec, kind: str = "finished", **how: float) -> RunState:
    return RunState(spec, f"{spec.normalization} {spec.weight_scale}", kind, 1.0, result([2.0] * 20, spec, **how))


class TestCurves:
    def test_long_runs_are_thinned_and_keep_their_end(self):
        frame = charts.loss_rows([("long", result([float(t) for t in range(5000)])), ("none yet", None)])
        assert len(frame) <= charts.MOST + 1
        assert (frame["epoch"].max(), frame["raw"].max()) == (500.0, 4999.0)
        assert 4900 < max(frame["loss"]) < 4999  # smoothed, it comes behind

    def test_accuracies_stand_where_they_were_measured(self):
        frame = charts.accuracy_rows([("one", result([2.0] * 20)), ("none yet", None)])
        assert frame.to_dict("list") == {
            "run": ["one"] * 3,
            "epoch": [0, 1, 2],
            "train_acc": [0.5] * 3,
            "val_acc": [0.25] * 3,
        }

    def test_only_an_exploding_loss_needs_a_logarithmic_axis(self):
        assert not charts.explodes([("one", result([2.3, 1.0])), ("none yet", None)])
        assert charts.explodes([("one", result([2.3, 1.0])), ("bad", result([1e5, 1e3]))])

    @pytest.mark.parametrize(
        ("spec", "steps"),
        [(SPEC, 10), (replace(SPEC, num_train=0, batch_size=100), 13), (replace(SPEC, batch_size=500), 1)],
    )
    def test_steps_an_epoch(self, spec, steps):
        assert spec.steps_per_epoch == steps


class TestAgainstTheScale:
    def test_only_runs_that_have_ended_are_points(self):
        runs = [state(SPEC), state(replace(SPEC, weight_scale=0.1), "diverged"), state(SPEC, "running")]
        runs += [state(SPEC, "stopped"), RunState(SPEC, "", "queued", 0.0, None)]
        assert len(charts.scale_rows(runs, "best_val_acc", None, 0)) == 2

    def test_a_run_without_a_final_loss_is_no_point(self):
        bad = replace(state(SPEC), result=replace(result([2.0]), status="diverged"))
        assert len(charts.scale_rows([state(SPEC), bad], "final_loss", None, 0)) == 1

    def test_the_opened_run_and_the_sketch_are_marked(self):
        one = state(replace(SPEC, weight_scale=0.1))
        frame = charts.scale_rows([one, state(SPEC)], "best_train_acc", one.label, 7, (1e-4, 1.0), {"none": (0.1, 0.4)})
        assert frame["opened"].tolist() == [True, False, False, False]
        assert set(frame["visit"]) == {7}
        assert frame["kind"].tolist() == ["measured"] * 2 + ["sketched"] * 2
        assert frame["value"].tolist() == [0.5, 0.5, 0.1, 0.4]

    def test_best_of_each_scale(self):
        norm = replace(SPEC, weight_scale=0.1, normalization="batchnorm")
        runs = [
            state(norm, val=0.7),
            state(replace(norm, normalization=None), val=0.2),
            state(norm, "stopped", val=0.9),
        ]
        assert best_by_scale(runs, "batch norm") == {0.1: 0.7}
        assert best_by_scale(runs, "none") == {0.1: 0.2}

    def test_how_far_a_sketch_is_off(self):
        measured = {1e-4: 0.1, 1e-2: 0.3, 1.0: 0.1}
        said = off_by((0.1,) * len(AT), measured)
        assert said == {"mean": "7", "at": "0.01", "drawn": "10.0 %", "measured": "30.0 %"}

    def test_which_scales_work(self):
        said = works({1e-4: 0.1, 1e-3: 0.25, 1e-2: 0.3, 1e-1: 0.24, 1.0: 0.2})
        assert (said["best"], said["low"], said["high"], said["times"]) == ("30.0 %", "0.001", "0.1", "100")


class TestBatchSizes:
    def test_each_run_is_done_once(self):
        layer, batch = EXPERIMENTS["layernorm_batch_size"], EXPERIMENTS["batchnorm_batch_size"]
        both = together("both", layer, batch)
        assert (len(layer.runs), len(batch.runs), len(both.runs)) == (4, 4, 7)
        assert len({name_of(run) for run in both.runs}) == 7

    def test_what_small_batches_cost(self):
        runs = [
            state(replace(SPEC, normalization=norm, batch_size=size), train=train)
            for norm, size, train in (("layernorm", 5, 0.8), ("layernorm", 50, 0.9), ("batchnorm", 5, 0.9))
        ]
        runs.append(state(replace(SPEC, normalization="batchnorm", batch_size=50), train=0.4))
        assert (points_lost(runs, "layernorm"), points_lost(runs, "batchnorm")) == ("10", "−50")


class TestWords:
    def test_published_figures_are_written_as_they_were(self):
        exact = Comparison("loss", Figure(0, "loss", 1, 2.340974, tolerance=5e-7), 2.3409742)
        off = replace(exact, here=2.35)
        spread = Comparison("accuracy", Figure(0, "val_acc", 10, 0.311, 0.323, 0.014), 0.354)
        table = comparison_table([exact, off, spread])
        assert table["expected"].tolist() == ["2.340974", "2.340974", "31.1 %"]
        assert table["got"].tolist() == ["2.340974", "2.350000", "35.4 %"]
        assert table["met"].tolist() == ["✓", "✗", "✓"]

    def test_only_what_all_runs_share_is_said_of_all(self):
        said = shared(EXPERIMENTS["batchnorm_deep"])
        assert "5 hidden layers" in said and "global seed 231" in said and "1,000 training examples" in said
        assert "normalization" not in said
        assert "weight scale" not in shared(EXPERIMENTS["batchnorm_weight_scale"])

    def test_a_run_is_said_in_full(self):
        said = in_words(replace(SPEC, normalization="layernorm", weight_scale=0.0127))
        assert said.startswith("normalization: layer norm") and "weight scale 0.0127" in said and "seed 0" in said

    def test_a_description_holds_without_what_varies(self):
        assert shared(Experiment("one", (SPEC,))).count(",") == 9
