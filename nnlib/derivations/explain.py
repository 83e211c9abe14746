"""Shows how a node was made: as a formula of other nodes, and for any cell the very sum of the cells that went in.

For the latter an operation is run once more, on terms instead of numbers, so that what is shown is what the operation,
or its vector-Jacobian product, does. A named node stands for itself; what has no name is written out, so that what is
shown is one line of the source. In formulas axes have the indices i, j, k and the lengths N, D, K.
"""

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from nnlib.derivations.formulas import MINUS, Formula, as_formula, over
from nnlib.derivations.graph import OPERATIONS, Branch, Node, sum_to
from nnlib.derivations.terms import Cell, Term, larger, of, truth

Terms = Any  # an array of `Term`s, of which NumPy's types know nothing

# The larger of two is one of them, and a comparison is just true or false: these would forget what they looked at.
_larger, _truth = np.frompyfunc(larger, 2, 1), np.frompyfunc(truth, 3, 1)
_FORWARD = {"relu": lambda a: _larger(0, a), "max": _larger.reduce}
_VJP = {
    "relu": lambda d, out, a: (d * _truth(a, ">", 0),),
    "pick": lambda d, out, a, y: (d[:, None] * _truth(np.arange(a.shape[1]), "=", y[:, None]), None),
}


def value_terms(node: Node) -> Terms:
    """How each cell was made, like the value; a few microseconds for each addition and multiplication."""
    if node.op is None:
        return _cells(node)
    forward = _FORWARD.get(node.op, OPERATIONS[node.op].forward)
    with np.errstate(all="ignore"):
        return _array(forward(*(_operand(p, raw=True) for p in node.parents), **node.settings))


def gradient_terms(node: Node) -> Terms:
    """How each cell of the gradient was made, the sum over its branches; needs `graph.backward` to have run."""
    return _array(reduce(add, [branch_terms(node, branch) for branch in node.branches]))


def branch_terms(node: Node, branch: Branch) -> Terms:
    """How each cell of what arrives by this branch was made, like the value."""
    child = branch.child
    if child is None or child.op is None:
        return _cells(node, gradient=True)
    arriving = _cells(child, gradient=True) if child.name else gradient_terms(child)
    vjp = _VJP.get(child.op, OPERATIONS[child.op].vjp)
    with np.errstate(all="ignore"):
        parts = vjp(_array(arriving), _operand(child), *map(_operand, child.parents), **child.settings)
        return sum_to(_array(parts[branch.position]), node.value.shape)


def _operand(node: Node, raw: bool = False) -> Terms:
    """What stands for the node in a formula: its cells, or how they were made; `raw` leaves labels to index with be."""
    if raw and not node.differentiable and node.value.dtype.kind in "iu":
        return node.value
    return _cells(node) if node.name else value_terms(node)


def _cells(node: Node, gradient: bool = False) -> Terms:
    """Each cell as a term: like the value; a plain number is itself."""
    values, cells = np.asarray(node.gradient if gradient else node.value), np.empty(node.value.shape, object)
    for index, value in np.ndenumerate(values):
        cells[index] = (
            Term("cell", value, label=Cell(node.name, index, float(value), gradient)) if node.name else of(value)
        )
    return cells


def _array(a: Any) -> Terms:
    """An array of `Term`s: NumPy hands a single one out bare, and a constant part may have stayed a number."""
    return np.asarray(np.frompyfunc(of, 1, 1)(np.asarray(a, dtype=object)), dtype=object)


# ---------------------------------------------------------------------------------------------------------- formulas
def formula(node: Node) -> Formula:
    """What the node is made of, the right-hand side of its equation; an input's own symbol."""
    if node.op is None:
        return _written(node)
    operation = OPERATIONS[node.op]
    return (operation.formula or operation.forward)(*_operands(node), **_axes(node))


def gradient_formula(node: Node) -> Formula:
    """What the node's gradient is made of, the sum over its branches; the last node's own symbol."""
    return reduce(add, [branch_formula(node, branch) for branch in node.branches])


def branch_formula(node: Node, branch: Branch) -> Formula:
    """What arrives at the node by this branch."""
    child = branch.child
    if child is None or child.op is None:
        return Formula(["node", node.name, 1])
    arriving = Formula(["node", child.name, 1]) if child.name else gradient_formula(child)
    operation, operands = OPERATIONS[child.op], _operands(child, arriving, _written(child))
    made = (operation.gradients or operation.vjp)(*operands, **_axes(child))[branch.position]
    if not branch.axes:
        return made
    index, positive = _indices("ijk", branch.axes), Formula(*made.parts[1:])
    if made.parts[0] == MINUS and not positive.is_sum:  # the sign goes before the whole sum
        return -over("∑", index, positive)
    return over("∑", index, made)


def _written(node: Node) -> Formula:
    if node.name:
        return Formula(["node", node.name, 0])
    return as_formula(float(node.value)) if node.op is None else formula(node)


def _operands(node: Node, *before: Formula) -> list[Formula]:
    """The formulas from which one is made; a number times an array is no product cell by cell."""
    dotted = all(parent.value.ndim for parent in node.parents)
    return [Formula(*f.parts, dotted=dotted) for f in (*before, *map(_written, node.parents))]


def _axes(node: Node) -> dict[str, Formula]:
    """For an operation along axes their indices and their length."""
    if node.op not in ("sum", "mean", "max"):
        return {}
    axis = node.settings.get("axis")
    axes = range(node.parents[0].value.ndim) if axis is None else [axis]
    return {"i": _indices("ijk", axes), "n": _indices("NDK", axes)}


def _indices(letters: str, axes: Iterable[int]) -> Formula:
    return Formula(*(["id", letters[axis]] for axis in axes))
