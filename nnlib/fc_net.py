"""A fully connected network of any depth: {affine - [norm] - relu - [dropout]} x L - affine - softmax."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any, NamedTuple, overload

import numpy as np
from numpy import ndarray

from nnlib.checks import (
    as_floats,
    bare,
    ieee,
    require_dtype,
    require_like,
    require_mode,
    require_number,
    require_whole,
    require_wholes,
    shown,
)
from nnlib.layers import *  # noqa: F403 - notebooks of the course find all layers here
from nnlib.layers import (
    AffineCache,
    DropoutCache,
    ReluCache,
    affine_backward,
    affine_forward,
    dropout_backward,
    dropout_forward,
    relu_backward,
    relu_forward,
    softmax_loss,
)
from nnlib.normalization import BatchnormCache, LayernormCache, get_normalization
from nnlib.params import Parameters


class Layers(NamedTuple):
    """The functions that a network calls; another can be put in the place of one."""

    affine_forward: Callable = affine_forward
    affine_backward: Callable = affine_backward
    norm_forward: Any = None  # a function if the network has a normalization
    norm_backward: Any = None
    relu_forward: Callable = relu_forward
    relu_backward: Callable = relu_backward
    dropout_forward: Callable = dropout_forward
    dropout_backward: Callable = dropout_backward
    softmax_loss: Callable = softmax_loss


class LayerCache(NamedTuple):
    """What one layer keeps for its backward pass; the output layer has `affine` only."""

    affine: AffineCache
    norm: BatchnormCache | LayernormCache | None = None
    relu: ReluCache | None = None
    dropout: DropoutCache | None = None


class FullyConnectedNet:
    """A classifier made of fully connected layers, with ReLU, optional normalization and dropout, and L2.

    `params` maps W1, b1, gamma1, beta1, W2, ... to arrays: W (D, H), the others (H,). The last layer is not normalized.

    >>> model = FullyConnectedNet([100, 50], input_dim=64, seed=0)
    >>> loss, grads = model.loss(X, y)      # training: X (N, ...), y (N,)
    >>> scores = model.loss(X)              # testing: (N, C)

    Args:
        hidden_dims: the number of units in each hidden layer.
        input_dim: numbers in an example, D.
        num_classes: C.
        dropout_keep_ratio: probability that dropout keeps a unit; 1 means no dropout.
        normalization: None or a name in `nnlib.normalization.NORMALIZATIONS`, before each ReLU.
        reg: strength of the L2 penalty, 0.5 * reg * sum(W^2) over all W.
        weight_scale: standard deviation of the initial weights; or "he", sqrt(2 / D), or "xavier", sqrt(1 / D), with D
            the layer's number of inputs (He et al., 2015, eq. 10; Glorot and Bengio, 2010, eq. 1).
        dtype: of all computation; use float64 to check gradients.
        seed: makes weights and dropout masks from generators of the network's own. The masks change with `iteration`,
            which the Solver counts up, and with nothing else, so that gradients can be checked. Without a seed all is
            drawn from NumPy's global state, the weights layer by layer.
        dropout_seed: makes the masks alone, the same ones in every pass, and is given to the dropout layers as it is.

    Raises:
        ValueError: a size, ratio, scale or normalization is not as said above.
    """

    def __init__(
        self,
        hidden_dims: Sequence[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout_keep_ratio: float = 1,
        normalization: str | None = None,
        reg: float = 0.0,
        weight_scale: float | str = 1e-2,
        dtype: type | np.dtype = np.float32,
        seed: int | None = None,
        dropout_seed: int | None = None,
    ):
        norm = get_normalization(normalization)
        self.hidden_dims = require_wholes("hidden_dims", hidden_dims)
        self.input_dim = require_whole("input_dim", input_dim)
        self.num_classes = require_whole("num_classes", num_classes)
        dims = [self.input_dim, *self.hidden_dims, self.num_classes]
        self.dropout_keep_ratio = require_number("dropout_keep_ratio", dropout_keep_ratio, above=0, most=1)
        self.use_dropout, self.normalization = self.dropout_keep_ratio != 1, normalization
        self.reg, self.weight_scale = require_number("reg", reg, least=0), weight_scale
        self.dtype, self.iteration = require_dtype(dtype), 0
        self.seed = None if seed is None else require_whole("seed", seed, least=0)
        self.dropout_seed = None if dropout_seed is None else require_whole("dropout_seed", dropout_seed, least=0)
        self.num_layers = 1 + len(self.hidden_dims)
        self.layers = Layers() if norm is None else Layers(norm_forward=norm.forward, norm_backward=norm.backward)

        shapes: dict[str, tuple[int, ...]] = {}
        for i, (D, H) in enumerate(pairwise(dims), start=1):
            shapes[f"W{i}"], shapes[f"b{i}"] = (D, H), (H,)
            if normalization and i < self.num_layers:
                shapes[f"gamma{i}"], shapes[f"beta{i}"] = (H,), (H,)
        self._params = Parameters(shapes, self.dtype)
        self._initialize()
        self._running = () if norm is None else norm.running
        self.bn_params: list[dict[str, Any]] = []  # what the normalization of each layer keeps
        for H in self.hidden_dims if norm else []:
            running = {name: np.zeros(H, self.dtype) for name in self._running}
            self.bn_params.append({"mode": "train", **running})

    @ieee
    def _initialize(self) -> None:
        normal = np.random.standard_normal if self.seed is None else np.random.default_rng(self.seed).standard_normal
        for name, w in self._params.items():
            if name.startswith("W"):
                self._params[name] = weight_std(self.weight_scale, w.shape[0]) * normal(w.shape)
            else:
                self._params[name] = np.full(w.shape, 1 if name.startswith("gamma") else 0)

    @property
    def layers(self) -> Layers:
        """The functions that the network calls, as formulas alone: all its arrays are of floats."""
        return self._layers

    @layers.setter
    def layers(self, layers: Layers) -> None:
        if not isinstance(layers, Layers):
            raise ValueError(f"layers is {shown(layers)}, but must be Layers: take model.layers._replace(...).")
        self._layers, self._formulas = layers, Layers(*map(bare, layers))

    @property
    def params(self) -> Parameters:
        return self._params

    @params.setter
    def params(self, values: Mapping[str, ndarray]) -> None:
        if not isinstance(values, Mapping) or values.keys() != self._params.keys():
            got = ", ".join(map(str, values)) if isinstance(values, Mapping) else shown(values)
            raise ValueError(f"this network has {', '.join(self._params)}, but got {got}: give the same.")
        taken = self._params.like()
        for name, value in values.items():
            taken[name] = value
        self._params.vector[:] = taken.vector

    @overload
    def loss(self, X: ndarray, y: None = None) -> ndarray: ...
    @overload
    def loss(self, X: ndarray, y: ndarray) -> tuple[float, Parameters]: ...
    @ieee
    def loss(self, X: ndarray, y: ndarray | None = None) -> ndarray | tuple[float, Parameters]:
        """Scores (N, C) in test mode if there is no y; else, in train mode, the loss and its gradients.

        Args:
            X: a batch, (N, ...), of input_dim numbers an example.
            y: labels, (N,), ints.

        Returns:
            scores; or (loss, grads): mean cross-entropy in nats plus the L2 penalty, and `Parameters` like `params`.
        """
        if y is None:
            return self.forward(X, "test")[0]
        scores, caches = self.forward(X, "train")
        data_loss, dscores = self._formulas.softmax_loss(scores, y)
        grads = self.backward(dscores, caches)
        penalties = []
        if self.reg:
            for i in range(1, self.num_layers + 1):
                W = self._params[f"W{i}"]
                penalty = 0.5 * self.reg * float(np.sum(W * W))
                penalties.append(penalty)
                grads[f"W{i}"] += self.reg * W
        loss = sum(penalties, start=data_loss)
        return loss, grads

    def forward(self, X: ndarray, mode: str) -> tuple[ndarray, list[LayerCache]]:
        """Scores (N, C), and each layer's cache; mode is "train" or "test"."""
        require_mode(mode)
        layers, params, x, caches = self._formulas, self._params, as_floats("X", X, self.dtype), []
        norm = relu = dropout = None
        for i in range(1, self.num_layers):
            x, affine = layers.affine_forward(x, params[f"W{i}"], params[f"b{i}"])
            if layers.norm_forward is not None:
                self.bn_params[i - 1]["mode"] = mode
                x, norm = layers.norm_forward(x, params[f"gamma{i}"], params[f"beta{i}"], self.bn_params[i - 1])
            x, relu = layers.relu_forward(x)
            if self.use_dropout:
                x, dropout = layers.dropout_forward(x, self._dropout_param(i, mode))
            caches.append(LayerCache(affine, norm, relu, dropout))
        scores, affine = layers.affine_forward(x, params[f"W{self.num_layers}"], params[f"b{self.num_layers}"])
        caches.append(LayerCache(affine))
        return scores, caches

    def backward(self, dscores: ndarray, caches: list[LayerCache]) -> Parameters:
        """Gradients of all parameters (without the L2 penalty's part) from those of the scores, (N, C)."""
        if type(caches) is not list or len(caches) != self.num_layers or type(caches[-1]) is not LayerCache:
            raise ValueError(f"caches is {shown(caches)}, but must be what this network's forward pass gave.")
        layers, grads, dx = self._formulas, self._params.like(), as_floats("dscores", dscores)
        if type(output := caches[-1].affine) is AffineCache:
            require_like("dscores", dx, (len(output.x), self.num_classes))
        for i in range(self.num_layers, 0, -1):
            affine, norm, relu, dropout = caches[i - 1]
            if dropout is not None:
                dx = layers.dropout_backward(dx, dropout)
            if relu is not None:
                dx = layers.relu_backward(dx, relu)
            if norm is not None:
                dx, grads[f"gamma{i}"], grads[f"beta{i}"] = layers.norm_backward(dx, norm)
            dx, _, grads[f"b{i}"] = layers.affine_backward(dx, affine, need_dx=i > 1, dw_out=grads[f"W{i}"])
        return grads

    def _dropout_param(self, layer: int, mode: str) -> dict[str, Any]:
        seed = self.dropout_seed
        if seed is None and self.seed is not None:
            seed = [self.seed, self.iteration, layer]
        return {"p": self.dropout_keep_ratio, "mode": mode, "seed": seed}

    def state(self) -> dict[str, ndarray]:
        """Copies of all that training changes: the parameters, and batchnorm's running_mean1, running_var1, ..."""
        running = {f"{name}{i}": bn[name] for i, bn in enumerate(self.bn_params, start=1) for name in self._running}
        return {name: array.copy() for name, array in {**self._params, **running}.items()}

    def load_state(self, state: dict[str, ndarray]) -> None:
        """Take over what `state` gave; nothing changes unless all of it fits.

        Raises:
            ValueError: an array is missing, too many, or of another shape.
        """
        here = self.state()
        if not isinstance(state, dict) or state.keys() != here.keys():
            there = ", ".join(map(str, state)) if isinstance(state, dict) else shown(state)
            raise ValueError(f"this network has {', '.join(here)}, but the state has {there}: build the same.")
        for name, array in state.items():
            if not isinstance(array, ndarray):
                raise ValueError(f"{name} in the state is {shown(array)}, but must be an array of floats.")
            if array.shape != here[name].shape or array.dtype.kind != "f":
                raise ValueError(
                    f"{name} is {here[name].shape} here, but {array.shape} {array.dtype} in the state: build the same."
                )
        self.params = {name: state[name] for name in self._params}
        for i, bn in enumerate(self.bn_params, start=1):
            bn.update({name: state[f"{name}{i}"].astype(self.dtype) for name in self._running})


def weight_std(weight_scale: float | str, D: int) -> float:
    """The standard deviation of weights for D inputs: "he", sqrt(2 / D), "xavier", sqrt(1 / D), or the number itself.

    Raises:
        ValueError: it is something else, or below 0.
    """
    require_whole("D", D)
    if isinstance(weight_scale, str):
        if weight_scale not in ("he", "xavier"):
            raise ValueError(f"weight_scale is {shown(weight_scale)}, but must be a number, 'he' or 'xavier'.")
        return sqrt(2 / D) if weight_scale == "he" else sqrt(1 / D)
    return require_number("weight_scale", weight_scale, least=0)
