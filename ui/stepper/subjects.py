"""What can be walked through: for each layer its inputs, at random or nice to reckon with, its graph, and its own code.

A page chooses from `SUBJECTS`, or makes a `Subject` of its own. Numbers have two decimals, so that they can be redone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from nnlib import derivations, layers, optim
from nnlib.derivations import Derivation
from nnlib.fc_net import FullyConnectedNet

Inputs = dict[str, ndarray]  # by their names in the derivation; dout is the upstream gradient of out
Sizes = Mapping[str, int]
Choices = Mapping[str, Any]
Outcome = tuple[ndarray, Inputs]  # out, and the gradients that the code has, by the names of the inputs


@dataclass(frozen=True)
class Size:
    """A slider: its name in formulas, what it counts, and its range."""

    name: str
    about: str
    low: int
    high: int
    default: int


@dataclass(frozen=True)
class Choice:
    """A control with named options; the first is the default."""

    name: str
    label: str
    options: tuple[Any, ...]


@dataclass(frozen=True)
class Subject:
    """Something to walk through.

    Attributes:
        name: in the link; title: in the list.
        sizes, choices: the controls.
        draw: random inputs, from a generator, the sizes and the choices.
        derive: the graph, walked back, from inputs and choices.
        code: what `nnlib` itself makes of the same inputs and choices.
        presets: name -> inputs from sizes and choices, which need not heed the sizes.
        fixed: inputs that are shown, but not to be changed.
    """

    name: str
    title: str
    sizes: tuple[Size, ...]
    draw: Callable[[Generator, Sizes, Choices], Inputs]
    derive: Callable[[Inputs, Choices], Derivation]
    code: Callable[[Inputs, Choices], Outcome]
    presets: Mapping[str, Callable[[Sizes, Choices], Inputs]] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    fixed: tuple[str, ...] = ()


N = Size("N", "examples", 1, 5, 3)
D = Size("D", "features", 1, 5, 4)
H = Size("H", "units", 1, 5, 3)
C = Size("C", "classes", 2, 5, 3)
_MODE = Choice("mode", "Mode", ("train", "test"))
_EPS = 1e-5


def normal(rng: Generator, *shape: int) -> ndarray:
    """Standard normal numbers with two decimals, none of them 0."""
    a = np.round(rng.normal(size=shape), 2)
    return np.where(a == 0, 0.01, a)


def whole(*shape: int, start: int = 0) -> ndarray:
    """Small whole numbers other than 0, of either sign, in an order that looks mixed."""
    pattern = np.array([1.0, 2, -1, 3, 1, -2, 2, -3, 1, 2, -1])
    return pattern[(np.arange(np.prod(shape, dtype=int)) * 4 + start) % len(pattern)].reshape(shape)


# ----------------------------------------------------------------------------------------------------- plain layers
def _affine_shapes(s: Sizes) -> dict[str, tuple[int, ...]]:
    return {"x": (s["N"], s["D"]), "w": (s["D"], s["H"]), "b": (s["H"],), "dout": (s["N"], s["H"])}


def _random(shapes: Callable[[Sizes], dict[str, tuple[int, ...]]]) -> Callable[[Generator, Sizes, Choices], Inputs]:
    return lambda rng, s, _: {name: normal(rng, *shape) for name, shape in shapes(s).items()}


def _nice(shapes: Callable[[Sizes], dict[str, tuple[int, ...]]]) -> dict[str, Callable[[Sizes, Choices], Inputs]]:
    return {"nice": lambda s, _: {name: whole(*shape, start=i) for i, (name, shape) in enumerate(shapes(s).items())}}


def _affine_code(i: Inputs, _: Choices) -> Outcome:
    out, cache = layers.affine_forward(i["x"], i["w"], i["b"])
    dx, dw, db = layers.affine_backward(i["dout"], cache)
    return out, {"x": np.asarray(dx), "w": dw, "b": db}


def _relu_code(i: Inputs, _: Choices) -> Outcome:
    out, cache = layers.relu_forward(i["x"])
    return out, {"x": layers.relu_backward(i["dout"], cache)}


def _dropout_param(choices: Choices) -> dict[str, Any]:
    return {"p": choices["p"], "mode": choices["mode"], "seed": 3}


def _dropout_code(i: Inputs, choices: Choices) -> Outcome:
    out, cache = layers.dropout_forward(i["x"], _dropout_param(choices))
    return out, {"x": layers.dropout_backward(i["dout"], cache)}


def _same_shapes(s: Sizes) -> dict[str, tuple[int, ...]]:
    return {"x": (s["N"], s["D"]), "dout": (s["N"], s["D"])}


def _softmax_code(i: Inputs, _: Choices) -> Outcome:
    loss, dx = layers.softmax_loss(i["x"], i["y"])
    return np.asarray(loss), {"x": dx}


def _softmax_nice(s: Sizes, _: Choices) -> Inputs:
    """Scores whose exponentials are whole numbers: each class half, a quarter, ... as likely as the first."""
    counts = np.array([[4.0, 2, 1, 1, 8]])[:, : s["C"]].repeat(s["N"], 0)
    x = np.log([np.roll(row, i) for i, row in enumerate(counts)])
    return {"x": x, "y": np.arange(s["N"]) % s["C"]}


# ---------------------------------------------------------------------------------------------------- normalization
def _norm_shapes(s: Sizes) -> dict[str, tuple[int, ...]]:
    return {"x": (s["N"], s["D"]), "gamma": (s["D"],), "beta": (s["D"],), "dout": (s["N"], s["D"])}


def _running(i: Inputs, choices: Choices) -> Inputs:
    """Test mode also needs the running mean and variance."""
    D = i["gamma"].shape
    return i | (
        {"running_mean": np.full(D, 0.5), "running_var": np.full(D, 4.0)} if choices.get("mode") == "test" else {}
    )


def _balanced(rows: int, columns: int) -> ndarray:
    """Columns with whole means, and, for an even number of rows, whole standard deviations: 1 to 5, then 2 to 6."""
    signs = np.where(np.arange(rows) % 2 == 0, -1.0, 1.0)
    signs[-1] *= rows % 2 == 0
    return np.stack([2 + j % 2 + (1 + j % 3) * signs * (-1) ** j for j in range(columns)], axis=1)


def _norm_nice(axis: int) -> dict[str, Callable[[Sizes, Choices], Inputs]]:
    def nice(s: Sizes, choices: Choices) -> Inputs:
        i = {name: whole(*shape, start=k) for k, (name, shape) in enumerate(_norm_shapes(s).items())}
        i["x"] = _balanced(s["N"], s["D"]) if axis == 0 else _balanced(s["D"], s["N"]).T
        return _running(i, choices)

    return {"nice": nice}


def _bn_param(i: Inputs, choices: Choices) -> dict[str, Any]:
    running = {name: i[name] for name in ("running_mean", "running_var") if name in i}
    return {"mode": choices["mode"], "eps": _EPS, **running}


def _batchnorm_code(i: Inputs, choices: Choices) -> Outcome:
    out, cache = layers.batchnorm_forward(i["x"], i["gamma"], i["beta"], _bn_param(i, choices))
    return out, dict(zip(("x", "gamma", "beta"), layers.batchnorm_backward(i["dout"], cache), strict=True))


def _layernorm_code(i: Inputs, _: Choices) -> Outcome:
    out, cache = layers.layernorm_forward(i["x"], i["gamma"], i["beta"], {"eps": _EPS})
    return out, dict(zip(("x", "gamma", "beta"), layers.layernorm_backward(i["dout"], cache), strict=True))


# --------------------------------------------------------------------------------------------------- joined layers
def _block_shapes(s: Sizes) -> dict[str, tuple[int, ...]]:
    return {**_affine_shapes(s), "gamma": (s["H"],), "beta": (s["H"],)}


def _affine_relu_code(i: Inputs, choices: Choices) -> Outcome:
    a, affine = layers.affine_forward(i["x"], i["w"], i["b"])
    out, relu = layers.relu_forward(a)
    dx, dw, db = layers.affine_backward(layers.relu_backward(i["dout"], relu), affine)
    return out, {"x": np.asarray(dx), "w": dw, "b": db}


def _block_code(i: Inputs, choices: Choices) -> Outcome:
    a, affine = layers.affine_forward(i["x"], i["w"], i["b"])
    n, norm = layers.batchnorm_forward(a, i["gamma"], i["beta"], {"mode": "train", "eps": _EPS})
    out, relu = layers.relu_forward(n)
    da, dgamma, dbeta = layers.batchnorm_backward(layers.relu_backward(i["dout"], relu), norm)
    dx, dw, db = layers.affine_backward(da, affine)
    return out, {"x": np.asarray(dx), "w": dw, "b": db, "gamma": dgamma, "beta": dbeta}


_PARAMS = ("W1", "b1", "gamma1", "beta1", "W2", "b2")


def _net_shapes(s: Sizes, choices: Choices) -> dict[str, tuple[int, ...]]:
    scale = {"gamma1": (s["H"],), "beta1": (s["H"],)} if choices["norm"] != "none" else {}
    return {
        "X": (s["N"], s["D"]),
        "W1": (s["D"], s["H"]),
        "b1": (s["H"],),
        **scale,
        "W2": (s["H"], s["C"]),
        "b2": (s["C"],),
    }


def _net_draw(rng: Generator, s: Sizes, choices: Choices) -> Inputs:
    return {name: normal(rng, *shape) for name, shape in _net_shapes(s, choices).items()} | {
        "y": rng.integers(0, s["C"], s["N"])
    }


def _net_nice(s: Sizes, choices: Choices) -> Inputs:
    shapes = _net_shapes(s, choices)
    return {name: whole(*shape, start=i) for i, (name, shape) in enumerate(shapes.items())} | {
        "y": np.arange(s["N"]) % s["C"]
    }


def _net_norm(choices: Choices) -> str | None:
    return None if choices["norm"] == "none" else choices["norm"]


def _net_derive(i: Inputs, choices: Choices) -> Derivation:
    params = {name: i[name] for name in _PARAMS if name in i}
    return derivations.two_layer_net(
        i["X"], i["y"], params, choices["reg"], _net_norm(choices), choices["rule"], {"learning_rate": 0.1}
    )


def _net_code(i: Inputs, choices: Choices) -> Outcome:
    D, H = i["W1"].shape
    net = FullyConnectedNet([H], D, i["W2"].shape[1], 1, _net_norm(choices), choices["reg"], dtype=np.float64, seed=0)
    for name in net.params:
        net.params[name] = i[name]
    loss, grads = net.loss(i["X"], i["y"])
    return np.asarray(loss), dict(grads)


# --------------------------------------------------------------------------------------------------------- the list
def _back(make: Callable[[Inputs, Choices], Derivation]) -> Callable[[Inputs, Choices], Derivation]:
    return lambda i, choices: make(i, choices).backward(i["dout"])


SUBJECTS: dict[str, Subject] = {
    subject.name: subject
    for subject in (
        Subject(
            "affine", "Affine", (N, D, H), _random(_affine_shapes),
            _back(lambda i, _: derivations.affine(i["x"], i["w"], i["b"])), _affine_code, _nice(_affine_shapes),
        ),
        Subject(
            "relu", "ReLU", (N, D), _random(_same_shapes),
            _back(lambda i, _: derivations.relu(i["x"])), _relu_code, _nice(_same_shapes),
        ),
        Subject(
            "dropout", "Dropout", (N, D), _random(_same_shapes),
            _back(lambda i, choices: derivations.dropout(i["x"], _dropout_param(choices))), _dropout_code,
            _nice(_same_shapes), (Choice("p", "Keep", (0.5, 0.8, 0.2)), _MODE),
        ),
        Subject(
            "softmax", "Softmax loss", (N, C),
            lambda rng, s, _: {"x": normal(rng, s["N"], s["C"]), "y": rng.integers(0, s["C"], s["N"])},
            lambda i, _: derivations.softmax_loss(i["x"], i["y"]).backward(), _softmax_code, {"nice": _softmax_nice},
        ),
        Subject(
            "batchnorm", "Batch normalization", (N, D), lambda rng, s, c: _running(_random(_norm_shapes)(rng, s, c), c),
            _back(lambda i, c: derivations.batchnorm(i["x"], i["gamma"], i["beta"], _bn_param(i, c))), _batchnorm_code,
            _norm_nice(0), (_MODE,),
        ),
        Subject(
            "layernorm", "Layer normalization", (N, D), _random(_norm_shapes),
            _back(lambda i, _: derivations.layernorm(i["x"], i["gamma"], i["beta"], {"eps": _EPS})), _layernorm_code,
            _norm_nice(1),
        ),
        Subject(
            "affine_relu", "Affine, ReLU", (N, D, H), _random(_affine_shapes),
            _back(lambda i, _: derivations.affine_relu(i["x"], i["w"], i["b"])), _affine_relu_code,
            _nice(_affine_shapes),
        ),
        Subject(
            "block", "Affine, batch normalization, ReLU", (N, D, H), _random(_block_shapes),
            _back(lambda i, _: derivations.affine_batchnorm_relu(
                i["x"], i["w"], i["b"], i["gamma"], i["beta"], {"mode": "train", "eps": _EPS})),
            _block_code, _nice(_block_shapes),
        ),
        Subject(
            "network", "Two-layer network", (N, D, H, C), _net_draw, _net_derive, _net_code, {"nice": _net_nice},
            (
                Choice("rule", "Update rule", tuple(optim.RULES)),
                Choice("norm", "Normalization", ("none", "batchnorm", "layernorm")),
                Choice("reg", "L2 strength", (0.0, 0.1, 1.0)),
            ),
        ),
    )
}  # fmt: skip
