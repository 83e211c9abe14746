"""Data sets to learn from: points in the plane, handwritten digits, CIFAR-10.

>>> from nnlib.data import cifar10, digits, points
>>> points.spiral(num_classes=3, seed=1)
Dataset('spiral', 360 train, 120 val, 120 test, 3 classes, image_shape=None)
>>> digits.load()
Dataset('digits', 1397 train, 200 val, 200 test, 10 classes, image_shape=(1, 8, 8))
"""

from nnlib.data import cifar10, digits, points
from nnlib.data.catalog import DATASETS, Facts
from nnlib.data.cifar10 import load_cifar10
from nnlib.data.dataset import Dataset, Status
from nnlib.data.errors import DataError, DownloadCancelled
from nnlib.data.fetch import download
from nnlib.data.pixels import Pixels

__all__ = [
    "DATASETS",
    "DataError",
    "Dataset",
    "DownloadCancelled",
    "Facts",
    "Pixels",
    "Status",
    "cifar10",
    "digits",
    "download",
    "load_cifar10",
    "points",
]
