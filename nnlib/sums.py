"""Sums over a matrix's columns and rows as products with ones: BLAS takes a half to a quarter of the time of `sum`."""

from functools import lru_cache

import numpy as np
from numpy import ndarray


def column_sum(x: ndarray) -> ndarray:
    """x.sum(axis=0): (N, D) to (D,)."""
    return _ones(x.shape[0], x.dtype).dot(x)


def row_sum(x: ndarray) -> ndarray:
    """x.sum(axis=1, keepdims=True): (N, D) to (N, 1)."""
    return x.dot(_ones(x.shape[1], x.dtype))[:, None]


@lru_cache(maxsize=64)
def _ones(n: int, dtype: np.dtype) -> ndarray:
    ones = np.ones(n, dtype)
    ones.flags.writeable = False  # all who ask share it
    return ones
