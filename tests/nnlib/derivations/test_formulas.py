"""Formulas read as they are written by hand, with parentheses where they are needed."""

from typing import Any

import numpy as np
import pytest

from nnlib.derivations.explain import formula, gradient_formula
from nnlib.derivations.formulas import Formula, Tree, symbol, word
from nnlib.derivations.graph import Node, apply, backward
from tests.nnlib.derivations.test_derivations import ALL, all_derivations


def read(formula: Formula | Tree) -> str:
    """The formula in a line: a fraction as (above) / (below), a node by its name, its gradient with a d."""
    kind, *parts = formula.tree if isinstance(formula, Formula) else formula
    texts = [read(part) if isinstance(part, list) else part for part in parts]
    match kind:
        case "row":
            return " ".join(texts)
        case "frac":
            return "({}) / ({})".format(*texts)
        case "sqrt" | "hat":
            return f"{kind}({texts[0]})"
        case "script":
            return texts[0] + (f"^{texts[1]}" if texts[1] else "") + (f"_{texts[2]}" if texts[2] else "")
        case "under":
            return f"{texts[0]}_{texts[1].replace(' ', '')}"
        case "fence":
            return f"{texts[0]}{texts[2]}{texts[1]}"
        case "node":
            return "d" * parts[1] + parts[0]
    assert kind in ("id", "text", "num", "op"), kind
    return texts[0]


@pytest.mark.parametrize("title", ALL)
def test_every_formula_is_a_tree_of_the_kinds_that_are_promised(title):
    d = all_derivations()[title]
    assert all(read(symbol(node.name)) and read(formula(node)) for node in d.forward_steps)
    assert all(read(gradient_formula(node)) for node in d.backward_steps)


def test_formulas_read_as_in_the_literature():
    d, expected = all_derivations(), {
        ("affine_relu", "a"): "x w + b",
        ("affine_relu", "out"): "max (0 , a)",
        ("batchnorm", "mean"): "(1) / (N) ∑_i x",
        ("layernorm", "mean"): "(1) / (D) ∑_j x",
        ("batchnorm", "rstd"): "(1) / (sqrt(var + eps))",
        ("batchnorm", "out"): "gamma ⊙ xhat + beta",
        ("batchnorm, test", "mean"): "running_mean",
        ("softmax_loss", "logp"): "shifted − log total",
        ("softmax_loss", "loss"): "− (1) / (N) ∑_i picked",
        ("two_layer_net, batchnorm, L2", "penalty1"): "0.5 reg ∑_ij W1^2",
        ("adam", "m"): "beta1 m_before + (1 − beta1) dw",
        ("adam", "mhat"): "(m) / (1 − beta1^t)",
        ("adam", "step"): "(learning_rate mhat) / (sqrt(vhat) + epsilon)",
        ("sgd_momentum", "next_w"): "w + velocity",
    }  # fmt: skip
    assert {key: read(formula(d[key[0]].nodes[key[1]])) for key in expected} == expected


def test_gradient_formulas_read_as_in_the_literature():
    d, expected = all_derivations(), {
        ("affine", "x"): "dout w^⊤",
        ("affine_relu", "w"): "x^⊤ da",
        ("affine", "b"): "∑_i dout",
        ("affine_relu", "a"): "dout [a > 0]",
        ("batchnorm", "gamma"): "∑_i dout ⊙ xhat",
        ("batchnorm", "var"): "− (1) / (2) drstd ⊙ rstd^3",
        ("batchnorm", "xmu"): "dxhat ⊙ rstd + 2 dsq ⊙ xmu",
        ("batchnorm", "mean"): "− ∑_i dxmu",
        ("softmax_loss", "logp"): "dpicked [j = y_i]",
        ("softmax_loss", "total"): "(− ∑_j dlogp) / (total)",
    }  # fmt: skip
    assert {key: read(gradient_formula(d[key[0]].nodes[key[1]])) for key in expected} == expected


def test_parentheses_stand_where_they_are_needed():
    a, b, c = (Node(np.ones((2, 2)), name=name) for name in "abc")
    cases: list[tuple[Any, str]] = [
        (a - (b - c), "a − (b − c)"),
        (a * (b + c), "a ⊙ (b + c)"),
        ((a + b) @ c, "(a + b) c"),
        (-(a + b), "− (a + b)"),
        (apply("square", a + b), "(a + b)^2"),
        (apply("sum", a, axis=0) * b, "(∑_i a) ⊙ b"),
        (b * apply("sum", a, axis=0), "b ⊙ ∑_i a"),
        (apply("mean", a), "(1) / (N D) ∑_ij a"),
        (apply("sqrt", a + b) / (a + b), "(sqrt(a + b)) / (a + b)"),
        (2 * a / 4, "(2 a) / (4)"),
        (-2.5 * a, "(− 2.5) a"),
    ]
    assert [read(formula(node)) for node, _ in cases] == [text for _, text in cases]
    out = a - b * 2
    backward(out, np.ones((2, 2)))
    out.name = "out"
    assert read(gradient_formula(b)) == "(− dout) 2"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x", "x"), ("out", "out"), ("W2", "W_2"), ("xhat1", "hat(x)_1"), ("var", "σ^2"), ("var1", "σ^2_1"),
        ("running_var", "σ^2_running"), ("m_before", "m_before"), ("next_w", "w_next"), ("dw", "d w"),
        ("learning_rate", "η"), ("beta1", "β_1"), ("penalty12", "penalty_12"), ("logp", "log p"),
    ],
)  # fmt: skip
def test_symbols_of_variables(name, text):
    assert read(symbol(name)) == text


def test_a_row_in_a_row_is_one_row_and_a_row_of_one_is_that_one():
    a, b = word("a"), word("b")
    assert (a @ b @ a).tree == ["row", ["id", "a"], ["id", "b"], ["id", "a"]]
    assert word("out").tree == ["text", "out"]
    assert (2 * a).tree == ["row", ["num", "2"], ["id", "a"]]
    assert (a * b).tree == ["row", ["id", "a"], ["op", "⊙"], ["id", "b"]]
    assert (a * Formula(["id", "t"], dotted=False)).tree == ["row", ["id", "a"], ["id", "t"]]
