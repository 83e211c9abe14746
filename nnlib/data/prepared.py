"""CIFAR-10 as memory maps that every session and process on the machine shares.

A prepared folder is named by its content, so that there is one whatever way the data came.
"""

import hashlib
import json
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.data import binary, cache, notes
from nnlib.data.errors import DataError
from nnlib.data.notes import OFFICIAL

STAMP = "files.json"  # sizes and times of the arrays as they were written


class Prepared(NamedTuple):
    """All 60,000 pictures in official order, training first.

    images (60000, 3, 32, 32) uint8, a memory map; labels (60000,) uint8;
    sums (60, 3, 32, 32) uint32: the sum of each thousand images, so that the mean of any first n costs next to nothing.
    """

    images: ndarray
    labels: ndarray
    sums: ndarray

    def mean_image(self, n: int) -> ndarray:
        """The mean of the first n > 0 images, (3, 32, 32) float64, exact to the last rounding."""
        block = len(self.images) // len(self.sums)
        full = n // block
        total = self.sums[:full].sum(axis=0, dtype=np.int64) + self.images[full * block : n].sum(axis=0, dtype=np.int64)
        return total / n


def _layout() -> dict[str, tuple[tuple[int, ...], type]]:
    """The files of a prepared folder: name -> (shape, dtype)."""
    N, image = len(binary.FILES) * binary.RECORDS, binary.IMAGE_SHAPE
    blocks = 10 * len(binary.FILES)
    return {"images": ((N, *image), np.uint8), "labels": ((N,), np.uint8), "sums": ((blocks, *image), np.uint32)}


def num_bytes() -> int:
    """What the prepared arrays take on disk, headers aside."""
    return sum(int(np.prod(shape)) * np.dtype(dtype).itemsize for shape, dtype in _layout().values())


def open_prepared(folder: Path) -> Prepared | None:
    """The arrays in `folder`, mapped; None if they are not there, whole and as they were written."""
    prepared = _opened(folder)
    if prepared is None or folder.name == OFFICIAL:
        return prepared
    try:
        stamp = _stamp(folder)
        untouched = json.loads((folder / STAMP).read_text(encoding="utf-8")) == stamp
        return prepared if untouched or _is_what_it_says(folder, json.dumps(stamp)) else None
    except (OSError, ValueError):
        return None


def find_prepared(source: binary.Source) -> Prepared | None:
    """What was prepared from these files."""
    return _find(str(source.path), source.key())


def find_official() -> Prepared | None:
    """What was prepared from the downloaded archive."""
    return _find(OFFICIAL, "") or open_prepared(cache.cache_folder() / OFFICIAL)


def _find(origin: str, key: str) -> Prepared | None:
    note = notes.read(notes.place(origin))
    return open_prepared(cache.cache_folder() / note["folder"]) if note.get("key") == key else None


def prepare(source: binary.Source, official: bool = False) -> Prepared:
    """The arrays of `source`, mapped from the cache folder, and written there if they are not yet.

    Takes seconds and some 10 MB of memory, 200 MB for the Python version. Several processes may do this at once: one's
    result stays. The copy made earlier from the same place, with other content, goes.

    official: it is the downloaded archive, which will not be kept.

    Raises:
        DataError: the source is not sound or the cache folder cannot be written; the cache is as it was.
    """
    origin, key = (OFFICIAL, "") if official else (str(source.path), source.key())
    if prepared := _find(origin, key):
        with suppress(OSError):  # another user's
            os.utime(notes.place(origin))
        return prepared
    if target := _same_content(source):
        with suppress(DataError):  # a cache folder that is another user's can be read all the same
            notes.write(origin, key, target)
    else:
        with cache.workspace(num_bytes()) as folder:
            made = folder / "made"
            with cache.writing():
                made.mkdir()
                target = cache.cache_folder() / _write(source, made)
            notes.write(origin, key, target)  # first, since others delete what no note names
            if target.exists() and open_prepared(target) is None:
                cache.retire(target)
            cache.publish(made, target)
    retire_unnamed(target.name)
    prepared = open_prepared(target)
    if prepared is None:
        raise DataError(f"{target} cannot be read although it was just written; set NNLIB_CACHE to another folder.")
    return prepared


def folders() -> list[Path]:
    """All prepared folders, those of former versions too."""
    found = cache.found("cifar10-*")
    return [folder for folder in found if folder.is_dir() and folder.suffix != cache.UNFINISHED]


def retire_unnamed(*kept: str) -> None:
    """Delete the prepared folders that no note names, but for those to be kept; who has them open keeps them."""
    named = {OFFICIAL, *kept, *map(notes.folder_of, notes.every())}
    for folder in folders():
        if folder.name not in named:
            cache.retire(folder)


def _same_content(source: binary.Source) -> Path | None:
    """The folder that was prepared from the same pictures, found elsewhere."""
    known = {folder.name for folder in folders() if folder.name != OFFICIAL and open_prepared(folder)}
    if not known:
        return None
    digest = _Digest()
    for chunk in binary.read_records(source):
        digest.update(*chunk)
    return cache.cache_folder() / digest.name() if digest.name() in known else None


def _write(source: binary.Source, folder: Path) -> str:
    """Write chunk by chunk with plain files: a full disk is then an error, where a memory map would crash.

    Returns:
        The name for the folder.
    """
    layout, digest = _layout(), _Digest()
    labels, sums = (np.zeros(*layout[name]) for name in ("labels", "sums"))
    (shape, dtype), block = layout["images"], binary.RECORDS // 10
    chunks = binary.read_records(source)
    with open(folder / "images.npy", "wb") as file:
        header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        start = file.tell()
        for first, some_labels, images in chunks:
            labels[first : first + block] = some_labels
            sums[first // block] = images.sum(axis=0, dtype=np.uint32)
            digest.update(first, some_labels, images)
            file.seek(start + first * images[0].size)
            file.write(images.tobytes())
        _settle(file)
    for name, array in (("labels", labels), ("sums", sums)):
        with open(folder / f"{name}.npy", "wb") as file:
            np.save(file, array, allow_pickle=False)
            _settle(file)
    (folder / STAMP).write_text(json.dumps(_stamp(folder)), encoding="utf-8")
    return digest.name()


def _settle(file) -> None:
    """On the disk before the rename, so that a power cut cannot leave a renamed folder of empty files."""
    file.flush()
    os.fsync(file.fileno())


class _Digest:
    """The pictures and labels, in whatever order the files come, as the name of a folder."""

    def __init__(self) -> None:
        self.files = [hashlib.sha256() for _ in binary.FILES]

    def update(self, first: int, labels: ndarray, images: ndarray) -> None:
        self.files[first // binary.RECORDS].update(labels.tobytes() + images.tobytes())

    def name(self) -> str:
        return "cifar10-" + hashlib.sha256(b"".join(file.digest() for file in self.files)).hexdigest()[:20]


def _opened(folder: Path) -> Prepared | None:
    arrays = {}
    for name, (shape, dtype) in _layout().items():
        try:
            with open(folder / f"{name}.npy", "rb") as file:
                np.lib.format.read_magic(file)
                if np.lib.format.read_array_header_1_0(file) != (shape, False, np.dtype(dtype)):
                    return None
                if name == "images":
                    cache.hold(file)
                    arrays[name] = np.memmap(file, dtype, "r", file.tell(), shape)
                else:
                    arrays[name] = np.fromfile(file, dtype).reshape(shape)
        except (OSError, ValueError, EOFError):
            return None
    return Prepared(**arrays)


@lru_cache(maxsize=8)
def _is_what_it_says(folder: Path, stamp: str) -> bool:
    """Whether what is in a folder still makes its name."""
    prepared, digest, block = _opened(folder), _Digest(), binary.RECORDS // 10
    if prepared is None:
        return False
    for i, summed in enumerate(prepared.sums):
        part = slice(i * block, (i + 1) * block)
        if not np.array_equal(prepared.images[part].sum(axis=0, dtype=np.uint32), summed):
            return False
        digest.update(i * block, prepared.labels[part], prepared.images[part])
    return digest.name() == folder.name


def _stamp(folder: Path) -> list[list[int]]:
    stats = [(folder / f"{name}.npy").stat() for name in _layout()]
    return [[stat.st_size, stat.st_mtime_ns] for stat in stats]
