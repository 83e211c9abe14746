"""The derivations: the same numbers as the layers, networks and rules they stand for, and the lines that make them."""

import inspect
import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy import ndarray

from nnlib import derivations, layers, optim
from nnlib.derivations import Derivation, Line, assignments
from nnlib.derivations.graph import BROADCAST_RULE, OPERATIONS
from nnlib.fc_net import FullyConnectedNet
from tests.draws import draws
from tests.nnlib import oracles
from tests.nnlib.derivations.test_graph import assert_close, extrapolated_gradient
from tests.nnlib.oracles import assert_one_sentence, assert_untouched

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(1, 5)
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)
MODES = st.sampled_from(["train", "test"])
RULES = list(optim.RULES)


def values(d: Derivation, *names: str) -> list[ndarray]:
    return [d.nodes[name].value for name in names]


def gradients(d: Derivation, *names: str) -> list[ndarray]:
    return [d.gradient(name) for name in names]


def check_numerically(build: Callable[..., Derivation], args: list[ndarray], dout: ndarray, *names: str) -> None:
    """The gradients of the derivation's inputs, in the order of args, are those of differences of its own output."""
    d = build(*args).backward(dout)
    for i, name in enumerate(names):

        def moved(a: ndarray, i: int = i) -> ndarray:
            return build(*args[:i], a, *args[i + 1 :]).out.value

        assert_close(d.gradient(name), extrapolated_gradient(moved, args[i], dout), f"d{name}")


def norm_args(rng: np.random.Generator, N: int, D: int, transpose: bool = False) -> Any:
    """x, gamma, beta."""
    x = oracles.spread_columns(rng, D, N).T if transpose else oracles.spread_columns(rng, N, D)
    return [x, rng.normal(size=D), rng.normal(size=D)]


def running(rng: np.random.Generator, D: int, mode: str) -> dict[str, Any]:
    return {"mode": mode, "running_mean": rng.normal(size=D), "running_var": rng.uniform(0.5, 2, D)}


# ---------------------------------------------------------------------------------------------------------- layers
@draws(40)
@given(shape=SHAPES, H=SIZES, seed=SEEDS)
def test_affine(shape, H, seed):
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=shape), rng.normal(size=(int(np.prod(shape[1:])), H)), rng.normal(size=H)
    dout = rng.normal(size=(shape[0], H))
    d = derivations.affine(x, w, b).backward(dout)
    out, cache = layers.affine_forward(x, w, b)
    oracles.assert_gradients(values(d, "out", "x", "w", "b"), [out, *cache], rtol=1e-12, atol=1e-14)
    expected = layers.affine_backward(dout, cache)
    for name, gradient in zip("xwb", expected, strict=True):
        assert_close(d.gradient(name), np.asarray(gradient), f"d{name}")
    check_numerically(derivations.affine, [x, w, b], dout, "x", "w", "b")


@draws(40)
@given(shape=SHAPES, seed=SEEDS)
def test_relu(shape, seed):
    rng = np.random.default_rng(seed)
    x, dout = oracles.away_from_zero(rng.normal(size=shape)), rng.normal(size=shape)
    d = derivations.relu(x).backward(dout)
    out, cache = layers.relu_forward(x)
    np.testing.assert_array_equal(d.out.value, out)
    np.testing.assert_array_equal(d.gradient("x"), layers.relu_backward(dout, cache))
    check_numerically(derivations.relu, [x], dout, "x")


@draws(40)
@given(shape=SHAPES, p=st.floats(0.05, 1), mode=MODES, mask_seed=SEEDS, seed=SEEDS)
def test_dropout(shape, p, mode, mask_seed, seed):
    rng, param = np.random.default_rng(seed), {"p": p, "mode": mode, "seed": mask_seed}
    x, dout = rng.normal(size=shape), rng.normal(size=shape)
    d = derivations.dropout(x, param).backward(dout)
    out, cache = layers.dropout_forward(x, param)
    np.testing.assert_array_equal(d.out.value, out)
    if mode == "train":
        np.testing.assert_array_equal(d.nodes["mask"].value, cache.mask)
    np.testing.assert_array_equal(d.gradient("x"), layers.dropout_backward(dout, cache))
    check_numerically(lambda x: derivations.dropout(x, param), [x], dout, "x")


@draws(40)
@given(N=SIZES, C=SIZES, seed=SEEDS)
def test_softmax_loss(N, C, seed):
    rng = np.random.default_rng(seed)
    x, y, dloss = 3 * rng.normal(size=(N, C)), rng.integers(0, C, N), np.array(rng.normal())
    d = derivations.softmax_loss(x, y).backward(dloss)
    loss, dx = layers.softmax_loss(x, y)
    np.testing.assert_allclose(d.out.value, loss, rtol=1e-13, atol=1e-15)
    assert_close(d.gradient("x"), dloss * dx)
    check_numerically(lambda x: derivations.softmax_loss(x, y), [x], dloss, "x")


@pytest.mark.parametrize("size", [1e3, 1e300])
def test_softmax_loss_of_scores_that_would_overflow(size):
    x, y = size * np.array([[1.0, 0.0, -1.0], [0.5, 1.0, 0.25]]), np.array([2, 1])
    d = derivations.softmax_loss(x, y).backward()
    loss, dx = layers.softmax_loss(x, y)
    assert float(d.out.value) == loss
    assert_close(d.gradient("x"), dx)


@draws(40)
@given(N=SIZES, D=SIZES, mode=MODES, eps=st.sampled_from([1e-5, 1e-2]), seed=SEEDS)
def test_batchnorm(N, D, mode, eps, seed):
    rng = np.random.default_rng(seed)
    args, dout = norm_args(rng, N, D), rng.normal(size=(N, D))
    param = {**running(rng, D, mode), "eps": eps}
    d = assert_untouched(derivations.batchnorm, *args, param).backward(dout)
    assert set(param) == {"mode", "running_mean", "running_var", "eps"}
    out, cache = layers.batchnorm_forward(*args, bn_param=dict(param))
    names = ("mean", "xmu", "var", "rstd", "xhat", "gamma")
    for name, value in [("out", out), *((name, getattr(cache, name)) for name in names)]:
        np.testing.assert_allclose(d.nodes[name].value, value, rtol=1e-12, atol=1e-14, err_msg=name)
    for backward in (layers.batchnorm_backward, layers.batchnorm_backward_alt):
        for name, gradient in zip(("x", "gamma", "beta"), backward(dout, cache), strict=True):
            assert_close(d.gradient(name), gradient, f"d{name}")
    check_numerically(lambda *args: derivations.batchnorm(*args, bn_param=param), args, dout, "x", "gamma", "beta")


@draws(20)
@given(N=st.integers(2, 5), D=SIZES, mode=MODES, seed=SEEDS)
def test_each_gradient_inside_batchnorm_is_that_of_its_line(N, D, mode, seed):
    """batchnorm_backward is run with its local variables looked at: dxhat, drstd, ... are the graph's gradients."""
    rng = np.random.default_rng(seed)
    args, dout, param = norm_args(rng, N, D), rng.normal(size=(N, D)), running(rng, D, mode)
    d = derivations.batchnorm(*args, bn_param=param).backward(dout)
    inside = locals_of(layers.batchnorm_backward, dout, layers.batchnorm_forward(*args, bn_param=dict(param))[1])
    found = [node.name for node in d.backward_steps if node.name != "out"]
    assert set(found) == {"x", "gamma", "beta", "xmu", "xhat"} | (
        {"mean", "sq", "var", "rstd"} if mode == "train" else set()
    )
    for name in found:
        assert_close(d.gradient(name), inside[f"d{name}"], f"d{name}")


@draws(40)
@given(N=SIZES, D=SIZES, seed=SEEDS)
def test_layernorm(N, D, seed):
    rng = np.random.default_rng(seed)
    args, dout = norm_args(rng, N, D, transpose=True), rng.normal(size=(N, D))
    d = derivations.layernorm(*args, ln_param={}).backward(dout)
    out, cache = layers.layernorm_forward(*args, ln_param={})
    for name, value in [("out", out), *cache._asdict().items()]:
        np.testing.assert_allclose(d.nodes[name].value, value, rtol=1e-12, atol=1e-14, err_msg=name)
    for name, gradient in zip(("x", "gamma", "beta"), layers.layernorm_backward(dout, cache), strict=True):
        assert_close(d.gradient(name), gradient, f"d{name}")
    check_numerically(lambda *args: derivations.layernorm(*args, ln_param={}), args, dout, "x", "gamma", "beta")


def locals_of(function: Callable, *args: Any) -> dict[str, Any]:
    """The local variables of a function when it returns."""
    found: dict[str, Any] = {}

    def look(frame, event, _):
        if event == "return" and frame.f_code is inspect.unwrap(function).__code__:
            found.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        function(*args)
    finally:
        sys.setprofile(before)
    return found


# -------------------------------------------------------------------------------------------------- layers joined
@draws(20)
@given(N=st.integers(2, 5), D=SIZES, H=SIZES, norm=st.booleans(), seed=SEEDS)
def test_affine_relu_with_and_without_batchnorm(N, D, H, norm, seed):
    rng = np.random.default_rng(seed)
    args = [rng.normal(size=(N, D)), rng.normal(size=(D, H)), rng.normal(size=H)]
    more = [rng.normal(size=H), rng.normal(size=H), {"mode": "train"}] if norm else []
    dout = rng.normal(size=(N, H))
    build = derivations.affine_batchnorm_relu if norm else derivations.affine_relu
    d = build(*args, *more).backward(dout)

    a, affine = layers.affine_forward(*args)
    n, normalization = layers.batchnorm_forward(a, *more) if norm else (a, None)
    out, relu = layers.relu_forward(n)
    assert_close(d.nodes["a"].value, a)
    assert_close(d.out.value, out)
    dn = layers.relu_backward(dout, relu)
    expected = {}
    if normalization:
        expected["n"] = dn
        dn, expected["gamma"], expected["beta"] = layers.batchnorm_backward(dn, normalization)
    expected["a"] = dn
    expected["x"], expected["w"], expected["b"] = layers.affine_backward(dn, affine)
    for name, gradient in expected.items():
        np.testing.assert_allclose(d.gradient(name), gradient, rtol=1e-9, atol=1e-9 * max(1, np.abs(gradient).max()))


# ----------------------------------------------------------------------------------------------- a whole network
@draws(30)
@given(
    normalization=st.sampled_from([None, "batchnorm", "layernorm"]),
    reg=st.sampled_from([0.0, 0.3]),
    rule=st.sampled_from(RULES),
    sizes=st.tuples(st.integers(2, 5), SIZES, st.integers(1, 6), st.integers(2, 4)),
    seed=SEEDS,
)
def test_a_network_its_loss_and_its_update(normalization, reg, rule, sizes, seed):
    """Two steps of training: loss, gradients and next parameters are those of FullyConnectedNet and the update rule."""
    rng, (N, D, H, C) = np.random.default_rng(seed), sizes
    X, y = rng.normal(size=(N, D)), rng.integers(0, C, N)
    net = FullyConnectedNet([H], D, C, 1, normalization, reg, weight_scale=0.5, dtype=np.float64, seed=seed % 1000)
    settings, configs = {"learning_rate": 0.05}, {name: {"learning_rate": 0.05} for name in net.params}
    for _ in range(2):
        params = {name: w.copy() for name, w in net.params.items()}
        d = derivations.two_layer_net(X, y, params, reg, normalization, rule, settings, configs)
        loss, grads = net.loss(X, y)
        np.testing.assert_allclose(d.out.value, loss, rtol=1e-12)
        assert list(d.updates) == list(net.params)
        for name in net.params:
            np.testing.assert_allclose(
                d.gradient(name), grads[name], rtol=1e-9, atol=1e-9 * np.abs(grads[name]).max() + 1e-12
            )
            expected, configs[name] = optim.RULES[rule](params[name], d.gradient(name), configs[name])
            np.testing.assert_allclose(d.updates[name].out.value, expected, rtol=1e-12, atol=1e-14)
            net.params[name] = expected


def test_a_network_by_differences():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(6, 3)), rng.integers(0, 3, 6)
    shapes = {"W1": (3, 5), "b1": (5,), "gamma1": (5,), "beta1": (5,), "W2": (5, 3), "b2": (3,)}
    params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    d = derivations.two_layer_net(X, y, params, reg=0.1, normalization="batchnorm")
    assert np.abs(d.nodes["n1"].value).min() > 0.015  # no ReLU switches within the steps
    for name in params:

        def loss(w: ndarray, name: str = name) -> ndarray:
            return derivations.two_layer_net(X, y, {**params, name: w}, 0.1, "batchnorm").out.value

        assert_close(d.gradient(name), extrapolated_gradient(loss, params[name], np.array(1.0), h=1e-3), name)


# ------------------------------------------------------------------------------------------------------ update rules
@draws(15)
@given(shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple), steps=st.integers(1, 3), seed=SEEDS)
@pytest.mark.parametrize("rule", RULES)
def test_update_rules(rule, shape, steps, seed):
    """What the rule remembers and the next weights, several steps on."""
    rng = np.random.default_rng(seed)
    w, config = rng.normal(size=shape), {}
    for _ in range(steps):
        dw = rng.normal(size=shape)
        d = derivations.update(rule, w, dw, config)
        next_w, config = optim.RULES[rule](w, dw, {k: np.copy(v) if np.ndim(v) else v for k, v in config.items()})
        np.testing.assert_allclose(d.out.value, next_w, rtol=1e-13, atol=1e-15)
        assert d.out.name == "next_w"
        made = {name: node.value for name, node in d.nodes.items() if node.op and name in config}
        assert set(made) == set(config) & {"velocity", "cache", "m", "v"}
        for name, value in made.items():
            np.testing.assert_allclose(value, config[name], rtol=1e-13, atol=1e-15, err_msg=name)
        w = next_w


@pytest.mark.parametrize("rule", RULES)
def test_lines_of_update_rules_compute_what_the_nodes_hold(rule):
    rng = np.random.default_rng(0)
    w, dw = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    memory = {name: rng.uniform(0.1, 1, (2, 3)) for name in ("velocity", "cache", "m", "v")}
    config = {"t": 4, **memory}
    d = derivations.update(rule, w, dw, config)
    for function in {line.function for line in d.lines.values()}:
        copied = {k: np.copy(v) if np.ndim(v) else v for k, v in ({**optim.DEFAULTS[rule], **config}).items()}
        inside = locals_of(function, w, dw, copied)
        for name, line in d.lines.items():
            if line.function is function and line.variable != "config":
                np.testing.assert_allclose(d.nodes[name].value, inside[line.variable], rtol=1e-12, err_msg=name)


def test_published_update_of_adam():
    w, dw = (np.linspace(a, b, 20).reshape(4, 5) for a, b in ((-0.4, 0.6), (-0.6, 0.4)))
    m, v = (np.linspace(a, b, 20).reshape(4, 5) for a, b in ((0.6, 0.9), (0.7, 0.5)))
    d = derivations.update("adam", w, dw, {"learning_rate": 1e-2, "m": m, "v": v, "t": 5})
    expected = [-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977]
    np.testing.assert_allclose(d.out.value[0], expected, rtol=1e-6)
    assert float(d.nodes["t"].value) == 6


# ----------------------------------------------------------------------------------------------- faults are caught
@cache
def all_derivations() -> dict[str, Derivation]:
    """One of each, walked back from random upstream gradients."""
    rng = np.random.default_rng(5)

    def r(*shape: int) -> ndarray:
        return rng.normal(size=shape)

    params = {"W1": r(3, 5), "b1": r(5), "gamma1": r(5), "beta1": r(5), "W2": r(5, 3), "b2": r(3)}
    plain = {name: w for name, w in params.items() if name[:-1] not in ("gamma", "beta")}
    X, y = r(4, 3), np.array([0, 2, 1, 2])
    made = {
        "affine": derivations.affine(r(4, 2, 2), r(4, 3), r(3)).backward(r(4, 3)),
        "relu": derivations.relu(r(4, 3)).backward(r(4, 3)),
        "dropout": derivations.dropout(r(4, 3), {"p": 0.5, "mode": "train", "seed": 1}).backward(r(4, 3)),
        "dropout, test": derivations.dropout(r(4, 3), {"p": 0.5, "mode": "test"}).backward(r(4, 3)),
        "softmax_loss": derivations.softmax_loss(r(4, 3), y).backward(0.7),
        "batchnorm": derivations.batchnorm(r(4, 3), r(3), r(3), {"mode": "train"}).backward(r(4, 3)),
        "batchnorm, test": derivations.batchnorm(r(4, 3), r(3), r(3), running(rng, 3, "test")).backward(r(4, 3)),
        "layernorm": derivations.layernorm(r(4, 3), r(3), r(3), {}).backward(r(4, 3)),
        "affine_relu": derivations.affine_relu(r(4, 3), r(3, 2), r(2)).backward(r(4, 2)),
        "affine_batchnorm_relu": derivations.affine_batchnorm_relu(
            r(4, 3), r(3, 2), r(2), r(2), r(2), {"mode": "train"}
        ).backward(r(4, 2)),
        "two_layer_net": derivations.two_layer_net(X, y, plain),
        "two_layer_net, batchnorm, L2": derivations.two_layer_net(X, y, params, 0.1, "batchnorm", "adam"),
        "two_layer_net, layernorm": derivations.two_layer_net(X, y, params, 0.0, "layernorm"),
    }
    return made | {rule: derivations.update(rule, r(2, 3), r(2, 3)) for rule in RULES}


USED = ("add", "subtract", "multiply", "mean", "square", "rsqrt")


@pytest.mark.parametrize("op", USED)
def test_a_vector_jacobian_product_wrong_by_a_thousandth_is_caught_in_a_layer(op, monkeypatch):
    rng = np.random.default_rng(0)
    args, dout = norm_args(rng, 5, 3), rng.normal(size=(5, 3))

    def compare() -> None:
        d = derivations.batchnorm(*args, bn_param={"mode": "train"}).backward(dout)
        expected = layers.batchnorm_backward(dout, layers.batchnorm_forward(*args, bn_param={"mode": "train"})[1])
        for name, gradient in zip(("x", "gamma", "beta"), expected, strict=True):
            assert_close(d.gradient(name), gradient, f"d{name}")

    compare()
    right = OPERATIONS[op]
    wrong = right._replace(vjp=lambda *a, **k: tuple(part * 1.001 for part in right.vjp(*a, **k)))
    monkeypatch.setitem(OPERATIONS, op, wrong)
    with pytest.raises(AssertionError):
        compare()


# ----------------------------------------------------------------------------------------------- lines of the source
ALL = list(all_derivations())


@pytest.mark.parametrize("title", ALL)
def test_each_name_is_assigned_on_exactly_one_line_of_its_function(title):
    d = all_derivations()[title]
    assert set(d.lines) == set(d.nodes)
    for name, (function, variable) in d.lines.items():
        lines, parameters = assignments(function)[variable], inspect.signature(function).parameters
        assert variable in parameters or len(lines) == 1, (
            f"{variable} is assigned on lines {lines} of {function.__name__}"
        )
        assert d.nodes[name].op is None or variable not in parameters, f"{name} is computed, so not a parameter"
        check_text(d.lines[name])


@pytest.mark.parametrize("title", ALL)
def test_each_gradient_line_assigns_that_gradient(title):
    d = all_derivations()[title]
    assert set(d.gradient_lines) <= {node.name for node in d.backward_steps} or not d.backward_steps
    for line in d.gradient_lines.values():
        function, variable = line
        if variable not in inspect.signature(function).parameters:
            assert len(assignments(function)[variable]) == 1, f"{variable} in {function.__name__}"
        assert variable.startswith("d")
        check_text(line)


def check_text(line: Line) -> None:
    """The line as it is printed has the variable, and to the left of an = if it is an assignment."""
    text = inspect.getsource(line.function).splitlines()[line.number - 1]
    if line.variable in inspect.signature(line.function).parameters:
        assert re.search(rf"\b{line.variable}\b *[:=,)]", text), text
    else:
        assert re.match(rf"\s*([\w, ]+, )?{line.variable}(, [\w, ]+)? = ", text), text


def test_names_of_the_source_are_kept():
    """In a layer each name is the very variable of its function; in networks a node says what it is called there."""
    for title in ("affine", "relu", "dropout", "softmax_loss", "batchnorm", "layernorm"):
        d = all_derivations()[title]
        assert all(line.variable == name for name, line in d.lines.items())
        assert all(line.variable == f"d{name}" for name, line in d.gradient_lines.items())
    d = all_derivations()["affine_batchnorm_relu"]
    assert d.lines["a"] == Line(layers.affine_forward, "out")
    assert d.gradient_lines["a"] == Line(layers.batchnorm_backward, "dx")
    assert d.lines["n"] == Line(layers.batchnorm_forward, "out")
    assert d.gradient_lines["n"] == Line(layers.relu_backward, "dx")
    assert d.gradient_lines["out"] == Line(layers.relu_backward, "dout")
    d = all_derivations()["two_layer_net, batchnorm, L2"]
    assert d.lines["loss"] == Line(FullyConnectedNet.loss, "loss")
    assert d.lines["W2"] == Line(layers.affine_forward, "w")
    assert d.gradient_lines["scores"] == Line(layers.softmax_loss, "dx")


def test_every_gradient_of_batchnorm_has_a_line():
    for title in ("affine", "relu", "dropout", "batchnorm", "batchnorm, test"):
        d = all_derivations()[title]
        assert {node.name for node in d.backward_steps} == set(d.gradient_lines), title


def test_a_name_assigned_twice_is_seen():
    def twice(x):
        y, z = x, 1
        z += y
        for y in [z]:
            x = y
        return x

    assert assignments(twice) == {"x": (1, 5), "y": (2, 4), "z": (2, 3)}


# ------------------------------------------------------------------------------------------------ edges and sentences
def test_edges_join_named_nodes():
    d = all_derivations()["two_layer_net, batchnorm, L2"]
    edges = {name: [parent.name for parent in node.named_parents] for name, node in d.nodes.items()}
    assert edges["a1"] == ["X", "W1", "b1"]
    assert edges["n1"] == ["gamma1", "xhat", "beta1"]
    assert edges["logp"] == ["shifted", "total"]
    assert edges["loss"] == ["data_loss", "penalty1", "penalty2"]
    assert edges["X"] == []
    for name, node in d.nodes.items():
        for branch in node.branches:
            assert (branch.origin is None) == (name == "loss")
            assert branch.origin is None or name in edges[branch.origin.name]


def test_each_branch_has_the_sentences_of_its_last_step():
    d = all_derivations()["batchnorm"]
    (to_gamma,), (to_beta,), (to_out,) = (d.nodes[name].branches for name in ("gamma", "beta", "out"))
    add, multiply = (OPERATIONS[op].rule for op in ("add", "multiply"))
    assert to_gamma.rules == [multiply, BROADCAST_RULE]
    assert to_beta.rules == [add, BROADCAST_RULE]
    assert to_out.rules == []
    assert d.nodes["var"].branches[0].rules == [add]
    from_xhat, from_sq = d.nodes["xmu"].branches
    assert [branch.origin and branch.origin.name for branch in (from_xhat, from_sq)] == ["xhat", "sq"]


# ---------------------------------------------------------------------------------------------------------- walking
def test_the_walk_forward_and_back():
    d = all_derivations()["batchnorm"]
    forward = ["x", "mean", "xmu", "sq", "var", "eps", "rstd", "xhat", "gamma", "beta", "out"]
    assert [node.name for node in d.forward_steps] == forward
    assert [node.name for node in d.backward_steps] == [name for name in reversed(forward) if name != "eps"]
    assert [node.name for node in all_derivations()["batchnorm, test"].backward_steps] == [
        "out", "beta", "gamma", "xhat", "xmu", "x",
    ]  # fmt: skip


@pytest.mark.parametrize("title", ALL)
def test_the_walk_meets_every_named_node_once(title):
    d = all_derivations()[title]
    assert sorted(node.name for node in d.forward_steps) == sorted(d.nodes)
    assert d.forward_steps[-1] is d.out


def test_before_the_walk_back_there_are_no_gradients():
    d = derivations.relu(np.array([1.0, -1.0]))
    assert d.backward_steps == []
    with pytest.raises(ValueError, match="backward") as error:
        d.gradient("x")
    assert_one_sentence(error)
    with pytest.raises(ValueError, match="upstream"):
        d.backward(np.ones(3))


def test_inputs_are_copied():
    x = np.array([1.0, -1.0])
    d = derivations.relu(x)
    x[0] = 7
    np.testing.assert_array_equal(d.nodes["x"].value, [1, -1])


def test_whole_numbers_are_taken_as_real_ones():
    d = derivations.affine(np.array([[1, 2]]), np.array([[3], [4]]), np.array([5])).backward(np.array([[2]]))
    np.testing.assert_array_equal(d.out.value, [[16]])
    np.testing.assert_array_equal(d.gradient("w"), [[2], [4]])
    assert d.out.value.dtype == d.gradient("w").dtype == np.float64


@pytest.mark.parametrize(
    ("build", "parts"),
    [
        (lambda: derivations.affine(np.ones((2, 3)), np.ones((4, 2)), np.ones(2)), ("(2, 3)", "(4, 2)")),
        (lambda: derivations.batchnorm(np.ones((2, 3)), np.ones(2), np.ones(3), {"mode": "train"}), ("(2, 3)", "(2,)")),
        (lambda: derivations.batchnorm(np.ones((2, 3)), np.ones(3), np.ones(3), {"mode": "tain"}), ("tain",)),
        (lambda: derivations.layernorm(np.ones((2, 3)), np.ones(2), np.ones(3), {}), ("(2, 3)", "(2,)")),
        (lambda: derivations.dropout(np.ones(3), {"p": 0, "mode": "train"}), ("0",)),
        (lambda: derivations.softmax_loss(np.ones((2, 3)), np.array([0, 3])), ("3",)),
        (lambda: derivations.softmax_loss(np.ones((2, 3)), np.array([0.5, 1])), ("ints",)),
        (lambda: derivations.update("newton", np.ones(2), np.ones(2)), ("newton", "adam")),
        (lambda: derivations.update("sgd", np.ones(2), np.ones(3)), ("dw", "(2,)", "(3,)")),
        (lambda: derivations.update("adam", np.ones(2), np.ones(2), {"m": np.ones(1)}), ("m", "(2,)", "(1,)")),
        (lambda: derivations.two_layer_net(np.ones((1, 2)), np.array([0]), {"W1": np.ones((2, 2))}), ("W1", "b2")),
        (lambda: derivations.two_layer_net(np.ones((1, 2)), np.array([0]), {}, normalization="none"), ("none",)),
        (lambda: derivations.two_layer_net(np.ones((1, 2)), np.array([0]), {}, update_rule="newton"), ("newton",)),
    ],
)
def test_what_does_not_fit_is_refused(build, parts):
    with pytest.raises(ValueError, match=r"\.$") as error:
        build()
    assert_one_sentence(error, *parts)
