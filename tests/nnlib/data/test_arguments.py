"""The functions of nnlib.data compute what they say, or refuse in one sentence; nothing else comes out of them."""

import numpy as np
import pytest

from nnlib.data import Pixels, cifar10, digits, download, load_cifar10, points

ODD = {
    **{str(value): value for value in (-1, 0, 1.5, np.nan, np.inf, "x", "", True, 10**30)},
    "none": None,
    "a list": [3],
    "an array": np.zeros(3),
    "a dict": {},
    "an object": object(),
    "bytes": b"x",
}
IMAGES, MEAN = np.zeros((4, 3, 2, 2), np.uint8), np.zeros((3, 2, 2))
CALLS = {
    "images": lambda odd: Pixels(odd, MEAN),
    "mean": lambda odd: Pixels(IMAGES, odd),
    "part": lambda odd: Pixels(IMAGES, MEAN).part(odd),
    "progress": lambda odd: download(odd, url="http://127.0.0.1:9/nothing") if odd is not None else refuse(),
    "cancel": lambda odd: download(cancel=odd, url="http://127.0.0.1:9/nothing") if odd is not None else refuse(),
    "url": lambda odd: download(url=odd),
    "md5": lambda odd: download(md5=odd, url="http://127.0.0.1:9/nothing"),
    "archive_bytes": lambda odd: download(archive_bytes=odd, url="http://127.0.0.1:9/nothing"),
    "root": cifar10.load,
    "root of arrays": load_cifar10,
    "subset": lambda odd: digits.load().subset(odd),
    "num_training": lambda odd: cifar10.load(num_training=odd),
    "num_validation": lambda odd: cifar10.load(num_validation=odd),
    "num_test": lambda odd: load_cifar10(num_test=odd),
    "num_points": lambda odd: points.spiral(num_points=odd),
    "num_classes": lambda odd: points.blobs(num_classes=odd),
}


def refuse():
    raise ValueError("it may be left out")


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("call", CALLS)
def test_refused_in_one_sentence(call, odd):
    with pytest.raises(ValueError, match=r"\w.*\w") as caught:
        CALLS[call](ODD[odd])
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


def test_a_whole_mean_is_subtracted_without_wrapping():
    pixels = Pixels(np.ones((1, 1, 1, 1), np.uint8), np.full((1, 1, 1), 2, np.uint8))
    assert pixels[:] == pixels.exact() == -1
