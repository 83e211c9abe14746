"""Trained models as files (.npz): weights, settings, preprocessing and accuracies, checked before they are used."""

import os
from dataclasses import asdict, dataclass, fields
from typing import Any, BinaryIO, cast

import numpy as np
from numpy import ndarray

from nnlib import checkpoints
from nnlib.checks import as_floats, require_like
from nnlib.data import DATASETS, Dataset
from nnlib.examples import require_finite
from nnlib.fc_net import FullyConnectedNet
from nnlib.normalization import get_normalization
from nnlib.runs.accuracy import Accuracy
from nnlib.runs.spec import RunSpec

KIND, VERSION = "a model of nnlib", 1
MAX_BYTES = 64 << 20  # ten layers of 1,024 units on CIFAR-10 come to 50 MB
PARTS = ("train", "val", "test")
_MODEL = "model."


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A trained network, and all that is needed to use it and to train it again.

    mean_image: what is subtracted from a picture before the network sees it, of shape image_shape; None for points.
    accuracies: "train", "val", "test" -> how many it got right, as far as they were measured.
    """

    spec: RunSpec
    model: FullyConnectedNet
    class_names: tuple[str, ...]
    mean_image: ndarray | None
    epoch: int
    accuracies: dict[str, Accuracy]

    @property
    def image_shape(self) -> tuple[int, int, int] | None:
        """(C, height, width), or None for points."""
        return DATASETS[self.spec.data].image_shape

    @property
    def white(self) -> float:
        """The value of a fully lit pixel before the mean is subtracted."""
        return DATASETS[self.spec.data].white

    def prepare(self, pixels: ndarray) -> ndarray:
        """Pictures (N, C, height, width) of 0..white as the network was trained on them: minus the mean image.

        Raises:
            ValueError: the network was trained on points, or the pictures are not finite numbers of this shape.
        """
        if self.mean_image is None:
            raise ValueError(f"{self.spec.data} has points, not pictures: give the network the points themselves.")
        pixels = as_floats("pixels", pixels)
        require_like("pixels", pixels, (len(pixels) if pixels.ndim else 0, *self.mean_image.shape))
        require_finite("pixels", pixels)
        return pixels.astype(np.float32) - self.mean_image


def of_state(
    spec: RunSpec, dataset: Dataset, state: dict[str, ndarray], epoch: int, accuracies: dict[str, Accuracy]
) -> SavedModel:
    """A model of its own with the weights of `FullyConnectedNet.state()`, trained by this spec on this data set."""
    model = spec.make_model(int(dataset.X_train[:1].size), len(dataset.class_names))
    model.load_state(state)
    return SavedModel(spec, model, dataset.class_names, dataset.mean_image, epoch, accuracies)


def save_model(file: str | os.PathLike | BinaryIO, saved: SavedModel) -> None:
    """Write a model into an open binary file, or to a path (.npz is added).

    Raises:
        ValueError: nothing can be written there.
    """
    arrays = {_MODEL + name: value for name, value in saved.model.state().items()}
    if saved.mean_image is not None:
        arrays["mean_image"] = saved.mean_image.astype(np.float32)
    facts = {
        "kind": KIND,
        "version": VERSION,
        "spec": asdict(saved.spec),
        "class_names": list(saved.class_names),
        "epoch": saved.epoch,
        "accuracies": {part: list(accuracy) for part, accuracy in saved.accuracies.items()},
    }
    if isinstance(file, str | os.PathLike) or not hasattr(file, "write"):
        checkpoints.write(cast(str, file), arrays, facts)
    else:
        checkpoints.pack(file, arrays, facts)


def load_model(file: str | os.PathLike | BinaryIO, max_bytes: int = MAX_BYTES) -> SavedModel:
    """What `save_model` wrote, checked: nothing in the file is believed, and nothing large is made before it fits.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no such file, is damaged, too large, or holds what cannot be; in one sentence.
    """
    arrays, facts = checkpoints.read(file, max_bytes)
    if facts.get("kind") != KIND:
        raise ValueError("the file holds no model: choose one that was saved with 'Download the model'.")
    if facts.get("version") != VERSION:
        raise ValueError(f"the file has version {facts.get('version')!s:.20}, but this program reads {VERSION}.")
    spec, class_names = _spec(facts.get("spec")), facts.get("class_names")
    source = DATASETS[spec.data]
    known, image_shape = source.class_names, source.image_shape
    if class_names != list(known):
        raise ValueError(f"the classes in the file are not those of {spec.data}: choose another.")
    epoch = facts.get("epoch")
    if type(epoch) is not int or not 0 <= epoch <= spec.num_epochs:
        raise ValueError(f"the epoch in the file must be a whole number from 0 to {spec.num_epochs}: choose another.")
    accuracies = _accuracies(facts.get("accuracies"))
    mean_image = arrays.pop("mean_image", None)
    if image_shape is not None:
        _require("mean_image", mean_image, image_shape)
    elif mean_image is not None:
        raise ValueError("the file has a mean image, but points have none: choose another.")
    model = _model(spec, source.num_features, len(known), arrays)
    return SavedModel(spec, model, known, mean_image, epoch, accuracies)


def _spec(settings: Any) -> RunSpec:
    """Settings as a `RunSpec`, each of the right kind and within range; those that are missing have their defaults."""
    names = {field.name for field in fields(RunSpec)}
    if not isinstance(settings, dict) or not settings.keys() <= names:
        raise ValueError("the file lacks the settings of its run, or has unknown ones: choose another.")
    try:
        return RunSpec(**settings)
    except ValueError as error:
        raise ValueError(f"a setting in the file cannot be: {error}") from None


def _accuracies(given: Any) -> dict[str, Accuracy]:
    fits = isinstance(given, dict) and all(
        part in PARTS
        and isinstance(pair, list)
        and [type(number) for number in pair] == [int, int]
        and 0 <= pair[0] <= pair[1] <= 10**9
        for part, pair in given.items()
    )
    if not fits:
        raise ValueError("the accuracies in the file cannot be: choose another.")
    return {part: Accuracy(*pair) for part, pair in given.items()}


def _model(spec: RunSpec, input_dim: int, num_classes: int, arrays: dict[str, ndarray]) -> FullyConnectedNet:
    """The network of a spec with these arrays, which are checked before it is made."""
    dims, norm = [input_dim, *spec.hidden_dims, num_classes], get_normalization(spec.normalization)
    learned = () if norm is None else ("gamma", "beta", *norm.running)
    shapes: dict[str, tuple[int, ...]] = {}
    for i in range(1, len(dims)):
        D, H = dims[i - 1], dims[i]
        shapes |= {f"{_MODEL}W{i}": (D, H), f"{_MODEL}b{i}": (H,)}
        if i < len(dims) - 1:
            shapes |= {f"{_MODEL}{name}{i}": (H,) for name in learned}
    if arrays.keys() != shapes.keys():
        odd = sorted(arrays.keys() ^ shapes.keys())[0]
        raise ValueError(f"the file and its settings do not fit together ({odd!s:.40}): choose another.")
    for name, shape in shapes.items():
        _require(name.removeprefix(_MODEL), arrays[name], shape)
        if "running_var" in name and (arrays[name] < 0).any():
            raise ValueError(f"{name.removeprefix(_MODEL)} in the file is negative, which cannot be: choose another.")
    model = spec.make_model(input_dim, num_classes)
    model.load_state({name.removeprefix(_MODEL): array for name, array in arrays.items()})
    return model


def _require(name: str, array: ndarray | None, shape: tuple[int, ...]) -> None:
    if array is None or array.dtype != np.float32 or array.shape != shape or not np.isfinite(array).all():
        arrived = "nothing" if array is None else f"{array.shape} {array.dtype}"
        raise ValueError(f"{name} must be {shape} float32, finite numbers all, but is {arrived}: choose another file.")
