"""The cache cleans itself: what is old goes, what is in use or somebody else's stays, and a button frees the rest."""

import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from nnlib.data import DataError, binary, cache, cifar10, cleaning, notes, prepared
from nnlib.experiments import store
from tests.places import ROOT

SPLIT = {"num_training": 70, "num_validation": 25, "num_test": 15}
HOLDS = """
import sys
from nnlib.data import binary, cifar10
binary.RECORDS = 20
data = cifar10.load(sys.argv[1], 70, 25, 15)
print("open", flush=True)
sys.stdin.readline()
print(data.X_train[:].sum(), flush=True)
"""


def key(i: int) -> str:
    return f"{i:032x}"


def aged(path, days):
    then = time.time() - days * cleaning.DAY
    os.utime(path, (then, then))


def result(small, i, days=0.0):
    store.write(key(i), [])
    path = small.cache / "results" / f"{key(i)}.json"
    aged(path, days)
    return path


@pytest.fixture
def held_by_another(small_cifar10):
    """A process that has the prepared pictures open."""
    command = [sys.executable, "-c", HOLDS, str(small_cifar10.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.stdin.close()


@pytest.mark.parametrize("days", [91, -91, -20_000])
def test_old_results_go_and_files_of_others_stay(small_cifar10, days):
    old, new = result(small_cifar10, 1, days=days), result(small_cifar10, 2, days=89)
    foreign = [small_cifar10.cache / name for name in ("results/mine.json", "results/a.csv", "runs/a.npz", "a.json")]
    foreign[2].parent.mkdir()
    for path in foreign:
        path.touch()
        aged(path, 1000)
    cleaning.clean()
    assert not old.exists() and new.exists()
    assert all(path.exists() for path in foreign)


def test_results_beyond_the_bound_go_the_longest_unused_first(small_cifar10, monkeypatch):
    made = [result(small_cifar10, i, days=i) for i in range(6)]
    monkeypatch.setattr(cleaning, "MAX_RESULTS", 3 * made[0].stat().st_size)
    store.read(key(5))
    cleaning.clean()
    assert [path.exists() for path in made] == [True, True, False, False, False, True]


def test_leftovers_of_killed_processes_go(small_cifar10):
    result(small_cifar10, 1)
    folder, part = small_cifar10.cache / "nnlib-1.tmp", small_cifar10.cache / "results" / ".a-1.part"
    folder.mkdir()
    part.touch()
    cleaning.clean()
    assert folder.exists() and part.exists()  # somebody's work
    aged(folder, 1)
    aged(part, 1)
    cleaning.clean()
    assert not folder.exists() and not part.exists()


def test_copies_of_former_versions_go(small_cifar10):
    cifar10.load(small_cifar10.root, **SPLIT)
    (now,) = prepared.folders()
    former = shutil.copytree(now, small_cifar10.cache / "cifar10-0123456789abcdef")
    official = shutil.copytree(now, small_cifar10.cache / notes.OFFICIAL)
    cleaning.clean()
    assert now.exists() and not former.exists()
    assert official.exists() and cifar10.status().state == "ready"  # a download of a former version still serves


@pytest.mark.parametrize("days", [89, 91])
def test_copies_that_can_be_made_again_go_when_they_are_old(small_cifar10, days):
    cifar10.load(small_cifar10.root, **SPLIT)
    prepared.prepare(binary.find_source(small_cifar10.root), official=True)
    for note in notes.every():
        aged(note, days)
    cleaning.clean()
    assert len(prepared.folders()) == 1 and cifar10.status().state == "ready"  # a download is never too old
    notes.place(notes.OFFICIAL).unlink()
    cleaning.clean()
    assert len(prepared.folders()) == (days < 90)


def test_using_it_keeps_it(small_cifar10):
    cifar10.load(small_cifar10.root, **SPLIT)
    aged(notes.every()[0], 91)
    cifar10.load(small_cifar10.root, **SPLIT)
    cleaning.clean()
    assert len(prepared.folders()) == 1


@pytest.mark.skipif(cache.fcntl is None, reason="needs locks")
def test_what_another_process_has_open_stays(small_cifar10, held_by_another):
    aged(notes.every()[0], 91)
    cleaning.clean()
    assert cleaning.pictures_in_use()
    cleaning.free(cleaning.PICTURES)
    assert len(prepared.folders()) == len(notes.every()) == 1
    held_by_another.stdin.write("\n")
    held_by_another.stdin.flush()
    assert float(held_by_another.stdout.readline()) != 0
    held_by_another.wait(60)
    assert not cleaning.pictures_in_use()
    cleaning.free(cleaning.PICTURES)
    assert prepared.folders() == notes.every() == []


@pytest.mark.skipif(cache.fcntl is None, reason="needs locks")
def test_what_this_process_has_open_stays_and_is_let_go(small_cifar10):
    data = cifar10.load(small_cifar10.root, **SPLIT)
    cleaning.free(cleaning.PICTURES)
    assert cleaning.pictures_in_use() and len(prepared.folders()) == 1
    shutil.rmtree(prepared.folders()[0])  # as another user's cleaning might, who knows no locks
    assert np.array_equal(data.pictures(data.X_train[:]), small_cifar10.images[:70].transpose(0, 2, 3, 1))


def test_freed_results_are_gone_and_pictures_are_not(small_cifar10):
    cifar10.load(small_cifar10.root, **SPLIT)
    result(small_cifar10, 1)
    sizes = cleaning.contents()
    assert sizes["pictures"] > 120 * 3072 and sizes["results"] > 0 and sizes["searches"] == 0
    cleaning.free(cleaning.RESULTS)
    assert cleaning.contents() == sizes | {"results": 0}


def test_what_cannot_be_deleted_is_left(small_cifar10, monkeypatch):
    path = result(small_cifar10, 1, days=91)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "unlink", refuse)
    cleaning.clean()
    cleaning.free(cleaning.RESULTS)
    assert path.exists()


def test_at_most_once_a_day(small_cifar10, monkeypatch):
    cleanings = []
    monkeypatch.setattr(cleaning, "clean", lambda: cleanings.append(1))
    monkeypatch.setattr(cleaning.threading, "Thread", Now)
    cleaning.clean_daily()
    assert not small_cifar10.cache.exists() and cleanings == []
    small_cifar10.cache.mkdir()
    for _ in range(3):
        cleaning.clean_daily()
    assert len(cleanings) == 1
    for days in (1.1, -1000):  # the second by a clock that was wrong
        aged(small_cifar10.cache / cleaning.STAMP, days)
        cleaning.clean_daily()
    assert len(cleanings) == 3


class Now:
    """A thread that does its work at once."""

    def __init__(self, target, **_):
        self.start = target


# ---------------------------------------------------------------------------------------------------------- two users
OTHER_USER = """
import mmap, os, sys
from nnlib.data import binary, cache, cifar10, cleaning
from nnlib.experiments import store
os.setgid(60001), os.setuid(60001)  # not before, since the interpreter may be the first's alone
binary.RECORDS = 20
data = cifar10.load(sys.argv[1], 70, 25, 15)
store.write("1" * 32, [])
cleaning.free(cleaning.RESULTS)
cleaning.clean()
print(len(data.X_train), store.read("0" * 32) is not None, cache.unwritable() is not None)
"""


def as_other_user(root):
    run = [sys.executable, "-c", OTHER_USER, str(root)]
    return subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def shared(small_cifar10, tmp_path):
    """A cache that root has filled and others may read."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can be another user")
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o005:  # pytest's own are for their owner alone
            folder.chmod(0o755)
    cifar10.load(small_cifar10.root, **SPLIT)
    result(small_cifar10, 0)
    return small_cifar10


@pytest.mark.parametrize("mode", [0o755, 0o777])
@pytest.mark.parametrize("version", ["binary", "python"])
def test_a_second_user_reads_what_the_first_has_made(shared, version, mode):
    """The second comes by another path, and may not write into what is not theirs: they are told so, and all works."""
    shared.cache.chmod(mode)
    run = as_other_user(shared.root if version == "binary" else shared.pickled())
    assert (run.stdout, run.stderr) == ("70 True True\n", "")
    assert store.read(key(0)) == [] and len(prepared.folders()) == 1


@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_a_second_user_with_other_pictures(shared, tmp_path, mode):
    shared.cache.chmod(mode)
    other = shutil.copytree(shared.root, tmp_path / "other")
    with open(other / binary.FOLDER / "test_batch.bin", "r+b") as file:
        file.write(b"\x09" if shared.labels[100] != 9 else b"\x08")
    run = as_other_user(other)
    refused = (
        f"the cache folder {shared.cache} cannot be written (Permission denied); make room there, or set NNLIB_CACHE"
    )
    if mode == 0o777:
        assert (run.stdout, run.stderr) == ("70 True True\n", "")
    else:
        assert run.stderr.splitlines()[-1].startswith(f"nnlib.data.errors.DataError: {refused}")
    assert cifar10.load(shared.root, **SPLIT).y_train[0] == shared.labels[0]


@pytest.mark.parametrize("name", ["x" * 5000, "file/below", "nowhere/deep"])
def test_a_folder_that_cannot_be_looked_into_holds_nothing(tmp_path, monkeypatch, name):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / name))
    assert set(cleaning.contents().values()) == {0} and not cleaning.pictures_in_use()
    cleaning.clean()
    for kind in (cleaning.PICTURES, cleaning.RESULTS):
        cleaning.free(kind)
    assert cifar10.status().state == "absent"
    if name != "nowhere/deep":
        with pytest.raises(DataError, match="cannot be written"), cache.workspace(1):
            pass
