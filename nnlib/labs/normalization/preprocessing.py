"""Four ways to prepare pictures, and a measurement of what each result depends on: the key to which norm each is like.

All take pictures X (N, C, H, W) with values of 0 and more, and give as many. The four are those of a question in the
CS231n assignment on batch normalization.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.labs.normalization.batches import normalize

Preprocessing = Callable[[ndarray], ndarray]


def scale_rows(X: ndarray) -> ndarray:
    """Scale each row of pixels so that its values, all colours together, sum to 1; rows of zeros stay."""
    return X / _or_one(X.sum(axis=(1, 3), keepdims=True))


def scale_images(X: ndarray) -> ndarray:
    """Scale each picture so that its values, all pixels and colours together, sum to 1; black pictures stay."""
    return X / _or_one(X.sum(axis=(1, 2, 3), keepdims=True))


def subtract_mean_image(X: ndarray) -> ndarray:
    """Subtract the mean over all pictures, pixel by pixel and colour by colour."""
    return X - X.mean(axis=0)


def threshold(X: ndarray) -> ndarray:
    """Set each value to 1 if it is above half of the largest possible, 255, or else to 0."""
    return (X > 127.5).astype(X.dtype)


def _or_one(total: ndarray) -> ndarray:
    return np.where(total == 0, 1, total)


PREPROCESSINGS: dict[str, Preprocessing] = {
    "rows": scale_rows,
    "images": scale_images,
    "mean": subtract_mean_image,
    "threshold": threshold,
}


class Influence(NamedTuple):
    """Whether a number of the result depends on these others, besides the number that stood in its own place."""

    other_images: bool
    same_row: bool
    other_rows: bool


def influence(prepare: Preprocessing, X: ndarray) -> Influence:
    """Change one group of numbers after the other, and see whether the middle number of the first picture moves."""
    H, W = X.shape[2:]
    before = prepare(X)[0, 0, H // 2, W // 2]

    def moves(change: Callable[[ndarray], None]) -> bool:
        changed = X.astype(np.float64)
        change(changed)
        changed[0, 0, H // 2, W // 2] = X[0, 0, H // 2, W // 2]
        return bool(abs(prepare(changed)[0, 0, H // 2, W // 2] - before) > 1e-9 * (1e-9 + abs(before)))

    def other_images(x: ndarray) -> None:
        x[1:] = 0.5 * x[1:] + 20

    def same_row(x: ndarray) -> None:
        x[0, :, H // 2] = 0.5 * x[0, :, H // 2] + 20

    def other_rows(x: ndarray) -> None:
        other = np.arange(H) != H // 2
        x[0, :, other] = 0.5 * x[0, :, other] + 20

    return Influence(moves(other_images), moves(same_row), moves(other_rows))


def as_preprocessing(norm: str) -> Preprocessing:
    """ "batchnorm" or "layernorm" of pictures: every value of a picture is a feature."""
    return lambda X: normalize(norm, X.reshape(len(X), -1).astype(np.float64)).reshape(X.shape)
