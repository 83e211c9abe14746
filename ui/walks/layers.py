"""The layers, one by one: their inputs, at random or nice to reckon with, their graphs, and their own code.

`SUBJECTS` has these and the networks of `subject_networks`; a page takes from it, or makes a `Subject` of its own.
"""

from typing import Any

import numpy as np
from numpy import ndarray

from nnlib import derivations, layers
from ui.walks.networks import NETWORKS, C, D, H, N, affine_shapes
from ui.walks.subject import Choice, Choices, Inputs, Outcome, Size, Sizes, Subject, nice_inputs, normal, random_inputs

NORM_N = Size("N", "examples", 1, 5, 4)
_MODE = Choice("mode", "Mode", ("train", "test"))
_EPS = 1e-5


# -------------------------------------------------------------------------------------------- affine, relu, dropout
def _affine(i: Inputs, _: Choices) -> Outcome:
    out, cache = layers.affine_forward(i["x"], i["w"], i["b"])
    dx, dw, db = layers.affine_backward(i["dout"], cache)
    return out, {"x": dx, "w": dw, "b": db}


def _plain_shapes(s: Sizes, _: Choices) -> dict[str, tuple[int, ...]]:
    return {"x": (s["N"], s["D"]), "dout": (s["N"], s["D"])}


def _relu(i: Inputs, _: Choices) -> Outcome:
    out, cache = layers.relu_forward(i["x"])
    return out, {"x": layers.relu_backward(i["dout"], cache)}


def _dropout_param(choices: Choices) -> dict[str, Any]:
    return {"p": choices["p"], "mode": choices["mode"], "seed": 3}


def _dropout(i: Inputs, choices: Choices) -> Outcome:
    out, cache = layers.dropout_forward(i["x"], _dropout_param(choices))
    return out, {"x": layers.dropout_backward(i["dout"], cache)}


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


def _nice_norm(axis: int):
    def nice(s: Sizes, choices: Choices) -> Inputs:
        inputs = nice_inputs(_norm_shapes)["nice"](s, choices)
        inputs["x"] = _balanced(s["N"], s["D"]) if axis == 0 else _balanced(s["D"], s["N"]).T
        return _with_running(inputs, choices)

    return {"nice": nice}


def _with_running(i: Inputs, choices: Choices) -> Inputs:
    """Test mode also needs a running mean and variance."""
    if choices.get("mode") != "test":
        return i
    shape = i["gamma"].shape
    return {**i, "running_mean": np.full(shape, 0.5), "running_var": np.full(shape, 4.0)}


def _bn_param(i: Inputs, choices: Choices) -> dict[str, Any]:
    running = {name: i[name] for name in ("running_mean", "running_var") if name in i}
    return {"mode": choices["mode"], "eps": _EPS, **running}


def _batchnorm(i: Inputs, choices: Choices) -> Outcome:
    out, cache = layers.batchnorm_forward(i["x"], i["gamma"], i["beta"], _bn_param(i, choices))
    return out, dict(zip(("x", "gamma", "beta"), layers.batchnorm_backward(i["dout"], cache), strict=True))


def _layernorm(i: Inputs, _: Choices) -> Outcome:
    out, cache = layers.layernorm_forward(i["x"], i["gamma"], i["beta"], {"eps": _EPS})
    return out, dict(zip(("x", "gamma", "beta"), layers.layernorm_backward(i["dout"], cache), strict=True))


# -------------------------------------------------------------------------------------------------------- the list
_LAYERS = (
    Subject(
        name="affine",
        title="Affine",
        sizes=(N, D, H),
        draw=random_inputs(affine_shapes),
        derive=lambda i, _: derivations.affine(i["x"], i["w"], i["b"]).backward(i["dout"]),
        code=_affine,
        presets=nice_inputs(affine_shapes),
    ),
    Subject(
        name="relu",
        title="ReLU",
        sizes=(N, D),
        draw=random_inputs(_plain_shapes),
        derive=lambda i, _: derivations.relu(i["x"]).backward(i["dout"]),
        code=_relu,
        presets=nice_inputs(_plain_shapes),
    ),
    Subject(
        name="dropout",
        title="Dropout",
        sizes=(N, D),
        draw=random_inputs(_plain_shapes),
        derive=lambda i, c: derivations.dropout(i["x"], _dropout_param(c)).backward(i["dout"]),
        code=_dropout,
        presets=nice_inputs(_plain_shapes),
        choices=(Choice("p", "Keep", (0.5, 0.8, 0.2)), _MODE),
    ),
    Subject(
        name="softmax",
        title="Softmax loss",
        sizes=(N, C),
        draw=lambda rng, s, _: {"x": normal(rng, s["N"], s["C"]), "y": rng.integers(0, s["C"], s["N"])},
        derive=lambda i, _: derivations.softmax_loss(i["x"], i["y"]).backward(),
        code=_softmax,
        presets={"nice": _nice_scores},
    ),
    Subject(
        name="batchnorm",
        title="Batch normalization",
        sizes=(NORM_N, D),
        draw=lambda rng, s, c: _with_running(random_inputs(_norm_shapes)(rng, s, c), c),
        derive=lambda i, c: derivations.batchnorm(i["x"], i["gamma"], i["beta"], _bn_param(i, c)).backward(i["dout"]),
        code=_batchnorm,
        presets=_nice_norm(0),
        choices=(_MODE,),
    ),
    Subject(
        name="layernorm",
        title="Layer normalization",
        sizes=(N, D),
        draw=random_inputs(_norm_shapes),
        derive=lambda i, _: derivations.layernorm(i["x"], i["gamma"], i["beta"], {"eps": _EPS}).backward(i["dout"]),
        code=_layernorm,
        presets=_nice_norm(1),
    ),
)
SUBJECTS: dict[str, Subject] = {subject.name: subject for subject in (*_LAYERS, *NETWORKS)}
