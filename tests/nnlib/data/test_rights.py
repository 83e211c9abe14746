"""Whatever is written has the rights that the umask leaves, so that those who share a folder can read it."""

import os
import stat
from pathlib import Path

import pytest

from nnlib.data import cifar10, points
from nnlib.data.cache import cache_folder
from nnlib.experiments import store
from nnlib.fc_net import FullyConnectedNet
from nnlib.files import written_whole
from nnlib.search import storage
from nnlib.solver import Solver

posix = pytest.mark.skipif(os.name != "posix", reason="rights are POSIX's")
SPLIT = {"num_training": 70, "num_validation": 25, "num_test": 15}


def solver() -> Solver:
    return Solver(FullyConnectedNet([4], input_dim=2, num_classes=3), points.spiral(60).as_dict())


def opened() -> None:
    database = storage.open_storage(storage.storage_url(), 0.0)
    database.engine.dispose()
    storage.open_storage.cache_clear()


WRITERS = {
    "prepared": lambda small: cifar10.load(small.root, **SPLIT),
    "results": lambda small: store.write("0" * 32, []),
    "checkpoint": lambda small: solver().save(cache_folder() / "a.npz"),
    "studies": lambda small: opened(),
}


@posix
@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077])
@pytest.mark.parametrize("writer", WRITERS)
def test_files_and_folders_follow_the_umask(small_cifar10, writer, umask):
    before = os.umask(umask)
    try:
        WRITERS[writer](small_cifar10)
    finally:
        os.umask(before)
    made = [small_cifar10.cache, *small_cifar10.cache.rglob("*")]
    assert any(path.is_file() for path in made)
    wrong = {
        str(path): oct(mode)
        for path in made
        if (mode := stat.S_IMODE(path.stat().st_mode)) != (0o777 if path.is_dir() else 0o666) & ~umask
    }
    assert wrong == {}


def test_a_file_takes_its_place_whole_or_not_at_all(tmp_path: Path):
    path = tmp_path / ("é" * 120 + ".json")
    with written_whole(path) as file:
        file.write(b"one")
    with pytest.raises(TypeError), written_whole(path) as file:
        file.write("two")  # type: ignore[arg-type]
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]
