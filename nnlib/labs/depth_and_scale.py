"""How signals and gradients fare in a deep network at its start: they shrink or grow from layer to layer, or keep.

With weights of standard deviation s and D inputs a layer multiplies the mean square of its input by D s^2, and ReLU
halves it. What is multiplied at every layer vanishes or explodes with depth, unless D s^2 / 2 = 1, He's choice,
or, without ReLU, D s^2 = 1, which is Xavier's.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.checks import as_labels, generator, require_whole, takes_floats
from nnlib.fc_net import weight_std
from nnlib.layers import affine_forward, relu_backward, relu_forward, softmax_loss


class LayerSignal(NamedTuple):
    """What passes through one hidden layer, forward and back; each (N, H)."""

    before: ndarray  # x W, before the nonlinearity
    after: ndarray  # what the next layer gets
    dbefore: ndarray  # the gradient of the loss, likewise
    dafter: ndarray


@takes_floats("X")
def signals(
    X: ndarray,
    y: ndarray,
    depth: int,
    width: int,
    weight_scale: float | str,
    relu_every: int = 1,
    seed: int = 0,
) -> list[LayerSignal]:
    """Send a batch forward through a new network and its softmax loss, and the gradient back.

    Args:
        X: a batch, (N, D).
        y: labels, (N,), ints from 0.
        depth: the number of hidden layers; width: units in each.
        weight_scale: see `fc_net.weight_std`; each layer's by its own number of inputs. Biases are 0.
        relu_every: a ReLU follows every so many hidden layers; 0: none does.
        seed: of the weights.

    Returns:
        One `LayerSignal` a hidden layer, from the input on.

    Raises:
        ValueError: a size is no whole number above 0, or y no label for each example.

    Source: He et al., "Delving deep into rectifiers", 2015, section 2.2; Glorot and Bengio, "Understanding the
    difficulty of training deep feedforward neural networks", 2010, section 4.2.
    """
    if X.ndim != 2:
        raise ValueError(f"X needs to be a batch, (N, D), but has shape {X.shape}: reshape it.")
    require_whole("depth", depth)
    require_whole("width", width)
    require_whole("relu_every", relu_every, least=0)
    y, rng = as_labels("y", y, len(X), 2**31), generator("seed", seed)
    h, passed = X, []
    for layer in range(1, depth + 1):
        D = h.shape[1]
        a, affine = affine_forward(h, weight_std(weight_scale, D) * rng.standard_normal((D, width)), np.zeros(width))
        bends = relu_every > 0 and layer % relu_every == 0
        h, relu = relu_forward(a) if bends else (a, None)
        passed.append((a, h, affine, relu))
    D, C = h.shape[1], int(y.max()) + 1
    scores, affine = affine_forward(h, weight_std(weight_scale, D) * rng.standard_normal((D, C)), np.zeros(C))
    _, dbefore = softmax_loss(scores, y)
    found = []
    for a, h, below, relu in reversed(passed):
        dafter = dbefore @ affine.w.T  # the gradient of the weights is not needed here
        dbefore = dafter if relu is None else relu_backward(dafter, relu)
        found.append(LayerSignal(a, h, dbefore, dafter))
        affine = below
    return found[::-1]


@takes_floats("a")
def rms(a: ndarray) -> float:
    """The root of the mean square: how large the numbers of an array are."""
    return float(np.sqrt(np.mean(a * a)))


def shrinkage(
    X: ndarray, y: ndarray, depths: Sequence[int], width: int, factors: Sequence[float], seed: int = 0
) -> ndarray:
    """How much larger the last hidden layer is than the first, for weights that are `factors` times He's; with ReLU.

    Returns:
        rms of the last layer over rms of the first, (len(depths), len(factors)).
    """
    result = np.zeros((len(depths), len(factors)))
    for i, depth in enumerate(depths):
        passed = signals(X, y, depth, width, "he", seed=seed)
        growth = rms(passed[-1].after) / rms(passed[0].after)  # ReLU(c a) = c ReLU(a): a factor enters once a layer
        result[i] = growth * np.asarray(factors) ** (depth - 1)
    return result


@takes_floats("a", "edges")
def histogram(a: ndarray, edges: ndarray, logarithmic: bool) -> tuple[ndarray, float]:
    """The share of the entries in each bin, and of those that are 0, which are in none; those outside are in the last.

    Args:
        a: any shape.
        edges: ascending, (B + 1,); powers of ten if logarithmic.
        logarithmic: take the entries' sizes, log10 |a|.
    """
    flat = a.ravel()
    zeros = float(np.mean(flat == 0))
    values = flat[flat != 0]
    values = np.log10(np.abs(values)) if logarithmic else values
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return counts / flat.size, zeros
