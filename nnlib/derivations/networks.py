"""Layers joined: affine and relu, with batchnorm between, and a two-layer network with its loss and its update."""

from typing import Any

from numpy import ndarray

from nnlib.derivations.derivation import Derivation
from nnlib.derivations.graph import Node, apply
from nnlib.derivations.layers import ADD_NORM, add_affine, add_batchnorm, add_relu, add_softmax_loss
from nnlib.derivations.rules import update
from nnlib.fc_net import FullyConnectedNet
from nnlib.normalization import get_normalization
from nnlib.optim import Config, get_rule


def affine_relu(x: ndarray, w: ndarray, b: ndarray) -> Derivation:
    """a = x w + b, out = max(0, a): x (N, d1, ..., dk), w (D, H), b (H,)."""
    d = Derivation("affine_relu")
    add_relu(d, add_affine(d, d.input("x", x), d.input("w", w), d.input("b", b), "a"))
    return d


def affine_batchnorm_relu(
    x: ndarray, w: ndarray, b: ndarray, gamma: ndarray, beta: ndarray, bn_param: dict[str, Any]
) -> Derivation:
    """a = x w + b, n = its batch normalization, out = max(0, n); gamma and beta (H,), bn_param as for `batchnorm`."""
    d = Derivation("affine_batchnorm_relu")
    a = add_affine(d, d.input("x", x), d.input("w", w), d.input("b", b), "a")
    add_relu(d, add_batchnorm(d, a, d.input("gamma", gamma), d.input("beta", beta), bn_param, "n"))
    return d


def two_layer_net(
    X: ndarray,
    y: ndarray,
    params: dict[str, ndarray],
    reg: float = 0.0,
    normalization: str | None = None,
    update_rule: str = "sgd",
    config: Config | None = None,
    memory: dict[str, Config] | None = None,
) -> Derivation:
    """One training step of a `FullyConnectedNet` with one hidden layer: forward, loss, L2, backward, update.

    The nodes are X, W1, b1, a1, [gamma1, beta1, n1], h1, W2, b2, scores, the softmax loss's, the penalties and loss.
    The walk back is done already, with dloss = 1, and `updates` has a derivation for every parameter.

    Args:
        X: a batch, (N, ...).
        y: labels, (N,), ints.
        params: W1 (D, H), b1 (H,), W2 (H, C), b2 (C,), and with normalization gamma1, beta1 (H,).
        reg: strength of the L2 penalty.
        normalization: None or a name in `normalization.NORMALIZATIONS`.
        update_rule: a name in `optim.RULES`.
        config: the rule's settings, for all parameters.
        memory: parameter -> what the rule remembers of it (velocity, cache, m, v, t) from the step before.

    Raises:
        ValueError: there is no such normalization or rule, or shapes do not fit together.
    """
    norm = get_normalization(normalization)
    get_rule(update_rule)
    needed = ["W1", "b1", *(["gamma1", "beta1"] if normalization else []), "W2", "b2"]
    if sorted(params) != sorted(needed):
        raise ValueError(f"this network's parameters are {', '.join(needed)}, but these are {', '.join(params)}.")

    d = Derivation("two_layer_net")

    x = d.constant("X", X)  # nothing below it needs its gradient
    p = {name: d.input(name, params[name]) for name in needed}
    h = add_affine(d, x, p["W1"], p["b1"], "a1")
    if norm is not None:
        h = ADD_NORM[norm.name](d, h, p["gamma1"], p["beta1"], {"mode": "train"}, "n1")
    h = add_relu(d, h, "h1")
    scores = add_affine(d, h, p["W2"], p["b2"], "scores")
    data_loss = add_softmax_loss(d, scores, d.labels("y", y), "data_loss")
    _add_loss(d, data_loss, [p["W1"], p["W2"]], reg)

    d.backward()
    for name in needed:
        settings = {**(config or {}), **(memory or {}).get(name, {})}
        d.updates[name] = update(update_rule, p[name].value, d.gradient(name), settings)
    return d


def _add_loss(d: Derivation, data_loss: Node, weights: list[Node], reg: float) -> None:
    loss = data_loss
    if reg:
        d.enter(FullyConnectedNet.__init__)
        strength = d.constant("reg", reg)
        d.enter(FullyConnectedNet.loss)
        for i, W in enumerate(weights, start=1):
            loss = loss + d.add(f"penalty{i}", 0.5 * strength * apply("sum", apply("square", W)), "penalty")
    d.enter(FullyConnectedNet.loss)
    d.add("loss", loss if reg else apply("copy", data_loss))
