"""The maps of the overfit lesson: what is swept, the rows of the chart, the counts and what they say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from nnlib.experiments import EXPERIMENTS, Experiment, Result, run
from nnlib.experiments.presets import COURSE
from nnlib.numerals import percent
from nnlib.runs.spec import RunSpec
from ui.lessons.overfit.map_chart import DIVERGED, EMPTY, MAPS, REACHED, edges, frame, look
from ui.lessons.overfit.maps import Tally, conclusion, tally
from ui.lessons.overfit.settings import GRID_RATES, GRID_SCALES, PRESETS, RATES, SCALES, map_experiment, spec_of


@pytest.fixture(scope="module")
def swept() -> dict[RunSpec, Result]:
    """Both maps on digits, for real."""
    experiment = map_experiment("digits")
    return dict(zip(experiment.runs, run(experiment), strict=True))


@pytest.mark.parametrize("data", COURSE)
def test_the_sweep_is_both_maps_of_the_course(data: str):
    prefix = "" if data == "cifar10" else "digits_"
    both = [EXPERIMENTS[f"{prefix}overfit_50_{depth}_layer_map"].runs for depth in ("three", "five")]
    experiment = map_experiment(data, seed=3)
    assert [replace(spec, seed=0) for spec in experiment.runs[::2]] == list(both[0])
    assert [replace(spec, seed=0) for spec in experiment.runs[1::2]] == list(both[1])
    assert {spec.seed for spec in experiment.runs} == {3}
    assert len(experiment.runs) == 2 * len(GRID_SCALES[data]) * len(GRID_RATES[data])


@pytest.mark.parametrize("data", COURSE)
def test_grids_and_presets_can_be_chosen(data: str):
    assert set(GRID_SCALES[data]) < set(SCALES[data]) and set(GRID_RATES[data]) < set(RATES[data])
    for spec in PRESETS[data].values():
        assert spec.weight_scale in SCALES[data] and spec.learning_rate in RATES[data]
        assert spec == spec_of(data, spec.depth, float(spec.weight_scale), spec.learning_rate)


def test_cells_meet_halfway_between_the_values():
    ends = edges([0.01, 0.1, 1.0])
    np.testing.assert_allclose(np.log10(ends), [-2.5, -1.5, -0.5, 0.5])


def test_every_cell_has_a_row_with_its_outcome(swept: dict[RunSpec, Result]):
    chosen = spec_of("digits", 2, 0.3, 0.1)
    for hidden in (2, 4):
        rows = frame(chosen, hidden, swept, visit=7)
        cells = rows[rows.kind == "cell"]
        assert len(cells) == len(GRID_SCALES["digits"]) * len(GRID_RATES["digits"])
        assert not cells[["scale", "rate"]].duplicated().any()
        assert ((cells.x0 < cells.scale) & (cells.scale < cells.x1)).all()
        assert ((cells.y0 < cells.rate) & (cells.rate < cells.y1)).all()
        assert set(rows.visit) == {7}
        for cell in cells.itertuples():
            result = swept[spec_of("digits", hidden, float(cell.scale), float(cell.rate))]
            epoch = result.first_epoch_at(1.0)
            if epoch is not None:
                assert (cell.text, cell.fill) == (f"✓ {epoch}", REACHED[0])
            elif result.status == "diverged":
                assert (cell.text, cell.fill) == ("✕", DIVERGED[0])
            else:
                assert cell.text == percent(result.best_train_acc, 0)
                assert f"{percent(result.best_train_acc, 0)} at best" in str(cell.told)
        for axis, low, high in (("scale", "x0", "x1"), ("rate", "y0", "y1")):
            spans = sorted({(row[low], row[high]) for _, row in cells[[axis, low, high]].iterrows()})
            assert all(a[1] == b[0] for a, b in pairwise(spans))


def test_the_chosen_settings_are_framed_on_their_map_only():
    for chosen, kind in ((spec_of("digits", 4, 0.3, 0.1), "here"), (spec_of("digits", 4, 0.2, 0.1), "here between")):
        (here,) = (row for row in frame(chosen, 4, {}, 0).itertuples() if str(row.kind).startswith("here"))
        assert (here.kind, here.scale, here.rate) == (kind, chosen.weight_scale, 0.1)
        assert set(frame(chosen, 2, {}, 0).kind) == {"cell"}


def test_runs_between_the_cells_are_drawn_where_they_are_and_not_counted():
    between = spec_of("digits", 2, 0.2, 0.3)
    (result,) = run(Experiment("one", (between,)))
    rows = frame(between, 2, {between: result}, 0)
    (circle,) = rows[rows.kind == "between"].itertuples()
    assert (circle.scale, circle.rate, circle.text) == (0.2, 0.3, f"✓ {result.first_epoch_at(1.0)}")
    assert (rows[rows.kind == "cell"].text == "").all()
    assert tally(2, map_experiment("digits").runs, {between: result}).tried == 0


def test_what_a_cell_looks_like_without_a_result():
    assert look(None) == (*EMPTY, "", "not tried yet")


def test_five_layers_are_fussier_on_digits(swept: dict[RunSpec, Result]):
    runs = map_experiment("digits").runs
    three, five = tally(2, runs, swept), tally(4, runs, swept)
    assert three.whole and five.whole and three.cells == 54 and three.columns == 6
    assert five.reached < three.reached and five.scales < three.scales
    words = conclusion(three, five, "both alike")
    assert "You expected: **both alike**. **Five layers are fussier**" in words
    assert f"{five.reached} of 54 cells reach 100 %, at {five.scales} of 6 weight scales" in words


def test_large_weights_are_borne_by_three_layers_only_on_cifar10(real_cifar10):
    """Real pictures, one column of either map: it is at such scales that five layers do not learn."""
    column = [spec for spec in map_experiment("cifar10").runs if spec.weight_scale == 1.0]
    found = dict(zip(column, run(Experiment("column", tuple(column))), strict=True))
    assert {hidden: tally(hidden, column, found).scales for hidden in (2, 4)} == {2: 1, 4: 0}


def test_the_conclusion_waits_for_whole_maps_and_goes_by_the_counts():
    whole = Tally(cells=54, tried=54, reached=10, scales=4, columns=6)
    assert "Whole maps will tell" in conclusion(whole, replace(whole, tried=53), "three layers")
    assert "Five layers are fussier" in conclusion(whole, replace(whole, scales=3, reached=20), "three layers")
    assert "Five layers are fussier" in conclusion(whole, replace(whole, reached=9), "three layers")
    assert "Three layers are fussier" in conclusion(whole, replace(whole, scales=5), "three layers")
    assert "Both are alike" in conclusion(whole, whole, "three layers")


@pytest.mark.parametrize("data", COURSE)
def test_the_chart_has_named_axes_and_all_columns(data: str):
    spec = str(MAPS[data])
    assert "weight scale" in spec and "learning rate" in spec
    for column in ("x0", "x1", "y0", "y1", "fill", "ink", "text", "told", "visit"):
        assert f"'{column}'" in spec
    assert set(frame(PRESETS[data][next(iter(PRESETS[data]))], 2, {}, 0)) >= {"kind", "scale", "rate", "x0", "ink"}
