"""The one form in which every data set reaches a network: six arrays and what is needed to show them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.checks import as_floats, as_labels, shown
from nnlib.data.errors import DataError, whole_number
from nnlib.data.pixels import Pixels
from nnlib.examples import require_finite


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Training, validation and test examples with their labels.

    Each X is (N, 2), or (N, *image_shape) minus the mean training image; float32; an ndarray or `Pixels`.
    Each y is (N,) int64.

    mean_image: what was subtracted, of shape image_shape, or None for points.
    white: the value of a fully lit pixel before the subtraction (1 or 255).

    Raises:
        DataError: a part has not as many labels as examples, or a label that names no class.
    """

    name: str
    X_train: Any
    y_train: ndarray
    X_val: Any
    y_val: ndarray
    X_test: Any
    y_test: ndarray
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int] | None = None
    mean_image: ndarray | None = None
    white: float = 1.0

    def __post_init__(self) -> None:
        for part in ("train", "val", "test"):
            X, y, C = getattr(self, f"X_{part}"), f"y_{part}", len(self.class_names)
            try:
                if isinstance(X, ndarray):
                    as_floats(f"X_{part}", X[:0])
                object.__setattr__(self, y, as_labels(y, getattr(self, y), len(X), C))
            except ValueError as error:
                raise DataError(str(error)) from None
            except TypeError:
                raise DataError(f"X_{part} must hold examples, but is {shown(X)}: give an array.") from None

    def __repr__(self) -> str:
        sizes = f"{len(self.y_train)} train, {len(self.y_val)} val, {len(self.y_test)} test"
        return f"Dataset({self.name!r}, {sizes}, {len(self.class_names)} classes, image_shape={self.image_shape})"

    def as_dict(self) -> dict[str, Any]:
        """The dictionary that `Solver` takes: X_train, y_train, X_val, y_val, X_test, y_test."""
        return {f"{kind}_{part}": getattr(self, f"{kind}_{part}") for part in ("train", "val", "test") for kind in "Xy"}

    def subset(self, num_train: int) -> "Dataset":
        """The same data with only the first `num_train` training examples (views, no copies).

        The mean stays that of the full training set.

        Raises:
            DataError: unless 1 <= num_train <= len(y_train).
        """
        num_train = whole_number("num_train", num_train, 1, len(self.y_train))
        X, first = self.X_train, slice(num_train)
        return replace(self, X_train=X.part(first) if isinstance(X, Pixels) else X[first], y_train=self.y_train[first])

    def pictures(self, X: Any) -> ndarray:
        """Examples without the preprocessing: X (N, C, H, W) -> (N, H, W) for C = 1, else (N, H, W, C); uint8.

        Raises:
            DataError: the examples are not pictures, or X has another shape.
        """
        if self.image_shape is None or self.mean_image is None:
            raise DataError(f"{self.name} has no pictures, its examples are points; draw them in the plane.")
        try:
            X = as_floats("X", X)
            require_finite("X", X if X.ndim else X[None])
        except ValueError as error:
            raise DataError(str(error)) from None
        if X.shape[1:] != self.image_shape:
            expected = f"the shape (N, {', '.join(map(str, self.image_shape))})"
            raise DataError(f"pictures of {self.name} must have {expected}, but X has {X.shape}.")
        levels = np.rint((X + self.mean_image) * (255 / self.white))
        pictures = np.moveaxis(np.clip(levels, 0, 255).astype(np.uint8), 1, -1)
        return pictures[..., 0] if pictures.shape[-1] == 1 else pictures


class Status(NamedTuple):
    """Whether a data set can be used here and now.

    state: "ready"; "found" (the files are here, the first load prepares them); "absent"; "broken" (`message` says why).
    num_bytes: on disk, 0 if absent. where: the file or folder, or None.
    """

    name: str
    state: str
    num_bytes: int = 0
    where: Path | None = None
    message: str = ""
