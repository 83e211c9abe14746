"""Training pictures made anew in every batch: mirrored, and moved by a few pixels."""

from collections.abc import Callable

import numpy as np
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view

SHIFT = 2  # pixels at most, each way

Random = Callable[[int], ndarray]  # n -> n numbers, uniform in [0, 1)


def flip(X: ndarray, random: Random) -> ndarray:
    """Mirror each picture of X (N, C, height, width) left to right with probability 1/2."""
    mirrored = random(len(X)) < 0.5
    return np.where(mirrored[:, None, None, None], X[..., ::-1], X)


def shift(X: ndarray, random: Random) -> ndarray:
    """Move each picture of X (N, C, height, width) up or down and left or right, by up to `SHIFT` pixels.

    What comes in at the edges is 0: the mean picture, which has been subtracted.
    """
    N, _, height, width = X.shape
    dy, dx = (np.floor(random(N) * (2 * SHIFT + 1)).astype(int) for _ in range(2))
    padded = np.pad(X, ((0, 0), (0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)))
    windows = sliding_window_view(padded, (height, width), axis=(2, 3))  # (N, C, moves, moves, height, width)
    return windows[np.arange(N), :, dy, dx]


def flip_and_shift(X: ndarray, random: Random) -> ndarray:
    """`flip`, then `shift`."""
    return shift(flip(X, random), random)


AUGMENTATIONS: dict[str, Callable[[ndarray, Random], ndarray]] = {
    "flip": flip,
    "shift": shift,
    "flip and shift": flip_and_shift,
}
