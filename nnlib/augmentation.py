"""Training pictures made anew in every batch: mirrored, and moved by a few pixels."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view

from nnlib.checks import as_floats, shown, takes_floats

SHIFT = 2  # pixels at most, each way

Random = Callable[[int], ndarray]  # n -> n numbers, uniform in [0, 1)


def _pictures(name: str, X: Any) -> ndarray:
    X = as_floats(name, X)
    if X.ndim != 4 or 0 in X.shape[1:]:
        raise ValueError(f"{name} needs to be pictures, (N, C, height, width), but has shape {X.shape}: reshape it.")
    return X


def _random(name: str, random: Any) -> Random:
    """The function, looked after: it gives n numbers in [0, 1)."""

    def looked_after(n: int) -> ndarray:
        numbers = as_floats(f"what {name} gives", random(n))
        if numbers.shape != (n,) or not np.all((numbers >= 0) & (numbers < 1)):
            raise ValueError(f"{name} must give {n} numbers in [0, 1), but gave {shown(numbers)}.")
        return numbers

    if not callable(random):
        raise ValueError(f"{name} is {shown(random)}, but must be a function of n that gives n numbers in [0, 1).")
    return looked_after


@takes_floats(X=_pictures, random=_random)
def flip(X: ndarray, random: Random) -> ndarray:
    """Mirror each picture of X (N, C, height, width) left to right with probability 1/2."""
    mirrored = random(len(X)) < 0.5
    return np.where(mirrored[:, None, None, None], X[..., ::-1], X)


@takes_floats(X=_pictures, random=_random)
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
