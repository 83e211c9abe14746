"""Numbers that remember how they were made, so that the arithmetic behind a result can be read.

NumPy computes with arrays of `Term`s as with arrays of any objects: x @ w on terms gives, in each cell, the very sum of
products that makes it. `tokens` and `text` write a term from left to right.
"""

from collections.abc import Sequence
from itertools import groupby
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from nnlib.numerals import plain


class Cell(NamedTuple):
    """One number of a named array, or of its gradient."""

    name: str
    index: tuple[int, ...]
    value: float
    gradient: bool = False

    def label(self, index: str | None = None) -> str:
        """As in the source: xhat[0,2], dxhat[0,2]; a number without axes has no brackets."""
        index = ",".join(map(str, self.index)) if index is None else index
        return ("d" if self.gradient else "") + self.name + (f"[{index}]" if index else "")


Token = Cell | str


class Term:
    """A number and how it was made: kind is cell, number, sum, product, quotient, power, negative, call or test."""

    __slots__ = ("kind", "label", "parts", "value")

    def __init__(self, kind: str, value: Any, parts: "tuple[Term, ...]" = (), label: Token = ""):
        self.kind, self.value, self.parts, self.label = kind, np.float64(value), parts, label

    def flat(self, kind: str, label: str = "") -> "tuple[Term, ...]":
        """Its parts, if it is of this kind, so that a sum of sums is one sum; else itself."""
        return self.parts if (self.kind, self.label) == (kind, label) else (self,)

    # fmt: off
    def __add__(self, b): return Term("sum", self.value + of(b).value, self.flat("sum") + of(b).flat("sum"))
    def __mul__(self, b): return Term("product", self.value * of(b).value, self.flat("product") + of(b).flat("product"))
    def __truediv__(self, b): return Term("quotient", self.value / of(b).value, (self, of(b)))
    def __pow__(self, b): return Term("power", self.value ** of(b).value, (self, of(b)))
    def __neg__(self): return Term("negative", -self.value, (self,))
    def __sub__(self, b): return self + -of(b)
    def __radd__(self, a): return of(a) + self
    def __rsub__(self, a): return of(a) - self
    def __rmul__(self, a): return of(a) * self
    def __rtruediv__(self, a): return of(a) / self
    def __gt__(self, b): return bool(self.value > of(b).value)
    def exp(self): return Term("call", np.exp(self.value), (self,), "exp")
    def log(self): return Term("call", np.log(self.value), (self,), "log")
    def sqrt(self): return Term("call", np.sqrt(self.value), (self,), "sqrt")
    # fmt: on


def of(number: Any) -> Term:
    """The number as a term, if it is not one already."""
    return number if isinstance(number, Term) else Term("number", number, label=form(float(number)))


def larger(a: Any, b: Any) -> Term:
    """max(a, b)."""
    return Term(
        "call",
        max(of(a).value, of(b).value),
        of(a).flat("call", "max") + of(b).flat("call", "max"),
        "max",
    )


def truth(a: Any, sign: str, b: Any) -> Term:
    """[a > b] or [a = b]: 1 if it is so, else 0."""
    a, b = of(a), of(b)
    return Term("test", a.value > b.value if sign == ">" else a.value == b.value, (a, b), sign)


def form(number: float) -> str:
    """A number to be read, with at most three significant digits: 0.874, −1.2, 1e-5."""
    return plain(number, 3) if isfinite(number) else f"{number}".replace("-", "−")


# --------------------------------------------------------------------------------------------------------- to be read
_SUM, _PRODUCT, _POWER, _ATOM = range(4)  # how closely a formula holds together
_LEVELS = {"sum": _SUM, "negative": _SUM, "product": _PRODUCT, "quotient": _PRODUCT, "power": _POWER}


def tokens(term: Term, fold: bool = False, least: int = _SUM) -> list[Token]:
    """The formula from left to right: cells, and between them signs, parentheses, function names and numbers.

    Args:
        term: what to write.
        fold: write what runs along a whole axis in short: x[1,:] · w[:,2], sum(sq[:,0]), max(x[2,:]).
        least: write parentheses around what holds together less closely: 0 a sum, 1 a product, 2 a power.
    """
    level = _LEVELS.get(term.kind, _ATOM)
    if term.kind == "sum":
        written, level = _sum(term, fold)
    elif term.kind == "product":
        written = _joined([tokens(part, fold, _PRODUCT) for part in term.parts], " · ")
    elif term.kind == "quotient":
        written = [*tokens(term.parts[0], fold, _PRODUCT), " / ", *tokens(term.parts[1], fold, _POWER)]
    elif term.kind == "power":
        written = [*tokens(term.parts[0], fold, _ATOM), "^", *tokens(term.parts[1], fold, _ATOM)]
    elif term.kind == "negative":
        written = ["−", *tokens(term.parts[0], fold, _PRODUCT)]
    elif term.kind == "call":
        arguments = [tokens(part, fold) for part in term.parts]
        written = [f"{term.label}(", *((_ranged(arguments) if fold else None) or _joined(arguments, ", ")), ")"]
    elif term.kind == "test":
        written = ["[", *tokens(term.parts[0], fold), f" {term.label} ", *tokens(term.parts[1], fold), "]"]
    else:
        written = [term.label]
    return ["(", *written, ")"] if level < least else written


def text(written: Sequence[Token]) -> str:
    """The tokens in one string, cells by their labels, negative numbers in parentheses where a sign is before them."""
    strings = [t if isinstance(t, str) else t.label() for t in written]
    result = ""
    for token, following in zip(strings, [*strings[1:], ""], strict=True):
        negative = token.startswith("−") and len(token) > 1
        first = not result or result.endswith(("(", "[", ", "))
        result += f"({token})" if negative and (not first or following == "^") else token
    return result


def _sum(term: Term, fold: bool) -> tuple[list[Token], int]:
    """A sum's tokens, and how closely they hold together: sum(...) and x[1,:] · w[:,2] need no parentheses."""
    addends = [
        (" − ", tokens(part.parts[0], fold, _PRODUCT))
        if part.kind == "negative"
        else (" + ", tokens(part, fold, _PRODUCT))
        for part in term.parts
    ]
    if fold:
        short = []
        for (sign, _), group in groupby(addends, key=lambda addend: (addend[0], _shape(addend[1]))):
            rows = [row for _, row in group]
            ranged = _ranged(rows)
            if ranged is None:
                short += [(sign, row) for row in rows]
            elif _shape(rows[0])[1:2] == (" · ",) and len(ranged) == 3 and all(":" in str(r) for r in ranged[::2]):
                short.append((sign, ranged))
            else:
                short.append((sign, ["sum(", *ranged, ")"]))
        addends = short
    (sign, first), *others = addends
    written = [*(["−"] if sign == " − " else []), *first]
    for sign, row in others:
        written += [sign, *row]
    single = len(addends) == 1 and sign == " + "
    return written, (_ATOM if first[0] == "sum(" else _PRODUCT) if single else _SUM


def _shape(row: list[Token]) -> tuple:
    """What is alike in formulas that differ by indices only."""
    return tuple((t.name, t.gradient) if isinstance(t, Cell) else t for t in row)


def _ranged(rows: list[list[Token]]) -> list[Token] | None:
    """One row for many, with : for the indices that run from 0 upwards; None if they are not alike in this way."""
    if len(rows) < 2 or len({_shape(row) for row in rows}) > 1:
        return None
    result: list[Token] = []
    for column in zip(*rows, strict=True):
        cells = [token for token in column if isinstance(token, Cell)]
        if not cells:
            result.append(column[0])
            continue
        axes = list(zip(*(cell.index for cell in cells), strict=True))
        running = [axis for axis in axes if len(set(axis)) > 1]
        if running and list(zip(*running, strict=True)) != list(np.ndindex(*(max(axis) + 1 for axis in running))):
            return None
        result.append(cells[0].label(",".join(":" if len(set(axis)) > 1 else str(axis[0]) for axis in axes)))
    return result if any(":" in str(token) for token in result) else None


def _joined(rows: list[list[Token]], by: str) -> list[Token]:
    return [token for i, row in enumerate(rows) for token in ([by, *row] if i else row)]
