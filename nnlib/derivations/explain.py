"""Shows the arithmetic behind any cell of a graph: the very sum that made it, and the cells that went into it.

For this an operation is run once more, on terms instead of numbers, so that what is shown is what the operation, or its
vector-Jacobian product, does. The cells of a named node stand for themselves; what has no name is written out.
"""

from functools import reduce
from operator import add
from typing import Any

import numpy as np

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
