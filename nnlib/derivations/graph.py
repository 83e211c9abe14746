"""A small reverse-mode autodiff on arrays, which keeps every value and gradient so that a computation can be walked.

An operation makes a node from its parents. `backward` goes from the last node to the first and hands each parent its
part of the gradient, by the operation's vector-Jacobian product; where a node is used more than once, the parts add up.

>>> x, w = Node([[1.0, 2.0]], name="x"), Node([[3.0], [4.0]], name="w")
>>> out = apply("relu", x @ w - 1)
>>> backward(out, np.ones((1, 1)))
>>> w.gradient                                    # [[1.0], [2.0]]
"""

from collections.abc import Callable
from functools import reduce
from itertools import count
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.derivations.formulas import Formula, as_formula, call, over, word


class Node:
    """An array in a computation: an input (op None), or the result of an operation on other nodes.

    A node has a gradient if it, or one of its ancestors, is `differentiable`; constants and plain numbers are not.
    """

    _counter = count()
    __array_ufunc__ = None  # an array before an operator leaves the work to the node

    def __init__(self, value, op=None, parents: tuple["Node", ...] = (), name="", differentiable=True, **settings):
        self.value: ndarray = np.asarray(value)
        self.op: str | None = op
        self.parents, self.name, self.settings = parents, name, settings
        self.differentiable = any(p.differentiable for p in parents) if parents else differentiable
        self.branches: list[Branch] = []
        self.number = next(Node._counter)  # nodes are made in the order in which the computation is written

    @property
    def named_parents(self) -> list["Node"]:
        """The named nodes from which it is made, each once: where the edges into it begin."""
        found = [p for parent in self.parents for p in ([parent] if parent.name else parent.named_parents)]
        return list(dict.fromkeys(found))

    @property
    def gradient(self) -> ndarray | None:
        """The sum over all branches, like `value`; None before `backward`, and for constants."""
        return np.asarray(reduce(np.add, [b.value for b in self.branches])) if self.branches else None

    # fmt: off
    def __add__(self, other): return apply("add", self, other)
    def __radd__(self, other): return apply("add", other, self)
    def __sub__(self, other): return apply("subtract", self, other)
    def __rsub__(self, other): return apply("subtract", other, self)
    def __mul__(self, other): return apply("multiply", self, other)
    def __rmul__(self, other): return apply("multiply", other, self)
    def __truediv__(self, other): return apply("divide", self, other)
    def __rtruediv__(self, other): return apply("divide", other, self)
    def __matmul__(self, other): return apply("matmul", self, other)
    def __pow__(self, other): return apply("power", self, other)
    def __neg__(self): return apply("negate", self)
    # fmt: on


class Branch(NamedTuple):
    """One of the ways by which a gradient reaches a node."""

    child: Node | None  # the node it comes from; None: it is the upstream gradient
    position: int  # the place of the node among that child's parents
    axes: tuple[int, ...]  # axes of the child along which the node was broadcast, so that gradients were summed
    value: ndarray  # like the node

    @property
    def origin(self) -> Node | None:
        """The named node whose gradient this way brings; None for the upstream gradient."""
        child = self.child
        return child if child is None or child.name else child.branches[0].origin

    @property
    def rules(self) -> list[str]:
        """What happens to the gradient on its last step: a sentence for the operation, and one for broadcasting."""
        if self.child is None or self.child.op is None:
            return []
        return [OPERATIONS[self.child.op].rule, *([BROADCAST_RULE] if self.axes else [])]


def apply(op: str, *operands: "Node | float", **settings: Any) -> Node:
    """The node that the operation of this name makes; reductions take `axis` and `keepdims`."""
    parents = tuple(o if isinstance(o, Node) else Node(o, differentiable=False) for o in operands)
    value = OPERATIONS[op].forward(*(p.value for p in parents), **settings)
    return Node(value, op, parents, **settings)


def in_order(out: Node) -> list[Node]:
    """The node and all it was made from, in the order written, inputs where first used; reversed it is the way back."""
    found, open_nodes = {out}, [out]
    while open_nodes:
        new = set(open_nodes.pop().parents) - found
        found |= new
        open_nodes += new
    nodes, turn = sorted(found, key=lambda node: node.number), {}
    for node in nodes:
        for parent in node.parents:
            turn.setdefault(parent, (node.number, 0))
    return sorted(nodes, key=lambda node: (node.number, 1) if node.op else turn.get(node, (node.number, 0)))


def backward(out: Node, gradient: ndarray) -> None:
    """Give every differentiable ancestor of `out` its branches, from the upstream gradient, which is like `out.value`.

    Raises:
        ValueError: the upstream gradient has another shape.
    """
    gradient = np.asarray(gradient)
    if gradient.shape != out.value.shape:
        raise ValueError(f"the upstream gradient is like out, {out.value.shape}, but is {gradient.shape}: reshape it.")
    nodes = [node for node in in_order(out) if node.differentiable]
    for node in nodes:
        node.branches = []
    out.branches = [Branch(None, 0, (), gradient)]
    for child in reversed(nodes):
        for position, (parent, part) in enumerate(zip(child.parents, vjp(child), strict=True)):
            if parent.differentiable:
                axes = broadcast_axes(parent.value.shape, np.shape(part))
                parent.branches.append(Branch(child, position, axes, sum_to(part, parent.value.shape)))


def vjp(child: Node) -> tuple:
    """The gradient of each parent as the operation gives it: of the shape that the parent was broadcast to."""
    if child.op is None:
        return ()
    operands = (p.value for p in child.parents)
    return OPERATIONS[child.op].vjp(child.gradient, child.value, *operands, **child.settings)


def broadcast_axes(shape: tuple[int, ...], to: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of `to` along which an array of this shape is repeated."""
    padded = (1,) * (len(to) - len(shape)) + shape
    return tuple(i for i, n in enumerate(to) if i < len(to) - len(shape) or (padded[i] == 1 and n != 1))


def sum_to(a: Any, shape: tuple[int, ...]) -> ndarray:
    """The gradient of an array of this shape from that of its broadcast copy: an entry collects from all its copies."""
    a = np.asarray(a)
    return np.asarray(a.sum(axis=broadcast_axes(shape, a.shape))).reshape(shape)


def spread(a: Any, shape: tuple[int, ...], axis: int | None) -> ndarray:
    """What was reduced along an axis (None: all), in every place of that axis again."""
    reduced = tuple(1 if axis in (None, i) else n for i, n in enumerate(shape))
    return np.broadcast_to(np.asarray(a).reshape(reduced), shape)


def largest(a: ndarray, axis: int) -> ndarray:
    """Where the (first) largest entry along an axis is: like a, bool."""
    return np.expand_dims(a.argmax(axis), axis) == np.arange(a.shape[axis]).reshape([-1] + [1] * (a.ndim - 1 - axis))


class Operation(NamedTuple):
    """What can be done to arrays, and how a gradient goes back through it.

    Both are also run on formulas, to be written; where that does not read as it is written by hand, `formula` and
    `gradients` take their place, in which i is the index of the axis that is gone and n its length.
    """

    forward: Callable[..., Any]  # (*operands, **settings) -> result
    vjp: Callable[..., tuple]  # (gradient of the result, result, *operands, **settings) -> one an operand, or None
    rule: str
    formula: Callable[..., Formula] | None = None  # (*operands[, i, n])
    gradients: Callable[..., tuple] | None = None  # (gradient of the result, result, *operands[, i, n])


# fmt: off
OPERATIONS: dict[str, Operation] = {
    "add": Operation(lambda a, b: a + b, lambda d, out, a, b: (d, d), "Adding copies the gradient to both terms."),
    "subtract": Operation(lambda a, b: a - b, lambda d, out, a, b: (d, -d),
        "Subtracting copies the gradient to the first term and turns its sign for the second."),
    "negate": Operation(lambda a: -a, lambda d, out, a: (-d,), "Turning the sign turns the sign of the gradient."),
    "multiply": Operation(lambda a, b: a * b, lambda d, out, a, b: (d * b, d * a),
        "Multiplying swaps: each factor gets the gradient times the other factor."),
    "divide": Operation(lambda a, b: a / b, lambda d, out, a, b: (d / b, -d * out / b),
        "Dividing divides the gradient, too; the divisor gets it with the other sign and times the quotient.",
        gradients=lambda d, out, a, b: (d / b, -(d * out / b))),
    "power": Operation(lambda a, b: a**b, lambda d, out, a, b: (d * b * a ** (b - 1), None),
        "A power multiplies the gradient by the exponent and by the next lower power."),
    "matmul": Operation(lambda a, b: a @ b, lambda d, out, a, b: (d @ b.mT, a.mT @ d),
        "A matrix product swaps, too: each matrix gets the gradient times the other one transposed."),
    "sum": Operation(lambda a, axis=None, keepdims=False: a.sum(axis=axis, keepdims=keepdims),
        lambda d, out, a, axis=None, keepdims=False: (spread(d, a.shape, axis),),
        "Summing copies the gradient to every term.",
        lambda a, i, n: over("∑", i, a), lambda d, out, a, i, n: (d,)),
    "mean": Operation(lambda a, axis=None, keepdims=False: a.mean(axis=axis, keepdims=keepdims),
        lambda d, out, a, axis=None, keepdims=False: (spread(d, a.shape, axis) / (a.size // out.size),),
        "A mean spreads the gradient evenly over its terms.",
        lambda a, i, n: 1 / n @ over("∑", i, a), lambda d, out, a, i, n: (1 / n @ d,)),
    "max": Operation(lambda a, axis, keepdims=False: a.max(axis=axis, keepdims=keepdims),
        lambda d, out, a, axis, keepdims=False: (spread(d, a.shape, axis) * largest(a, axis),),
        "Max routes the gradient to the largest entry; the others get none.",
        lambda a, i, n: over("max", i, a), lambda d, out, a, i, n: (d[a.equals(out)],)),
    "square": Operation(lambda a: a**2, lambda d, out, a: (d * 2 * a,),
        "A square multiplies the gradient by twice the number.",
        gradients=lambda d, out, a: (2 * d * a,)),
    "sqrt": Operation(np.sqrt, lambda d, out, a: (d / (2 * out),),
        "A square root divides the gradient by twice the root."),
    "rsqrt": Operation(lambda a: 1 / np.sqrt(a), lambda d, out, a: (d * -0.5 * out**3,),
        "One over a square root multiplies the gradient by minus half its own cube: a larger number makes it smaller.",
        gradients=lambda d, out, a: (-(as_formula(1) / 2 @ d * out**3),)),
    "exp": Operation(np.exp, lambda d, out, a: (d * out,),
        "The exponential is its own derivative: it multiplies the gradient by its own value."),
    "log": Operation(np.log, lambda d, out, a: (d / a,), "A logarithm divides the gradient by the number."),
    "relu": Operation(lambda a: np.maximum(a, 0), lambda d, out, a: (d * (a > 0),),
        "ReLU lets the gradient pass where the number is above zero, and stops it elsewhere.",
        lambda a: call("max", 0, a), lambda d, out, a: (d[a > 0],)),
    "pick": Operation(lambda a, y: a[np.arange(len(y)), y],
        lambda d, out, a, y: (d[:, None] * (y[:, None] == np.arange(a.shape[1])), None),
        "Picking routes the gradient to the entry picked; the others get none.",
        lambda a, y: a.at(word("i"), y.at(word("i"))),
        lambda d, out, a, y: (d[word("j").equals(y.at(word("i")))], None)),
    "flatten": Operation(lambda a: a.reshape(len(a), prod(a.shape[1:])), lambda d, out, a: (d.reshape(a.shape),),
        "Reshaping moves no number: the gradient gets the old shape back.",
        lambda a: a, lambda d, out, a: (d,)),
    "copy": Operation(lambda a: a, lambda d, out, a: (d,),
        "Nothing is changed, so the gradient passes unchanged."),
}
# fmt: on
BROADCAST_RULE = "Each entry was used in several places, and collects the gradient from all of them."
