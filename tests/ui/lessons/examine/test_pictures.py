"""Pictures that people bring: too large ones are called too large before they are decoded, damaged ones damaged."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from ui.lessons.examine import pictures
from ui.lessons.examine.pictures import PictureError

LARGE, TEXT = "more than 6,000 pixels a side: make it smaller", "far too much text: save it without"
DAMAGED = "not a PNG or JPEG picture, or it is damaged"


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, bits: int = 8, colour: int = 2, extra: bytes = b"", rows: bytes = b"") -> bytes:
    """A PNG that says it has these pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def saved(size: tuple[int, int], kind: str, mode: str = "L", **how) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **how)
    return file.getvalue()


def jpeg(width: int, height: int) -> bytes:
    """A small JPEG that says it has these pixels."""
    content = bytearray(saved((8, 8), "JPEG"))
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(content)


BOMB = zlib.compress(bytes(2 * 2**20))
MANY = b"".join(chunk(b"zTXt", b"a%d\0\0" % i + zlib.compress(bytes(2**20))) for i in range(70))
CASES = {
    "the report's": (saved((13_500, 13_500), "PNG", "1"), LARGE),
    "a pixel too wide": (png(6001, 1), LARGE),
    "a pixel too high": (png(1, 6001), LARGE),
    "Pillow warns": (png(10_000, 9_500, 1, 0), LARGE),
    "Pillow refuses": (png(20_000, 20_000, 1, 0), LARGE),
    "Pillow refuses colours": (png(2**31 - 1, 2**31 - 1, 16, 6), LARGE),
    "a palette": (png(14_000, 14_000, 8, 3, chunk(b"PLTE", bytes(3))), LARGE),
    "an animation": (png(14_000, 14_000, 1, 0, chunk(b"acTL", struct.pack(">II", 100, 0))), LARGE),
    "a JPEG": (jpeg(6001, 10), LARGE),
    "the largest JPEG": (jpeg(65_535, 65_535), LARGE),
    "text": (png(8, 8, extra=chunk(b"zTXt", b"a\0\0" + BOMB)), TEXT),
    "international text": (png(8, 8, extra=chunk(b"iTXt", b"a\0\1\0\0\0" + BOMB)), TEXT),
    "a colour profile": (png(8, 8, extra=chunk(b"iCCP", b"a\0\0" + BOMB)), TEXT),
    "many texts": (png(8, 8, extra=MANY), TEXT),
    "cut short": (saved((64, 64), "PNG", "RGB")[:-40], DAMAGED),
    "a JPEG cut short": (saved((64, 64), "JPEG", "RGB")[:300], DAMAGED),
    "no pixels": (png(0, 0), DAMAGED),
    "too few rows": (png(64, 64), DAMAGED),
    "a login page": (b"<html>login</html>", DAMAGED),
    "nothing": (b"", DAMAGED),
    "a GIF of many frames": (saved((9, 9), "GIF", save_all=True, append_images=[Image.new("L", (9, 9))] * 50), DAMAGED),
    "a large TIFF": (saved((13_500, 13_500), "TIFF", "1", compression="group4"), DAMAGED),
    "a large GIF": (b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b";", DAMAGED),
    "a WebP": (saved((9, 9), "WEBP", "RGB"), DAMAGED),
}


@pytest.mark.parametrize("kind", CASES)
def test_one_sentence_without_decoding(kind):
    content, sentence = CASES[kind]
    tracemalloc.start()
    with pytest.raises(PictureError, match=sentence):
        pictures.decode(io.BytesIO(content))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_the_largest_are_made_smaller_first(mode):
    """Every step makes a copy, of 144 MB for the largest."""
    large = Image.new("RGBA", (6000, 60), (200, 200, 200, 255))
    large.paste((0, 0, 0, 0), (3000, 0, 6000, 60))
    file = io.BytesIO()
    large.convert(mode).save(file, "PNG")
    picture = pictures.decode(file)
    assert picture.mode == "RGB" and max(picture.size) < 2 * pictures.ENOUGH
    right = 255 if mode in ("LA", "P", "RGBA") else 0  # clear is white, black without transparency
    assert picture.getpixel((picture.width - 5, 2)) == (right,) * 3
    if mode != "1":
        assert abs(np.asarray(picture)[2, 5, 0] - 200.0) < 5


def test_the_longest_that_is_read():
    assert max(pictures.decode(io.BytesIO(saved((6000, 1), "PNG", "1"))).size) > pictures.ENOUGH
