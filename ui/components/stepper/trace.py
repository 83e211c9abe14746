"""Turns a derivation into a trace: all that the stepper draws, as plain lists and numbers, computed once.

A trace is a dictionary:

title: str.
nodes: a list of
    name: str, as in the source; symbol: tree (see `stepper.latex`); kind: "input", "constant" or "computed".
    shape: [...]; value, gradient: flat lists in C order; gradient is None if the node has none.
    formula: tree of the right-hand side, None for what is not computed; gradient_formula: likewise.
    sums, gradient_sums: for each cell, in the same order, how it was made; None where nothing was computed. A sum is
        {"short": "x[1,:] · w[:,2] + b[2]", "tokens": [...], "chosen_by": [cell, ...]}, a token a string or a cell
        [node, flat index, gradient]; chosen_by are labels that were used as an index only.
    same: [node, gradient] of which this one is a copy, as w and dw of an update are; else None.
    branches: the ways by which its gradient arrives, a list of
        {"from": node or None (upstream), "formula": tree, "value": flat list, "rules": sentences}.
    edit, edit_gradient: the name under which the learner may change the numbers, None if they may not.
graphs: the drawings, a list of {"title", "width", "height", "edges": [{"from", "to", "points": [[x, y], ...]}],
    "boxes": [{"node", "x", "y", "width"}]} in px, x and y being the middle; the first one is the computation itself,
    the others the updates of its parameters.
sources: the functions, a list of {"name", "lines": [[number in the file, text], ...]}, docstrings cut to one line.
steps: the walk, a list of {"node", "phase": "forward", "backward" or "update", "graph", "source", "line"}; source and
    line (its number in the file) are None where the code has no line for it.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache, reduce
from math import isfinite
from typing import Any

from numpy import ndarray

from nnlib.derivations import Derivation, Line, formulas
from nnlib.derivations.explain import Explanation, explanations, gradient_explanations
from nnlib.derivations.graph import BROADCAST_RULE, OPERATIONS, Branch, Node, walk
from nnlib.derivations.terms import Token
from ui.components.stepper.latex import parse
from ui.components.stepper.layout import place

Trace = dict[str, Any]


def trace(derivation: Derivation, editable: Collection[str] = ()) -> Trace:
    """The trace of a derivation and, if it has them, of the updates of its parameters.

    Args:
        derivation: with or without its walk back.
        editable: names of inputs whose numbers the learner may change; "dout" is the upstream gradient of out.
    """
    parts = [(derivation, "forward"), *((update, "update") for update in derivation.updates.values())]
    made: Trace = {"title": derivation.title, "nodes": [], "graphs": [], "sources": [], "steps": []}
    sources: dict[Callable, int] = {}
    own = {name: i for i, name in enumerate(derivation.nodes)}
    for graph, ((part, phase), parameter) in enumerate(zip(parts, ["", *derivation.updates], strict=True)):
        allowed = editable if phase == "forward" else ()
        copies = {"w": [own[parameter], 0], "dw": [own[parameter], 1]} if parameter else {}
        numbers = {name: len(made["nodes"]) + i for i, name in enumerate(part.nodes)}
        with _numbered(part, numbers) as symbols:
            for name, node in part.nodes.items():
                described = _node(node, symbols[node], part, numbers, allowed)
                made["nodes"].append({**described, "same": copies.get(name)})
        made["graphs"].append(_graph(part, numbers, f"{parameter}: {part.title}" if parameter else part.title))
        walks = [(phase, part.forward_steps, part.lines), ("backward", part.backward_steps, part.gradient_lines)]
        for name, nodes, lines in walks:
            for node in nodes:
                if name == "backward" or not _is_setting(node):
                    where = _place_in_source(lines.get(node.name), part.lines.get(node.name), sources)
                    made["steps"].append({"node": numbers[node.name], "phase": name, "graph": graph, **where})
    made["sources"] = [_source(function) for function in sources]
    return made


# ------------------------------------------------------------------------------------------------------------ nodes
@contextmanager
def _numbered(derivation: Derivation, numbers: dict[str, int]) -> Iterator[dict[Node, str]]:
    r"""While this lasts formulas have \node{3} in the place of a node's symbol; gives the symbols."""
    symbols = {node: node.symbol for node in derivation.nodes.values()}
    try:
        for node in symbols:
            node.symbol = rf"\node{{{numbers[node.name]}}}"
        yield symbols
    finally:
        for node, symbol in symbols.items():
            node.symbol = symbol


def _node(node: Node, symbol: str, part: Derivation, numbers: dict[str, int], editable: Collection[str]) -> Trace:
    computed, gradient = node.op is not None, node.gradient
    upstream = bool(node.branches) and node.branches[0].child is None
    sums = _sums(explanations(node), part, numbers) if computed else None
    gradient_sums = _sums(gradient_explanations(node), part, numbers) if gradient is not None and not upstream else None
    return {
        "name": node.name,
        "symbol": parse(symbol),
        "kind": "computed" if computed else "input" if node.differentiable else "constant",
        "shape": list(node.value.shape),
        "value": _numbers(node.value),
        "gradient": None if gradient is None else _numbers(gradient),
        "formula": parse(formulas.formula(node)) if computed else None,
        "gradient_formula": parse(formulas.gradient_formula(node)) if gradient_sums else None,
        "sums": sums,
        "gradient_sums": gradient_sums,
        "branches": [_branch(node, branch, numbers) for branch in node.branches],
        "edit": node.name if node.name in editable and not computed else None,
        "edit_gradient": f"d{node.name}" if upstream and f"d{node.name}" in editable else None,
    }


def _branch(node: Node, branch: Branch, numbers: dict[str, int]) -> Trace:
    child = branch.child
    rules = (
        [] if child is None or child.op is None else [OPERATIONS[child.op].rule, *[BROADCAST_RULE] * bool(branch.axes)]
    )
    return {
        "from": None if child is None else numbers[_line_of(child).name],
        "formula": parse(formulas.branch_formula(node, branch)),
        "value": _numbers(branch.value),
        "rules": rules,
    }


def _line_of(node: Node) -> Node:
    """The named node whose line of source this one is a part of."""
    child = node.branches[0].child
    return node if node.name or child is None else _line_of(child)


def _sums(explained: dict[tuple[int, ...], Explanation], part: Derivation, numbers: dict[str, int]) -> list[Trace]:
    def write(token: Token) -> list[int] | str:
        if isinstance(token, str):
            return token
        node = part.nodes[token.name]
        return [numbers[token.name], _flat(token.index, node.value.shape), int(token.gradient)]

    return [
        {"short": e.symbols(), "tokens": [write(token) for token in e.tokens()], "chosen_by": _labels(part, numbers, e)}
        for e in explained.values()
    ]


def _labels(part: Derivation, numbers: dict[str, int], explanation: Explanation) -> list[list[int]]:
    """The label that chose the operand of a pick: explanations know labels as indices only."""
    node, (_, index, _, gradient) = part.nodes[explanation.cell.name], explanation.cell
    return [[numbers[node.parents[1].name], index[0], 0]] if node.op == "pick" and not gradient else []


def _flat(index: tuple[int, ...], shape: tuple[int, ...]) -> int:
    return reduce(lambda flat, axis: flat * axis[1] + axis[0], zip(index, shape, strict=True), 0)


def _numbers(a: ndarray) -> list[Any]:
    """Flat; what JSON cannot hold as a string."""
    return [v if isfinite(v) else str(v) for v in a.ravel().tolist()]


def _is_setting(node: Node) -> bool:
    """A plain number such as eps, which needs no step of its own."""
    return node.op is None and not node.differentiable and node.value.ndim == 0


# ------------------------------------------------------------------------------------------------------------ graph
def _graph(derivation: Derivation, numbers: dict[str, int], title: str) -> Trace:
    nodes = [node for node in walk(derivation.out) if node.name]
    at = {node: i for i, node in enumerate(nodes)}
    edges = [(at[parent], at[node]) for node in nodes for parent in _named_parents(node)]
    layout = place([node.name for node in nodes], edges)
    return {
        "title": title,
        "width": layout.width,
        "height": layout.height,
        "boxes": [
            {"node": numbers[node.name], "x": x, "y": y, "width": width}
            for node, (x, y), width in zip(nodes, layout.nodes, layout.widths, strict=True)
        ],
        "edges": [
            {"from": numbers[nodes[a].name], "to": numbers[nodes[b].name], "points": [list(p) for p in points]}
            for (a, b), points in zip(edges, layout.edges, strict=True)
        ],
    }


def _named_parents(node: Node) -> list[Node]:
    """The named nodes that its line of source uses, each once."""
    found: dict[Node, None] = {}
    for parent in node.parents:
        found |= dict.fromkeys([parent] if parent.name else _named_parents(parent))
    return list(found)


# ----------------------------------------------------------------------------------------------------------- source
@cache
def _source(function: Callable) -> Trace:
    lines, start = inspect.getsourcelines(function)
    text = textwrap.dedent("".join(lines))
    numbered = [[start + i, line] for i, line in enumerate(text.splitlines())]
    first = ast.parse(text).body[0].body[0]  # type: ignore[attr-defined]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        if first.lineno != first.end_lineno:
            numbered[first.lineno - 1][1] += ' ... """'
        del numbered[first.lineno : first.end_lineno]
    return {"name": f"{function.__module__}.{function.__qualname__}", "lines": numbered}


def _place_in_source(line: Line | None, forward: Line | None, sources: dict[Callable, int]) -> Trace:
    """Which function, by its place in `sources`, and which line of its file; without a line the forward function."""
    shown = line or forward
    source = sources.setdefault(shown.function, len(sources)) if shown else None
    number = inspect.getsourcelines(line.function)[1] + line.number - 1 if line else None
    return {"source": source, "line": number}
