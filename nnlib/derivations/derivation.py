"""A graph whose nodes have the names that the source gives them, and the line where each is assigned."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.derivations import graph
from nnlib.derivations.graph import Node


class Line(NamedTuple):
    """The place in the source of a function where a variable gets its value: where it is assigned, or the signature."""

    function: Callable
    variable: str

    @property
    def number(self) -> int:
        """Counted from 1 within `inspect.getsource(function)`."""
        return assignments(self.function)[self.variable][0]


@cache
def assignments(function: Callable) -> dict[str, tuple[int, ...]]:
    """For each variable of a function the lines that assign it, counted from 1; of a parameter first the signature."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    lines: dict[str, set[int]] = {}
    for found in ast.walk(definition):
        if isinstance(found, ast.arg):
            lines.setdefault(found.arg, set()).add(found.lineno)
        elif isinstance(found, ast.Name) and isinstance(found.ctx, ast.Store):
            lines.setdefault(found.id, set()).add(found.lineno)
    return {variable: tuple(sorted(numbers)) for variable, numbers in lines.items()}


class Derivation:
    """A computation as named nodes, forward and, after `backward`, back.

    Attributes:
        title: what is computed, as "batchnorm".
        nodes: name -> `graph.Node`; nodes of the graph that have no name are parts of a line.
        lines: name -> the line that gives the node its value.
        gradient_lines: name -> the line that gives the node's gradient, d and its name, its value; names whose gradient
            the backward pass has no line for, because it is simplified, are missing.
        updates: of a network, parameter -> the derivation of its update, once `backward` has run.
    """

    def __init__(self, title: str):
        self.title = title
        self.nodes: dict[str, Node] = {}
        self.lines: dict[str, Line] = {}
        self.gradient_lines: dict[str, Line] = {}
        self.updates: dict[str, Derivation] = {}
        self._forward: Callable | None = None
        self._backward: Callable | None = None

    # ------------------------------------------------------------------------------------------------------ to walk
    @property
    def out(self) -> Node:
        """The last node."""
        return next(reversed(self.nodes.values()))

    @property
    def forward_steps(self) -> list[Node]:
        """The named nodes in the order in which the source computes them, inputs where they are first used."""
        return [node for node in graph.in_order(self.out) if node.name]

    @property
    def backward_steps(self) -> list[Node]:
        """The named nodes that have a gradient, from the last to the first; none before `backward`."""
        return [node for node in reversed(self.forward_steps) if node.gradient is not None]

    def backward(self, dout: ndarray | float = 1.0) -> "Derivation":
        """Walk back from the upstream gradient of the last node, which is like its value; gives itself.

        Raises:
            ValueError: dout has another shape.
        """
        graph.backward(self.out, _array(dout))
        return self

    def gradient(self, name: str) -> ndarray:
        """The gradient of a named node.

        Raises:
            ValueError: it has none.
        """
        gradient = self.nodes[name].gradient
        if gradient is None:
            raise ValueError(f"{name} has no gradient: it is a constant, or backward has yet to run.")
        return gradient

    # ----------------------------------------------------------------------------------------------------- to write
    def enter(self, forward: Callable, backward: Callable | None = None, **arguments: Node) -> None:
        """What follows is the work of these functions; the arguments are what they are called with, by parameter."""
        self._forward, self._backward = forward, backward
        for variable, node in arguments.items():
            self._tie(node, variable)

    def input(self, name: str, value: ndarray | float, variable: str = "") -> Node:
        """A node to start from, which has a gradient; the value is copied. With `variable` it is tied at once."""
        return self._name(name, Node(_array(value)), variable)

    def constant(self, name: str, value: ndarray | float, variable: str = "") -> Node:
        """A node to start from, which has no gradient; without `variable` it is called the same in the source."""
        return self._name(name, Node(_array(value), differentiable=False), variable or name)

    def labels(self, name: str, value: ndarray) -> Node:
        """A node of classes, ints."""
        return self._name(name, Node(np.array(value), differentiable=False))

    def add(self, name: str, node: Node, variable: str = "") -> Node:
        """Name a node made from others; `variable` is what the source calls it, if that is another name."""
        return self._name(name, node, variable or name)

    def _name(self, name: str, node: Node, variable: str = "") -> Node:
        if name in self.nodes:
            raise ValueError(f"names in a derivation differ, but {name!r} is there already: choose another.")
        node.name = name
        self.nodes[name] = node
        if variable:
            self._tie(node, variable)
        return node

    def _tie(self, node: Node, variable: str) -> None:
        """The first function that has a node gives it its value, the last one that takes it its gradient."""
        if self._forward:
            self.lines.setdefault(node.name, Line(self._forward, variable))
        if self._backward and node.differentiable and f"d{variable}" in assignments(self._backward):
            self.gradient_lines[node.name] = Line(self._backward, f"d{variable}")


def _array(value: ndarray | float) -> ndarray:
    """A copy in floating point."""
    array = np.array(value)
    return array if array.dtype.kind == "f" else array.astype(np.float64)
