"""Turns a derivation into a trace: all that the stepper draws, as plain lists and numbers, computed once.

A trace is a dictionary, whose formulas are the trees of `nnlib.derivations.formulas` with numbers for names of nodes:

title: str.
nodes: a list of
    name: str, as in the source; symbol: tree; kind: "input", "constant" or "computed".
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
from collections.abc import Callable, Collection
from functools import cache
from math import isfinite
from typing import Any

import numpy as np
from numpy import ndarray

from nnlib.derivations import Derivation, Line
from nnlib.derivations.explain import Terms, branch_formula, formula, gradient_formula, gradient_terms, value_terms
from nnlib.derivations.formulas import Tree, symbol
from nnlib.derivations.graph import Branch, Node, in_order
from nnlib.derivations.terms import Token, text, tokens
from ui.components.stepper.layout import place

Trace = dict[str, Any]


def trace(derivation: Derivation, editable: Collection[str] = ()) -> Trace:
    """The trace of a derivation and, if it has them, of the updates of its parameters.

    Args:
        derivation: with or without its walk back.
        editable: names of inputs whose numbers the learner may change; "dout" is the upstream gradient of out.
    """
    made: Trace = {"title": derivation.title, "nodes": [], "graphs": [], "sources": [], "steps": []}
    sources: dict[Callable, int] = {}
    whole = _Part(derivation, 0, editable)
    parts = [whole]
    for update in derivation.updates.values():
        parts.append(_Part(update, parts[-1].end))
    for graph, (part, parameter) in enumerate(zip(parts, ["", *derivation.updates], strict=True)):
        d, at = part.derivation, whole.numbers.get(parameter)
        copies = {"w": [at, 0], "dw": [at, 1]} if parameter else {}
        made["nodes"] += [{**part.node(node), "same": copies.get(name)} for name, node in d.nodes.items()]
        made["graphs"].append(part.graph(f"{parameter}: {d.title}" if parameter else d.title))
        forward = [node for node in d.forward_steps if not _is_setting(node)]
        walks = {
            "update" if parameter else "forward": (forward, d.lines),
            "backward": (d.backward_steps, d.gradient_lines),
        }
        for phase, (nodes, lines) in walks.items():
            for node in nodes:
                where = _place_in_source(lines.get(node.name), d.lines.get(node.name), sources)
                made["steps"].append({"node": part.numbers[node.name], "phase": phase, "graph": graph, **where})
    made["sources"] = [_source(function) for function in sources]
    return made


class _Part:
    """One derivation of a trace, its nodes numbered from `start` on."""

    def __init__(self, derivation: Derivation, start: int, editable: Collection[str] = ()):
        self.derivation, self.editable = derivation, editable
        self.numbers = {name: start + i for i, name in enumerate(derivation.nodes)}
        self.end = start + len(self.numbers)

    def node(self, node: Node) -> Trace:
        computed, gradient = node.op is not None, node.gradient
        upstream = bool(node.branches) and node.branches[0].child is None
        arrived = gradient is not None and not upstream
        return {
            "name": node.name,
            "symbol": symbol(node.name).tree,
            "kind": "computed" if computed else "input" if node.differentiable else "constant",
            "shape": list(node.value.shape),
            "value": _numbers(node.value),
            "gradient": None if gradient is None else _numbers(gradient),
            "formula": self.tree(formula(node).tree) if computed else None,
            "gradient_formula": self.tree(gradient_formula(node).tree) if arrived else None,
            "sums": self.sums(value_terms(node), node) if computed else None,
            "gradient_sums": self.sums(gradient_terms(node)) if arrived else None,
            "branches": [self.branch(node, branch) for branch in node.branches],
            "edit": node.name if node.name in self.editable and not computed else None,
            "edit_gradient": f"d{node.name}" if upstream and f"d{node.name}" in self.editable else None,
        }

    def branch(self, node: Node, branch: Branch) -> Trace:
        return {
            "from": branch.origin and self.numbers[branch.origin.name],
            "formula": self.tree(branch_formula(node, branch).tree),
            "value": _numbers(branch.value),
            "rules": branch.rules,
        }

    def tree(self, tree: Tree) -> Tree:
        """The formula, its nodes by their numbers."""
        kind, *parts = tree
        if kind == "node":
            return [kind, self.numbers[parts[0]], parts[1]]
        return [kind, *(self.tree(part) if isinstance(part, list) else part for part in parts)]

    def sums(self, terms: Terms, node: Node | None = None) -> list[Trace]:
        """How each cell was made; of a pick also the label that chose its operand, to terms a mere index."""
        labels = self.numbers[node.parents[1].name] if node and node.op == "pick" else None
        return [
            {
                "short": text(tokens(term, fold=True)),
                "tokens": [self.token(token) for token in tokens(term)],
                "chosen_by": [] if labels is None else [[labels, index, 0]],
            }
            for index, term in enumerate(terms.ravel())
        ]

    def token(self, token: Token) -> list[int] | str:
        if isinstance(token, str):
            return token
        shape = self.derivation.nodes[token.name].value.shape
        flat = int(np.ravel_multi_index(token.index, shape)) if shape else 0
        return [self.numbers[token.name], flat, int(token.gradient)]

    def graph(self, title: str) -> Trace:
        nodes = [node for node in in_order(self.derivation.out) if node.name]
        at = {node: i for i, node in enumerate(nodes)}
        edges = [(at[parent], at[node]) for node in nodes for parent in node.named_parents]
        layout = place([node.name for node in nodes], edges)
        numbers = [self.numbers[node.name] for node in nodes]
        return {
            "title": title,
            "width": layout.width,
            "height": layout.height,
            "boxes": [
                {"node": number, "x": x, "y": y, "width": width}
                for number, (x, y), width in zip(numbers, layout.nodes, layout.widths, strict=True)
            ],
            "edges": [
                {"from": numbers[a], "to": numbers[b], "points": [list(p) for p in points]}
                for (a, b), points in zip(edges, layout.edges, strict=True)
            ],
        }


def _numbers(a: ndarray) -> list[Any]:
    """Flat; what JSON cannot hold as a string."""
    return [v if isfinite(v) else str(v) for v in a.ravel().tolist()]


def _is_setting(node: Node) -> bool:
    """A plain number such as eps, which needs no step of its own."""
    return node.op is None and not node.differentiable and node.value.ndim == 0


# ----------------------------------------------------------------------------------------------------------- source
_lines = cache(inspect.getsourcelines)


@cache
def _source(function: Callable) -> Trace:
    lines, start = _lines(function)
    code = textwrap.dedent("".join(lines))
    numbered = [[start + i, line] for i, line in enumerate(code.splitlines())]
    first = ast.parse(code).body[0].body[0]  # type: ignore[attr-defined]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        if first.lineno != first.end_lineno:
            numbered[first.lineno - 1][1] += ' ... """'
        del numbered[first.lineno : first.end_lineno]
    return {"name": f"{function.__module__}.{function.__qualname__}", "lines": numbered}


def _place_in_source(line: Line | None, forward: Line | None, sources: dict[Callable, int]) -> Trace:
    """Which function, by its place in `sources`, and which line of its file; without a line the forward function."""
    shown = line or forward
    source = sources.setdefault(shown.function, len(sources)) if shown else None
    number = _lines(line.function)[1] + line.number - 1 if line else None
    return {"source": source, "line": number}
