"""Arrays as pictures: weights, decision boundaries, data; each as a data URI that a browser enlarges without blur."""

import base64
import io
from typing import Any

import numpy as np
from numpy import ndarray
from PIL import Image

# Okabe and Ito's palette: classes stay apart for colour-blind eyes.
CLASS_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#999999")
_NEGATIVE, _ZERO, _POSITIVE = np.array([33, 102, 172.0]), np.array([247, 247, 247.0]), np.array([213, 94, 0.0])
_GAP = 1  # pixels between tiles


def data_uri(pixels: ndarray) -> str:
    """A PNG of pixels, (H, W) or (H, W, 3) uint8, as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def diverging(a: ndarray, limit: float | None = None) -> ndarray:
    """Numbers as colours around zero: blue below, white at 0, orange above; a (...) to (..., 3) uint8.

    limit: the number that gets the full colour; by default the largest |a|.
    """
    a = np.nan_to_num(a, nan=0.0, posinf=0.0, neginf=0.0)
    limit = float(np.abs(a).max(initial=0.0)) if limit is None else limit
    strength = np.clip(np.abs(a) / (limit or 1.0), 0, 1)[..., None]
    colours = np.where(a[..., None] < 0, _NEGATIVE, _POSITIVE)
    return ((1 - strength) * _ZERO + strength * colours).astype(np.uint8)


def weight_tiles(W: ndarray, image_shape: tuple[int, int, int], count: int = 64) -> ndarray:
    """The weights of the first `count` units as a sheet of pictures, (height, width, 3) uint8.

    Args:
        W: first-layer weights, (C * height * width, H).
        image_shape: (C, height, width). With one channel, colours around zero; with three, each channel's weight
            brightens (above zero) or darkens its colour from middle grey.
    """
    tiles = np.nan_to_num(W[:, :count].T.reshape(-1, *image_shape))  # (n, C, height, width)
    limit = np.abs(tiles).max(axis=(1, 2, 3), keepdims=True) + 1e-12
    tiles = np.moveaxis(tiles / limit, 1, -1)  # (n, height, width, C)
    pictures = diverging(tiles[..., 0], 1.0) if tiles.shape[-1] == 1 else (127.5 + 127.5 * tiles).astype(np.uint8)
    return sheet(pictures)


def sheet(pictures: ndarray, columns: int | None = None) -> ndarray:
    """Pictures, (n, h, w, 3) uint8, side by side in rows with thin gaps."""
    n, h, w, _ = pictures.shape
    columns = columns or int(np.ceil(np.sqrt(n)))
    rows = -(-n // columns)
    page = np.full((rows * (h + _GAP) - _GAP, columns * (w + _GAP) - _GAP, 3), 128, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = (i // columns) * (h + _GAP), (i % columns) * (w + _GAP)
        page[top : top + h, left : left + w] = picture
    return page


def decision_boundary(model: Any, extent: tuple[float, float, float, float], size: int = 72) -> ndarray:
    """Which class a model of two inputs chooses where, stronger the surer it is; (size, size, 3) uint8, y upwards.

    extent: x from, x to, y from, y to.
    """
    with np.errstate(all="ignore"):
        scores = np.nan_to_num(model.loss(grid(extent, size)))  # (size * size, C)
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = e / e.sum(axis=1, keepdims=True)
    C = probabilities.shape[1]
    colours = np.array([_rgb(CLASS_COLOURS[k % len(CLASS_COLOURS)]) for k in range(C)])
    sure = (probabilities.max(axis=1, keepdims=True) - 1 / C) / (1 - 1 / C)
    strength = 0.15 + 0.5 * sure
    pixels = (1 - strength) * 255 + strength * colours[probabilities.argmax(axis=1)]
    return pixels.reshape(size, size, 3).astype(np.uint8)


def grid(extent: tuple[float, float, float, float], size: int) -> ndarray:
    """Places in the plane in rows from the top, (size * size, 2) float32; extent as above."""
    x0, x1, y0, y1 = extent
    places = np.stack(np.meshgrid(np.linspace(x0, x1, size), np.linspace(y1, y0, size)), axis=-1)
    return places.reshape(-1, 2).astype(np.float32)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
