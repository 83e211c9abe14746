"""What a trained network does with examples: how often it is right, what it mistakes, what its units answer to."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.checks import as_labels, require_whole, shown
from nnlib.examples import require_finite
from nnlib.fc_net import FullyConnectedNet
from nnlib.layers import affine_backward, relu_backward
from nnlib.runs.accuracy import Accuracy

CHUNK = 200  # examples at a time: the caches of ten wide layers would fill memory


# -------------------------------------------------------------------------------------------------------- accuracy
def probabilities(model: FullyConnectedNet, X: Any, progress: Callable[[float], object] | None = None) -> ndarray:
    """The softmax of the scores of examples X (N, ...), as in testing; (N, C).

    X may be whatever gives arrays for `X[from:to]`; progress is told the share that is done. Scores that are beyond
    all numbers count as the largest there are.

    Raises:
        ValueError: the examples are not finite.
    """
    parts = []
    for start in range(0, len(X), CHUNK):
        with np.errstate(over="ignore", invalid="ignore"):
            x = X[start : start + CHUNK]
            scores = _finite(model.loss(x), x)
            e = np.exp(scores - scores.max(axis=1, keepdims=True))
        parts.append(e / e.sum(axis=1, keepdims=True))
        if progress is not None:
            progress(min(1.0, (start + CHUNK) / len(X)))
    return np.concatenate(parts) if parts else np.zeros((0, model.num_classes), model.dtype)


def confusion_matrix(y: ndarray, predicted: ndarray, num_classes: int) -> ndarray:
    """How many examples of each class (row) were taken for each class (column); (C, C) ints.

    Raises:
        ValueError: there are not as many of both, or one is no class.
    """
    require_whole("num_classes", num_classes)
    y = as_labels("y", y, np.size(predicted), num_classes)
    predicted = as_labels("predicted", predicted, len(y), num_classes)
    counts = np.zeros((num_classes, num_classes), int)
    np.add.at(counts, (y, predicted), 1)
    return counts


def class_accuracies(confusion: ndarray) -> list[Accuracy]:
    """One a class, from a confusion matrix (C, C)."""
    return [Accuracy(int(row[k]), int(row.sum())) for k, row in enumerate(confusion)]


def confident_mistakes(p: ndarray, y: ndarray) -> ndarray:
    """Which examples get a wrong class, the surest first; p (N, C) probabilities, y (N,) labels."""
    y = as_labels("y", y, *p.shape)
    wrong = np.flatnonzero(p.argmax(axis=1) != y)
    return wrong[np.argsort(-p[wrong].max(axis=1), kind="stable")]


# --------------------------------------------------------------------------------------------------- hidden layers
def activations(model: FullyConnectedNet, X: Any, layer: int) -> ndarray:
    """What a layer gives for each example, as in testing; (N, H).

    layer: 0 is the input itself, 1 to L the hidden layers after their ReLU, L + 1 the scores.

    Raises:
        ValueError: there is no such layer, or the examples are not finite.
    """
    if not isinstance(layer, int | np.integer) or not 0 <= layer <= model.num_layers:
        raise ValueError(
            f"layer is {shown(layer)}, but this network has 0 (its input) to {model.num_layers} (its scores)."
        )
    parts = []
    for start in range(0, len(X), CHUNK):
        with np.errstate(over="ignore", invalid="ignore"):
            x = X[start : start + CHUNK]
            scores, caches = model.forward(x, "test")
        a = scores if layer == model.num_layers else caches[layer].affine.x  # what the next layer gets
        parts.append(_finite(a.reshape(len(a), -1), x))
    return np.concatenate(parts)


def _finite(a: ndarray, X: ndarray) -> ndarray:
    """What comes of X, infinities as the largest numbers there are, what is no number as 0."""
    if np.isfinite(a).all():
        return a
    require_finite("X", X)
    return np.nan_to_num(a)


def dead_units(a: ndarray) -> ndarray:
    """Which units of a hidden layer, of activations a (N, H), are 0 for every example; their numbers from 0."""
    return np.flatnonzero(~(a > 0).any(axis=0))


def strongest(a: ndarray, unit: int, count: int) -> ndarray:
    """The examples that excite a unit most, the strongest first; none for which it is 0 or less."""
    order = np.argsort(-a[:, unit], kind="stable")[:count]
    return order[a[order, unit] > 0]


def input_gradient(model: FullyConnectedNet, X: ndarray, layer: int, unit: int) -> ndarray:
    """The gradient of a unit's activation with respect to the input, averaged over examples X; (D,).

    For a unit of the first layer without normalization, on examples that excite it, this is its column of W1.

    layer: 1 to L + 1, as for `activations`.

    Source: Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2014, section 3.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        _, caches = model.forward(X, "test")
        H = caches[layer - 1].affine.w.shape[1]
        dx: Any = np.zeros((len(X), H), model.dtype)
        dx[:, unit] = 1 / max(len(X), 1)
        for affine, norm, relu, _ in reversed(caches[:layer]):
            if relu is not None:
                dx = relu_backward(dx, relu)
            if norm is not None:
                dx, _, _ = model.layers.norm_backward(dx, norm)
            dx, _, _ = affine_backward(dx, affine)
        return _finite(dx.reshape(len(X), -1).sum(axis=0), X)


# -------------------------------------------------------------------------------------------------------- the map
class Components(NamedTuple):
    """The first principal components of some examples."""

    places: ndarray  # (N, k): each example's coordinates
    shares: ndarray  # (min(N, D),): each component's share of the variance, the largest first


def principal_components(a: ndarray, k: int = 2) -> Components:
    """Where examples a (N, D) lie along the k directions in which they vary most, by the SVD of the centred examples.

    The sign of a direction is chosen so that its largest entry is positive. Directions that are not there give zeros.

    Source: Pearson, "On lines and planes of closest fit to systems of points in space", 1901.
    """
    a = a.astype(np.float64)  # squares of large float32 numbers would be infinite
    xmu = a - a.mean(axis=0)  # (N, D)
    U, S, Vt = np.linalg.svd(xmu, full_matrices=False)
    largest = Vt[np.arange(len(Vt)), np.abs(Vt).argmax(axis=1)]
    found = (U * (S * np.where(largest < 0, -1, 1)))[:, :k]
    places = np.zeros((len(a), k))
    places[:, : found.shape[1]] = found
    total = float(np.sum(S**2))
    return Components(places, S**2 / total if total else np.zeros(len(S)))
