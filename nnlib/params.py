"""Parameters by name, all in one vector: W1, b1, ... are views, so that an update rule runs once over everything."""

from collections.abc import Iterator, MutableMapping
from itertools import accumulate, pairwise, starmap
from math import prod
from string import ascii_letters
from typing import Any

import numpy as np
from numpy import ndarray

from nnlib.checks import MOST, as_floats, require_dtype, require_wholes, shown


class Parameters(MutableMapping[str, ndarray]):
    """A mapping of named arrays that lie one after the other in the one-dimensional array `vector`.

    Setting an entry copies the numbers into its place, so the arrays and the vector always agree. Names and shapes
    are fixed when it is made; there are at most `checks.MOST` numbers.

    >>> params = Parameters({"W1": (2, 3), "b1": (3,)}, dtype=np.float32)
    >>> params["b1"] = [1, 2, 3]
    >>> params.vector[6:]
    array([1., 2., 3.], dtype=float32)
    """

    def __init__(self, shapes: dict[str, tuple[int, ...]], dtype: np.dtype | type = np.float32):
        if not isinstance(shapes, dict):
            raise ValueError(f"shapes is {shown(shapes)}, but must be a dict of names and shapes.")
        self.shapes = {name: tuple(require_wholes(f"the shape of {name}", s, least=0)) for name, s in shapes.items()}
        stops = list(accumulate(map(prod, self.shapes.values()), initial=0))
        if stops[-1] > MOST:
            raise ValueError(
                f"these shapes have {shown(stops[-1])} numbers, more than {MOST}: make the layers narrower."
            )
        self._places = list(zip(self.shapes, starmap(slice, pairwise(stops)), self.shapes.values(), strict=True))
        self._lay_out(np.empty(stops[-1], require_dtype(dtype)))

    def _lay_out(self, vector: ndarray) -> None:
        self.vector = vector
        self._views = {
            name: vector[place] if len(shape) == 1 else vector[place].reshape(shape)
            for name, place, shape in self._places
        }

    def __getitem__(self, name: str) -> ndarray:
        return self._views[name]

    def __setitem__(self, name: str, value) -> None:
        view = self._views.get(name)
        if view is None:
            raise KeyError(f"there is no parameter {name!r}; there are {', '.join(self)}.")
        if type(value) is not ndarray or value.dtype != view.dtype:
            value = as_floats(name, value)
        if value.shape != view.shape:
            raise ValueError(f"{name} has shape {view.shape}, but the new value has {value.shape}: reshape it.")
        view[...] = value

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name} cannot be taken out: which parameters there are is fixed when they are made.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        return f"Parameters({self._views})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> ndarray:
        return np.array(dict(self), dtype=object)  # as of a dict: np.save keeps the arrays, not the names alone

    def __reduce__(self):
        return _restore, (self.shapes, self.vector)  # the views are made anew

    def like(self) -> "Parameters":
        """Parameters of the same names, shapes and dtype, with numbers yet to be set."""
        other = Parameters.__new__(Parameters)
        other.shapes, other._places = self.shapes, self._places
        other._lay_out(np.empty_like(self.vector))
        return other

    def copy(self) -> "Parameters":
        """The same numbers in a vector of their own."""
        other = self.like()
        other.vector[:] = self.vector
        return other


def layer_of(name: str) -> int:
    """The number of the layer, from 1, that a parameter belongs to: 12 of "gamma12"."""
    number = name.lstrip(ascii_letters) if isinstance(name, str) else ""
    if not (number.isascii() and number.isdigit()):
        raise ValueError(f"{shown(name)} names no parameter: give one like 'W1'.")
    return int(number)


def _restore(shapes: dict[str, tuple[int, ...]], vector: ndarray) -> Parameters:
    parameters = Parameters(shapes, vector.dtype)
    parameters.vector[:] = vector
    return parameters
