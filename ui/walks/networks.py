"""Layers joined, and a whole two-layer network with its loss and update: their inputs, graphs, and own code."""

from collections.abc import Callable

import numpy as np

from nnlib import derivations, layers, optim
from nnlib.derivations import Derivation
from nnlib.fc_net import FullyConnectedNet
from nnlib.normalization import NORMALIZATIONS
from ui.walks.subject import (
    Choice,
    Choices,
    Inputs,
    Outcome,
    Shapes,
    Size,
    Sizes,
    Subject,
    nice_inputs,
    random_inputs,
    whole,
)

N = Size("N", "examples", 1, 5, 3)
D = Size("D", "features", 1, 5, 4)
H = Size("H", "units", 1, 5, 3)
C = Size("C", "classes", 2, 5, 3)
_BN_PARAM = {"mode": "train", "eps": 1e-5}
_LEARNING_RATE = 0.1
_PARAMS = ("W1", "b1", "gamma1", "beta1", "W2", "b2")


def affine_shapes(s: Sizes, _: Choices) -> dict[str, tuple[int, ...]]:
    return {"x": (s["N"], s["D"]), "w": (s["D"], s["H"]), "b": (s["H"],), "dout": (s["N"], s["H"])}


def _block_shapes(s: Sizes, choices: Choices) -> dict[str, tuple[int, ...]]:
    return {**affine_shapes(s, choices), "gamma": (s["H"],), "beta": (s["H"],)}


def _derive_block(i: Inputs, _: Choices) -> Derivation:
    d = derivations.affine_batchnorm_relu(i["x"], i["w"], i["b"], i["gamma"], i["beta"], dict(_BN_PARAM))
    return d.backward(i["dout"])


def _block(i: Inputs, _: Choices) -> Outcome:
    """With batch normalization if there is a gamma."""
    gradients: Inputs = {}
    a, affine = layers.affine_forward(i["x"], i["w"], i["b"])
    n, norm = layers.batchnorm_forward(a, i["gamma"], i["beta"], dict(_BN_PARAM)) if "gamma" in i else (a, None)
    out, relu = layers.relu_forward(n)
    da = layers.relu_backward(i["dout"], relu)
    if norm is not None:
        da, gradients["gamma"], gradients["beta"] = layers.batchnorm_backward(da, norm)
    gradients["x"], gradients["w"], gradients["b"] = layers.affine_backward(da, affine)
    return out, gradients


def _net_shapes(s: Sizes, choices: Choices) -> dict[str, tuple[int, ...]]:
    scale = {"gamma1": (s["H"],), "beta1": (s["H"],)} if choices["norm"] != "none" else {}
    first, second = {"W1": (s["D"], s["H"]), "b1": (s["H"],)}, {"W2": (s["H"], s["C"]), "b2": (s["C"],)}
    return {"X": (s["N"], s["D"]), **first, **scale, **second}


def _nice(shapes: Shapes) -> dict[str, Callable[[Sizes, Choices], Inputs]]:
    """Whole numbers; biases and shifts lie between them, so that nothing meets ReLU's kink at 0."""

    def nice(s: Sizes, choices: Choices) -> Inputs:
        inputs = nice_inputs(shapes)["nice"](s, choices)
        return {name: a + 0.25 if name in ("b", "beta", "b1", "beta1") else a for name, a in inputs.items()}

    return {"nice": nice}


def _nice_net(s: Sizes, choices: Choices) -> Inputs:
    """As `_nice`, but so small that the scores do not settle everything; the classes in turn."""
    inputs = _nice(_net_shapes)["nice"](s, choices)
    small = {"X": np.clip(inputs["X"], -2, 2), "W1": inputs["W1"] / 2, "W2": whole(s["H"], s["C"], start=6) / 2}
    small |= {name: np.sign(inputs[name]) / 4 for name in ("b1", "b2")}
    return {**inputs, **small, "y": np.arange(s["N"]) % s["C"]}


def _norm(choices: Choices) -> str | None:
    return None if choices["norm"] == "none" else choices["norm"]


def _derive_net(i: Inputs, choices: Choices) -> Derivation:
    params = {name: i[name] for name in _PARAMS if name in i}
    config = {"learning_rate": _LEARNING_RATE}
    return derivations.two_layer_net(i["X"], i["y"], params, choices["reg"], _norm(choices), choices["rule"], config)


def _net(i: Inputs, choices: Choices) -> Outcome:
    (D, H), C = i["W1"].shape, len(i["b2"])
    net = FullyConnectedNet([H], D, C, normalization=_norm(choices), reg=choices["reg"], dtype=np.float64, seed=0)
    net.params = {name: i[name] for name in net.params}
    loss, grads = net.loss(i["X"], i["y"])
    return np.asarray(loss), dict(grads)


NETWORKS = (
    Subject(
        name="affine_relu",
        title="Affine, ReLU",
        sizes=(N, D, H),
        draw=random_inputs(affine_shapes),
        derive=lambda i, _: derivations.affine_relu(i["x"], i["w"], i["b"]).backward(i["dout"]),
        code=_block,
        presets=_nice(affine_shapes),
    ),
    Subject(
        name="block",
        title="Affine, batch normalization, ReLU",
        sizes=(N, D, H),
        draw=random_inputs(_block_shapes),
        derive=_derive_block,
        code=_block,
        presets=_nice(_block_shapes),
    ),
    Subject(
        name="network",
        title="Two-layer network",
        sizes=(N, D, H, C),
        draw=lambda rng, s, c: random_inputs(_net_shapes)(rng, s, c) | {"y": rng.integers(0, s["C"], s["N"])},
        derive=_derive_net,
        code=_net,
        presets={"nice": _nice_net},
        choices=(
            Choice("rule", "Update rule", tuple(optim.RULES)),
            Choice("norm", "Normalization", ("none", *NORMALIZATIONS)),
            Choice("reg", "L2 strength", (0.0, 0.1, 1.0)),
        ),
    ),
)
