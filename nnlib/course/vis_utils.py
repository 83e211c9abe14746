"""Pictures side by side, as one."""

from functools import partial
from math import ceil, sqrt

import numpy as np
from numpy import ndarray

from nnlib.checks import require_number, require_whole, shown, takes_floats

__all__ = ["visualize_grid"]


@takes_floats("Xs", ubound=require_number, padding=partial(require_whole, least=0))
def visualize_grid(Xs: ndarray, ubound: float = 255.0, padding: int = 1) -> ndarray:
    """Pictures in rows and columns, as many of each; each picture's values are stretched to 0..ubound.

    Args:
        Xs: pictures, (N, H, W, C).
        ubound: what the largest value of a picture becomes.
        padding: pixels of 0 between pictures.

    Returns:
        One picture, (K H + (K - 1) padding, K W + (K - 1) padding, C), with K = ceil(sqrt(N)).

    Raises:
        ValueError: Xs are no pictures of numbers, or padding is below 0.
    """
    if Xs.ndim != 4 or not Xs.size:
        raise ValueError(f"pictures are numbers (N, H, W, C), but Xs is {shown(Xs)}: reshape or transpose it.")
    N, H, W, C = Xs.shape
    K = ceil(sqrt(N))
    low, high = (reduce(axis=(1, 2, 3), keepdims=True) for reduce in (Xs.min, Xs.max))
    spread = np.where(high > low, high - low, 1)  # a picture of one value becomes 0
    cells = np.zeros((K * K, H + padding, W + padding, C))
    cells[:N, :H, :W] = ubound * (Xs - low) / spread
    rows = cells.reshape(K, K, H + padding, W + padding, C).swapaxes(1, 2)
    grid = rows.reshape(K * (H + padding), K * (W + padding), C)
    return grid[: grid.shape[0] - padding, : grid.shape[1] - padding]
