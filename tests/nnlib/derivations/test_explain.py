"""Explanations and formulas: the arithmetic shown is the one that was done, and reads as it is written by hand."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest

from nnlib import derivations
from nnlib.derivations import Derivation
from nnlib.derivations.explain import branch_terms, gradient_terms, value_terms
from nnlib.derivations.graph import OPERATIONS, Node, apply
from nnlib.derivations.terms import Cell, Term, form, text, tokens
from tests.nnlib.derivations.test_derivations import ALL, all_derivations

NAMESPACE = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "max": max, "float": float, "__builtins__": {}}
PYTHON = {"·": "*", "−": "-", "^": "**", "[": "float(", "]": ")", " = ": " == "}


class Explanation(NamedTuple):
    """A cell of a value or of a gradient, and how it was made."""

    cell: Cell
    term: Term

    def operands(self) -> list[Cell]:
        return list(dict.fromkeys(t for t in tokens(self.term) if isinstance(t, Cell)))

    def symbols(self) -> str:
        return text(tokens(self.term, fold=True))

    def numbers(self) -> str:
        return text([form(t.value) if isinstance(t, Cell) else t for t in tokens(self.term)])

    def equation(self) -> str:
        """out[1,2] = x[1,:] · w[:,2] + b[2] = 0.31 · 1.2 + 0.4 · (−0.5) + 0.7 = 0.872; nothing is written twice."""
        parts = (self.cell.label(), self.symbols(), self.numbers(), form(self.cell.value))
        return " = ".join(dict.fromkeys(parts))


def explain_all(node: Node, gradient: bool = False) -> Iterator[Explanation]:
    array = np.asarray(node.gradient if gradient else node.value)
    made = gradient_terms(node) if gradient else value_terms(node)
    for index in np.ndindex(node.value.shape):
        yield Explanation(Cell(node.name, index, float(array[index]), gradient), made[index])


def explain(node: Node, index: tuple[int, ...], gradient: bool = False) -> Explanation:
    return next(e for e in explain_all(node, gradient) if e.cell.index == index)


def every_explanation(d: Derivation) -> list[Explanation]:
    return [
        *(e for node in d.forward_steps for e in explain_all(node)),
        *(e for node in d.backward_steps for e in explain_all(node, gradient=True)),
    ]


def evaluate(e: Explanation) -> float:
    """The number that the formula gives, as it is printed, with the cells' numbers put in at full precision."""
    source = ""
    for token in tokens(e.term):
        if isinstance(token, Cell):
            source += f"({token.value!r})"
        else:
            source += "".join(PYTHON.get(part, part) for part in re.split(r"( = |[·−^\[\]])", token))
    return float(eval(source, NAMESPACE))  # noqa: S307 (the project's own formula)


def equation(d: Derivation, name: str, *index: int) -> str:
    return explain(d.nodes[name], index).equation()


def equation_back(d: Derivation, name: str, *index: int) -> str:
    return explain(d.nodes[name], index, gradient=True).equation()


# -------------------------------------------------------------------------------------------- the arithmetic is right
@pytest.mark.parametrize("title", ALL)
def test_every_cell_is_what_its_formula_gives(title):
    d = all_derivations()[title]
    for e in every_explanation(d):
        node = d.nodes[e.cell.name]
        array = np.asarray(node.gradient if e.cell.gradient else node.value)
        assert e.cell.value == array[e.cell.index]
        expected = pytest.approx(e.cell.value, rel=1e-12, abs=1e-14)
        assert e.term.value == expected, e.equation()
        assert evaluate(e) == expected, e.equation()


@pytest.mark.parametrize("title", ALL)
def test_every_operand_is_a_cell_of_a_named_node(title):
    d = all_derivations()[title]
    for e in every_explanation(d):
        for cell in e.operands():
            node = d.nodes[cell.name]
            assert cell.value == np.asarray(node.gradient if cell.gradient else node.value)[cell.index]


@pytest.mark.parametrize("title", ALL)
def test_terms_of_a_gradient_are_its_branches(title):
    d = all_derivations()[title]
    for node in d.backward_steps:
        for branch in node.branches:
            made = np.vectorize(lambda term: term.value, otypes=[float])(branch_terms(node, branch))
            np.testing.assert_allclose(made, branch.value, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("op", ["matmul", "relu", "max", "pick"])
def test_an_operation_that_does_something_else_is_not_explained_away(op, monkeypatch):
    """The arithmetic is the operation's own; where it is written anew, a change of the operation would show."""
    right = OPERATIONS[op]
    monkeypatch.setitem(OPERATIONS, op, right._replace(forward=lambda *a, **k: right.forward(*a, **k) * 1.001))
    rng = np.random.default_rng(0)
    d = derivations.two_layer_net(
        rng.normal(size=(3, 2)), np.array([0, 1, 1]),
        {"W1": rng.normal(size=(2, 3)), "b1": np.ones(3), "W2": rng.normal(size=(3, 2)), "b2": np.ones(2)},
    )  # fmt: skip
    name = {"matmul": "a1", "relu": "h1", "max": "top", "pick": "picked"}[op]
    agree = all(e.term.value == pytest.approx(e.cell.value) for e in explain_all(d.nodes[name]))
    assert agree == (op in ("matmul", "pick"))


# ------------------------------------------------------------------------------------------------------- as it reads
def affine() -> Derivation:
    x, w, b = np.array([[1.0, 2.0], [0.5, -3.0]]), np.array([[3.0, 0.25], [-1.0, 4.0]]), np.array([0.0, 10.0])
    return derivations.affine(x, w, b).backward(np.array([[1.0, -2.0], [3.0, 0.5]]))


def test_affine_reads_as_by_hand():
    d = affine()
    assert equation(d, "out", 1, 0) == "out[1,0] = x[1,:] · w[:,0] + b[0] = 0.5 · 3 + (−3) · (−1) + 0 = 4.5"
    assert equation(d, "x", 1, 1) == "x[1,1] = −3"
    assert equation_back(d, "out", 0, 1) == "dout[0,1] = −2"
    assert equation_back(d, "b", 1) == "db[1] = sum(dout[:,1]) = −2 + 0.5 = −1.5"
    assert equation_back(d, "w", 0, 1) == "dw[0,1] = x[:,0] · dout[:,1] = 1 · (−2) + 0.5 · 0.5 = −1.75"
    assert equation_back(d, "x", 1, 0) == "dx[1,0] = dout[1,:] · w[0,:] = 3 · 3 + 0.5 · 0.25 = 9.13"
    assert explain(d.nodes["out"], (1, 0)).operands() == [
        Cell("x", (1, 0), 0.5), Cell("w", (0, 0), 3.0), Cell("x", (1, 1), -3.0), Cell("w", (1, 0), -1.0),
        Cell("b", (0,), 0.0),
    ]  # fmt: skip


def test_inputs_of_more_axes_are_met_at_their_own_places():
    rng = np.random.default_rng(0)
    d = derivations.affine(rng.normal(size=(2, 2, 2)), rng.normal(size=(4, 3)), rng.normal(size=3))
    e = explain(d.nodes["out"], (1, 2))
    assert e.symbols() == "x[1,:,:] · w[:,2] + b[2]"
    assert [cell.index for cell in e.operands() if cell.name == "x"] == [(1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)]


def test_batchnorm_reads_as_by_hand():
    x = np.array([[1.0, 2.0], [3.0, 2.5], [5.0, -2.0], [-1.0, 0.0]])
    d = derivations.batchnorm(x, np.array([2.0, 1.0]), np.zeros(2), {"mode": "train", "eps": 0.0}).backward(x)
    assert equation(d, "mean", 0) == "mean[0] = sum(x[:,0]) / 4 = (1 + 3 + 5 + (−1)) / 4 = 2"
    assert equation(d, "xmu", 0, 0) == "xmu[0,0] = x[0,0] − mean[0] = 1 − 2 = −1"
    assert equation(d, "sq", 0, 0) == "sq[0,0] = xmu[0,0]^2 = (−1)^2 = 1"
    assert equation(d, "rstd", 0) == "rstd[0] = 1 / sqrt(var[0] + eps) = 1 / sqrt(5 + 0) = 0.447"
    for name, expected in {
        "xhat": "dout[1,0] · gamma[0]",
        "gamma": "dout[:,1] · xhat[:,1]",
        "rstd": "dxhat[:,1] · xmu[:,1]",
        "var": "drstd[1] · (−0.5) · rstd[1]^3",
        "sq": "dvar[0] / 4",
        "xmu": "dxhat[1,0] · rstd[0] + dsq[1,0] · 2 · xmu[1,0]",
        "mean": "−sum(dxmu[:,1])",
        "x": "dxmu[1,0] + dmean[0] / 4",
    }.items():
        node = d.nodes[name]
        assert explain(node, (1, 0)[: node.value.ndim], gradient=True).symbols() == expected


def test_choices_show_what_was_compared():
    d = derivations.relu(np.array([[-2.0, 3.0]])).backward(np.array([[5.0, 6.0]]))
    assert equation(d, "out", 0, 0) == "out[0,0] = max(0, x[0,0]) = max(0, −2) = 0"
    assert equation_back(d, "x", 0, 0) == "dx[0,0] = dout[0,0] · [x[0,0] > 0] = 5 · [−2 > 0] = 0"
    assert equation_back(d, "x", 0, 1) == "dx[0,1] = dout[0,1] · [x[0,1] > 0] = 6 · [3 > 0] = 6"
    d = derivations.softmax_loss(np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]]), np.array([2, 0])).backward()
    assert equation(d, "top", 0, 0) == "top[0,0] = max(x[0,:]) = max(1, 2, 0) = 2"
    assert equation(d, "e", 0, 2) == "e[0,2] = exp(shifted[0,2]) = exp(−2) = 0.135"
    assert equation(d, "picked", 0) == "picked[0] = logp[0,2] = −2.41"
    assert equation(d, "logp", 0, 1) == "logp[0,1] = shifted[0,1] − log(total[0,0]) = 0 − log(1.5) = −0.408"
    assert equation_back(d, "logp", 0, 1) == "dlogp[0,1] = dpicked[0] · [1 = y[0]] = −0.5 · [1 = 2] = 0"


def test_an_update_reads_as_by_hand():
    d = derivations.update("adam", np.array([1.0]), np.array([-2.0]), {"m": np.array([0.5]), "t": 1})
    assert (
        equation(d, "m", 0) == "m[0] = beta1 · m_before[0] + (1 − beta1) · dw[0] = 0.9 · 0.5 + (1 − 0.9) · (−2) = 0.25"
    )
    assert equation(d, "mhat", 0) == "mhat[0] = m[0] / (1 − beta1^t) = 0.25 / (1 − 0.9^2) = 1.32"
    assert explain(d.nodes["step"], (0,)).symbols() == "learning_rate · mhat[0] / (sqrt(vhat[0]) + epsilon)"
    assert explain(d.nodes["t"], ()).equation() == "t = 2"


def test_sums_over_several_axes_and_of_products_of_three():
    a, b = (Node(np.arange(1.0, 5).reshape(2, 2), name=name) for name in "ab")
    out = apply("sum", apply("square", a))
    out.name = "out"
    assert explain(out, ()).equation() == "out = sum(a[:,:]^2) = 1^2 + 2^2 + 3^2 + 4^2 = 30"
    out = apply("sum", a * b * a, axis=0)
    out.name = "out"
    assert explain(out, (1,)).symbols() == "sum(a[:,1] · b[:,1] · a[:,1])"
    out = apply("sum", a, axis=0) * 2
    out.name = "out"
    assert explain(out, (1,)).symbols() == "sum(a[:,1]) · 2"
    out = apply("sum", a * b, axis=0) / b
    out.name = "out"
    assert explain(out, (0, 1)).symbols() == "a[:,1] · b[:,1] / b[0,1]"
    out = -(a - b) * (a + b)
    out.name = "out"
    assert explain(out, (0, 1)).equation() == (
        "out[0,1] = (−(a[0,1] − b[0,1])) · (a[0,1] + b[0,1]) = (−(2 − 2)) · (2 + 2) = 0"
    )


def test_numbers_have_three_digits_at_most():
    third = explain(derivations.relu(np.array([1 / 3])).nodes["out"], (0,))
    assert third.equation() == "out[0] = max(0, x[0]) = max(0, 0.333) = 0.333"
    assert [form(v) for v in (-0.0, 1e-5, -1234.5, 0.1 + 0.2)] == ["0", "1e-5", "−1230", "0.3"]


def test_overflow_and_division_by_zero_are_explained_without_warnings():
    x = Node(np.array([0.0, 710.0]), name="x")
    with np.errstate(all="ignore"):
        out = apply("exp", x) / x
    out.name = "out"
    assert explain(out, (0,)).equation() == "out[0] = exp(x[0]) / x[0] = exp(0) / 0 = inf"
    assert explain(out, (1,)).numbers() == "exp(710) / 710"


def test_text_of_tokens():
    term = explain(affine().nodes["out"], (0, 0)).term
    assert text(tokens(term)) == "x[0,0] · w[0,0] + x[0,1] · w[1,0] + b[0]"
    assert text([form(t.value) if isinstance(t, Cell) else t for t in tokens(term)]) == "1 · 3 + 2 · (−1) + 0"
