"""A network's health: every figure against direct computation, every diagnosis on a network that has the disease."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.fc_net import FullyConnectedNet
from nnlib.health import Histogram, LayerHealth, diagnose, measure
from nnlib.numerals import percent, short
from nnlib.solver import Record, Solver
from tests.draws import draws
from tests.nnlib.oracles import assert_one_sentence
from tests.nnlib.training import everything_in, global_state, network, pictures, solver

each_normalization = pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
CHANCE = float(np.log(4))


def batch(N: int = 16) -> tuple[np.ndarray, np.ndarray]:
    data = pictures(N)
    return data["X_train"], data["y_train"]


# --------------------------------------------------------------------------------------------------------- figures
def activations(model: FullyConnectedNet, X: np.ndarray) -> list[np.ndarray]:
    """The ReLUs' outputs and the scores, in train mode without dropout, in float64."""
    p, x, found = {name: w.astype(float) for name, w in model.params.items()}, X.reshape(len(X), -1).astype(float), []
    for i in range(1, model.num_layers):
        x = x @ p[f"W{i}"] + p[f"b{i}"]
        if model.normalization:
            axis = 0 if model.normalization == "batchnorm" else 1
            x = (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(x.var(axis=axis, keepdims=True) + 1e-5)
            x = p[f"gamma{i}"] * x + p[f"beta{i}"]
        x = np.maximum(x, 0)
        found.append(x)
    return [*found, x @ p[f"W{model.num_layers}"] + p[f"b{model.num_layers}"]]


@each_normalization
@pytest.mark.parametrize("keep", [1, 0.5])
def test_figures_are_those_of_direct_computation(normalization, keep):
    model, (X, y) = network(1, normalization, keep), batch()
    model.params["b1"] = np.where(np.arange(10) < 3, -50, model.params["b1"])  # dead, unless normalized
    if normalization:
        model.params["beta2"] = np.where(np.arange(8) < 2, -50, 0)
    update = np.random.default_rng(0).normal(size=model.params.vector.shape).astype(np.float32)
    updates = model.params.like()
    updates.vector[:] = update
    plain = network(1, normalization, 1, reg=0.0)
    plain.params = model.params
    _, grads = plain.loss(X, y)

    layers = measure(model, X, y, update, bins=12)
    assert [layer.name for layer in layers] == ["layer 1", "layer 2", "scores"]
    for i, (layer, a) in enumerate(zip(layers, activations(model, X), strict=True), start=1):
        W, dW = model.params[f"W{i}"], grads[f"W{i}"]
        assert isinstance(layer, LayerHealth)
        assert layer.activation_mean == pytest.approx(a.mean(), rel=1e-4, abs=1e-5)
        assert layer.activation_std == pytest.approx(a.std(), rel=1e-4)
        assert layer.gradient_std == pytest.approx(dW.std(), rel=1e-4)
        check_histogram(layer.activation_histogram, a, 12)
        check_histogram(layer.gradient_histogram, dW, 12)
        dead = np.mean(np.all(a <= 0, axis=0)) if i < 3 else None
        assert layer.dead_share == (None if dead is None else pytest.approx(dead))
        norms = np.sqrt(np.sum(updates[f"W{i}"].astype(float) ** 2)), np.sqrt(np.sum(W.astype(float) ** 2))
        assert layer.update_ratio == pytest.approx(norms[0] / norms[1], rel=1e-5)
    deadest = layers[1] if normalization else layers[0]
    assert deadest.dead_share is not None
    assert deadest.dead_share >= (0.25 if normalization else 0.3)


def check_histogram(histogram: Histogram, a: np.ndarray, bins: int) -> None:
    counts, edges = histogram
    assert (counts.shape, edges.shape) == ((bins,), (bins + 1,))
    assert counts.sum() == a.size
    assert edges[0] == pytest.approx(a.min(), rel=1e-4, abs=1e-6)
    assert edges[-1] == pytest.approx(a.max(), rel=1e-4)
    np.testing.assert_allclose(np.diff(edges), (edges[-1] - edges[0]) / bins, rtol=1e-3)
    below = [np.sum(a < edge) for edge in edges[1:-1]]
    np.testing.assert_allclose(np.cumsum(counts)[:-1], below, atol=1)  # one number may stand at an edge


def test_without_an_update_there_is_no_ratio():
    assert [layer.update_ratio for layer in measure(network(), *batch())] == [None] * 3


@each_normalization
def test_measuring_changes_nothing(normalization):
    run, (X, y) = solver(network(1, normalization, 0.5)), batch()
    before = everything_in(run), run.model.iteration, global_state()
    measure(run.model, X, y)
    measure(network(None, normalization, 0.5), X, y)
    assert (everything_in(run), run.model.iteration) == before[:2]
    run.model.seed = None
    state = global_state()
    measure(run.model, X, y)
    assert global_state() == state


def test_a_solver_measures_the_step_that_it_made():
    run = solver(update_rule="sgd", learning_rate=0.5)
    run.measure_next = True
    before = run.model.params.copy()
    record = next(run.steps())
    assert isinstance(record, Record)
    assert record.health is not None
    for i, layer in enumerate(record.health, start=1):
        W, old = run.model.params[f"W{i}"], before[f"W{i}"]
        assert layer.update_ratio == pytest.approx(np.linalg.norm(W - old) / np.linalg.norm(W), rel=0.2)


@draws(40)
@given(
    scale=st.sampled_from([0.0, 1e-30, 1e-15, 1e-9, 1e-4, 1.0, 1e4, 1e9, 1e12]),
    depth=st.integers(0, 6),
    N=st.sampled_from([1, 16]),
    normalization=st.sampled_from([None, "layernorm"]),
)
def test_any_finite_network_can_be_measured_and_diagnosed(scale, depth, N, normalization):
    model = FullyConnectedNet([6] * depth, 24, 4, normalization=normalization, weight_scale=scale, seed=0)
    X, y = batch(N)
    with np.errstate(all="ignore"):
        layers = measure(model, X, y, 0.01 * model.params.vector)
    for layer, a in zip(layers, activations(model, X), strict=True):
        if np.abs(a).max() < 1e30:
            assert layer.activation_histogram.counts.sum() == a.size
    assert len(diagnose([2.0] * 200, layers, 4, 0.9, 0.1)) <= 3


@pytest.mark.parametrize("value", [1e9, 1e-42])
def test_a_histogram_of_numbers_too_close_for_their_type_is_still_one(value):
    """All scores the same large number, or differing by less than float32 can divide."""
    model, (X, y) = network(weight_scale=0), batch()
    model.params["b3"] = np.full(4, value) if value > 1 else [0, value, 0, 0]
    counts, edges = measure(model, X, y)[-1].activation_histogram
    assert counts.sum() == 64
    assert np.isfinite(edges).all()


# ------------------------------------------------------------------------------------------------------- diagnoses
def healthy(name: str = "layer 1", **figures: Any) -> LayerHealth:
    histogram = Histogram(np.ones(3, int), np.arange(4.0))
    usual = {
        "activation_mean": 0.4,
        "activation_std": 0.6,
        "activation_histogram": histogram,
        "gradient_std": 1e-2,
        "gradient_histogram": histogram,
        "dead_share": None if name == "scores" else 0.05,
        "update_ratio": 1e-3,
    }
    return LayerHealth(name=name, **(usual | figures))


def three(**figures: Any) -> list[LayerHealth]:
    """Three healthy layers, the first hidden one and the last changed by layer1 and scores."""
    first, second, scores = (figures.get(name, {}) for name in ("layer1", "layer2", "scores"))
    return [healthy(**first), healthy("layer 2", **second), healthy("scores", **scores)]


FALLING = list(np.linspace(1.4, 0.5, 200))


def only(found: list[str], kind: str, *figures: str) -> None:
    """One sentence, of this kind, with these figures."""
    assert len(found) == 1, found
    assert found[0].endswith("."), found
    assert re.search(kind, found[0], re.IGNORECASE), found
    for figure in figures:
        assert re.search(rf"(?<![\d.]){re.escape(figure)}", found[0]), (figure, found)


def test_a_healthy_network_gets_no_diagnosis():
    assert diagnose(FALLING, three(), 4, 0.8, 0.75) == []
    assert diagnose([1.4], three(), 4) == []
    run = solver(data=pictures(400, 100), update_rule="adam", learning_rate=3e-3, batch_size=20, num_epochs=3)
    said = []
    for _ in run.steps():
        record = (run.loss_history, measure(run.model, *batch(100)), 4)
        said += diagnose(*record)
    assert said == []


def test_vanishing_activations():
    found = diagnose(FALLING, three(layer1={"activation_std": 0.5}, layer2={"activation_std": 2e-4}), 4)
    only(found, "vanish", "2e-4", "layer 2")
    assert diagnose(FALLING, three(layer1={"activation_std": 0.5}, layer2={"activation_std": 2e-3}), 4) == []
    model = FullyConnectedNet([20] * 5, 24, 4, weight_scale=1e-3, seed=0)
    layers = measure(model, *batch())
    found = diagnose(FALLING, layers, 4)
    only(found, "vanish", f"{layers[4].activation_std:.1g}", "layer 5")


def test_vanishing_gradients():
    found = diagnose(FALLING, three(layer1={"gradient_std": 2e-6}, scores={"gradient_std": 1e-2}), 4)
    only(found, "vanish.*gradient", "2e-4")
    assert diagnose(FALLING, three(layer1={"gradient_std": 2e-5}, scores={"gradient_std": 1e-2}), 4) == []


def test_exploding_activations():
    found = diagnose(FALLING, three(layer2={"activation_std": 4321.0}), 4)
    only(found, "explod", "4,321", "layer 2")
    assert diagnose(FALLING, three(layer2={"activation_std": 900.0}), 4) == []
    model = FullyConnectedNet([20] * 5, 24, 4, weight_scale=10.0, seed=0)
    layers = measure(model, *batch())
    found = diagnose([model.loss(*batch())[0]], layers, 4)
    assert re.search("explod", found[0], re.IGNORECASE)
    assert short(max(layer.activation_std for layer in layers)) in found[0]


def test_an_exploding_loss():
    only(diagnose([14.0] * 10, three(scores={"activation_std": 9.0}), 4), "explod", "14", f"{CHANCE:.2f}")
    assert diagnose([13.0] * 10, three(), 4) == []


def test_a_large_penalty_is_no_explosion():
    model, (X, y) = network(reg=5.0), batch()
    loss, _ = model.loss(X, y)
    assert loss > 10 * CHANCE
    assert diagnose([loss], measure(model, X, y), 4) == []


def test_dead_units():
    only(diagnose(FALLING, three(layer2={"dead_share": 0.62}), 4), "dead", "62 %", "layer 2")
    assert diagnose(FALLING, three(layer2={"dead_share": 0.38}), 4) == []
    model, (X, y) = network(), batch()
    model.params["b2"] = np.where(np.arange(8) < 6, -100, 1)
    only(diagnose(FALLING, measure(model, X, y), 4), "dead", "75 %", "layer 2")


def test_a_loss_that_stays_at_chance():
    only(diagnose([CHANCE] * 150, three(), 4), "chance", f"{CHANCE:.3f}", "ln 4")
    assert diagnose([CHANCE] * 20, three(), 4) == []  # too early to tell
    assert diagnose([0.95 * CHANCE] * 150, three(), 4) == []


def diagnosed(run: Solver) -> list[str]:
    """What is said of the last step of a run."""
    health = None
    for item in run.steps():
        run.measure_next = True
        health = item.health if isinstance(item, Record) else health
    assert health is not None
    return diagnose(run.loss_history, health, 4)


def test_a_learning_rate_too_low():
    layers = three(layer1={"update_ratio": 2e-5}, layer2={"update_ratio": 1e-6}, scores={"update_ratio": 1e-2})
    only(diagnose([1.0] * 150, layers, 4), "too low", "2e-5")  # the middle one of the three
    assert diagnose(FALLING, layers, 4) == []  # it learns all the same
    assert diagnose([0.05] * 150, layers, 4) == []  # nothing is left to learn
    assert any("too low" in sentence for sentence in diagnosed(solver(learning_rate=1e-7, num_epochs=20)))


def test_a_learning_rate_too_high():
    only(diagnose(FALLING, three(layer2={"update_ratio": 0.237}), 4), "too high", "23.7 %")
    assert diagnose(FALLING, three(layer2={"update_ratio": 0.08}), 4) == []
    rising = [1.0] * 60 + [2.0] * 60
    only(diagnose(rising, three(layer2={"update_ratio": 0.02}), 4), "too high", "2.0 %", "2")
    assert diagnose(rising, three(layer2={"update_ratio": 0.005}), 4) == []
    run = solver(network(), update_rule="adam", learning_rate=0.5)
    run.measure_next = True
    record = next(run.steps())
    assert isinstance(record, Record)
    assert record.health
    fastest = max(layer.update_ratio or 0 for layer in record.health)
    only(diagnose(run.loss_history, record.health, 4), "too high", percent(fastest))


def test_a_run_whose_weights_die_can_be_measured_to_its_end():
    diagnosed(solver(update_rule="adam", learning_rate=1.0, num_epochs=10))


def test_overfitting():
    only(diagnose(FALLING, three(), 4, train_acc=0.97, val_acc=0.64), "overfit", "97 %", "64 %")
    assert diagnose(FALLING, three(), 4, train_acc=0.70, val_acc=0.64) == []
    assert diagnose(FALLING, three(), 4, train_acc=0.97, val_acc=None) == []


def test_at_most_three_sentences_the_gravest_first():
    ill = {"dead_share": 0.9, "update_ratio": 0.9}
    layers = three(layer1={**ill, "activation_std": 1e6}, layer2={**ill, "activation_std": 1e-9}, scores={})
    found = diagnose([50.0] * 200, layers, 4, 0.9, 0.1)
    kinds = ("explod", "vanish", "dead")
    assert len(found) == 3
    for sentence, kind in zip(found, kinds, strict=True):
        assert re.search(kind, sentence, re.IGNORECASE)


@pytest.mark.parametrize("figure", ["activation_std", "gradient_std", "update_ratio"])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
@pytest.mark.parametrize("where", ["layer1", "layer2", "scores"])
def test_figures_that_overflowed_are_no_hindrance(figure, value, where):
    found = diagnose([1.0] * 5, three(**{where: {figure: value}}), 4)
    assert len(found) <= 3
    if figure == "activation_std" and (where == "layer1" or value == float("inf")):
        assert re.search("explod", found[0], re.IGNORECASE)


def test_a_spread_that_is_not_a_number_in_a_later_layer_is_an_explosion():
    found = diagnose([1.0] * 5, three(scores={"activation_std": float("nan")}), 4)
    assert re.search("explod", found[0], re.IGNORECASE)


def test_before_the_first_step_there_is_nothing_to_say():
    assert diagnose([], three(), 4) == []
    assert diagnose([1.0], [], 4) == []


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda model, X, y: measure(model, X, y, np.ones(3)), "update has shape"),
        (lambda model, X, y: measure(model, X, y, np.ones(())), "update has shape"),
        (lambda model, X, y: measure(model, X, y, bins=0), "bins is 0"),
        (lambda model, X, y: measure(model, X, y[:, None]), "labels are whole numbers"),
        (lambda model, X, y: diagnose([2.0], measure(model, X, y), 0), "num_classes is 0"),
        (lambda model, X, y: diagnose([2.0], measure(model, X, y), -1), "num_classes is -1"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_sentence(call, says):
    with pytest.raises(ValueError, match=f"^{says}") as error:
        call(network(), *batch())
    assert_one_sentence(error)
