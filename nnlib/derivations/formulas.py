r"""Writes what a node of a graph is, and what its gradient is, as a formula in LaTeX.

A named node stands for itself; what has no name is written out, so that a formula is one line of the source. Axes have
the indices i, j, k and the lengths N, D, K. Of LaTeX only this occurs: Greek letters, ^, _, \frac, \sqrt, \sum, \max,
\log, \exp, \hat, \mathrm, \odot (product, cell by cell), \top (transposed), \left( \right), \, (a thin space).
"""

import re
from collections.abc import Iterable

from nnlib.derivations.graph import OPERATIONS, Branch, Node

INDICES, LENGTHS = "ijk", "NDK"


def symbol(node: Node) -> str:
    """The symbol of a named node; of a number, the number."""
    return node.symbol if node.name else f"{node.value:g}"


def gradient_symbol(node: Node) -> str:
    """The symbol of a named node's gradient: d and its symbol."""
    return rf"\mathrm{{d}}{node.symbol}"


def formula(node: Node) -> str:
    """What the node is made of, the right-hand side of its equation; an input's own symbol."""
    return symbol(node) if node.op is None else _fill(OPERATIONS[node.op].formula, node)


def gradient_formula(node: Node) -> str:
    """What the node's gradient is made of, the sum over its branches; the last node's own `gradient_symbol`.

    Needs `graph.backward` to have run.
    """
    first, *others = (branch_formula(node, branch) for branch in node.branches)
    return first + "".join(f" - {term[1:]}" if term.startswith("-") else f" + {term}" for term in others)


def branch_formula(node: Node, branch: Branch) -> str:
    """What arrives at the node by this branch."""
    child = branch.child
    if child is None or child.op is None:
        return gradient_symbol(node)
    arriving = gradient_symbol(child) if child.name else gradient_formula(child)
    filled = _fill(OPERATIONS[child.op].gradients[branch.position], child, arriving)
    if not branch.axes:
        return filled
    sign, rest = ("-", filled[1:]) if filled.startswith("-") and not _is_sum(filled[1:]) else ("", filled)
    return rf"{sign}\sum_{{{_indices(branch.axes)}}} {_parenthesised(rest)}"


def _fill(template: str, node: Node, arriving: str = "") -> str:
    """The template of the node's operation with the formulas of its operands put in."""
    texts = {str(i): _written(parent) for i, parent in enumerate(node.parents)}
    if arriving:
        texts |= {"d": arriving, "out": _written(node)}
    if node.op in ("sum", "mean", "max"):
        axes = range(node.parents[0].value.ndim)
        axes = axes if node.settings.get("axis") is None else [node.settings["axis"]]
        texts |= {"i": _indices(axes), "n": r" \, ".join(LENGTHS[axis] for axis in axes)}
    if any(p.value.ndim == 0 for p in node.parents):
        template = template.replace(r"\odot", r"\,")  # a number times an array is no product cell by cell

    def put(match: re.Match) -> str:
        if match[1] is None:
            return texts[match[2]]
        text = texts[match[1]]
        reaches_on = text.startswith(r"\sum") and match.end() < len(template)  # it would take in what follows
        return rf"\left( {text} \right)" if reaches_on else _parenthesised(text)

    return re.sub(r"\(#(\w+)\)|#([a-z]+|\d)", put, template)


def _written(node: Node) -> str:
    return symbol(node) if node.name or node.op is None else formula(node)


def _parenthesised(latex: str) -> str:
    return rf"\left( {latex} \right)" if _is_sum(latex) else latex


def _is_sum(latex: str) -> bool:
    """Whether it is a sum, a difference or negative, outside of any braces and parentheses."""
    bare, depth = "", 0
    for character in latex:
        depth += (character in "{(") - (character in "})")
        bare += character if depth == 0 else ""
    return bool(re.search(r"^-|[+-] ", bare))


def _indices(axes: Iterable[int]) -> str:
    return "".join(INDICES[axis] for axis in axes)


_SYMBOLS = {
    "mean": r"\mu",
    "running_mean": r"\mu_{\mathrm{running}}",
    "var": r"\sigma^2",
    "running_var": r"\sigma^2_{\mathrm{running}}",
    "xhat": r"\hat{x}",
    "gamma": r"\gamma",
    "beta": r"\beta",
    "eps": r"\epsilon",
    "epsilon": r"\epsilon",
    "logp": r"\log p",
    "reg": r"\lambda",
    "weight_decay": r"\lambda",
    "learning_rate": r"\eta",
    "momentum": r"\rho",
    "decay_rate": r"\rho",
    "mhat": r"\hat{m}",
    "vhat": r"\hat{v}",
    "dw": r"\mathrm{d}w",
    "next_w": r"w_{\mathrm{next}}",
    "data_loss": r"\mathrm{loss}_{\mathrm{data}}",
}


def latex(name: str) -> str:
    """The LaTeX symbol of a variable: xhat1 and \\hat{x}_1, m_before and m_{before}, out and \\mathrm{out}."""
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    if match := re.fullmatch(r"(\w+?)_before|([a-zA-Z]+?)(\d+)", name):
        before, base, number = match.groups()
        return rf"{latex(before)}_{{\mathrm{{before}}}}" if before else f"{latex(base)}_{number}"
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"
