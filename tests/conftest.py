"""What all tests stand on: how hypothesis runs, a cache folder of their own, a small CIFAR-10 and the real one."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

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

    def snapshot(self) -> dict[str, tuple[int, int]]:
        """Every path in the cache folder, files with size and time of change."""
        stats = {str(path): path.stat() for path in self.cache.rglob("*")}
        return {path: (s.st_size, s.st_mtime_ns) if S_ISREG(s.st_mode) else (0, 0) for path, s in stats.items()}


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
