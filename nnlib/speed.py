"""What NumPy code has to know to be fast: sums as products with ones, and memory that is kept."""

import ctypes
from contextlib import suppress
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


def keep_freed_memory() -> None:
    """Let this process keep the memory of freed arrays of up to 32 MB for the next ones; nnlib does so when imported.

    At first glibc, the C library of most Linux systems, gives arrays above 128 kB back to the system as they are freed,
    and new ones cost a page fault every 4 kB: a step of Adam on 350,000 parameters took 3.1 ms instead of 0.45 ms.
    Freeing one array of just under 32 MB, which nothing has touched, raises that limit to its size for good.
    With other C libraries nothing changes.

    Source: mallopt(3), M_MMAP_THRESHOLD, the dynamic threshold.
    """
    largest = np.empty(2**25 - 2**13, np.uint8)
    del largest


def return_freed_memory() -> None:
    """Give the memory that this process has kept back to the system, for once: after much has been freed for good.

    Source: malloc_trim(3), of glibc; with other C libraries nothing changes.
    """
    with suppress(OSError, AttributeError, TypeError):  # TypeError: Windows has no library without a name
        ctypes.CDLL(None).malloc_trim(0)


def share_freed_memory() -> None:
    """Let the threads of this process have two heaps in all: what one has freed is there for the next, not kept apart.

    To be called before there are threads. A server runs each visitor's script in a thread of its own, and by default
    glibc gives them up to eight heaps a core.

    Source: mallopt(3), M_ARENA_MAX, of glibc; with other C libraries nothing changes.
    """
    arena_max = -8
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(arena_max, 2)
