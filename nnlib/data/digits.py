"""1,797 real handwritten digits of 8x8 pixels, carried along so that everything works without a download."""

import os
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy import ndarray

from nnlib.data.dataset import Dataset, Status
from nnlib.data.errors import DataError

CREDIT = (
    "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998, "
    "https://doi.org/10.24432/C50P49, CC BY 4.0 (the test part, as distributed with scikit-learn)"
)
CLASSES = tuple("0123456789")
SIZES = (1397, 200, 200)  # training, validation, test
IMAGE_SHAPE = (1, 8, 8)
NUM_IMAGES = sum(SIZES)
SPLIT_SEED = 0  # changing it changes every published figure on digits
HERE = Path(__file__).resolve().parent
PLACES = (HERE / "digits.npz", HERE.parents[1] / "assets" / "digits.npz")  # as installed; in a checkout


def load() -> Dataset:
    """The digits: X (N, 1, 8, 8) float32, ink 0..1 minus the training mean image; y (N,) int64, 0..9.

    The split into 1,397 training, 200 validation and 200 test images is fixed.

    Raises:
        DataError: the file is missing or damaged.

    Source: see `CREDIT`.
    """
    file = _file()
    images, labels = _read(file, file.stat())
    order = np.random.default_rng(SPLIT_SEED).permutation(NUM_IMAGES)
    X = images[order, None].astype(np.float32) / 16
    y = labels[order].astype(np.int64)
    num_train, num_val, _ = SIZES
    mean = X[:num_train].mean(axis=0)
    X -= mean
    Xs, ys = (np.split(a, [num_train, num_train + num_val]) for a in (X, y))
    return Dataset("digits", Xs[0], ys[0], Xs[1], ys[1], Xs[2], ys[2], CLASSES, IMAGE_SHAPE, mean)


def status() -> Status:
    """Whether the file is here and sound; it is read once."""
    try:
        file = _file()
        _read(file, stat := file.stat())
        return Status("digits", "ready", stat.st_size, file)
    except (DataError, OSError) as error:
        return Status("digits", "absent", message=str(error))


def _file() -> Path:
    for place in PLACES:
        if place.is_file():
            return place
    raise DataError("digits.npz is not beside nnlib; install nnlib again, or run assets/make_digits.py in a checkout.")


@lru_cache(maxsize=1)
def _read(file: Path, stat: os.stat_result) -> tuple[ndarray, ndarray]:
    try:
        with open(file, "rb") as stream, np.load(stream, allow_pickle=False) as stored:
            images, labels = stored["images"], stored["labels"]
        sound = images.shape == (NUM_IMAGES, *IMAGE_SHAPE[1:]) and labels.shape == (NUM_IMAGES,)
        sound = sound and images.dtype == labels.dtype == np.uint8 and images.max() <= 16 and labels.max() <= 9
    except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error):
        sound = False
    if not sound:
        raise DataError(f"{file} is damaged: it must hold 1797 8x8 images of 0..16 and labels 0..9; restore the file.")
    return images, labels
