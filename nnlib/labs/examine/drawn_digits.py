"""Strokes and scanned digits to 8x8 pictures, in the way that the UCI digits were made from handwriting.

Those were written on forms, brought upright, to one size and to one stroke width as 32x32 bitmaps by NIST's programs
(Garris et al., "NIST form-based handprint recognition system", 1994), and counted: each number of an 8x8 picture says
how many of 4x4 pixels are ink. The size and the amount of ink here are those measured on the pictures.
"""

from collections.abc import Sequence

import numpy as np
from numpy import ndarray

SIZE, BLOCK = 32, 4  # pixels of a bitmap; of a block
HEIGHT, WIDTH = 27.0, 19.0  # that the middle of the strokes spans at most; their edges reach 2 or 3 pixels further
INK = 313  # pixels of a bitmap that are ink, on average over the training digits
UPRIGHT = 0.5  # the part of a digit's slant that is taken out: all of it would make a 7 stand on its leg
MAX_POINTS = 2000

Stroke = Sequence[Sequence[float]]


def from_strokes(strokes: Sequence[Stroke]) -> ndarray | None:
    """Strokes as lists of points (x, y), y downwards, in any unit: an 8x8 picture of 0..16, or None without any ink.

    Beyond `MAX_POINTS` points the rest is left out.
    """
    starts, ends = [], []
    for stroke in strokes:
        points = np.asarray(stroke, float).reshape(-1, 2)[:MAX_POINTS]
        if len(points):
            starts.append(points[: max(1, len(points) - 1)])
            ends.append(points[min(1, len(points) - 1) :])
    if not starts:
        return None
    a, b = np.concatenate(starts)[:MAX_POINTS], np.concatenate(ends)[:MAX_POINTS]
    slant = _slant((a + b) / 2, b - a, np.linalg.norm(b - a, axis=1) + 1e-9)
    a, b = (points - [[slant, 0]] * points[:, 1:] for points in (a, b))
    low, high = np.minimum(a, b).min(axis=0), np.maximum(a, b).max(axis=0)
    a, b = (_placed(points, low, high, HEIGHT, WIDTH) for points in (a, b))
    return blocks(_nearest(_distance(a, b)))


def from_ink(ink: ndarray) -> ndarray | None:
    """A picture (H, W) of bools, true where there is ink: an 8x8 picture of 0..16, or None without any ink."""
    y, x = np.nonzero(ink)
    if not len(y):
        return None
    slant = _slant(np.stack([x, y], axis=1), np.zeros((len(y), 2)), np.ones(len(y)))
    x = x - np.rint(slant * (y - y[0])).astype(int)
    ink = np.zeros((y.max() + 1, np.ptp(x) + 1), bool)
    ink[y, x - x.min()] = True
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = cut.shape
    low, high = np.zeros(2), np.array([width, height], float)
    # Back from the middle of each pixel of the bitmap to the pixel of the picture that it shows.
    corners = _placed(np.stack([low, high]), low, high, SIZE, WIDTH + SIZE - HEIGHT)
    scale = (corners[1] - corners[0]) / high
    places = (_pixels() - corners[0]) / scale  # (32, 32, 2)
    inside = ((places >= 0) & (places < high)).all(axis=-1)
    x, y = (np.clip(places[..., i].astype(int), 0, int(high[i]) - 1) for i in (0, 1))
    return blocks(_nearest(_signed_distance(cut[y, x] & inside)))


def blocks(bitmap: ndarray) -> ndarray:
    """How many of each 4x4 pixels of a bitmap (32, 32) are ink; (8, 8) float32, 0..16."""
    eighths = SIZE // BLOCK
    return bitmap.reshape(eighths, BLOCK, eighths, BLOCK).sum(axis=(1, 3)).astype(np.float32)


def _pixels() -> ndarray:
    """The middle (x, y) of each pixel of a bitmap; (32, 32, 2)."""
    middles = np.arange(SIZE) + 0.5
    return np.stack(np.meshgrid(middles, middles), axis=-1)


def _placed(points: ndarray, low: ndarray, high: ndarray, height: float, width: float) -> ndarray:
    """Points (n, 2) of the box low..high in the middle of a bitmap, as high as may be; squeezed if that is too wide."""
    w, h = np.maximum(high - low, 1e-9)
    scale = height / h if h >= w / 4 else width / w  # a dash stays a dash
    return (points - (low + high) / 2) * [min(scale, width / w), scale] + SIZE / 2


def _slant(middle: ndarray, along: ndarray, weight: ndarray) -> float:
    """How far to the right strokes drift from one row to the next: the part of it to be taken out.

    middle, along: of straight pieces, (n, 2); weight: (n,), their lengths.
    """
    w = weight / weight.sum()
    xmu = middle - w @ middle
    spread = (w[:, None] * xmu).T @ xmu + (w[:, None] * along).T @ along / 12  # covariance of x and y over all ink
    return UPRIGHT * float(spread[0, 1] / spread[1, 1]) if spread[1, 1] > 1e-2 * spread[0, 0] else 0.0


def _distance(a: ndarray, b: ndarray) -> ndarray:
    """From each pixel to the nearest of the segments a to b, (n, 2) each; (32, 32)."""
    nearest = np.full((SIZE, SIZE), np.inf)
    pixels = _pixels()
    for start, end in zip(a, b, strict=True):
        along = end - start
        t = np.clip((pixels - start) @ along / max(float(along @ along), 1e-12), 0, 1)[..., None]
        nearest = np.minimum(nearest, np.linalg.norm(pixels - start - t * along, axis=-1))
    return nearest


def _signed_distance(ink: ndarray) -> ndarray:
    """From each pixel outside to the nearest ink; inside, minus the distance to where there is none; (32, 32)."""
    pixels = _pixels()
    every = np.linalg.norm(pixels.reshape(-1, 1, 2) - pixels.reshape(1, -1, 2), axis=-1)  # (1024, 1024)
    flat = ink.ravel()
    outside = every[:, flat].min(axis=1, initial=np.inf)
    inside = every[:, ~flat].min(axis=1, initial=SIZE)
    return np.where(flat, -inside, outside).reshape(SIZE, SIZE)


def _nearest(distance: ndarray) -> ndarray:
    """The `INK` pixels that are nearest: strokes of equal width, and as much ink as in other digits."""
    bitmap = np.zeros(distance.size, bool)
    bitmap[np.argsort(distance, axis=None, kind="stable")[:INK]] = True
    return bitmap.reshape(distance.shape)
