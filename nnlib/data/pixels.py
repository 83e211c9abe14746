"""Pictures that stay uint8 on disk and become float32, minus the mean image, as batches are drawn."""

from typing import Any

import numpy as np
from numpy import ndarray


class Pixels:
    """An (N, C, H, W) float32 array as far as training can tell; in memory only what was asked for.

    images: (N, C, H, W) uint8, usually a memory map. mean: (C, H, W).
    `pixels[i]` with an integer, slice, array of integers or mask over the first axis gives float32 images - mean.
    A slice of pixels without conversion is `pixels.part(slice)`.

    Raises:
        IndexError: an index is over further axes.
    """

    dtype = np.dtype(np.float32)
    ndim = 4
    unchanging = True  # so that what was once measured of them holds

    def __init__(self, images: ndarray, mean: ndarray) -> None:
        images, mean = np.asarray(images), np.asarray(mean)
        if (
            images.ndim != 4
            or images.dtype != np.uint8
            or images.shape[1:] != mean.shape
            or mean.dtype.kind not in "fiu"
        ):
            arrived = f"images {images.shape} {images.dtype} and mean {mean.shape} {mean.dtype}"
            raise ValueError(
                f"Pixels needs images (N, C, H, W) of uint8 and a mean (C, H, W) of numbers, but got {arrived}."
            )
        self.images = images.view(ndarray)  # a memmap's own indexing is slower
        self.mean, self._exact_mean = mean.astype(np.float32), mean.astype(np.float64)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.images.shape

    @property
    def size(self) -> int:
        return self.images.size

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"Pixels(shape={self.shape})"

    def __getitem__(self, index: Any) -> ndarray:
        if isinstance(index, tuple):
            raise IndexError("Pixels are indexed by example only, as in pixels[:100]; index the result further.")
        batch = self.images[index].astype(np.float32)
        batch -= self.mean
        return batch

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> ndarray:
        if copy is False:
            raise ValueError("Pixels become an array only by a copy, since they are stored as uint8.")
        whole = self[:]
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def part(self, index: slice) -> "Pixels":
        """The pictures of a slice, still uint8 on disk."""
        if not isinstance(index, slice):
            raise ValueError(f"part takes a slice, as in pixels.part(slice(100)), but got {index!r:.60}.")
        return Pixels(self.images[index], self._exact_mean)

    def exact(self) -> ndarray:
        """All pictures at once, (N, C, H, W) float64: images - mean without rounding, as the course prepares them."""
        return self.images - self._exact_mean
