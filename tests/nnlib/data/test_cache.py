"""Preparing CIFAR-10 when processes race, are killed, or cannot write; and what it costs in memory."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnlib.data import DataError, binary, cache, cifar10, prepared
from tests.places import ROOT as PROJECT

SPLIT: dict[str, Any] = {"num_training": 70, "num_validation": 25, "num_test": 15}

PREAMBLE = """
import hashlib, os, signal, sys, time
from pathlib import Path
from nnlib.data import binary, cache, cifar10
binary.RECORDS = 20
read_records = binary.read_records
def load():
    data = cifar10.load(sys.argv[1], 70, 25, 15)
    print(hashlib.sha256(data.X_train[:].tobytes() + data.y_train.tobytes()).hexdigest(), end="")
"""
MEETS_OTHERS = """
def meeting(source):
    for i, chunk in enumerate(read_records(source)):
        if i == 30:  # in the midst of it, and every other process too
            Path(sys.argv[2], str(os.getpid())).touch()
            while len(os.listdir(sys.argv[2])) < 4:
                time.sleep(0.01)
        yield chunk
binary.read_records = meeting
load()
"""
KILLED_WHILE_WRITING = """
def killed(source):
    for i, chunk in enumerate(read_records(source)):
        if i == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        yield chunk
binary.read_records = killed
load()
"""
KILLED_BEFORE_RENAME = """
cache.publish = lambda made, target: os.kill(os.getpid(), signal.SIGKILL)
load()
"""
KILLED_AFTER_RENAME = """
publish = cache.publish
cache.publish = lambda made, target: (publish(made, target), os.kill(os.getpid(), signal.SIGKILL))
load()
"""


def start(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    out, err = process.communicate(timeout=120)
    return SimpleNamespace(code=process.returncode, out=out, err=err)


def check(small):
    """Load in this process and compare with what was written."""
    data = cifar10.load(small.root, **SPLIT)
    assert np.array_equal(data.pictures(data.X_train[:]), small.images[:70].transpose(0, 2, 3, 1))
    assert np.array_equal(data.y_train, small.labels[:70])


def names(small):
    """What is in the cache folder, notes aside."""
    return sorted(path.name.partition("-")[0] + path.suffix for path in small.cache.iterdir() if path.is_dir())


def test_four_processes_at_once(small_cifar10, tmp_path):
    (tmp_path / "met").mkdir()
    processes = [start(PREAMBLE + MEETS_OTHERS, small_cifar10.root, tmp_path / "met") for _ in range(4)]
    results = [finish(process) for process in processes]
    assert [result.err for result in results] == [""] * 4
    assert len({result.out for result in results}) == 1
    assert names(small_cifar10) == ["cifar10"]
    check(small_cifar10)


def test_threads_at_once(small_cifar10, monkeypatch):
    barrier = threading.Barrier(4, timeout=60)
    read_records = binary.read_records
    errors = []

    def meeting(source):
        for i, chunk in enumerate(read_records(source)):
            if i == 30:
                barrier.wait()
            yield chunk

    def load():
        try:
            check(small_cifar10)
        except BaseException as error:
            errors.append(error)

    monkeypatch.setattr(binary, "read_records", meeting)
    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert names(small_cifar10) == ["cifar10"]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        pytest.param(KILLED_WHILE_WRITING, (0,), id="at the first chunk"),
        pytest.param(KILLED_WHILE_WRITING, (37,), id="at a middle chunk"),
        pytest.param(KILLED_WHILE_WRITING, (59,), id="at the last chunk"),
        pytest.param(KILLED_BEFORE_RENAME, (), id="before the rename"),
        pytest.param(KILLED_AFTER_RENAME, (), id="after the rename"),
    ],
)
@pytest.mark.parametrize("clock", [1, 2**32])
def test_killed(small_cifar10, script, arguments, clock):
    result = finish(start(PREAMBLE + script, small_cifar10.root, *arguments))
    assert result.code == -9, result.err
    published = "cifar10" in names(small_cifar10)
    assert published == (script is KILLED_AFTER_RENAME)
    check(small_cifar10)
    assert "cifar10" in names(small_cifar10)
    leftover = next(small_cifar10.cache.glob("*.tmp"))
    for path in (leftover, *leftover.rglob("*")):
        os.utime(path, (clock, clock))
    with cache.workspace(0):
        assert not leftover.exists()
    assert names(small_cifar10) == ["cifar10"]
    check(small_cifar10)


def test_work_in_progress_of_others_is_not_swept(small_cifar10):
    with cache.workspace(0) as mine:
        with cache.workspace(0) as other:
            assert mine.is_dir()
            assert other != mine
        assert mine.is_dir()
    assert not small_cifar10.cache.exists()


def flip(file):
    """Another byte near the end, unnoticed by its size."""
    content = bytearray(file.read_bytes())
    content[-9] ^= 1
    file.write_bytes(content)


def other_version(file):
    np.save(file, np.load(file).astype(np.float32))


SPOILS = [Path.unlink, lambda file: os.truncate(file, 100), lambda file: os.truncate(file, 0), flip, other_version]


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "sums.npy"])
@pytest.mark.parametrize("spoil", SPOILS)
def test_a_damaged_cache_is_made_again(small_cifar10, name, spoil):
    check(small_cifar10)
    prepared.prepare(binary.find_source(small_cifar10.root), official=True)
    assert cifar10.status().state == "ready"
    spoil(next(small_cifar10.cache.glob(f"*/{name}")))
    assert cifar10.status().state == "absent"
    check(small_cifar10)
    assert cifar10.status().state == "ready"
    assert names(small_cifar10) == ["cifar10"]


def test_opened_once_read_never_again(small_cifar10, monkeypatch):
    check(small_cifar10)
    monkeypatch.setattr(binary, "read_records", lambda source: pytest.fail("read again"))
    check(small_cifar10)


def test_replaced_files_are_read_and_the_old_copy_goes(small_cifar10):
    check(small_cifar10)
    old = cifar10.load(small_cifar10.root, **SPLIT)
    file = small_cifar10.folder / "data_batch_1.bin"
    content = bytearray(file.read_bytes())
    content[0] = (content[0] + 1) % 10
    file.write_bytes(content)
    os.utime(file, (1, 1))
    new = cifar10.load(small_cifar10.root, **SPLIT)
    assert new.y_train[0] == content[0] != old.y_train[0]
    assert np.array_equal(old.X_train[:], new.X_train[:])  # still mapped
    assert names(small_cifar10) == ["cifar10"]


WAYS = {
    "the folder": lambda small, elsewhere: small.root,
    "a copy of it": lambda small, elsewhere: shutil.copytree(small.root, elsewhere),
    "a link to it": lambda small, elsewhere: linked(small.root, elsewhere),
    "an archive": lambda small, elsewhere: small.archive(small.names_shuffled, elsewhere),
    "the Python version": lambda small, elsewhere: small.pickled(),
    "its archive": lambda small, elsewhere: small.pickled_archive(),
}


def linked(target, link):
    link.symlink_to(target, target_is_directory=True)
    return link


@pytest.mark.parametrize("other", WAYS)
@pytest.mark.parametrize("first", WAYS)
def test_one_copy_whatever_the_way_it_came(small_cifar10, tmp_path, monkeypatch, first, other):
    cifar10.load(WAYS[first](small_cifar10, tmp_path / "one"), **SPLIT)
    kept = [path for path in small_cifar10.cache.iterdir() if path.is_dir()]
    monkeypatch.setattr(prepared, "_write", lambda source, folder: pytest.fail("written again"))
    root = WAYS[other](small_cifar10, tmp_path / "other")
    monkeypatch.setenv("CIFAR10_DIR", str(root))
    assert cifar10.status().state in ("found", "ready")
    data = cifar10.load(**SPLIT)
    assert np.array_equal(data.pictures(data.X_train[:]), small_cifar10.images[:70].transpose(0, 2, 3, 1))
    assert [path for path in small_cifar10.cache.iterdir() if path.is_dir()] == kept
    monkeypatch.setattr(binary, "read_records", lambda source: pytest.fail("read again"))
    cifar10.load(root, **SPLIT)


def test_other_content_lies_beside(small_cifar10, tmp_path):
    other = shutil.copytree(small_cifar10.root, tmp_path / "other")
    with open(other / binary.FOLDER / "test_batch.bin", "r+b") as file:
        file.write(b"\x09" if small_cifar10.labels[100] != 9 else b"\x08")
    check(small_cifar10)
    cifar10.load(other, **SPLIT)
    assert names(small_cifar10) == ["cifar10", "cifar10"]
    check(small_cifar10)


def test_cache_that_cannot_be_made(small_cifar10, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DataError, match=r"cannot be written \(Not a directory\); make room there, or set NNLIB_CACHE"):
        cifar10.load(small_cifar10.root, **SPLIT)


def test_no_room(small_cifar10, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10))
    with pytest.raises(DataError, match=r"needs 1 MB, but has 0 MB free; make room there, or set NNLIB_CACHE"):
        cifar10.load(small_cifar10.root, **SPLIT)
    assert not small_cifar10.cache.exists()


def test_disk_full_while_writing(small_cifar10, monkeypatch):
    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\)"):
        cifar10.load(small_cifar10.root, **SPLIT)
    assert not small_cifar10.cache.exists()


MEASURE = """
import sys
def kilobytes(file, field):
    return next(int(line.split()[1]) for line in open(file) if line.startswith(field))
from nnlib.data import cifar10, load_cifar10
data = cifar10.load(sys.argv[1])
assert data.X_train.shape == (49000, 3, 32, 32)
opened = kilobytes("/proc/self/smaps_rollup", "Private_Dirty")
for first in range(0, 49000, 100):
    data.X_train[first : first + 100]
used = kilobytes("/proc/self/smaps_rollup", "Private_Dirty")
print(opened, used)
"""
MEASURE_ARRAYS = """
import sys
def kilobytes(file, field):
    return next(int(line.split()[1]) for line in open(file) if line.startswith(field))
from nnlib.data import cifar10, load_cifar10
cifar10.load(sys.argv[1])
before = kilobytes("/proc/self/status", "VmRSS")
data = load_cifar10(sys.argv[1], num_training=8000)
print(before, kilobytes("/proc/self/status", "VmHWM"))
"""


@pytest.fixture(scope="module")
def full_size(tmp_path_factory):
    """Six files of the official size, all black airplanes; sparse, so they cost no room."""
    folder = tmp_path_factory.mktemp("full") / binary.FOLDER
    folder.mkdir()
    for name in binary.FILES:
        (folder / name).touch()
        os.truncate(folder / name, 30_730_000)
    cifar10.load(folder)
    yield folder
    for folder in prepared.folders():
        cache.retire(folder)


linux = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="measures by /proc/self/smaps_rollup")


@linux
def test_private_memory_stays_below_60_mb(full_size):
    result = finish(start(MEASURE, full_size))
    assert result.err == ""
    opened, used = (int(kilobytes) / 1000 for kilobytes in result.out.split())
    assert opened < 60
    assert used < 60


@linux
def test_float_arrays_come_without_large_transients(full_size):
    result = finish(start(MEASURE_ARRAYS, full_size))
    assert result.err == ""
    before, peak = (int(kilobytes) * 1024 for kilobytes in result.out.split())
    arrays, pages = 10_000 * 3072 * 8, 10_000 * 3072  # the result; the pictures that were read
    assert peak - before < arrays + pages + 40e6


def test_nothing_heavy_at_import():
    heavy = "{'pooch', 'requests', 'urllib3', 'http.client', 'sklearn', 'pandas'}"
    result = finish(start(f"import sys, nnlib.data; print(sorted({heavy} & set(sys.modules)))"))
    assert (result.err, result.out) == ("", "[]\n")
