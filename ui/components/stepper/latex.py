r"""Reads the LaTeX of `nnlib.derivations.formulas` into a tree that the browser can draw, with nothing but HTML.

A tree is a list: its kind, then its parts. Kinds and parts:

row, parts...                   side by side
id, text, num, op + a string    an italic letter, an upright name, a number, a sign
frac, above, below              a fraction
sqrt, inner                     a root
script, base, upper, lower      an exponent and an index, None where there is none
under, sign, below              a sum or a maximum over what stands below it
hat, inner                      an accent
fence, left, right, inner       parentheses or brackets that grow with what is in them
node, number, gradient          a node of the graph (gradient: 0 or 1), which may be drawn as its symbol or its numbers
"""

import re
from typing import Any

Tree = list[Any]

_SIGNS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "eta": "η", "lambda": "λ", "mu": "μ",
    "rho": "ρ", "sigma": "σ", "theta": "θ",
}  # fmt: skip
_OPERATORS = {"odot": "⊙", "top": "⊤", "cdot": "·"}
_TOKEN = re.compile(r"\\left\s*[(\[]|\\right\s*[)\]]|\\[a-zA-Z]+|\\,|\d+(?:\.\d+)?(?:e[-+]?\d+)?|\S")
_CLOSING = {"(": ")", "[": "]"}
_ENDS = ("}", ")", "]")


def parse(latex: str) -> Tree:
    r"""The tree of a formula; \node{3} is node 3 of the graph, and \mathrm{d}\node{3} its gradient.

    Raises:
        ValueError: the formula has a command that is not in the subset above, or lacks a brace.
    """
    reader = _Reader([re.sub(r"\\(left|right)\s*(?=[(\[)\]])", "", token) for token in _TOKEN.findall(latex)])
    tree = reader.row()
    if reader.tokens:
        raise ValueError(f"braces in a formula come in pairs, but {latex!r} has a {reader.tokens[0]} too many.")
    return tree


class _Reader:
    def __init__(self, tokens: list[str]):
        self.tokens = tokens

    def row(self) -> Tree:
        """Everything up to a closing token, which is not taken."""
        parts = []
        while self.tokens and self.tokens[0] not in _ENDS:
            if self.tokens[0] == r"\,":
                self.tokens.pop(0)
            else:
                parts.append(self.scripted())
        return parts[0] if len(parts) == 1 else ["row", *parts]

    def scripted(self) -> Tree:
        base, upper, lower = self.atom(), None, None
        while self.tokens and self.tokens[0] in ("^", "_"):
            if self.tokens.pop(0) == "^":
                upper = self.argument()
            else:
                lower = self.argument()
        if base[0] == "under":
            return [*base, lower]
        return base if upper is lower is None else ["script", base, upper, lower]

    def argument(self) -> Tree:
        """What stands in braces, or a single token."""
        if self.tokens and self.tokens[0] == "{":
            return self.within("{", "}")
        return self.atom()

    def within(self, left: str, right: str) -> Tree:
        self.take(left)
        inner = self.row()
        self.take(right)
        return inner

    def take(self, token: str) -> None:
        if not self.tokens or self.tokens.pop(0) != token:
            raise ValueError(f"a {token} is missing in the formula.")

    def atom(self) -> Tree:
        if not self.tokens:
            raise ValueError("the formula ends where something is to follow.")
        sign = self.tokens[0]
        if sign == "{":
            return self.within("{", "}")
        if sign in _CLOSING:
            return ["fence", sign, _CLOSING[sign], self.within(sign, _CLOSING[sign])]
        self.tokens.pop(0)
        if sign.startswith("\\"):
            return self.command(sign[1:])
        if sign[:1].isdigit():
            return ["num", sign]
        return ["id" if sign.isalpha() else "op", sign.replace("-", "−")]

    def command(self, name: str) -> Tree:
        if name == "frac":
            return ["frac", self.argument(), self.argument()]
        if name in ("sqrt", "hat"):
            return [name, self.argument()]
        if name in ("sum", "max"):
            return ["under", "∑" if name == "sum" else "max"] if self.tokens[:1] == ["_"] else ["text", name]
        if name == "mathrm":
            return self.upright()
        if name == "node":
            self.take("{")
            number = int(self.tokens.pop(0))
            self.take("}")
            return ["node", number, 0]
        if name in ("log", "exp"):
            return ["text", name]
        if name in _SIGNS:
            return ["id", _SIGNS[name]]
        if name in _OPERATORS:
            return ["op", _OPERATORS[name]]
        raise ValueError(
            f"formulas are made of the commands that ui.components.stepper.latex knows, but this one has \\{name}."
        )

    def upright(self) -> Tree:
        self.take("{")
        text = ""
        while self.tokens and self.tokens[0] != "}":
            text += self.tokens.pop(0)
        self.take("}")
        if text == "d" and self.tokens[:1] == [r"\node"]:
            return [*self.atom()[:2], 1]
        return ["text", text]
