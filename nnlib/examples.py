"""Examples and labels as they enter a run: in any usual form, looked through once, known again by a digest."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from math import prod
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy import ndarray

from nnlib.checks import as_floats, as_labels

NEEDED = ("X_train", "y_train", "X_val", "y_val")
_digests: WeakKeyDictionary[Any, str] = WeakKeyDictionary()  # of what does not change
CHUNK = 1000  # examples that are looked at at a time
# What holds its numbers in memory, in pandas and polars, PyTorch, JAX, SciPy; what else has a shape reads them.
_IN_MEMORY = ("to_numpy", "numpy", "__array_namespace__", "toarray")


def take_data(data: Any, model: Any) -> dict[str, Any]:
    """The arrays of a run on this model, of a dictionary or a `Dataset`; a test part that comes along belongs to it.

    Raises:
        ValueError: a part is missing, or holds no such examples and labels, in one sentence.
    """
    D, C, dtype = model.input_dim, model.num_classes, getattr(model, "dtype", np.float64)
    data = data.as_dict() if hasattr(data, "as_dict") else data
    if not isinstance(data, Mapping):
        raise ValueError(f"data must be a dict of {', '.join(NEEDED)}, or a Dataset, but is a {type(data).__name__}.")
    if missing := [name for name in NEEDED if data.get(name) is None]:
        there = ", ".join(map(str, data)) or "nothing"
        raise ValueError(f"data must have {', '.join(NEEDED)}, but {missing[0]} is missing: there is {there}.")
    taken = {}
    for part in ("train", "val", "test"):
        X, y = f"X_{part}", f"y_{part}"
        if data.get(X) is None or data.get(y) is None or (part == "test" and np.size(data[y]) == 0):
            continue
        taken[X], taken[y] = take_examples(data[X], data[y], C, X, y)
        if D is not None and prod(taken[X].shape[1:]) != D:
            raise ValueError(f"the model takes {D} numbers an example, but {X} is {taken[X].shape}.")
        require_finite(X, taken[X], dtype)
    return taken


def take_examples(X: Any, y: Any, C: int, X_name: str = "X", y_name: str = "y") -> tuple[Any, ndarray]:
    """X (N, ...) as an array, or as whatever gives arrays for X[rows], and its labels, (N,) ints below C.

    Raises:
        ValueError: they are not numbers and labels, or there are not as many of each, or none.
    """
    X = _as_array(X_name, X)
    N, labels = (len(a) if hasattr(a, "__len__") and getattr(a, "shape", 1) != () else 0 for a in (X, y))
    if N == 0 or labels != N:
        raise ValueError(f"each example needs a label, but {X_name} has {N} examples, {y_name} {labels}.")
    return X, as_labels(y_name, y, N, C).astype(np.int64, copy=False)


def _as_array(name: str, X: Any) -> Any:
    """Arrays of any numbers stay as they are; so does what reads them from a file, as far as one can tell."""
    if isinstance(X, ndarray) and X.dtype.kind in "fiub" and not np.ma.isMaskedArray(X):
        return X.view(ndarray)  # a memmap's own indexing is slower
    reads = hasattr(X, "shape") and hasattr(X, "__getitem__") and not isinstance(X, ndarray | memoryview)
    reads = reads and not any(hasattr(X, name) for name in _IN_MEMORY)
    return X if reads else as_floats(name, X)


def require_finite(name: str, X: Any, dtype: Any = np.float32) -> None:
    """ValueError unless every number of an array is one in this dtype: neither NaN nor infinite there.

    What is no array yet is looked at where it is read.
    """
    largest = float(np.finfo(dtype).max)
    for start, part in _chunks(X) if isinstance(X, ndarray) else ():
        if part.size and not (-largest <= float(part.min()) and float(part.max()) <= largest):  # NaN is not
            numbers = part.reshape(len(part), -1).astype(float)
            i, k = np.argwhere(~(np.abs(numbers) <= largest))[0]
            where = f"{numbers[i, k]} in example {start + i}"
            raise ValueError(f"{name} must hold finite numbers, but has {where}: clean the data.")


def digest(X: Any) -> str:
    """Shape, dtype and a digest of all numbers; takes about a second for each GB, of `Pixels` only once."""
    if getattr(X, "unchanging", False):
        if X not in _digests:
            _digests[X] = _made_digest(X)
        return _digests[X]
    return _made_digest(X)


def _made_digest(X: Any) -> str:
    hashed, dtype = blake2b(digest_size=8), None
    for _, part in _chunks(X):
        dtype = part.dtype.newbyteorder("=")
        hashed.update(np.ascontiguousarray(part, dtype).data)
    return f"{tuple(X.shape)} {dtype} {hashed.hexdigest()}"


def _chunks(X: Any) -> Iterator[tuple[int, ndarray]]:
    for start in range(0, len(X), CHUNK):
        stop = min(start + CHUNK, len(X))
        yield start, X[start:stop] if isinstance(X, ndarray) else X[np.arange(start, stop)]


def predictions(model: Any, X: ndarray) -> ndarray:
    """The class with the highest score of each example, or -1, no class, where an overflow left no number; (N,).

    Raises:
        ValueError: the examples themselves are not finite.
    """
    scores = model.loss(X)  # (N, C)
    predicted = scores.argmax(axis=1)
    if np.isnan(scores.max()):
        require_finite("X", X, getattr(model, "dtype", np.float64))
        predicted[np.isnan(scores).any(axis=1)] = -1
    return predicted
