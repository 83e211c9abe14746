"""The layers, one by one: their inputs, at random or nice to reckon with, their graphs, and their own code.

`SUBJECTS` has these and the networks of `networks`; a page takes from it, or makes a `Subject` of its own.
"""

from typing import Any

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from nnlib import derivations, layers
from nnlib.normalization import NORMALIZATIONS, Normalization
from ui.walks.networks import NETWORKS, C, D, H, N, affine_shapes
from ui.walks.subject import (
    Choice,
    Choices,
    Inputs,
    Outcome,
    Size,
    Sizes,
    Subject,
    layer,
    nice_inputs,
    normal,
    random_inputs,
)

NORM_N = Size("N", "examples", 1, 5, 4)
_MODE = Choice("mode", "Mode", ("train", "test"))
_EPS = 1e-5


def _plain_shapes(s: Sizes, _: Choices) -> dict[str, tuple[int, ...]]:
    return {"x": (s["N"], s["D"]), "dout": (s["N"], s["D"])}


def _dropout_param(_: Inputs, choices: Choices) -> dict[str, Any]:
    return {"p": choices["p"], "mode": choices["mode"], "seed": 3}


# ---------------------------------------------------------------------------------------------------- softmax loss
def _softmax(i: Inputs, _: Choices) -> Outcome:
    loss, dx = layers.softmax_loss(i["x"], i["y"])
    return np.asarray(loss), {"x": dx}


def _nice_scores(s: Sizes, _: Choices) -> Inputs:
    """Scores whose exponentials are whole numbers, so that classes are twice or four times as likely as others."""
    counts = np.array([4.0, 2, 1, 1, 8])[: s["C"]]
    x = np.log([np.roll(counts, i) for i in range(s["N"])])
    return {"x": x, "y": np.arange(s["N"]) % s["C"]}


# --------------------------------------------------------------------------------------------------- normalization
def _norm_shapes(s: Sizes, _: Choices) -> dict[str, tuple[int, ...]]:
    return {"x": (s["N"], s["D"]), "gamma": (s["D"],), "beta": (s["D"],), "dout": (s["N"], s["D"])}


def _balanced(rows: int, columns: int) -> ndarray:
    """Columns with whole means and, for an even number of rows, standard deviations 1, 2, 3, ..."""
    signs = np.where(np.arange(rows) % 2 == 0, -1.0, 1.0)
    signs[-1] *= rows % 2 == 0  # an odd one lies on the mean
    return np.stack([2 + j % 2 + (1 + j % 3) * signs * (-1) ** j for j in range(columns)], axis=1)


def _with_running(norm: Normalization, i: Inputs, choices: Choices) -> Inputs:
    """Test mode also needs a running mean and variance."""
    if not norm.running or choices.get("mode") != "test":
        return i
    return i | {name: np.full(i["gamma"].shape, 4.0 if "var" in name else 0.5) for name in norm.running}


def _norm(norm: Normalization) -> Subject:
    def draw(rng: Generator, s: Sizes, choices: Choices) -> Inputs:
        return _with_running(norm, random_inputs(_norm_shapes)(rng, s, choices), choices)

    def nice(s: Sizes, choices: Choices) -> Inputs:
        inputs = nice_inputs(_norm_shapes)["nice"](s, choices)
        inputs["x"] = _balanced(s["N"], s["D"]) if norm.axis == 0 else _balanced(s["D"], s["N"]).T
        return _with_running(norm, inputs, choices)

    def param(i: Inputs, choices: Choices) -> dict[str, Any]:
        running = {name: i[name] for name in norm.running if name in i}
        return {"mode": choices.get("mode", "train"), "eps": _EPS, **running}

    return layer(
        norm.name,
        norm.title,
        (NORM_N if norm.axis == 0 else N, D),
        _norm_shapes,
        lambda *arguments: derivations.normalized(norm.name, *arguments),
        norm.forward,
        _STAGED.get(norm.name, norm.backward),
        param,
        draw=draw,
        presets={"nice": nice},
        choices=(_MODE,) if norm.running else (),
    )


_STAGED = {"batchnorm": layers.batchnorm_backward}  # whose lines the walk back lights

# -------------------------------------------------------------------------------------------------------- the list
_LAYERS = (
    layer(
        "affine", "Affine", (N, D, H), affine_shapes, derivations.affine, layers.affine_forward, layers.affine_backward
    ),
    layer("relu", "ReLU", (N, D), _plain_shapes, derivations.relu, layers.relu_forward, layers.relu_backward),
    layer(
        "dropout",
        "Dropout",
        (N, D),
        _plain_shapes,
        derivations.dropout,
        layers.dropout_forward,
        layers.dropout_backward,
        _dropout_param,
        choices=(Choice("p", "Keep", (0.5, 0.8, 0.2)), _MODE),
    ),
    Subject(
        "softmax",
        "Softmax loss",
        (N, C),
        draw=lambda rng, s, _: {"x": normal(rng, s["N"], s["C"]), "y": rng.integers(0, s["C"], s["N"])},
        derive=lambda i, _: derivations.softmax_loss(i["x"], i["y"]).backward(),
        code=_softmax,
        presets={"nice": _nice_scores},
    ),
    *map(_norm, NORMALIZATIONS.values()),
)
SUBJECTS: dict[str, Subject] = {subject.name: subject for subject in (*_LAYERS, *NETWORKS)}
