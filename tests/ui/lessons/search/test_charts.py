"""What the charts of a search draw: the best so far, the better half, heights on the axes, at most so many trials."""

from dataclasses import replace

import pytest

from nnlib.runs.spec import RunSpec
from nnlib.search import Choice, Interval, SearchPlan, StudyState, TrialState
from ui.lessons.search import charts, parallel
from ui.lessons.search.charts import MOST, curves_frame, drawn, importances_frame, map_frame, progress_frame
from ui.lessons.search.parallel import parallel_frame

PLAN = SearchPlan(
    RunSpec(),
    {
        "learning_rate": Interval(1e-4, 1),
        "depth": Interval(1, 5),
        "normalization": Choice((None, "batchnorm", "layernorm")),
    },
)


def trial(number: int, state: str, value: float | None, rate: float, depth: int, norm: str | None) -> TrialState:
    settings = {"learning_rate": rate, "depth": depth, "normalization": norm}
    accuracies = () if value is None else (value / 2, value)
    return TrialState(number, state, value, settings, accuracies, 1.0, "here:1", "")


TRIALS = (
    trial(0, "complete", 0.5, 1e-4, 1, None),
    trial(2, "pruned", 0.9, 1e-2, 3, "batchnorm"),
    trial(3, "complete", 0.8, 1e-3, 2, "layernorm"),
    trial(4, "diverged", 0.6, 1.0, 5, "batchnorm"),
    trial(5, "running", None, 1e-1, 4, None),
)
STUDY = StudyState("s", PLAN, TRIALS, 0, {"learning_rate": 0.7, "depth": 0.3})


def test_the_best_so_far_is_of_trials_that_ran_to_their_end():
    frame = progress_frame(STUDY)
    assert frame["trial"].tolist() == [0, 2, 3, 4]
    assert frame["best"].tolist() == [0.5, 0.5, 0.8, 0.8]
    assert STUDY.best == TRIALS[2]


def test_the_better_half():
    assert [t.number for t in drawn(STUDY, half=True)] == [2, 3]
    assert progress_frame(STUDY, half=True)["best"].tolist() == [0.5, 0.8]


def test_no_more_trials_than_charts_can_bear_and_the_best_among_them():
    many = tuple(replace(TRIALS[0], number=n, value=1.0 if n == 7 else 0.1) for n in range(2000))
    numbers = [t.number for t in drawn(replace(STUDY, trials=many))]
    assert len(numbers) <= MOST and 7 in numbers and 1999 in numbers and numbers == sorted(numbers)


def test_heights_follow_the_scale_of_a_setting():
    frame = parallel_frame(STUDY)
    lines = frame[frame["kind"] == "trial"].pivot(index="trial", columns="setting", values="at")
    assert lines["learning rate"].tolist() == pytest.approx([0, 0.5, 0.25, 1])  # in powers of ten
    assert lines["hidden layers"].tolist() == pytest.approx([0, 0.5, 0.25, 1])
    assert lines["normalization"].tolist() == [1, 0, 0.5, 0]
    assert lines["accuracy"].tolist() == pytest.approx([0, 1, 0.75, 0.25])
    named = {setting: set(rows["shown"]) for setting, rows in frame[frame["kind"] != "trial"].groupby("setting")}
    assert named["learning rate"] == {"0.0001", "1"}
    assert named["normalization"] == {"none", "batchnorm", "layernorm"}
    assert set(frame[frame["best"]]["trial"]) == {3}


def test_one_value_lies_in_the_middle():
    frame = parallel_frame(replace(STUDY, trials=TRIALS[:1]))
    assert set(frame[frame["setting"] != "accuracy"]["at"]) == {0.5}


def test_nothing_to_draw_is_drawn():
    empty = replace(STUDY, trials=(TRIALS[4],), importances={})
    for frame in (progress_frame(empty), curves_frame(empty), map_frame(empty, "depth", "normalization")):
        assert len(frame) == 0
    assert len(importances_frame(empty)) == 0
    assert set(parallel_frame(empty)["kind"]) <= {"low", "high", "between"}


def test_a_map_has_numbers_where_all_are_and_words_elsewhere():
    frame = map_frame(STUDY, "learning_rate", "normalization")
    assert frame["x"].tolist() == [1e-4, 1e-2, 1e-3, 1.0]
    assert frame["y"].tolist() == ["none", "batchnorm", "layernorm", "batchnorm"]
    assert frame["best"].tolist() == [False, False, True, False]
    spec = charts.map_spec("learning_rate", "normalization", True, False)
    x, y = (spec["layer"][0]["encoding"][axis] for axis in "xy")
    assert (x["type"], x["scale"]["type"], y["type"]) == ("quantitative", "log", "nominal")


def test_curves_end_where_trials_were_given_up():
    frame = curves_frame(STUDY)
    assert frame[frame["last"]]["trial"].tolist() == [0, 2, 3, 4]
    assert frame.groupby("trial")["epoch"].max().tolist() == [2] * 4


@pytest.mark.parametrize("spec", [charts.PROGRESS, charts.CURVES, charts.IMPORTANCES, parallel.PARALLEL])
def test_charts_have_titles_and_no_data_of_their_own(spec):
    assert spec["title"] and "data" not in spec and all("data" not in layer for layer in spec["layer"])
