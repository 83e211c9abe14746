"""Numerical gradients of a whole network, many moved copies at once: the numbers of the cell-by-cell loop, far sooner.

A parameter is repeated along leading axes, and in each copy one cell of it is moved. Everything else broadcasts: what a
layer gives is (N, H) below that parameter, and (..., N, H), an array for each copy, from it on.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.fc_net import FullyConnectedNet
from nnlib.health import detached
from nnlib.layers import relu_forward
from nnlib.normalization import Normalization, get_normalization
from nnlib.params import Parameters

AT_ONCE = 100_000  # numbers in an array: many, to make few calls, yet so few that they stay in the processor's cache


class Differences(NamedTuple):
    """Central differences with one step size."""

    h: float
    gradients: Parameters  # like the model's params
    kinks: dict[str, ndarray]  # name -> (k, 4) ints: cell, layer, example, unit; see `central_differences`


def central_differences(model: FullyConnectedNet, X: ndarray, y: ndarray, steps: Sequence[float]) -> list[Differences]:
    """(loss(w + h) - loss(w - h)) / 2h for every cell of every parameter, in train mode, for each step size h.

    It also finds the kinks: a ReLU that a move by h switches on or off bends the loss within the difference, which then
    is no derivative. `kinks` has a row for each: the cell (its index in the flattened parameter), and the ReLU's layer
    (from 1), example and unit (both from 0). ReLUs that dropout silences do not count.

    Args:
        model: all is computed in its dtype; it is not changed.
        X: a batch, (N, ...).
        y: labels, (N,), ints.
        steps: the step sizes h.

    Returns:
        `Differences`, one a step size.

    Raises:
        ValueError: a step is not above 0; there is dropout without a seed; X and y do not fit the model.
    """
    for h in steps:
        if not 0 < h < np.inf:
            raise ValueError(f"a step size is a number above 0, but one is {h}: choose 1e-5, say.")
    if model.use_dropout and model.seed is None:
        raise ValueError("dropout without a seed drops other units in every call: give the network a seed.")
    copies = _Copies(model, X, y)
    return [copies.differences(h) for h in steps]


class _Copies:
    """A network's forward pass, with any of its parameters repeated along leading axes."""

    def __init__(self, model: FullyConnectedNet, X: ndarray, y: ndarray):
        self.model, self.y = detached(model), y
        self.model.loss(X, y)  # refuses a y that does not fit
        _, caches = self.model.forward(X, "train")
        self.X = caches[0].affine.x.reshape(len(X), -1)  # (N, D)
        self.masks: list[Any] = [cache.dropout.mask for cache in caches if cache.dropout]  # (N, H) each
        _, self.relu_inputs = self.losses(self.model.params)

    def differences(self, h: float) -> Differences:
        params, kinks = self.model.params, {}
        gradients = params.like()
        widest = max([*self.model.hidden_dims, self.model.num_classes])
        for name, w in params.items():
            R = max(1, AT_ONCE // (2 * max(w.size, widest * len(self.y))))
            found = []
            for first in range(0, w.size, R):
                cells = np.arange(first, min(first + R, w.size))
                moved = np.tile(w.ravel(), (2, len(cells), 1))  # (2, R, w.size): h higher, and h lower
                moved[0, range(len(cells)), cells] += h
                moved[1, range(len(cells)), cells] -= h
                (plus, minus), x = self.losses({**params, name: moved.reshape(2, len(cells), -1, w.shape[-1])})
                gradients[name].flat[cells] = (plus - minus) / (2 * h)
                found.append(self.switched(x) + np.array([first, 0, 0, 0]))
            kinks[name] = np.concatenate(found)
        return Differences(h, gradients, kinks)

    def losses(self, params: Mapping[str, ndarray]) -> tuple[ndarray, list[ndarray]]:
        """The loss of every copy, and what goes into the ReLUs of each hidden layer."""
        model, x, relu_inputs = self.model, self.X, []
        norm = get_normalization(model.normalization)
        for i in range(1, model.num_layers):
            x = x @ params[f"W{i}"] + params[f"b{i}"]  # (..., N, H)
            if norm is not None:
                x = params[f"gamma{i}"] * self.normalized(norm, i, x) + params[f"beta{i}"]
            relu_inputs.append(x)
            x, _ = relu_forward(x)
            if self.masks:
                x = x * self.masks[i - 1]
        scores = x @ params[f"W{model.num_layers}"] + params[f"b{model.num_layers}"]  # (..., N, C)
        loss = cross_entropies(scores, self.y).astype(float)
        if model.reg:
            for i in range(1, model.num_layers + 1):
                loss = loss + 0.5 * model.reg * np.sum(params[f"W{i}"] ** 2, axis=(-2, -1)).astype(float)
        return loss, relu_inputs

    def normalized(self, norm: Normalization, layer: int, x: ndarray) -> ndarray:
        """xhat of all copies (..., N, H): they are as many more examples, or features if means run over examples."""
        x = np.moveaxis(x, -2, 0) if norm.axis == 0 else x
        flat = x.reshape((len(x), -1) if norm.axis == 0 else (-1, x.shape[-1]))
        one, zero = np.ones(flat.shape[1], x.dtype), np.zeros(flat.shape[1], x.dtype)
        settings = {k: v for k, v in self.model.bn_params[layer - 1].items() if k not in norm.running}
        out = norm.forward(flat, one, zero, settings)[0].reshape(x.shape)
        return np.moveaxis(out, 0, -2) if norm.axis == 0 else out

    def switched(self, relu_inputs: list[ndarray]) -> ndarray:
        """(k, 4) ints: the kinks that the copies meet."""
        found = [np.empty((0, 4), int)]
        for i, (x, still) in enumerate(zip(relu_inputs, self.relu_inputs, strict=True)):
            on = (x > 0) != (still > 0)  # (2, R, N, H), or (N, H) below what was moved
            if self.masks:
                on &= self.masks[i] > 0
            if on.any():
                cell, example, unit = np.nonzero(on.any(axis=0))
                found.append(np.stack([cell, np.full_like(cell, i + 1), example, unit], axis=1))
        return np.concatenate(found)


def cross_entropies(scores: ndarray, y: ndarray) -> ndarray:
    """The loss of `softmax_loss` for each copy: scores (..., N, C) and y (N,) to (...), rounded in the same way."""
    N = len(y)
    shifted = scores - scores.max(axis=-1, keepdims=True)  # (..., N, C)
    total = np.exp(shifted).sum(axis=-1)  # (..., N)
    picked = shifted[..., np.arange(N), y] - np.log(total)  # (..., N)
    return -picked.sum(axis=-1) / N
