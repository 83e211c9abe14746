"""Formulas as trees that a page can draw, written with Python's operators; and the symbols of variables.

A tree is a list, its kind and then its parts:

row, parts...                   side by side
id, text, num, op + a string    an italic letter, an upright name, a number, a sign
frac, above, below              a fraction
sqrt, inner                     a root
script, base, upper, lower      an exponent and an index, None where there is none
under, sign, below              a sum or a maximum over what stands below it
hat, inner                      an accent
fence, left, right, inner       parentheses or brackets that grow with what is in them
node, name, gradient            a named node of a graph (gradient: 0), or its gradient (1)
"""

import re
from collections.abc import Sequence
from typing import Any

Tree = list[Any]  # to be read only: equal parts of formulas are the same list

PLUS, MINUS, TIMES, TOP = (["op", sign] for sign in "+−⊙⊤")


class Formula:
    """Trees side by side; operators put others beside them, in parentheses where these are needed.

    `*` is the product cell by cell, written as ⊙, or as nothing if one of the factors is a number or not `dotted`;
    `@` is written as nothing; a[b] puts b, a condition, in brackets.
    """

    def __init__(self, *parts: Tree, dotted: bool = True):
        self.parts, self.dotted = list(parts), dotted

    @property
    def tree(self) -> Tree:
        return self.parts[0] if len(self.parts) == 1 else ["row", *self.parts]

    @property
    def is_sum(self) -> bool:
        """Whether it is a sum, a difference or negative."""
        return any(part in (PLUS, MINUS) for part in self.parts)

    def factor(self, followed: bool = False) -> list[Tree]:
        """Its parts; in parentheses if they are a sum, or a ∑ that would take in what follows."""
        reaches_on = followed and self.parts[0][:2] == ["under", "∑"]
        return [fence("()", self)] if self.is_sum or reaches_on else self.parts

    def at(self, *index: "Formula") -> "Formula":
        """With an index, which goes to the last of its parts, below an exponent if there is one."""
        *before, last = self.factor(followed=True)
        base, upper = last[1:3] if last[0] == "script" else (last, None)
        return Formula(*before, ["script", base, upper, _listed(index).tree])

    def equals(self, b: "Formula") -> "Formula":
        return self._relation("=", b)

    def _beside(self, sign: list[Tree], b: "Formula") -> "Formula":
        return Formula(*self.factor(followed=True), *sign, *b.factor(), dotted=self.dotted and b.dotted)

    def _to(self, upper: Tree) -> "Formula":
        *before, last = self.factor(followed=True)
        return Formula(*before, ["script", last, upper, None], dotted=self.dotted)

    def _relation(self, sign: str, b: "Formula | float") -> "Formula":
        return Formula(*self.parts, ["op", sign], *as_formula(b).parts)

    # fmt: off
    def __add__(self, b): return Formula(*self.parts, *([] if b.parts[0] == MINUS else [PLUS]), *b.parts)
    def __sub__(self, b): return Formula(*self.parts, MINUS, *as_formula(b).factor())
    def __neg__(self): return Formula(MINUS, *self.factor())
    def __mul__(self, b): return self._beside([TIMES] if self.dotted and b.dotted else [], b)
    def __rmul__(self, a): return as_formula(a)._beside([], self)
    def __matmul__(self, b): return self._beside([], b)
    def __truediv__(self, b): return Formula(["frac", self.tree, as_formula(b).tree])
    def __rtruediv__(self, a): return as_formula(a) / self
    def __pow__(self, b): return self._to(as_formula(b).tree)
    def __gt__(self, b): return self._relation(">", b)
    def __getitem__(self, b): return Formula(*self.factor(followed=True), fence("[]", b))
    def sqrt(self): return Formula(["sqrt", self.tree])
    def exp(self): return call("exp", self)
    def log(self): return word("log") @ self
    mT = property(lambda self: self._to(TOP))
    # fmt: on


def as_formula(number: "Formula | float") -> Formula:
    """A number as a formula, if it is not one already."""
    if isinstance(number, Formula):
        return number
    return Formula(*([MINUS] if number < 0 else []), ["num", f"{abs(number):g}"])


def word(text: str) -> Formula:
    """A letter in italics, a longer word upright."""
    return Formula(["id" if len(text) == 1 else "text", text])


def fence(signs: str, inner: Formula) -> Tree:
    return ["fence", *signs, inner.tree]


def call(function: str, *arguments: "Formula | float") -> Formula:
    """function(a, b)."""
    return Formula(["text", function], fence("()", _listed(arguments)))


def over(sign: str, index: Formula, a: Formula) -> Formula:
    """A sum (∑) or a maximum over an index."""
    return Formula(["under", sign, index.tree], *a.factor())


def _listed(formulas: Sequence[Formula | float]) -> Formula:
    """a, b."""
    return Formula(*[part for each in formulas for part in (["op", ","], *as_formula(each).parts)][1:])


# ---------------------------------------------------------------------------------------------------------- symbols
def _hat(letter: str) -> Formula:
    return Formula(["hat", ["id", letter]])


_SYMBOLS = {
    "mean": word("μ"),
    "running_mean": word("μ").at(word("running")),
    "var": word("σ") ** 2,
    "running_var": (word("σ") ** 2).at(word("running")),
    "xhat": _hat("x"),
    "gamma": word("γ"),
    "beta": word("β"),
    "eps": word("ϵ"),
    "epsilon": word("ϵ"),
    "logp": word("log") @ word("p"),
    "reg": word("λ"),
    "weight_decay": word("λ"),
    "learning_rate": word("η"),
    "momentum": word("ρ"),
    "decay_rate": word("ρ"),
    "mhat": _hat("m"),
    "vhat": _hat("v"),
    "dw": Formula(["text", "d"], ["id", "w"]),
    "next_w": word("w").at(word("next")),
    "data_loss": word("loss").at(word("data")),
}


def symbol(name: str) -> Formula:
    """The symbol of a variable: x̂ with the index 1 for xhat1, m with the index before for m_before, upright out."""
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    if match := re.fullmatch(r"(\w+?)_(before)|([a-zA-Z]+?)(\d+)", name):
        base, index = (part for part in match.groups() if part)
        return symbol(base).at(word(index) if index == "before" else as_formula(int(index)))
    return word(name)
