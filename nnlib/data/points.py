"""Points in the plane, in figures that no straight line separates, for watching a decision boundary."""

from collections.abc import Callable

import numpy as np
from numpy import ndarray

from nnlib.data.dataset import Dataset
from nnlib.data.errors import DataError, whole_number

MAX_POINTS = 100_000
MAX_CLASSES = 10
Rng = np.random.Generator


def spiral(num_points: int = 600, num_classes: int = 3, noise: float = 0.05, seed: int = 0) -> Dataset:
    """One spiral arm a class, each turning 4 radians from the centre to radius 1 (the figure of the CS231n notes)."""

    def arm(rng: Rng, k: int, n: int) -> ndarray:
        radius = np.arange(1, n + 1) / n
        return _polar(radius, 2 * np.pi * k / num_classes + 4 * radius)

    return _dataset("spiral", arm, num_points, num_classes, noise, seed)


def moons(num_points: int = 600, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Two half circles that reach into each other."""

    def moon(rng: Rng, k: int, n: int) -> ndarray:
        side = 1 - 2 * k  # the second moon is the first, turned by half a circle about the origin
        return side * (_polar(1.0, np.linspace(0, np.pi, n)) - [0.5, 0.25]) / 1.5

    return _dataset("moons", moon, num_points, 2, noise, seed)


def circles(num_points: int = 600, noise: float = 0.1, seed: int = 0) -> Dataset:
    """A circle of radius 0.5 inside a circle of radius 1."""

    def circle(rng: Rng, k: int, n: int) -> ndarray:
        return _polar(0.5 + 0.5 * k, np.linspace(0, 2 * np.pi, n, endpoint=False))

    return _dataset("circles", circle, num_points, 2, noise, seed)


def xor(num_points: int = 600, noise: float = 0.05, seed: int = 0) -> Dataset:
    """A square whose quarters belong to one class where x and y have the same sign, to the other where they differ."""

    def quarters(rng: Rng, k: int, n: int) -> ndarray:
        x = rng.uniform(0, 1, (n, 2))
        x[:, 1] *= 1 - 2 * k
        return x * rng.choice([-1, 1], (n, 1))

    return _dataset("xor", quarters, num_points, 2, noise, seed)


def blobs(num_points: int = 600, num_classes: int = 3, noise: float = 0.15, seed: int = 0) -> Dataset:
    """One round cloud a class, its centre on a circle of radius 0.75; here the noise is the cloud."""

    def blob(rng: Rng, k: int, n: int) -> ndarray:
        return np.tile(_polar(0.75, np.array([2 * np.pi * k / num_classes])), (n, 1))

    return _dataset("blobs", blob, num_points, num_classes, noise, seed)


FIGURES: dict[str, Callable[..., Dataset]] = {f.__name__: f for f in (spiral, moons, circles, xor, blobs)}


def _polar(radius: float | ndarray, angle: ndarray) -> ndarray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _dataset(
    name: str, figure: Callable[[Rng, int, int], ndarray], num_points: int, num_classes: int, noise: float, seed: int
) -> Dataset:
    """Points of `figure(rng, class, count)` for each class, with noise, shuffled, split 60 : 20 : 20.

    X (N, 2) float32, about -1..1; y (N,) int64, classes as equal in number as can be. noise: standard deviation of the
    Gaussian added to both coordinates. Draws come from a Generator of its own.

    Raises:
        DataError: an argument is out of bounds.
    """
    C = whole_number("num_classes", num_classes, 2, MAX_CLASSES)
    N = whole_number("num_points", num_points, 10 * C, MAX_POINTS)
    seed = whole_number("seed", seed, 0, 2**63 - 1)
    if isinstance(noise, bool) or not isinstance(noise, float | int | np.integer | np.floating) or not 0 <= noise <= 10:
        raise DataError("noise must be a number from 0 to 10 (a standard deviation; the figures are about 2 wide).")
    rng = np.random.default_rng(seed)
    counts = [N // C + (k < N % C) for k in range(C)]
    X = np.concatenate([figure(rng, k, n) for k, n in enumerate(counts)])
    X = (X + noise * rng.standard_normal((N, 2))).astype(np.float32)
    y = np.repeat(np.arange(C), counts).astype(np.int64)
    train, val, test = np.split(rng.permutation(N), [N - 2 * (N // 5), N - N // 5])
    names = tuple(f"class {k}" for k in range(C))
    return Dataset(name, X[train], y[train], X[val], y[val], X[test], y[test], names)
