"""Checkpoints: a run that was left, or killed at any moment, goes on bit for bit."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlib.fc_net import FullyConnectedNet
from nnlib.optim import RULES
from nnlib.solver import Solver
from tests.nnlib.training import everything_in, full_run, go, network, records, solver
from tests.places import ROOT

Forge = Callable[[dict[str, np.ndarray], dict[str, Any]], Any]


@pytest.mark.parametrize("seed", [7, None])
@pytest.mark.parametrize("left_at", [1, 6, 9, 23, 24])
def test_a_resumed_run_ends_like_one_that_was_never_left(seed, left_at, tmp_path):
    np.random.seed(3)
    whole = full_run(seed)
    records(whole)
    np.random.seed(3)
    left = go(full_run(seed), left_at)
    left.save(tmp_path / "run.npz")
    np.random.seed(99)
    resumed = full_run(seed, learning_rate=0.02)
    resumed.resume(tmp_path / "run.npz")
    assert everything_in(resumed) == everything_in(left)
    np.random.seed(98)
    if seed is None:
        resumed.resume(tmp_path / "run.npz")
    assert [record.iteration for record in records(resumed)] == list(range(left_at + 1, 25))
    assert everything_in(resumed) == everything_in(whole)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_every_rule_and_normalization_goes_on_bit_for_bit(rule, normalization, tmp_path):
    def new() -> Solver:
        return solver(network(1, normalization, 0.8, dtype=np.float64), update_rule=rule, patience=3, lr_decay=0.9)

    whole = new()
    records(whole)
    go(new(), 8).save(tmp_path / "run.npz")
    resumed = new()
    resumed.resume(tmp_path / "run.npz")
    records(resumed)
    assert everything_in(resumed) == everything_in(whole)


def test_a_state_needs_no_file_and_shares_no_array():
    left, taken_up = go(full_run(), 9), full_run()
    state = left.state()
    taken_up.load_state(*state)
    before = everything_in(taken_up)
    assert before == everything_in(left)
    go(left, 5)
    assert everything_in(taken_up) == before
    taken_up.load_state(*state)
    assert everything_in(taken_up) == before
    records(left)
    records(taken_up)
    assert everything_in(taken_up) == everything_in(left)
    taken_up.load_state(*state)
    assert everything_in(taken_up) == before


def test_a_run_that_lost_patience_stays_ended(tmp_path):
    run = solver(learning_rate=0, patience=1, num_epochs=9, checkpoint_name=str(tmp_path / "run.npz"))
    records(run)
    resumed = solver(learning_rate=0, patience=1, num_epochs=9)
    resumed.resume(tmp_path / "run.npz")
    assert list(resumed.steps()) == []
    assert everything_in(resumed) == everything_in(run)


def test_a_checkpoint_is_written_after_every_epoch_and_every_so_many_iterations(tmp_path):
    path = tmp_path / "folder" / "run"  # .npz is added, the folder made
    for every, expected in ((None, [6, 12, 18, 24]), (5, [5, 6, 10, 12, 15, 18, 20, 24])):
        run, written = full_run(checkpoint_name=str(path), checkpoint_every=every), []
        save, run.save = run.save, lambda p, run=run, written=written: (written.append(run.iteration), save(p))[1]  # noqa: B023
        records(run)
        assert written == expected
        assert [file.name for file in path.parent.iterdir()] == ["run.npz"]
        resumed = full_run()
        resumed.resume(path.with_suffix(".npz"))
        assert resumed.iteration == 24


def test_a_checkpoint_is_found_under_the_name_it_was_saved_by(tmp_path):
    run, resumed = go(full_run(), 3), full_run()
    run.save(tmp_path / "run")
    resumed.resume(tmp_path / "run")
    assert everything_in(resumed) == everything_in(run)


def test_settings_that_are_numpy_numbers_can_be_saved(tmp_path):
    """As they come out of a hyper-parameter search."""

    def new() -> Solver:
        whole, real = np.int64, np.float32
        sizes: Any = [whole(10), whole(8)], whole(24), whole(4)
        model = FullyConnectedNet(*sizes, dropout_keep_ratio=real(0.5), reg=real(0.1), seed=whole(1))  # type: ignore[arg-type]
        settings = {"batch_size": whole(8), "seed": whole(3), "patience": whole(9), "learning_rate": real(0.1)}
        return solver(model, lr_decay=real(0.9), **settings)

    run, resumed = go(new(), 3), new()
    run.save(tmp_path / "run.npz")
    resumed.resume(tmp_path / "run.npz")
    records(run)
    records(resumed)
    assert resumed.loss_history == run.loss_history
    np.testing.assert_array_equal(resumed.model.params.vector, run.model.params.vector)


def test_a_diverged_run_can_go_back_to_its_checkpoint(tmp_path):
    run = go(solver(learning_rate=1e4), 1)
    run.save(tmp_path / "run.npz")
    first = [item.iteration for item in run.steps()]
    assert run.diverged
    run.resume(tmp_path / "run.npz")
    assert not run.over
    assert [item.iteration for item in run.steps()] == first


def test_no_checkpoint_is_written_unasked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    records(full_run(checkpoint_every=2))
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_is_an_npz_without_pickles(tmp_path):
    go(full_run(None), 3).save(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as archive:
        assert all(archive[name].dtype.kind in "fiuU" for name in archive.files)


def test_a_failed_write_leaves_the_old_checkpoint_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    go(full_run(), 3).save(path)
    old = path.read_bytes()

    def full(file: Any, **arrays: Any) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        go(full_run(), 5).save(path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


SCRIPT = """
import hashlib, os, signal, sys
from pathlib import Path
import numpy as np
from tests.nnlib.training import everything_in, full_run

style, path, place, at = *sys.argv[1:4], int(sys.argv[4])
np.random.seed(3)
run = full_run(7 if style == "seeded" else None, checkpoint_name=path, checkpoint_every=1, num_epochs=5)
if Path(path).exists():
    run.resume(path)

def die_at(here):
    if (here, run.iteration) == (place, at):
        os.kill(os.getpid(), signal.SIGKILL)

def savez(file, savez=np.savez, **arrays):
    file.write(b"half of it")
    file.flush()
    die_at("while writing")
    file.seek(0)
    savez(file, **arrays)

def replace(*paths, replace=os.replace):
    die_at("before renaming")
    replace(*paths)

np.savez, os.replace = savez, replace
for record in run.steps():
    print(record.iteration, record.loss.hex(), record.learning_rate, record.train_acc, record.val_acc, flush=True)
    die_at("between steps")
print("end", hashlib.sha256(everything_in(run).encode()).hexdigest(), flush=True)
"""


@pytest.mark.parametrize("style", ["seeded", "legacy"])
def test_a_run_killed_again_and_again_continues_bit_for_bit(style, tmp_path):
    def run(path: Path, place: str = "", at: int = 0) -> list[str]:
        command = [sys.executable, "-W", "error", "-c", SCRIPT, style, str(path), place, str(at)]
        process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        assert (process.returncode, process.stderr) == (-signal.SIGKILL if place else 0, "")
        return process.stdout.splitlines()

    whole = run(tmp_path / "whole.npz")
    assert len(whole) == 31
    path = tmp_path / "killed.npz"
    assert run(path, "between steps", 4) == whole[:4]
    assert run(path, "while writing", 11) == whole[4:10]
    assert run(path, "before renaming", 17) == whole[10:16]
    assert run(path) == whole[16:]
