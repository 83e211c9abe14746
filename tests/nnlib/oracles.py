"""What the tests compare gradients with: central differences and HIPS autograd, and how close is close enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from numpy import ndarray

from nnlib.gradient_check import eval_numerical_gradient_array

# A central difference with h = 1e-5 of sums around 10 errs by 1e-10 (series cut off) and 1e-10 (round-off); autograd by
# a few roundings. Both leave a gradient that is wrong by 0.1 % far outside, for entries down to 1e-5.
NUMERICAL: dict[str, Any] = {"rtol": 1e-6, "atol": 1e-8}
AUTOGRAD: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-10}

COMPUTED = {np.float16: np.float32, np.float32: np.float32, np.float64: np.float64}  # dtype of x -> of the arithmetic


class Layer(NamedTuple):
    """A layer as the tests see it: nnlib's two passes, and its formula written once more for autograd."""

    forward: Callable[..., tuple[Any, Any]]  # (*args) -> (out, cache)
    backward: Callable[..., Sequence[Any]]  # (dout, cache) -> one gradient for each of args
    oracle: Callable[..., Any]  # (*args) -> out


def numerical_gradients(layer: Layer, args: Sequence[ndarray], dout: Any) -> list[ndarray]:
    """Of sum(out * dout) with respect to each of args."""

    def moved(i: int) -> ndarray:
        return eval_numerical_gradient_array(
            lambda a: np.asarray(layer.forward(*args[:i], a, *args[i + 1 :])[0]), args[i].copy(), dout
        )

    return [moved(i) for i in range(len(args))]


def autograd_gradients(layer: Layer, args: Sequence[ndarray], dout: Any) -> Sequence[ndarray]:
    """The same by automatic differentiation of the oracle."""
    vjp, _ = autograd.make_vjp(layer.oracle, tuple(range(len(args))))(*args)  # pyright: ignore
    return vjp(dout)


def assert_gradients(actual: Sequence[Any], expected: Sequence[ndarray], rtol: float, atol: float) -> None:
    """Each gradient has the shape of the expected one and its numbers."""
    for i, (a, e) in enumerate(zip(actual, expected, strict=True)):
        assert np.shape(a) == np.shape(e), f"gradient {i} has shape {np.shape(a)}, expected {np.shape(e)}"
        np.testing.assert_allclose(a, e, rtol=rtol, atol=atol, err_msg=f"gradient {i}")


def check_layer(layer: Layer, args: Sequence[ndarray], dout: Any, numerically: bool = True) -> None:
    """nnlib's out and gradients are the oracle's, and its gradients are those of central differences."""
    out, cache = layer.forward(*args)
    np.testing.assert_allclose(out, layer.oracle(*args), rtol=1e-11, atol=1e-12, err_msg="out")
    gradients = layer.backward(dout, cache)
    assert_gradients(gradients, autograd_gradients(layer, args, dout), **AUTOGRAD)
    if numerically:
        assert_gradients(gradients, numerical_gradients(layer, args, dout), **NUMERICAL)


def check_that_faults_are_caught(layer: Layer, args: Sequence[ndarray], dout: Any) -> None:
    """Either comparison of `check_layer` fails when any one gradient is 0.1 % off, as a whole or in one entry."""
    gradients = [np.asarray(g) for g in layer.backward(dout, layer.forward(*args)[1])]
    comparisons = (
        (autograd_gradients(layer, args, dout), AUTOGRAD),
        (numerical_gradients(layer, args, dout), NUMERICAL),
    )
    for expected, tolerances in comparisons:
        assert_gradients(gradients, expected, **tolerances)
        for i, gradient in enumerate(gradients):
            one_entry = gradient.copy()
            one_entry.flat[np.abs(gradient).argmax()] *= 1.001
            for wrong in (gradient * 1.001, gradient * 0.999, one_entry):
                with pytest.raises(AssertionError, match=f"gradient {i}"):
                    assert_gradients([*gradients[:i], wrong, *gradients[i + 1 :]], expected, **tolerances)


def assert_untouched(function: Callable[..., Any], *args: Any) -> Any:
    """Call the function and see that no array among its arguments, caches and dicts included, was changed."""
    before = [a.copy() for a in arrays_in(args)]
    result = function(*args)
    for a, old in zip(arrays_in(args), before, strict=True):
        assert a.dtype == old.dtype
        np.testing.assert_array_equal(a, old)
    return result


def arrays_in(value: Any) -> list[ndarray]:
    """All arrays in nested tuples, lists and dicts."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [a for v in value for a in arrays_in(v)] if isinstance(value, tuple | list) else []


def assert_one_sentence(error: pytest.ExceptionInfo[BaseException] | str, *parts: str) -> None:
    """The message is one line that ends with a full stop and holds all the parts."""
    message = error if isinstance(error, str) else str(error.value)
    assert message.endswith("."), message
    assert "\n" not in message, message
    for part in parts:
        assert part in message, message


def away_from_zero(a: ndarray, margin: float = 0.05) -> ndarray:
    """The array with every number at least `margin` from 0, where ReLU has no derivative."""
    return a + np.where(a < 0, -margin, margin)


def spread_columns(rng: np.random.Generator, N: int, D: int) -> ndarray:
    """Random (N, D) in whose columns no two numbers come close, so that a small variance does not spoil differences."""
    steps = np.stack([rng.permutation(N) for _ in range(D)], axis=1)  # (N, D)
    return rng.normal(size=D) + rng.uniform(0.5, 1.5, D) * (steps + rng.uniform(-0.2, 0.2, (N, D)))


# ------------------------------------------------------------------------ formulas in autograd's NumPy, written anew
def affine(x: Any, w: Any, b: Any) -> Any:
    return anp.dot(anp.reshape(x, (anp.shape(x)[0], anp.shape(w)[0])), w) + b


def relu(x: Any) -> Any:
    return anp.where(x > 0, x, 0.0)


def standardize(x: Any, gamma: Any, beta: Any, axis: int, eps: float = 1e-5) -> Any:
    """Batch normalization in train mode (axis 0) or layer normalization (axis 1)."""
    center, variance = anp.mean(x, axis=axis, keepdims=True), anp.var(x, axis=axis, keepdims=True)
    return (x - center) / anp.sqrt(variance + eps) * gamma + beta


def cross_entropy(scores: Any, y: ndarray) -> Any:
    top = anp.max(scores, axis=1, keepdims=True)
    logsumexp = anp.log(anp.sum(anp.exp(scores - top), axis=1)) + top[:, 0]
    picked = anp.sum(scores * np.eye(scores.shape[1])[y], axis=1)
    return anp.mean(logsumexp - picked)
