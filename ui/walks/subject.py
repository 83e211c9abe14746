"""What a walk can go through: its controls, its numbers, its graph, and the code that it is compared with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from nnlib.derivations import Derivation

Inputs = dict[str, ndarray]  # by their names in the derivation; dout is the upstream gradient of out
Sizes = Mapping[str, int]
Choices = Mapping[str, Any]
Outcome = tuple[ndarray, Inputs]  # out, and the gradients that the code has, by the names of the inputs
Shapes = Callable[[Sizes, Choices], dict[str, tuple[int, ...]]]


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
        name: unique on its page.
        title: in the list, and in the link.
        sizes, choices: the controls.
        draw: random inputs, from a generator, the sizes and the choices.
        derive: the graph, walked back, from inputs and choices.
        code: what `nnlib` itself makes of the same inputs and choices.
        presets: name -> inputs from sizes and choices, which need not heed the sizes; the first is the default.
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


def normal(rng: Generator, *shape: int) -> ndarray:
    """Standard normal numbers with two decimals, so that they can be redone, and none of them 0."""
    a = np.round(rng.normal(size=shape), 2)
    return np.where(a == 0, 0.01, a)


def whole(*shape: int, start: int = 0) -> ndarray:
    """Small whole numbers other than 0, of either sign, in an order that looks mixed."""
    pattern = np.array([1.0, 2, -1, 3, 1, -2, 2, -3, 1, 2, -1])
    return pattern[(np.arange(np.prod(shape, dtype=int)) * 4 + start) % len(pattern)].reshape(shape)


def random_inputs(shapes: Shapes) -> Callable[[Generator, Sizes, Choices], Inputs]:
    """Normal numbers in these shapes."""
    return lambda rng, s, c: {name: normal(rng, *shape) for name, shape in shapes(s, c).items()}


def nice_inputs(shapes: Shapes) -> dict[str, Callable[[Sizes, Choices], Inputs]]:
    """A preset of whole numbers in these shapes, to be reckoned with in the head."""
    return {
        "nice": lambda s, c: {name: whole(*shape, start=3 * i) for i, (name, shape) in enumerate(shapes(s, c).items())}
    }


def layer(
    name: str,
    title: str,
    sizes: tuple[Size, ...],
    shapes: Shapes,
    graph: Callable[..., Derivation],
    forward: Callable[..., tuple[ndarray, Any]],
    backward: Callable[..., Any],
    param: Callable[[Inputs, Choices], dict[str, Any]] | None = None,
    **more: Any,
) -> Subject:
    """A layer of nnlib, walked through from its inputs to out and back from dout.

    Args:
        name, title, sizes: of the subject; more: its further fields.
        shapes: of the inputs and of dout.
        graph: its derivation, which takes what forward takes.
        forward, backward: the layer.
        param: what forward takes after the inputs, if anything.
    """
    names = [name for name in signature(forward).parameters if not name.endswith("_param")]

    def arguments(i: Inputs, c: Choices) -> list[Any]:
        return [*(i[name] for name in names), *([param(i, c)] if param else [])]

    def code(i: Inputs, c: Choices) -> Outcome:
        out, cache = forward(*arguments(i, c))
        gradients = backward(i["dout"], cache)
        return out, dict(zip(names, gradients if isinstance(gradients, tuple) else [gradients], strict=True))

    def derive(i: Inputs, c: Choices) -> Derivation:
        return graph(*arguments(i, c)).backward(i["dout"])

    usual = {"draw": random_inputs(shapes), "presets": nice_inputs(shapes)}
    return Subject(name, title, sizes, derive=derive, code=code, **usual | more)
