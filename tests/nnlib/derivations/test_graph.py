"""The graph: every operation's gradient, broadcasting, branches and the order of the walk."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from numpy import ndarray

from nnlib.derivations import graph
from nnlib.derivations.formulas import Formula, word
from nnlib.derivations.graph import OPERATIONS, Node, Operation, apply, backward, in_order
from nnlib.gradient_check import eval_numerical_gradient_array
from tests.draws import draws
from tests.nnlib.oracles import assert_one_sentence

SEEDS = st.integers(0, 2**32 - 1)
SHAPES = st.lists(st.integers(1, 4), min_size=0, max_size=4).map(tuple)


def extrapolated_gradient(f: Callable[[ndarray], ndarray], x: ndarray, dout: ndarray, h: float = 4e-3) -> ndarray:
    """Central differences with h, h / 2 and h / 4, combined so that errors of order h^2 and h^4 cancel.

    What is left is of order h^6, and round-off of 1e-16 / h: 1e-12 where a single difference errs by 1e-9.
    """
    wide, middle, narrow = (eval_numerical_gradient_array(f, x.copy(), dout, h / k) for k in (1, 2, 4))
    return (64 * narrow - 20 * middle + wide) / 45


def assert_close(actual: ndarray, expected: ndarray, name: str = "") -> None:
    """To 1e-9 of the largest entry (an entry in which large numbers cancel has no digits of its own)."""
    assert np.shape(actual) == np.shape(expected), name
    scale = float(np.max(np.abs(expected), initial=0))
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-9 * scale + 1e-11, err_msg=name)


def check(op: str, arrays: Sequence[ndarray], rng: np.random.Generator, **settings) -> None:
    """The gradient of each floating-point operand is that of differences, for a random upstream gradient."""
    nodes = [Node(a, name=f"x{i}", differentiable=a.dtype.kind == "f") for i, a in enumerate(arrays)]
    out = apply(op, *nodes, **settings)
    dout = rng.normal(size=out.value.shape)
    backward(out, dout)
    for i, node in enumerate(nodes):
        if not node.differentiable:
            assert node.gradient is None
            continue

        def moved(a: ndarray, i: int = i) -> ndarray:
            return np.asarray(OPERATIONS[op].forward(*arrays[:i], a, *arrays[i + 1 :], **settings))

        assert node.gradient is not None
        assert_close(node.gradient, extrapolated_gradient(moved, arrays[i], dout), f"{op}, operand {i}")


def distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> ndarray:
    """Numbers no two of which are closer than 0.1, and none closer than 0.05 to zero."""
    n = math.prod(shape)
    return np.asarray((rng.permutation(n) - n // 2 + 0.5).reshape(shape) * 0.2 + rng.uniform(-0.04, 0.04, shape))


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> ndarray:
    return np.asarray(rng.uniform(0.5, 2, shape))


UNARY = {
    "negate": distinct, "square": distinct, "exp": distinct, "relu": distinct, "copy": distinct,
    "sqrt": positive, "rsqrt": positive, "log": positive,
}  # fmt: skip
BINARY = {"add": distinct, "subtract": distinct, "multiply": distinct, "divide": positive}
OTHERS = {"sum", "mean", "max", "matmul", "power", "pick", "flatten"}


def small_case(op: str, rng: np.random.Generator) -> tuple[list[ndarray], dict]:
    """Operands, and settings, of one case of any operation."""
    if op in UNARY:
        return [UNARY[op](rng, (3, 4))], {}
    if op in BINARY:
        return [BINARY[op](rng, (3, 4)), BINARY[op](rng, (4,))], {}
    cases = {
        "matmul": [distinct(rng, (3, 4)), distinct(rng, (4, 2))],
        "pick": [distinct(rng, (3, 4)), rng.integers(0, 4, 3)],
        "flatten": [distinct(rng, (3, 2, 2))],
        "power": [positive(rng, (3, 4)), np.array(3)],
    }
    return cases.get(op, [distinct(rng, (3, 4))]), {"axis": 1} if op in ("sum", "mean", "max") else {}


def test_no_operation_is_left_out():
    assert set(OPERATIONS) == {*UNARY, *BINARY, *OTHERS}


# ------------------------------------------------------------------------------------------------------- gradients
@draws(20)
@given(shape=SHAPES, seed=SEEDS)
@pytest.mark.parametrize("op", UNARY)
def test_operations_on_one_array(op, shape, seed):
    rng = np.random.default_rng(seed)
    check(op, [UNARY[op](rng, shape)], rng)


@draws(20)
@given(shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=1), seed=SEEDS)
@pytest.mark.parametrize("op", BINARY)
def test_operations_on_two_arrays_that_broadcast(op, shapes, seed):
    rng = np.random.default_rng(seed)
    check(op, [BINARY[op](rng, shape) for shape in shapes.input_shapes], rng)


@draws(30)
@given(shape=st.lists(st.integers(1, 4), min_size=1, max_size=4), data=st.data(), seed=SEEDS)
@pytest.mark.parametrize("op", ["sum", "mean", "max"])
def test_reductions(op, shape, data, seed):
    rng = np.random.default_rng(seed)
    axes = st.integers(0, len(shape) - 1) if op == "max" else st.none() | st.integers(0, len(shape) - 1)
    axis, keepdims = data.draw(axes), data.draw(st.booleans())
    check(op, [distinct(rng, tuple(shape))], rng, axis=axis, keepdims=keepdims)


@draws(30)
@given(
    stacks=mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3, min_side=1),
    sizes=st.tuples(*[st.integers(1, 4)] * 3),
    seed=SEEDS,
)
def test_matrix_products_of_stacks_too(stacks, sizes, seed):
    rng, (n, d, h) = np.random.default_rng(seed), sizes
    left, right = stacks.input_shapes
    check("matmul", [rng.normal(size=(*left, n, d)), rng.normal(size=(*right, d, h))], rng)


@draws(20)
@given(shape=SHAPES, exponent=st.integers(-3, 5), seed=SEEDS)
def test_powers(shape, exponent, seed):
    rng = np.random.default_rng(seed)
    check("power", [positive(rng, shape), np.array(exponent)], rng)


@draws(20)
@given(N=st.integers(1, 5), C=st.integers(1, 5), seed=SEEDS)
def test_pick(N, C, seed):
    rng = np.random.default_rng(seed)
    check("pick", [rng.normal(size=(N, C)), rng.integers(0, C, N)], rng)


@draws(20)
@given(shape=st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple), seed=SEEDS)
def test_flatten(shape, seed):
    rng = np.random.default_rng(seed)
    check("flatten", [rng.normal(size=shape)], rng)


def test_max_gives_all_to_the_first_of_equals_and_relu_nothing_at_zero():
    x = Node([[2.0, 5.0, 5.0], [-1.0, -1.0, -3.0]])
    backward(apply("max", x, axis=1), np.array([3.0, 4.0]))
    np.testing.assert_array_equal(x.gradient, [[0, 3, 0], [4, 0, 0]])
    x = Node([-1.0, 0.0, 1.0])
    backward(apply("relu", x), np.array([5.0, 6.0, 7.0]))
    np.testing.assert_array_equal(x.gradient, [0, 0, 7])


# ----------------------------------------------------------------------------------------------- faults are caught
def faults() -> list[tuple[str, int]]:
    return [(op, i) for op in OPERATIONS for i in range(2 if op in (*BINARY, "matmul") else 1)]


@pytest.mark.parametrize(("op", "operand"), faults())
def test_a_vector_jacobian_product_wrong_by_a_thousandth_is_caught(op, operand, monkeypatch):
    right = OPERATIONS[op]

    def wrong(*args, **settings):
        parts = list(right.vjp(*args, **settings))
        parts[operand] = parts[operand] * 1.001
        return tuple(parts)

    rng = np.random.default_rng(0)
    arrays, settings = small_case(op, rng)
    check(op, arrays, rng, **settings)
    monkeypatch.setitem(OPERATIONS, op, right._replace(vjp=wrong))
    with pytest.raises(AssertionError, match=f"{op}, operand {operand}"):
        check(op, arrays, rng, **settings)


def test_a_gradient_not_summed_over_the_branches_is_caught(monkeypatch):
    rng = np.random.default_rng(0)
    arrays, dout = [distinct(rng, (3, 4)), distinct(rng, (4,))], rng.normal(size=(3, 4))

    def gradient_of_branching() -> ndarray:
        x, y = map(Node, arrays)
        backward(x * y + apply("square", x), dout)
        return np.asarray(x.gradient)

    expected = extrapolated_gradient(lambda a: a * arrays[1] + a**2, arrays[0], dout)
    assert_close(gradient_of_branching(), expected)
    monkeypatch.setattr(Node, "gradient", property(lambda node: node.branches[-1].value if node.branches else None))
    with pytest.raises(AssertionError):
        assert_close(gradient_of_branching(), expected)


def test_a_gradient_not_summed_over_copies_is_caught(monkeypatch):
    rng = np.random.default_rng(0)
    arrays = [distinct(rng, (3, 4)), distinct(rng, (4,))]
    monkeypatch.setattr(graph, "sum_to", lambda a, shape: np.asarray(a).reshape(-1, *shape)[-1])
    with pytest.raises(AssertionError, match="multiply, operand 1"):
        check("multiply", arrays, rng)


# ---------------------------------------------------------------------------------------- walking, branches, inputs
def test_the_walk_is_as_written_with_inputs_where_they_are_first_used():
    w, x, b = Node(2.0, name="w"), Node(3.0, name="x"), Node(4.0, name="b")
    s = apply("square", x)
    out = s * w + x + b
    assert [node.op or node.name for node in in_order(out)] == ["x", "square", "w", "multiply", "add", "b", "add"]
    for node in in_order(out):
        assert all(in_order(out).index(parent) < in_order(out).index(node) for parent in node.parents)


@given(choices=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12), seed=SEEDS)
def test_any_graph_has_the_gradient_of_its_function(choices, seed):
    """A random graph of sums and products, in which nodes are used many times over."""
    start = np.random.default_rng(seed).uniform(-0.5, 0.5, 3)

    def out(x: ndarray | list[Node]):
        made = list(x)
        for k, (i, j) in enumerate(choices):
            a, b = made[i % len(made)], made[j % len(made)]
            made.append(a + b if k % 2 else a * b)
        return made[-1] * 0.1

    nodes = [Node(v) for v in start]
    last = out(nodes)
    order = in_order(last)
    assert all(order.index(parent) < order.index(node) for node in order for parent in node.parents)
    backward(last, np.array(2.0))
    expected = extrapolated_gradient(lambda x: np.asarray(out(x)), start, np.array(2.0))
    for node, gradient in zip(nodes, expected, strict=True):
        if node in order:
            np.testing.assert_allclose(np.asarray(node.gradient), gradient, rtol=1e-9, atol=1e-9)
        else:
            assert gradient == 0


def test_branches_are_kept_apart_in_the_order_in_which_they_arrive():
    x, y = Node([1.0, 2.0], name="x"), Node([3.0, 4.0], name="y")
    product, square = x * y, apply("square", x)
    out = product + square
    backward(out, np.array([10.0, 100.0]))
    assert [(b.child, b.position) for b in x.branches] == [(square, 0), (product, 0)]
    np.testing.assert_array_equal([b.value for b in x.branches], [[20, 400], [30, 400]])
    np.testing.assert_array_equal(x.gradient, [50, 800])
    assert [(b.child, b.position) for b in y.branches] == [(product, 1)]
    assert [(b.child, b.axes) for b in out.branches] == [(None, ())]


def test_a_node_used_twice_by_one_operation_has_two_branches():
    x = Node(3.0)
    backward(x * x, np.array(1.0))
    assert [(b.position, float(b.value)) for b in x.branches] == [(0, 3.0), (1, 3.0)]


def test_branches_say_along_which_axes_a_broadcast_gradient_was_summed():
    x, b, c = Node(np.ones((2, 3))), Node(np.ones(3)), Node(np.ones((2, 1)))
    backward(x * b * c, np.ones((2, 3)))
    assert [node.branches[0].axes for node in (x, b, c)] == [(), (0,), (1,)]


def test_walking_back_again_starts_anew():
    x = Node([1.0, 2.0])
    out = apply("square", x)
    for dout in ([1.0, 1.0], [5.0, 7.0]):
        backward(out, np.array(dout))
        np.testing.assert_array_equal(x.gradient, 2 * x.value * dout)


def test_constants_and_plain_numbers_have_no_gradient():
    x, k = Node([1.0, 2.0]), Node([3.0, 4.0], differentiable=False)
    scaled = k * 2.0
    backward(x * scaled - 1, np.ones(2))
    assert k.gradient is scaled.gradient is None
    np.testing.assert_array_equal(x.gradient, scaled.value)


def test_numbers_stand_on_either_side_of_an_operator():
    x = Node([1.0, 2.0])
    np.testing.assert_array_equal((1 - 3 * x / 2 - x).value, 1 - 3 * x.value / 2 - x.value)
    np.testing.assert_array_equal((-(x**2) + 1).value, -(x.value**2) + 1)
    np.testing.assert_array_equal((1 + 2 / x).value, 1 + 2 / x.value)


def test_arrays_and_numpys_numbers_stand_on_either_side_too():
    x = Node([1.0, 2.0])
    for a in (np.array([3.0, 5.0]), np.float64(3)):
        for made, expected in ((a + x, a + x.value), (a - x, a - x.value), (a * x, a * x.value), (a / x, a / x.value)):
            assert isinstance(made, Node)
            np.testing.assert_array_equal(made.value, expected)


def test_a_number_before_an_operator_leaves_the_gradient_right():
    x = Node([1.0, 2.0])
    backward(1 + 2 / x, np.ones(2))
    np.testing.assert_array_equal(x.gradient, [-2.0, -0.5])


def test_an_upstream_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="upstream") as error:
        backward(Node(np.ones((2, 3))) * 2, np.ones(3))
    assert_one_sentence(error, "(2, 3)", "(3,)")


# ----------------------------------------------------------------------------------------------------- the table
@pytest.mark.parametrize("op", OPERATIONS)
def test_each_operation_says_what_its_gradient_does(op):
    operation: Operation = OPERATIONS[op]
    operands = 2 if op in (*BINARY, "matmul", "power", "pick") else 1
    names = [Formula(["node", name, 0]) for name in ("d", "out", "a", "b")[: 2 + operands]]
    along = {"i": word("i"), "n": word("n")} if op in ("sum", "mean", "max") else {}
    written = str((operation.formula or operation.forward)(*names[2:], **along).tree)
    assert all(f"'{name}'" in written for name in "ab"[:operands])
    assert len((operation.gradients or operation.vjp)(*names, **along)) == operands
    assert operation.rule[0].isupper()
    assert operation.rule.endswith(".")
    assert operation.rule.count(".") == 1
    assert "\n" not in operation.rule
