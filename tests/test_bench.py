"""The speed benchmark compares like with like: all contenders take the same steps from the same start."""

import sys
from importlib import import_module
from types import ModuleType

import numpy as np
import pytest

from bench.__main__ import main
from bench.contenders import CONTENDERS
from bench.steps import ratio
from bench.workloads import WORKLOADS

NETWORKS = [name for name in WORKLOADS if name not in ("BN", "W4")]  # W4 is W3's kind, and large
OTHERS = [contender for contender in CONTENDERS if contender not in ("library", "floor", "staged")]


def losses(contender: str, workload: str, steps: int = 4) -> list[float] | None:
    pytest.importorskip(CONTENDERS[contender][1], reason="an optional contender", exc_type=ImportError)
    step = import_module(f"bench.contenders.{contender}").build(WORKLOADS[workload])
    return None if step is None else [step() for _ in range(steps)]


@pytest.mark.filterwarnings("ignore")  # those of other libraries
@pytest.mark.parametrize("contender", OTHERS)
@pytest.mark.parametrize("workload", NETWORKS)
def test_contenders_take_the_same_steps_as_nnlib(contender, workload):
    theirs = losses(contender, workload)
    if theirs is None:
        assert contender == "sklearn_mlp", "only scikit-learn has no normalization"
        assert "norm" in str(WORKLOADS[workload])
        return
    ours = losses("library", workload)
    assert theirs == pytest.approx(ours, rel=2e-5)
    assert np.all(np.diff(theirs) < 0)


def test_both_batchnorm_backward_passes_agree():
    staged, simplified = losses("staged", "BN", 1), losses("library", "BN", 1)
    assert staged == pytest.approx(simplified, rel=1e-4)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_what_cannot_be_done_is_left_out(workload):
    alone = workload == "BN"
    for contender in ("floor", "plain", "staged"):
        built = import_module(f"bench.contenders.{contender}").build(WORKLOADS[workload])
        assert (built is None) == (alone if contender != "staged" else not alone)


def test_a_short_run_prints_every_time_and_ratio_and_says_who_is_missing(monkeypatch, capsys):
    # AppTest leaves its page as __main__, which a spawned process would run.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    monkeypatch.setitem(CONTENDERS, "pytorch", ("PyTorch", "no_such_package"))
    monkeypatch.setitem(CONTENDERS, "sklearn_mlp", ("scikit-learn", "no_such_package"))
    assert main(["steps", "--rounds", "1", "--seconds", "0.001", "--only", "W5"]) == 0
    out = capsys.readouterr().out
    assert "PyTorch is left out: the package no_such_package is not installed." in out
    assert "no other OPENBLAS_ setting" in out
    assert "2-8-8-2, batch 32, momentum" in out
    times, ratios = [[cell.split() for cell in line.split("|")[2:-1]] for line in out.splitlines() if "| W5" in line]
    nnlib, floor, plain, staged = times
    assert min(float(cell[0]) for cell in (nnlib, floor, plain)) > 0
    assert staged == []
    to_floor, from_pytorch, from_sklearn, from_plain, from_staged = ratios
    assert min(float(cell[0]) for cell in (to_floor, from_plain)) >= 0
    assert from_pytorch == from_sklearn == from_staged == []


@pytest.mark.parametrize(
    ("name", "pair", "faster", "cell"),
    [
        ("W1 adam", ("library", "floor"), 1.2, "1.20 (at most 1.20: met)"),
        ("W1 adam", ("library", "floor"), 1.25, "1.25 (at most 1.20: NOT met)"),
        ("W5", ("pytorch", "library"), 4.0, "4.00 (at least 4.00: met)"),
        ("W5", ("pytorch", "library"), 3.9, "3.90 (at least 4.00: NOT met)"),
        ("W5", ("plain", "library"), 3.0, "3.00"),
    ],
)
def test_a_ratio_of_medians_is_held_against_its_target(name, pair, faster, cell):
    a, b = pair
    times = {(name, a): [0.1, faster, 90.0], (name, b): [0.5, 1.0, 2.0]}
    assert ratio(times, name, a, b) == cell
    assert ratio({}, name, a, b) == ""


def test_an_unknown_benchmark_gets_the_list(capsys):
    assert main(["stepps"]) == 2
    assert "steps" in capsys.readouterr().out


def test_a_short_soak_tells_what_is_held_meanwhile_and_left_afterwards(capsys):
    """Visitors act as a browser does: the pages show no exception, and the log says nothing."""
    assert main(["soak", "--minutes", "0.2", "--every", "0.1", "--visitors", "2", "--quiet", "0"]) == 0
    table, targets, *_ = [block.splitlines() for block in capsys.readouterr().out.split("\n\n")[1:]]
    assert [row.split("|")[1].strip() for row in table] == ["minute", "---", "0.1", "0.2"]
    found = {cells[1].strip(): cells[2].strip() for cells in (row.split("|") for row in targets[2:])}
    assert found["lines in the log"] == found["faults that visitors met"] == found["temporary files"] == "0"
    told = {name.partition(",")[0] for name in found}
    assert told >= {"processes", "threads", "open files", "sessions", "runs and sweeps"}
