"""Every fact of a data set, once: a new one is a module beside this that loads it, and a row here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod

from nnlib.data import binary, cifar10, digits, points
from nnlib.data.dataset import Dataset, Status


@dataclass(frozen=True)
class Facts:
    """A data set before it is loaded.

    title: its name for people. load: seed -> all of it. status: whether it is here.
    code: an expression that loads it, after `from nnlib.data import MODULE`; {seed} stands for the seed.
    place: a sentence on where it is looked for, if that needs one.
    sizes: training, validation and test examples. image_shape: (C, height, width), or None for points.
    pixels: its examples are `Pixels`, bytes before the mean image is subtracted.
    drawn: made from the seed, so that another seed gives other examples.
    augmentable: pictures that stay what they are when they are mirrored or moved.
    """

    title: str
    load: Callable[[int], Dataset]
    status: Callable[[], Status]
    code: str
    class_names: tuple[str, ...]
    sizes: tuple[int, int, int]
    image_shape: tuple[int, int, int] | None = None
    pixels: bool = False
    drawn: bool = False
    augmentable: bool = False
    place: str = ""

    @property
    def here(self) -> bool:
        """Whether it can be loaded now."""
        return self.status().state in ("ready", "found")

    @property
    def num_train(self) -> int:
        """Examples that a run can train on."""
        return self.sizes[0]

    @property
    def white(self) -> float:
        """The value of a fully lit pixel before the mean image is subtracted."""
        return 255.0 if self.pixels else 1.0

    @property
    def num_features(self) -> int:
        """Numbers that describe an example, D."""
        return prod(self.image_shape or (2,))


def _figure(name: str, title: str) -> Facts:
    """Points in the plane, as a figure has them by itself."""
    figure = points.FIGURES[name]
    whole = figure()
    sizes = len(whole.y_train), len(whole.y_val), len(whole.y_test)
    here, code = partial(Status, name, "ready"), f"points.{name}(seed={{seed}})"
    return Facts(title, lambda seed: figure(seed=seed), here, code, whole.class_names, sizes, drawn=True)


DATASETS: dict[str, Facts] = {
    "digits": Facts(
        "Digits 8×8",
        lambda seed: digits.load(),
        digits.status,
        "digits.load()",
        digits.CLASSES,
        digits.SIZES,
        digits.IMAGE_SHAPE,
    ),
    "cifar10": Facts(
        "CIFAR-10",
        lambda seed: cifar10.load(),
        cifar10.status,
        "cifar10.load()",
        cifar10.CLASSES,
        cifar10.SIZES,
        binary.IMAGE_SHAPE,
        pixels=True,
        augmentable=True,
        place="CIFAR-10 is looked for in the folder that CIFAR10_DIR names, else where nnlib.data.download() puts it.",
    ),
    "spiral": _figure("spiral", "Spiral"),
    "moons": _figure("moons", "Moons"),
    "circles": _figure("circles", "Circles"),
    "xor": _figure("xor", "XOR"),
    "blobs": _figure("blobs", "Blobs"),
}
