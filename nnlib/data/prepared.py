"""CIFAR-10 as memory maps that every session and process on the machine shares."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.data import binary, cache
from nnlib.data.errors import DataError


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
    """The arrays in `folder`, mapped; None if they are not there, whole and of the right size."""
    arrays = {}
    for name, (shape, dtype) in _layout().items():
        try:
            array = np.load(folder / f"{name}.npy", mmap_mode="r" if name == "images" else None, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if array.shape != shape or array.dtype != dtype:
            return None
        arrays[name] = array
    return Prepared(**arrays)


def prepare(source: binary.Source, name: str) -> Prepared:
    """The arrays of `source`, mapped from the folder `name` in the cache folder, and written there if they are not yet.

    Takes seconds and some 10 MB of memory. Several processes may do this at once: one's result stays. The copy made
    earlier from the same place, with other content, goes.

    Raises:
        DataError: the source is not sound or the cache folder cannot be written; the cache is as it was.
    """
    target = cache.cache_folder() / name
    if prepared := open_prepared(target):
        return prepared
    with cache.workspace(num_bytes()) as folder:
        made = folder / name
        try:
            made.mkdir()
            (made / "source.txt").write_text(str(source.path), encoding="utf-8")
        except OSError as error:
            raise cache.cannot_write(error) from None
        _write(source, made)
        if target.exists() and open_prepared(target) is None:
            cache.retire(target)
        cache.publish(made, target)
        _retire_outdated(source, target)
    prepared = open_prepared(target)
    if prepared is None:
        raise DataError(f"{target} cannot be read although it was just written; set NNLIB_CACHE to another folder.")
    return prepared


def _write(source: binary.Source, folder: Path) -> None:
    """Write chunk by chunk with plain files: a full disk is then an error, where a memory map would crash."""
    layout = _layout()
    labels, sums = (np.zeros(*layout[name]) for name in ("labels", "sums"))
    (shape, dtype), block = layout["images"], binary.RECORDS // 10
    chunks = binary.read_records(source)
    try:
        with open(folder / "images.npy", "wb") as file:
            header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            start = file.tell()
            for first, some_labels, images in chunks:
                labels[first : first + block] = some_labels
                sums[first // block] = images.sum(axis=0, dtype=np.uint32)
                file.seek(start + first * images[0].size)
                file.write(images.tobytes())
            _settle(file)
        for name, array in (("labels", labels), ("sums", sums)):
            with open(folder / f"{name}.npy", "wb") as file:
                np.save(file, array, allow_pickle=False)
                _settle(file)
    except OSError as error:
        raise cache.cannot_write(error) from None


def _settle(file) -> None:
    """On the disk before the rename, so that a power cut cannot leave a renamed folder of empty files."""
    file.flush()
    os.fsync(file.fileno())


def _retire_outdated(source: binary.Source, kept: Path) -> None:
    for note in kept.parent.glob("cifar10-*/source.txt"):
        try:
            outdated = note.parent != kept and note.read_text(encoding="utf-8") == str(source.path)
        except (OSError, ValueError):
            continue
        if outdated:
            cache.retire(note.parent)
