"""Pictures that people bring: decoded without trust, and made into what a network was trained on."""

import base64
import io
import warnings
from typing import BinaryIO

import numpy as np
from numpy import ndarray
from PIL import Image, ImageOps

from nnlib.labs.examine import drawn_digits
from nnlib.numerals import whole
from ui.widgets.pictures import data_uri

MAX_SIDE = 6000  # pixels
ENOUGH = 512  # pixels a side, at which a large picture is looked at
THUMBNAIL = 64  # pixels


class PictureError(ValueError):
    """Why a file cannot be used, in one sentence."""


def decode(file: BinaryIO) -> Image.Image:
    """A PNG or JPEG as an upright RGB picture, transparency on white.

    Raises:
        PictureError: it is no such picture, is damaged, or unpacks to more than is read.
    """
    too_large = PictureError(f"This picture has more than {whole(MAX_SIDE)} pixels a side: make it smaller first.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=("PNG", "JPEG")) as picture:
                if max(picture.size) > MAX_SIDE:
                    raise too_large
                return _upright(picture)
    except PictureError:
        raise
    except Image.DecompressionBombError:  # Pillow's own bound, of pixels in all
        raise too_large from None
    except Exception as error:  # damaged and hostile files make Pillow fail in many ways
        if "MAX_TEXT" in str(error):
            raise PictureError("This picture carries far too much text: save it without its metadata.") from None
        raise PictureError("This is not a PNG or JPEG picture, or it is damaged: choose another.") from error


def _upright(picture: Image.Image) -> Image.Image:
    picture.draft("RGB", (ENOUGH, ENOUGH))  # a large JPEG is decoded at a fraction of its size
    if picture.mode.startswith("I"):  # 16 bits a pixel
        picture = Image.fromarray((np.asarray(picture).clip(0, 65535) / 257).astype(np.uint8))
    if (share := max(picture.size) // ENOUGH) > 1:  # first, since every further step makes a copy
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        picture = (picture if picture.mode == mode else picture.convert(mode)).reduce(share)
    picture = ImageOps.exif_transpose(picture)
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return picture.convert("RGB")


def colour_picture(picture: Image.Image) -> ndarray:
    """The middle square as 32x32 pixels: each the mean of those it stands for; (1, 3, 32, 32), 0..255."""
    small = ImageOps.fit(picture, (32, 32), Image.Resampling.BOX)
    return np.moveaxis(np.asarray(small, np.float32), -1, 0)[None]


def digit_picture(picture: Image.Image) -> ndarray | None:
    """A digit, dark on light or light on dark, as (1, 1, 8, 8), 0..1; None if all of it is of one shade.

    A picture of 8x8 pixels is taken as it is, light being ink.
    """
    grey = picture.convert("L")
    if grey.size == (8, 8):
        return np.asarray(grey, np.float32)[None, None] / 255
    grey.thumbnail((256, 256), Image.Resampling.BOX)
    levels = np.asarray(grey, np.float32)
    edge = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    paper = float(np.median(edge))
    apart = np.abs(levels - paper)
    if apart.max() < 40:
        return None
    digit = drawn_digits.from_ink(apart > apart.max() / 2)
    return None if digit is None else digit[None, None] / 16


def shown(pixels: ndarray, white: float) -> str:
    """A picture (1, C, h, w) of 0..white as a data URI."""
    levels = np.rint(np.clip(pixels[0] / white, 0, 1) * 255).astype(np.uint8)
    return data_uri(levels[0] if len(levels) == 1 else np.moveaxis(levels, 0, -1))


def thumbnail(pixels: ndarray) -> str:
    """A small picture, (h, w) or (h, w, 3) uint8, large enough for a tooltip, in few bytes; a data URI."""
    picture = Image.fromarray(pixels).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.NEAREST)
    if pixels.ndim == 2:
        return data_uri(np.asarray(picture))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=70)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
