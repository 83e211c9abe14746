"""What all tests stand on: how hypothesis runs, a cache folder of their own, a small CIFAR-10 and the real one."""

from __future__ import annotations

import functools
import os
import pickle
import struct
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner

from nnlib.data import binary, cache
from tests.draws import draws
from tests.places import ROOT as PROJECT

BUILDER = PROJECT.parent / "shared" / "cifar10" / "build.py"
# Never against the clock, and on the build server always the same examples.
settings.register_profile(
    "unit",
    parent=draws(100),
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
)
settings.load_profile("unit")

GIVEN_CIFAR10 = os.environ.get("CIFAR10_DIR")  # read before `no_outside_data` hides it


@pytest.fixture(scope="session", autouse=True)
def no_outside_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or fills the user's cache folder, or depends on CIFAR-10 lying somewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNLIB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("CIFAR10_DIR", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_scan_for_components() -> Iterator[None]:
    """Streamlit reads the metadata of all installed packages for each app that AppTest makes; once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        scan = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(scope="session")
def cifar10_folder() -> Path:
    """A folder with the real CIFAR-10: CIFAR10_DIR if set, else built once a machine from ../shared; skips without."""
    if GIVEN_CIFAR10:
        return binary.find_source(GIVEN_CIFAR10).path
    folder = _kept_between_runs() / "cifar-10"
    if not folder.is_dir():
        if not BUILDER.is_file():
            pytest.skip("needs the real CIFAR-10: set CIFAR10_DIR, or put the builder at ../shared/cifar10/build.py")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NNLIB_CACHE", str(_kept_between_runs()))
            with cache.workspace(2 * 10**8) as workspace:
                made = workspace / "cifar-10"
                subprocess.run([sys.executable, str(BUILDER), str(made)], check=True)
                cache.publish(made, folder)
    return folder


@pytest.fixture
def real_cifar10(cifar10_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real CIFAR-10, found by default through CIFAR10_DIR; its prepared arrays are kept between test runs."""
    monkeypatch.setenv("NNLIB_CACHE", str(_kept_between_runs()))
    monkeypatch.setenv("CIFAR10_DIR", str(cifar10_folder))
    return cifar10_folder


def _kept_between_runs() -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NNLIB_CACHE", raising=False)
        default = cache.cache_folder()
    return default.with_name("nnlib-tests")


@dataclass(frozen=True)
class SmallCifar10:
    """A CIFAR-10 of 20 random records a file at `root`/cifar-10-batches-bin, and what is in it."""

    root: Path
    images: np.ndarray  # (120, 3, 32, 32) uint8, training first
    labels: np.ndarray  # (120,) uint8
    cache: Path  # not there yet

    @property
    def folder(self) -> Path:
        return self.root / binary.FOLDER

    def archive(self, names: tuple[str, ...] = binary.FILES, path: Path | None = None) -> Path:
        """Write the official archive's like, its members in the order of `names`."""
        path = path or self.root / binary.ARCHIVE
        with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as tar:
            for name in names:
                tar.add(self.folder / name, f"{binary.FOLDER}/{name}")
        return path

    @property
    def names_shuffled(self) -> tuple[str, ...]:
        return (*binary.FILES[3:], *binary.FILES[:3])

    def pickled(self, protocol: int = 2, written_by_python_2: bool = False) -> Path:
        """Write the Python version's folder beside the other, and nothing else; the folder around it."""
        folder = self.root.with_name("python") / binary.PYTHON_FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        rows = np.split(self.images.reshape(120, -1), 6), np.split(self.labels, 6)
        for name, images, labels in zip(binary.PYTHON_FILES, *rows, strict=True):
            files = [f"picture_{i}.png".encode() for i in range(len(labels))]
            batch = {b"batch_label": b"a batch", b"labels": labels.tolist(), b"data": images, b"filenames": files}
            content = python_2_pickle(batch) if written_by_python_2 else pickle.dumps(batch, protocol)
            (folder / name).write_bytes(content)
        (folder / "batches.meta").write_bytes(pickle.dumps({b"label_names": [b"airplane"]}, protocol))
        return folder.parent

    def pickled_archive(self, **how: Any) -> Path:
        root = self.pickled(**how)
        path = self.root.with_name(binary.PYTHON_ARCHIVE)
        with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as tar:
            tar.add(root / binary.PYTHON_FOLDER, binary.PYTHON_FOLDER)
        return path

    def snapshot(self) -> dict[str, tuple[int, int]]:
        """Every path in the cache folder, files with size and time of change."""
        stats = {str(path): path.stat() for path in self.cache.rglob("*")}
        return {path: (s.st_size, s.st_mtime_ns) if S_ISREG(s.st_mode) else (0, 0) for path, s in stats.items()}


def python_2_pickle(batch: dict[bytes, Any]) -> bytes:
    """A batch as Python 2 and its NumPy wrote the official ones, protocol 2: all texts are bytes."""

    def text(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value if len(value) < 256 else b"T" + struct.pack("<I", len(value)) + value

    N, D = batch[b"data"].shape
    array = b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85q\x03U\x01b\x87Rq\x04"
    state = b"(K\x01" + b"J" + struct.pack("<i", N) + b"M" + struct.pack("<H", D) + b"\x86"
    dtype = b"cnumpy\ndtype\nq\x05U\x02u1K\x00K\x01\x87Rq\x06(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array += state + dtype + b"\x89" + text(batch[b"data"].tobytes()) + b"tb"
    labels = b"](" + b"".join(b"K" + bytes([label]) for label in batch[b"labels"]) + b"e"
    files = b"](" + b"".join(map(text, batch[b"filenames"])) + b"e"
    items = {b"data": array, b"labels": labels, b"batch_label": text(batch[b"batch_label"]), b"filenames": files}
    return b"\x80\x02}q\x00(" + b"".join(text(name) + value for name, value in items.items()) + b"u."


@pytest.fixture
def small_cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallCifar10:
    """A small CIFAR-10 on disk and a cache folder of the test's own, named by NNLIB_CACHE; CIFAR10_DIR is not set."""
    monkeypatch.setattr(binary, "RECORDS", 20)
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 10, 120, dtype=np.uint8)
    images = rng.integers(0, 256, (120, 3, 32, 32), dtype=np.uint8)
    small = SmallCifar10(tmp_path / "data", images, labels, tmp_path / "cache")
    small.folder.mkdir(parents=True)
    records = np.hstack([labels[:, None], images.reshape(120, -1)])
    for name, rows in zip(binary.FILES, np.split(records, 6), strict=True):
        rows.tofile(small.folder / name)
    (small.folder / "batches.meta.txt").write_text("airplane\n")
    return small
