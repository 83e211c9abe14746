"""How a network fares while it trains: figures for each layer, what they mean, and where it broke if it did."""

import copy
from collections.abc import Sequence
from math import log
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.checks import as_floats, require_like, require_number, require_whole, takes_floats
from nnlib.fc_net import FullyConnectedNet
from nnlib.layers import softmax_loss
from nnlib.numerals import fixed, percent, plain, short
from nnlib.own import OwnNetwork


class Histogram(NamedTuple):
    counts: ndarray  # (bins,), ints
    edges: ndarray  # (bins + 1,)


class LayerHealth(NamedTuple):
    """One layer on one batch, after one update."""

    name: str  # "layer 1", ..., "scores"
    activation_mean: float
    activation_std: float
    activation_histogram: Histogram  # of the ReLU's outputs; for the last layer, of the scores
    gradient_std: float
    gradient_histogram: Histogram  # of the loss with respect to the layer's W
    dead_share: float | None  # units that are 0 for every example of the batch; None without a ReLU
    update_ratio: float | None  # |update of W| / |W|, Euclidean norms; None when no update is given


def _losses(name: str, losses: Any) -> ndarray:
    losses = as_floats(name, losses)
    require_like(name, losses, (losses.size,))
    return losses


def _share_or_none(name: str, share: Any) -> float | None:
    return None if share is None else require_number(name, share, least=0, most=1)


def _floats_or_none(name: str, array: Any) -> ndarray | None:
    return None if array is None else as_floats(name, array)


@takes_floats("X", update=_floats_or_none, bins=lambda name, value: require_whole(name, value, most=10**4))
def measure(
    model: FullyConnectedNet, X: ndarray, y: ndarray, update: ndarray | None = None, bins: int = 30
) -> list[LayerHealth]:
    """The health of every layer on a batch, as in training but without dropout; the model is not changed.

    Args:
        model: the network.
        X, y: a batch, (N, ...) and (N,).
        update: what the last update added to `model.params.vector`, same shape.
        bins: of the histograms.

    Raises:
        ValueError: y are no labels, the update is not like the parameters, or bins is no whole number from 1 to 10,000.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """
    twin = detached(model)
    twin.use_dropout = False
    scores, caches = twin.forward(X, "train")
    grads = twin.backward(softmax_loss(scores, y)[1], caches)
    updates = None
    if update is not None:
        require_like("update", update, model.params.vector.shape)
        updates = model.params.like()
        updates.vector[:] = update

    layers = []
    for i, cache in enumerate(caches, start=1):
        W, dW = f"W{i}", grads[f"W{i}"]
        relu = cache.relu
        a = scores if relu is None else np.maximum(0, relu.x)  # (N, H)
        layers.append(
            LayerHealth(
                name=f"layer {i}" if relu else "scores",
                activation_mean=float(a.mean()),
                activation_std=float(a.std()),
                activation_histogram=_histogram(a, bins),
                gradient_std=float(dW.std()),
                gradient_histogram=_histogram(dW, bins),
                dead_share=float(np.mean(~(a > 0).any(axis=0))) if relu else None,
                update_ratio=_norm(updates[W]) / max(_norm(model.params[W]), 1e-30) if updates else None,
            )
        )
    return layers


@takes_floats(loss_history=_losses, num_classes=require_whole, train_acc=_share_or_none, val_acc=_share_or_none)
def diagnose(
    loss_history: Sequence[float],
    health: Sequence[LayerHealth],
    num_classes: int,
    train_acc: float | None = None,
    val_acc: float | None = None,
) -> list[str]:
    """What is wrong, in at most three plain sentences, the gravest first; empty when nothing stands out.

    Args:
        loss_history: the loss of every iteration so far, in nats.
        health: from `measure`.
        num_classes: C; a network that knows nothing has a loss of ln C.
        train_acc, val_acc: the last accuracies measured, 0 to 1.

    Raises:
        ValueError: num_classes is no whole number above 0.
    """
    if not len(loss_history) or not health:
        return []
    hidden, last = [layer for layer in health if layer.dead_share is not None], health[-1]
    loss, chance = np.asarray(loss_history, dtype=float), log(num_classes)
    window = min(50, len(loss) // 2)
    recent, earlier = (loss[-window:].mean(), loss[-2 * window : -window].mean()) if window else (loss[-1], loss[-1])
    ratios = [layer.update_ratio for layer in health if layer.update_ratio is not None]
    found: list[str] = []

    widest = max(health, key=lambda layer: np.nan_to_num(layer.activation_std, nan=np.inf))
    if not widest.activation_std < 1e3 or (recent > 10 * chance and last.activation_std > chance):
        found.append(
            f"Exploding: {widest.name} spreads over {short(widest.activation_std)} and the loss is {short(recent)}, "
            f"where knowing nothing costs {fixed(chance, 2)}: lower the weight scale or the learning rate, or "
            "normalize."
        )
    if hidden and hidden[-1].activation_std < 1e-3 * max(hidden[0].activation_std, 1e-3):
        found.append(
            f"Vanishing: activations shrink to a spread of {short(hidden[-1].activation_std, 1)} in {hidden[-1].name}, "
            "so hardly any gradient comes back: raise the weight scale (try he), or normalize."
        )
    elif hidden and health[0].gradient_std < 1e-3 * last.gradient_std:
        found.append(
            f"Vanishing: the gradient of {health[0].name} is {_share(health[0].gradient_std, last.gradient_std)} of "
            "the last layer's: raise the weight scale (try he), or normalize."
        )
    deadest = max(hidden, key=lambda layer: layer.dead_share or 0, default=None)
    if deadest and deadest.dead_share and deadest.dead_share > 0.4:
        found.append(
            f"Dead units: {percent(deadest.dead_share, 0)} of {deadest.name} are 0 for the whole batch and learn "
            "nothing from it: lower the learning rate, or normalize."
        )
    fastest, slowest = max(ratios, default=None), float(np.median(ratios)) if ratios else None
    if fastest is not None and (fastest > 0.1 or (window >= 20 and recent > 1.2 * earlier and fastest > 1e-2)):
        found.append(
            f"Learning rate too high: one update changes weights by {percent(fastest)} (0.01 % to 1 % is usual) and "
            f"the loss went from {short(earlier)} to {short(recent)}: lower it."
        )
    if window >= 50 and abs(recent - chance) < 0.02 * chance:
        found.append(
            f"Stuck at chance: the loss stays at {fixed(recent, 3)}, and ln {num_classes} = {fixed(chance, 3)} is what "
            "knowing nothing costs: raise the weight scale or the learning rate."
        )
    if slowest is not None and slowest < 3e-5 and recent > 0.1 and not earlier > 1.05 * recent:
        found.append(
            f"Learning rate too low: one update changes weights by {short(slowest, 1)} of themselves (1e-4 to 1e-2 is "
            "usual): raise it."
        )
    if train_acc is not None and val_acc is not None and train_acc - val_acc > 0.15:
        found.append(
            f"Overfitting: {percent(train_acc, 0)} right on the training data but {percent(val_acc, 0)} on the "
            "validation data: more data, dropout or L2."
        )
    return found[:3]


@takes_floats("X", learning_rate=lambda name, rate: require_number(name, rate, least=0))
def find_overflow(
    model: FullyConnectedNet | OwnNetwork, X: ndarray, y: ndarray, learning_rate: float, first: bool
) -> tuple[str, str, str, str]:
    """The first layer and quantity that is not finite, on the way from the input to the loss.

    Args:
        model: the network whose loss on X, y is not finite.
        learning_rate: of this step, for the advice; first: whether this is the first step, before any update.

    Returns:
        layer, quantity, advice, and all of it in one sentence.
    """
    layer, quantity = _first_not_finite(model, X, y)
    if quantity == "X":
        advice = "clean the data: they hold numbers that are not finite"
    elif not first:
        advice = f"lower the learning rate (now {plain(learning_rate, 3)}) by a factor of ten, or normalize"
    elif isinstance(model, OwnNetwork):
        advice = "look at its weights and its formula: no update has been made yet"
    else:
        advice = f"lower the weight scale (now {model.weight_scale}), or normalize: no update has been made yet"
    return layer, quantity, advice, f"Diverged: {quantity} of {layer} is no longer finite; {advice}."


def _first_not_finite(model: FullyConnectedNet | OwnNetwork, X: ndarray, y: ndarray) -> tuple[str, str]:
    if not np.isfinite(X).all():
        return "the input", "X"
    if isinstance(model, OwnNetwork):
        return "your network", "the loss"
    _, caches = detached(model).forward(X, "train")
    for i, (affine, norm, relu, _) in enumerate(caches, start=1):
        name = f"layer {i}" if relu else "the output layer"
        quantities = {
            f"W{i}": affine.w,
            f"b{i}": affine.b,
            "x w + b": affine.x.reshape(len(X), len(affine.w)) @ affine.w + affine.b,
        }
        if norm is not None:
            quantities |= {"var": norm.var, "xhat": norm.xhat}
        if relu is not None:
            quantities["x of the ReLU"] = relu.x
        for quantity, array in quantities.items():
            if not np.isfinite(array).all():
                return name, quantity
    penalty = 0.5 * model.reg * sum(float(np.vdot(affine.w, affine.w)) for affine, *_ in caches)
    return "the output layer", "the softmax loss" if np.isfinite(penalty) else "the L2 penalty"


def detached(model: FullyConnectedNet) -> FullyConnectedNet:
    """The same network on the same parameters; but batchnorm's running averages, which each pass moves, are its own."""
    twin = copy.copy(model)
    twin.bn_params = [dict(bn) for bn in model.bn_params]
    return twin


def _histogram(a: ndarray, bins: int) -> Histogram:
    finite = a[np.isfinite(a)].astype(np.float64)  # equal bins of a narrow range need more digits than float32 has
    lo, hi = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    least = max(1e-6 * max(abs(lo), abs(hi)), 1e-30)
    widen = max(0.0, least - (hi - lo)) / 2
    return Histogram(*np.histogram(finite, bins, range=(lo - widen, hi + widen)))


def _norm(a: ndarray) -> float:
    return float(np.linalg.norm(a))


def _share(part: float, whole: float) -> str:
    return short(part / whole, 1) if whole else "nothing"
