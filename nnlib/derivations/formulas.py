r"""Writes what a node of a graph is, and what its gradient is, as a formula: a tree that a page can draw.

A named node stands for itself; what has no name is written out, so that a formula is one line of the source. Axes have
the indices i, j, k and the lengths N, D, K. A tree is a list, its kind and then its parts:

row, parts...                   side by side
id, text, num, op + a string    an italic letter, an upright name, a number, a sign
frac, above, below              a fraction
sqrt, inner                     a root
script, base, upper, lower      an exponent and an index, None where there is none
under, sign, below              a sum or a maximum over what stands below it
hat, inner                      an accent
fence, left, right, inner       parentheses or brackets that grow with what is in them
node, name, gradient            a named node (gradient: 0), or its gradient (1)
slot, name, guarded, followed   in the template of an operation only: the place of an operand
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from nnlib.derivations.graph import OPERATIONS, Branch, Node

Tree = list[Any]  # to be read only: equal parts of formulas are the same list

INDICES, LENGTHS = "ijk", "NDK"
MINUS, PLUS = ["op", "−"], ["op", "+"]


def formula(node: Node) -> Tree:
    """What the node is made of, the right-hand side of its equation; an input's own symbol."""
    return _written(node) if node.op is None else _fill(OPERATIONS[node.op].formula, node)


def gradient_formula(node: Node) -> Tree:
    """What the node's gradient is made of, the sum over its branches; the last node's own symbol.

    Needs `graph.backward` to have run.
    """
    first, *others = (branch_formula(node, branch) for branch in node.branches)
    signed = (term if _parts(term)[0] == MINUS else _row(PLUS, term) for term in others)
    return _row(first, *signed)


def branch_formula(node: Node, branch: Branch) -> Tree:
    """What arrives at the node by this branch."""
    child = branch.child
    if child is None or child.op is None:
        return ["node", node.name, 1]
    arriving = ["node", child.name, 1] if child.name else gradient_formula(child)
    filled = _fill(OPERATIONS[child.op].gradients[branch.position], child, arriving)
    if not branch.axes:
        return filled
    total, parts = ["under", "∑", _indices(branch.axes)], _parts(filled)
    if parts[0] == MINUS and not _is_sum(_row(*parts[1:])):  # the sign goes before the whole sum
        return _row(MINUS, total, *parts[1:])
    return _row(total, _fenced(filled) if _is_sum(filled) else filled)


def _fill(template: str, node: Node, arriving: Tree | None = None) -> Tree:
    """The template of the node's operation with the formulas of its operands put in."""
    operands = {str(i): _written(parent) for i, parent in enumerate(node.parents)}
    if arriving:
        operands |= {"d": arriving, "out": _written(node)}
    if node.op in ("sum", "mean", "max"):
        axes = range(node.parents[0].value.ndim)
        axes = axes if node.settings.get("axis") is None else [node.settings["axis"]]
        operands |= {"i": _indices(axes), "n": _row(*(["id", LENGTHS[axis]] for axis in axes))}
    if any(p.value.ndim == 0 for p in node.parents):
        template = template.replace(r"\odot", "")  # a number times an array is no product cell by cell
    return _put(parse(template), operands)


def _put(template: Tree, operands: dict[str, Tree]) -> Tree:
    kind, *parts = template
    if kind == "slot":
        name, guarded, followed = parts
        tree = operands[name]
        reaches_on = followed and _parts(tree)[0][:2] == ["under", "∑"]  # it would take in what follows
        return _fenced(tree) if guarded and (reaches_on or _is_sum(tree)) else tree
    put = [_put(part, operands) if isinstance(part, list) else part for part in parts]
    return _row(*put) if kind == "row" else [kind, *put]


def _written(node: Node) -> Tree:
    if node.name:
        return ["node", node.name, 0]
    return parse(f"{node.value:g}") if node.op is None else formula(node)


def _row(*parts: Tree) -> Tree:
    """Side by side: rows in a row are one row, and a row of one is that one."""
    flat = [p for part in parts for p in _parts(part)]
    return flat[0] if len(flat) == 1 else ["row", *flat]


def _parts(tree: Tree) -> list[Tree]:
    return tree[1:] if tree[0] == "row" else [tree]


def _fenced(tree: Tree) -> Tree:
    return ["fence", "(", ")", tree]


def _is_sum(tree: Tree) -> bool:
    """Whether it is a sum, a difference or negative, and not within parentheses."""
    return any(part in (MINUS, PLUS) for part in _parts(tree))


def _indices(axes: Iterable[int]) -> Tree:
    return _row(*(["id", INDICES[axis]] for axis in axes))


# ---------------------------------------------------------------------------------------------------- LaTeX to trees
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
_COMMANDS = {
    r"\sum": ["text", "∑"], r"\max": ["text", "max"], r"\log": ["text", "log"], r"\exp": ["text", "exp"],
    r"\odot": ["op", "⊙"], r"\top": ["op", "⊤"], r"\beta": ["id", "β"], r"\gamma": ["id", "γ"],
    r"\epsilon": ["id", "ϵ"], r"\eta": ["id", "η"], r"\lambda": ["id", "λ"], r"\mu": ["id", "μ"],
    r"\rho": ["id", "ρ"], r"\sigma": ["id", "σ"],
}  # fmt: skip
_ARGUMENTS = {r"\frac": 2, r"\sqrt": 1, r"\hat": 1}
_CLOSING = {"{": "}", "(": ")", "[": "]"}
_SLOT = r"\(#(?:\d|[a-z]+)\)|#(?:\d|[a-z]+)"
_TOKEN = re.compile(rf"{_SLOT}|\\mathrm{{\w+}}|\\[a-zA-Z]+|\\,|\d+(?:\.\d+)?(?:e[-+]?\d+)?|[^\s\\]")


def symbol(name: str) -> Tree:
    """The symbol of a variable: x̂ with the index 1 for xhat1, m with the index before for m_before, upright out."""
    return parse(_latex(name))


def _latex(name: str) -> str:
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    if match := re.fullmatch(r"(\w+?)_before|([a-zA-Z]+?)(\d+)", name):
        before, base, number = match.groups()
        return rf"{_latex(before)}_{{\mathrm{{before}}}}" if before else f"{_latex(base)}_{number}"
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"


@cache
def parse(latex: str) -> Tree:
    r"""The tree of a formula in the LaTeX of the tables above and of `graph.OPERATIONS`.

    Raises:
        ValueError: there is a command that the tables do not have, or a brace too many or too few.
    """
    tokens = [token for token in _TOKEN.findall(latex) if token not in (r"\,", r"\left", r"\right")]
    try:
        tree = _read_row(tokens)
        if not tokens:
            return tree
    except LookupError:
        pass
    raise ValueError(f"a formula has pairs of braces and the commands of {__name__}, but is {latex!r}: write it so.")


def _read_row(tokens: list[str]) -> Tree:
    """Everything up to a closing token, which is not taken."""
    parts = []
    while tokens and tokens[0] not in _CLOSING.values():
        parts.append(_read_scripted(tokens))
    return _row(*parts)


def _read_scripted(tokens: list[str]) -> Tree:
    base = _read_atom(tokens)
    scripts: dict[str, Tree | None] = {"^": None, "_": None}
    while tokens and tokens[0] in scripts:
        place = tokens.pop(0)
        scripts[place] = _read_atom(tokens)
    upper, lower = scripts.values()
    if base in (["text", "∑"], ["text", "max"]) and lower:
        return ["under", base[1], lower]
    return base if upper is lower is None else ["script", base, upper, lower]


def _read_atom(tokens: list[str]) -> Tree:
    sign = tokens.pop(0)
    if sign in _CLOSING:
        inner = _read_row(tokens)
        if tokens.pop(0) != _CLOSING[sign]:
            raise LookupError(sign)
        return inner if sign == "{" else ["fence", sign, _CLOSING[sign], inner]
    if "#" in sign:
        return ["slot", sign.strip("(#)"), sign[0] == "(", bool(tokens)]
    if sign.startswith(r"\mathrm"):
        return ["text", sign[8:-1]]
    if sign in _ARGUMENTS:
        return [sign[1:], *(_read_atom(tokens) for _ in range(_ARGUMENTS[sign]))]
    if sign.startswith("\\"):
        return _COMMANDS[sign]
    return ["num" if sign[0].isdigit() else "id" if sign.isalpha() else "op", sign.replace("-", "−")]
