"""Shows the arithmetic behind any cell of a graph: the very sum that made it, and the cells that went into it.

For this an operation is run once more, on terms instead of numbers, so that what is shown is what the operation, or its
vector-Jacobian product, does. The cells of a named node stand for themselves; what has no name is written out.
"""

from functools import reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np

from nnlib.derivations.graph import BROADCAST_RULE, OPERATIONS, Branch, Node, sum_to
from nnlib.derivations.terms import Cell, Term, Token, compare, form, larger, of, text, tokens

Index = tuple[int, ...]
Terms = Any  # an array of `Term`s, of which NumPy's types know nothing

# The larger of two is one of them, and a comparison is just true or false: these would forget what they looked at.
_larger, _compare = np.frompyfunc(larger, 2, 1), np.frompyfunc(compare, 3, 1)
_FORWARD = {"relu": lambda a: _larger(0, a), "max": _larger.reduce}
_VJP = {
    "relu": lambda d, out, a: (d * _compare(a, ">", 0),),
    "pick": lambda d, out, a, y: (d[:, None] * _compare(np.arange(a.shape[1]), "=", y[:, None]), None),
}


class Explanation(NamedTuple):
    """A cell and how it was made: one term for a value; for a gradient one for each branch, which add up."""

    cell: Cell
    terms: tuple[Term, ...]

    def operands(self) -> list[Cell]:
        """The cells that went in, each once."""
        return list(dict.fromkeys(t for term in self.terms for t in tokens(term) if isinstance(t, Cell)))

    def tokens(self, fold: bool = False) -> list[Token]:
        """All of them in one sum, from left to right: see `terms.tokens`."""
        return tokens(reduce(add, self.terms), fold)

    def symbols(self) -> str:
        """With names: x[1,:] · w[:,2] + b[2]."""
        return text(self.tokens(fold=True))

    def numbers(self, digits: int = 3) -> str:
        """With numbers, of at most so many significant digits: 0.31 · 1.2 + 0.4 · (−0.5) + 0.7."""
        return text(self.tokens(), digits)

    def equation(self, digits: int = 3) -> str:
        """All of it: out[1,2] = x[1,:] · w[:,2] + b[2] = 0.31 · 1.2 + 0.4 · (−0.5) + 0.7 = 0.872."""
        parts = (self.cell.label(), self.symbols(), self.numbers(digits), form(self.cell.value, digits))
        return " = ".join(dict.fromkeys(parts))  # what is only handed on is not written twice


def explain(node: Node, index: Index) -> Explanation:
    """How this cell of a named node was made; an input's cell stands for itself."""
    return explanations(node)[index]


def explain_gradient(node: Node, index: Index) -> Explanation:
    """How this cell of a named node's gradient was made; needs `graph.backward` to have run."""
    return gradient_explanations(node)[index]


def explanations(node: Node) -> dict[Index, Explanation]:
    """Those of all cells. The time grows with the number of additions and multiplications, a few microseconds each."""
    own, made = _cells(node), _terms(node)
    return {index: Explanation(own[index].label, (made[index],)) for index in np.ndindex(own.shape)}


def gradient_explanations(node: Node) -> dict[Index, Explanation]:
    """Those of all cells of the gradient, with a term for each of `node.branches`."""
    own, made = _cells(node, gradient=True), [_branch_terms(node, branch) for branch in node.branches]
    return {index: Explanation(own[index].label, tuple(m[index] for m in made)) for index in np.ndindex(own.shape)}


def operands(node: Node) -> list[Node]:
    """The named nodes from which the node is made, each once: where the edges into it begin."""
    found = [p for parent in node.parents for p in ([parent] if parent.name else operands(parent))]
    return list(dict.fromkeys(found))


def origin(branch: Branch) -> Node | None:
    """The named node whose gradient this branch brings; None for the upstream gradient."""
    child = branch.child
    return child if child is None or child.name else origin(child.branches[0])


def rules(branch: Branch) -> list[str]:
    """What happens to the gradient between the branch's `origin` and the node: a sentence for each operation."""
    child = branch.child
    if child is None or child.op is None:
        return []
    before = [] if child.name else rules(child.branches[0])
    return list(dict.fromkeys([*before, OPERATIONS[child.op].rule, *([BROADCAST_RULE] if branch.axes else [])]))


def _terms(node: Node) -> Terms:
    """How each cell was made: like the value, of `Term`s."""
    if node.op is None:
        return _cells(node)
    forward = _FORWARD.get(node.op, OPERATIONS[node.op].forward)
    with np.errstate(all="ignore"):
        return _array(forward(*(_operand(p, raw=True) for p in node.parents), **node.settings))


def _branch_terms(node: Node, branch: Branch) -> Terms:
    """How each cell of what arrives by this branch was made: like the value, of `Term`s."""
    child = branch.child
    if child is None or child.op is None:
        return _cells(node, gradient=True)
    arriving = (
        _cells(child, gradient=True) if child.name else reduce(add, [_branch_terms(child, b) for b in child.branches])
    )
    vjp = _VJP.get(child.op, OPERATIONS[child.op].vjp)
    with np.errstate(all="ignore"):
        parts = vjp(_array(arriving), _operand(child), *map(_operand, child.parents), **child.settings)
        return sum_to(_array(parts[branch.position]), node.value.shape)


def _operand(node: Node, raw: bool = False) -> Terms:
    """What stands for the node in a formula: its cells, or how they were made; `raw` leaves labels to index with be."""
    if raw and not node.differentiable and node.value.dtype.kind in "iu":
        return node.value
    return _cells(node) if node.name else _terms(node)


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
