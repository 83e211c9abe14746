"""Numerical gradients of a whole network, many moved copies at once: the numbers of the cell-by-cell loop, far sooner.

A unit's output depends on its own cells of W, b, gamma and beta alone, so one pass moves a cell of every unit. Then
each moved unit gets a copy of the batch of its own, and all copies go through the layers above together: stacked along
the batch, as affine, ReLU and layernorm treat every example alone; for batchnorm, which treats every feature alone,
side by side as features. The functions are those of `nnlib.layers`, so are the roundings, but for the order in sums.
"""

from collections.abc import Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.fc_net import FullyConnectedNet
from nnlib.layers import affine_forward, batchnorm_forward, layernorm_forward, relu_forward
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


def detached(model: FullyConnectedNet) -> FullyConnectedNet:
    """The same network on the same parameters; but batchnorm's running averages, which each pass moves, are its own."""
    twin = copy(model)
    twin.bn_params = [dict(bn) for bn in model.bn_params]
    return twin


def cross_entropies(scores: ndarray, y: ndarray) -> ndarray:
    """The loss of `softmax_loss` for each of M copies: scores (M, N, C) and y (N,) to (M,), rounded in the same way."""
    N = len(y)
    top = scores.max(axis=2, keepdims=True)  # (M, N, 1)
    shifted = scores - top  # (M, N, C)
    total = np.exp(shifted).sum(axis=2)  # (M, N)
    picked = shifted[:, np.arange(N), y] - np.log(total)  # (M, N)
    return -picked.sum(axis=1) / N


class _Copies:
    """A network's forward pass, and the passes of its moved copies: M copies of N examples are an array (M, N, H)."""

    def __init__(self, model: FullyConnectedNet, X: ndarray, y: ndarray):
        self.model, self.y = detached(model), y
        self.model.loss(X, y)  # refuses a y that does not fit
        self.scores, caches = self.model.forward(X, "train")
        self.affine = [cache.affine for cache in caches]
        self.active = [cache.relu.x > 0 for cache in caches if cache.relu]  # (N, H) each
        self.masks: list[Any] = [cache.dropout.mask for cache in caches if cache.dropout]  # (N, H) each

    def differences(self, h: float) -> Differences:
        gradients, kinks = self.model.params.like(), {}
        for name, w in self.model.params.items():
            layer, H = int(name.strip("Wbgamet")), w.shape[-1]
            slopes = gradients[name].reshape(-1, H)  # (D, H) of W; of the others (1, H)
            widest = max([*self.model.hidden_dims[layer - 1 :], self.model.num_classes])
            R, found = max(1, AT_ONCE // (2 * H * len(self.y) * widest)), [np.empty((0, 4), int)]
            for first in range(0, len(slopes), R):
                rows = range(first, min(first + R, len(slopes)))
                (plus, minus), switched = self.losses(name, layer, rows, h)
                slopes[rows] = (plus - minus) / (2 * h)
                found += [each + np.array([first * H, 0, 0, 0]) for each in switched]
            kinks[name] = np.concatenate(found)
        return Differences(h, gradients, kinks)

    def losses(self, name: str, layer: int, rows: range, h: float) -> tuple[ndarray, list[ndarray]]:
        """(2, R, H): the losses with each cell of these rows h higher and h lower; and the kinks met, a layer each."""
        model, kinks = self.model, []
        moved = np.stack([self.moved(name, layer, rows, h), self.moved(name, layer, rows, -h)])  # (2, R, N, H)
        _, R, N, H = moved.shape
        x, apart = moved.reshape(2 * R, N, H), False  # in each copy, all units are moved still
        for i in range(layer, model.num_layers):
            if i > layer:
                x = self.affine_on(i, x)
            if model.normalization and (i > layer or name in (f"W{i}", f"b{i}")):
                if model.normalization == "layernorm" and not apart:  # it would mix the moved units
                    x, apart = set_apart(x, affine_forward(*self.affine[i - 1])[0]), True
                x = self.normalize(i, x)
            kinks.append(self.switched(i, x, R, apart))
            x, _ = relu_forward(x)
            if self.masks:
                x = x * self.masks[i - 1]
            if not apart:
                x, apart = set_apart(x, self.affine[i].x), True
        x = self.affine_on(model.num_layers, x) if apart else set_apart(x, self.scores)
        loss = cross_entropies(x, self.y).astype(float).reshape(2, R, H)
        if model.reg:
            for i in range(1, model.num_layers + 1):
                loss += 0.5 * model.reg * self.sum_of_squares(f"W{i}", rows if name == f"W{i}" else None, h)
        return loss, kinks

    def moved(self, name: str, layer: int, rows: range, h: float) -> ndarray:
        """(R, N, H): what the units give when each one's own cell in a row is moved by h."""
        affine, w = self.affine[layer - 1], self.model.params[name]
        if name.startswith("W"):
            (D, H), R = w.shape, len(rows)
            w = np.repeat(w[:, None], R, axis=1)  # (D, R, H)
            w[rows, range(R)] += h
            out, _ = affine_forward(affine.x, w.reshape(D, R * H), np.tile(affine.b, R))  # (N, R H)
            return out.reshape(-1, R, H).swapaxes(0, 1)
        if name == f"b{layer}":
            return affine_forward(affine.x, affine.w, w + h)[0][None]
        return self.normalize(layer, affine_forward(*affine)[0][None], **{name.rstrip("0123456789"): w + h})

    def affine_on(self, layer: int, x: ndarray) -> ndarray:
        M, N, D = x.shape
        return affine_forward(x.reshape(M * N, D), *self.affine[layer - 1][1:])[0].reshape(M, N, -1)

    def normalize(self, layer: int, x: ndarray, gamma: ndarray | None = None, beta: ndarray | None = None) -> ndarray:
        M, N, H = x.shape
        gamma = self.model.params[f"gamma{layer}"] if gamma is None else gamma
        beta = self.model.params[f"beta{layer}"] if beta is None else beta
        if self.model.normalization == "layernorm":
            return layernorm_forward(x.reshape(M * N, H), gamma, beta, {})[0].reshape(M, N, H)
        features = x.swapaxes(0, 1).reshape(N, M * H)
        memory = ("running_mean", "running_var")  # of H features, not of M H
        bn_param = {k: v for k, v in self.model.bn_params[layer - 1].items() if k not in memory} | {"mode": "train"}
        out, _ = batchnorm_forward(features, np.tile(gamma, M), np.tile(beta, M), bn_param)
        return out.reshape(N, M, H).swapaxes(0, 1)

    def switched(self, layer: int, x: ndarray, R: int, apart: bool) -> ndarray:
        """(k, 4) ints: the kinks at a layer's ReLUs, whose inputs in all copies are x."""
        on = (x > 0) != self.active[layer - 1]  # (M, N, H)
        if self.masks:
            on &= self.masks[layer - 1] > 0
        lower, higher = np.split(on, 2)
        either = lower | higher
        if not either.any():
            return np.empty((0, 4), int)
        cell, example, unit = np.nonzero(either)
        cell = cell if apart else cell * x.shape[2] + unit
        return np.stack([cell, np.full_like(cell, layer), example, unit], axis=1)

    def sum_of_squares(self, name: str, rows: range | None, h: float) -> Any:
        W = self.model.params[name]
        total = np.sum(W * W)
        if rows is None:
            return float(total)
        w = W[rows]
        return np.stack([total - w * w + m * m for m in (w + h, w - h)]).astype(float)


def set_apart(x: ndarray, base: ndarray) -> ndarray:
    """x: M copies in which all H units are moved, (M, N, H); to M H copies in which one is, the others as in base."""
    M, N, H = x.shape
    copies = np.empty((M, H, N, H), x.dtype)
    copies[:] = base
    np.einsum("mjnj->mjn", copies)[:] = x.swapaxes(1, 2)
    return copies.reshape(M * H, N, H)
