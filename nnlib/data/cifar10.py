"""CIFAR-10: 60,000 real colour pictures of ten kinds of things, as a data set and as plain arrays for notebooks."""

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from nnlib.data import binary
from nnlib.data.dataset import Dataset, Status
from nnlib.data.errors import DataError, whole_number
from nnlib.data.pixels import Pixels
from nnlib.data.prepared import Prepared, find_official, find_prepared, num_bytes, prepare

CREDIT = "CIFAR-10, A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
Root = str | os.PathLike[str] | None
SIZES = (49_000, 1000, 1000)  # of the course's split: training, validation, test

_looking = threading.Lock()  # of many visitors, one looks at the files


def load(
    root: Root = None, num_training: int = SIZES[0], num_validation: int = SIZES[1], num_test: int = SIZES[2]
) -> Dataset:
    """CIFAR-10 as memory-mapped `Pixels`, X (N, 3, 32, 32): float32 0..255 minus the mean training image.

    Training images are the first `num_training`, validation images the `num_validation` after them, test images the
    first `num_test` of the test file. root: an archive, of the binary or the Python version, or a folder that holds it
    or its unpacked files; default: the folder named by the environment variable CIFAR10_DIR, else what `download`
    brought. The first load prepares the arrays.

    Raises:
        DataError: the data are absent or not sound, or so many images cannot be had.
    """
    num_training, num_validation, num_test = _checked(num_training, num_validation, num_test)
    prepared = _prepared(root)
    mean = prepared.mean_image(num_training)
    parts = _parts(prepared, num_training, num_validation, num_test)
    arrays: dict[str, Any] = {f"X_{part}": Pixels(images, mean) for part, (images, _) in parts.items()}
    arrays |= {f"y_{part}": labels.astype(np.int64) for part, (_, labels) in parts.items()}
    shape, mean = binary.IMAGE_SHAPE, mean.astype(np.float32)
    return Dataset("cifar10", **arrays, class_names=CLASSES, image_shape=shape, mean_image=mean, white=255.0)


def load_cifar10(
    root: Root = None,
    num_training: int = SIZES[0],
    num_validation: int = SIZES[1],
    num_test: int = SIZES[2],
    subtract_mean: bool = True,
) -> dict[str, ndarray]:
    """The dictionary of CS231n's get_CIFAR10_data: arrays X_train, y_train, X_val, y_val, X_test, y_test.

    Each X is (N, 3, 32, 32) float64 in 0..255, each y (N,) int64. The mean image of X_train is subtracted from all
    three, unless told otherwise. With all images this takes 1.25 GB; `load` serves the same pictures in a few MB.
    Arguments and errors as for `load`.
    """
    num_training, num_validation, num_test = _checked(num_training, num_validation, num_test)
    prepared = _prepared(root)
    mean = prepared.mean_image(num_training) if subtract_mean else None
    data = {}
    for part, (images, labels) in _parts(prepared, num_training, num_validation, num_test).items():
        X = data[f"X_{part}"] = np.empty(images.shape)
        for first in range(0, len(X), 1000):
            chunk = X[first : first + 1000]
            chunk[...] = images[first : first + 1000]
            if mean is not None:
                chunk -= mean
        data[f"y_{part}"] = labels.astype(np.int64)
    return data


def status() -> Status:
    """Whether `load()` will find CIFAR-10: "ready", "found" (sound, but not prepared yet), "absent" or "broken".

    Files that were not prepared yet are read once, which takes seconds.
    """
    folder = os.environ.get("CIFAR10_DIR")
    try:
        if not folder:
            prepared = find_official()
            where = None if prepared is None else Path(prepared.images.filename).parent  # type: ignore[attr-defined]
            return Status("cifar10", "ready", num_bytes(), where) if prepared else Status("cifar10", "absent")
        source = binary.find_source(folder)
        if find_prepared(source):
            return Status("cifar10", "ready", num_bytes(), source.path)
        with _looking:
            binary.check(source)
        return Status("cifar10", "found", sum(file.stat().st_size for file in source.files()), source.path)
    except (DataError, OSError) as error:
        return Status("cifar10", "broken", where=Path(folder) if folder else None, message=str(error))


def _prepared(root: Root) -> Prepared:
    root = (os.environ.get("CIFAR10_DIR") or None) if root is None else root
    if root is not None:
        return prepare(binary.find_source(root))
    prepared = find_official()
    if prepared is None:
        raise DataError(
            "CIFAR-10 is not here; get it with nnlib.data.download(), "
            f"or set CIFAR10_DIR to a folder that holds {binary.WANTED}."
        )
    return prepared


def _checked(num_training: int, num_validation: int, num_test: int) -> tuple[int, int, int]:
    N = 5 * binary.RECORDS
    num_training = whole_number("num_training", num_training, 1, N)
    num_validation = whole_number("num_validation", num_validation, 0, N)
    if num_training + num_validation > N:
        asked = f"num_training + num_validation is {num_training} + {num_validation}"
        raise DataError(f"{asked}, but there are {N} training images; ask for fewer.")
    return num_training, num_validation, whole_number("num_test", num_test, 0, binary.RECORDS)


def _parts(prepared: Prepared, num_training: int, num_validation: int, num_test: int):
    """part -> (images, labels), as views."""
    val, test = num_training + num_validation, 5 * binary.RECORDS
    rows = {"train": slice(num_training), "val": slice(num_training, val), "test": slice(test, test + num_test)}
    return {part: (prepared.images[row], prepared.labels[row]) for part, row in rows.items()}
