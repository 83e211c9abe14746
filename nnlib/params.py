"""Parameters by name, all in one vector: W1, b1, ... are views, so that an update rule runs once over everything."""

from collections.abc import Iterator, MutableMapping
from math import prod

import numpy as np
from numpy import ndarray


class Parameters(MutableMapping[str, ndarray]):
    """A mapping of named arrays that lie one after the other in the one-dimensional array `vector`.

    Setting an entry copies the numbers into its place, so the arrays and the vector always agree. Names and shapes
    are fixed when it is made.

    >>> params = Parameters({"W1": (2, 3), "b1": (3,)}, dtype=np.float32)
    >>> params["b1"] = [1, 2, 3]
    >>> params.vector[6:]
    array([1., 2., 3.], dtype=float32)
    """

    def __init__(self, shapes: dict[str, tuple[int, ...]], dtype: np.dtype | type = np.float32):
        self.shapes = dict(shapes)
        self.vector = vector = np.empty(sum(map(prod, shapes.values())), dtype)
        self._views: dict[str, ndarray] = {}
        start = 0
        for name, shape in shapes.items():
            stop = start + prod(shape)
            self._views[name] = vector[start:stop].reshape(shape)
            start = stop

    def __getitem__(self, name: str) -> ndarray:
        return self._views[name]

    def __setitem__(self, name: str, value) -> None:
        view = self._views.get(name)
        if view is None:
            raise KeyError(f"there is no parameter {name!r}; there are {', '.join(self)}.")
        if np.shape(value) != view.shape:
            raise ValueError(f"{name} has shape {view.shape}, but the new value has {np.shape(value)}: reshape it.")
        view[...] = value

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name} cannot be taken out: which parameters there are is fixed when they are made.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        return f"Parameters({self._views})"

    def __reduce__(self):
        return _restore, (self.shapes, self.vector)  # the views are made anew

    def like(self) -> "Parameters":
        """Parameters of the same names, shapes and dtype, with numbers yet to be set."""
        return Parameters(self.shapes, self.vector.dtype)

    def copy(self) -> "Parameters":
        """The same numbers in a vector of their own."""
        other = self.like()
        other.vector[:] = self.vector
        return other

    def gather(self, arrays: dict[str, ndarray]) -> ndarray:
        """One vector, in this order, of arrays by name (the gradients of any model, say)."""
        if isinstance(arrays, Parameters):
            return arrays.vector
        return np.concatenate([np.ravel(arrays[name]) for name in self])


def _restore(shapes: dict[str, tuple[int, ...]], vector: ndarray) -> Parameters:
    parameters = Parameters(shapes, vector.dtype)
    parameters.vector[:] = vector
    return parameters
