"""Every cell gets the right verdict, faults of 0.1 % included, and the error has its minimum where theory puts it."""

from typing import Any

import numpy as np
import pytest

from nnlib.fc_net import FullyConnectedNet
from nnlib.gradient_check import check_network, rel_error
from nnlib.labs.gradient_check.published import EXPECTED_LOSS, published_network
from nnlib.labs.gradient_check.report import (
    AGREES,
    DIFFERS,
    KINK,
    ROUND_OFF,
    STEPS,
    TRUNCATION,
    VERDICTS,
    Report,
    check,
    error_curve,
    nearest_to_zero,
    relative_errors,
    switched_relus,
)
from tests.nnlib.training import global_state


def build(normalization=None, dtype: Any = np.float64, keep=1.0, reg=0.1, seed=0) -> Any:
    """model, X, y with all parameters random."""
    model = FullyConnectedNet([6, 5], 4, 3, keep, normalization, reg, "he", dtype, seed)
    rng = np.random.default_rng([seed, 1])
    model.params.vector += 0.3 * rng.normal(size=model.params.vector.size).astype(dtype)
    return model, rng.normal(size=(5, 4)), rng.integers(0, 3, 5)


def found(report: Report) -> set[str]:
    """All verdicts that some cell gets."""
    return {VERDICTS[k] for v in report.verdicts.values() for k in np.unique(v)}


def verdicts(report: Report, name: str) -> set[str]:
    return {VERDICTS[k] for k in np.unique(report.verdicts[name])}


@pytest.mark.parametrize("keep", [1.0, 0.7])
@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_right_gradients_agree_as_check_network_says(normalization, keep):
    model, X, y = build(normalization, keep=keep)
    report = check(model, X, y, h=1e-5, limit=1e-6)
    assert found(report) <= {AGREES, ROUND_OFF}
    expected = check_network(model, X, y, h=1e-5)
    for name, errors in report.errors.items():
        assert rel_error(report.analytic[name], report.numerical[name]) == pytest.approx(errors.max())
        if normalization != "batchnorm" or name not in ("b1", "b2"):  # those are 0, their numerical gradients noise
            assert abs(errors.max() - expected[name]) < 1e-6


def test_relative_errors_are_those_of_rel_error_and_in_float64():
    rng = np.random.default_rng(3)
    a, n = rng.normal(size=(2, 3, 4)).astype(np.float32)
    errors = relative_errors(a, n)
    assert errors.dtype == np.float64 and errors.shape == (3, 4)
    for i, error in np.ndenumerate(errors):
        assert error == pytest.approx(rel_error(a[i].astype(float), n[i].astype(float)), rel=1e-12)


@pytest.mark.parametrize("factor", [1.001, 0.999])
@pytest.mark.parametrize("name", ["W1", "gamma1", "beta2", "W2", "b3"])
def test_a_gradient_that_is_off_by_a_thousandth_differs(name, factor, monkeypatch):
    right = FullyConnectedNet.loss

    def wrong(self, X, y):
        loss, grads = right(self, X, y)
        grads[name] *= factor
        return loss, grads

    monkeypatch.setattr(FullyConnectedNet, "loss", wrong)
    report = check(*build("layernorm"))
    assert DIFFERS in verdicts(report, name)
    assert all(DIFFERS not in verdicts(report, other) for other in report.errors if other != name)


def test_a_single_wrong_cell_is_found(monkeypatch):
    right = FullyConnectedNet.loss

    def wrong(self, X, y):
        loss, grads = right(self, X, y)
        grads["W2"].flat[np.abs(grads["W2"]).argmax()] *= 1.001
        return loss, grads

    monkeypatch.setattr(FullyConnectedNet, "loss", wrong)
    report = check(*build())
    assert sum(int((v == VERDICTS.index(DIFFERS)).sum()) for v in report.verdicts.values()) == 1
    assert report.verdicts["W2"].flat[np.abs(report.analytic["W2"]).argmax()] == VERDICTS.index(DIFFERS)


def test_a_tiny_step_leaves_round_off_only():
    report = check(*build(), h=1e-12)
    assert ROUND_OFF in found(report)
    assert found(report) <= {AGREES, ROUND_OFF}


def test_a_large_step_leaves_truncation_and_kinks():
    report = check(*build(reg=0.0), h=5e-2)
    assert {TRUNCATION, KINK} <= found(report)
    assert DIFFERS not in found(report)


def test_float32_with_a_small_step_proves_nothing():
    report = check(*build(dtype=np.float32), h=1e-5)
    assert DIFFERS not in found(report)
    assert max(errors.max() for errors in report.errors.values()) > 0.1


@pytest.mark.parametrize("h", [1e-2, 1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("weight_scale", ["he", 1.0, 0.05])
@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_no_right_gradient_is_accused(normalization, weight_scale, h):
    """Batchnorm over two examples has the strongest curvature and the worst round-off."""
    model = FullyConnectedNet([12, 10], 8, 5, 0.8, normalization, 0.1, weight_scale, np.float64, seed=3)
    rng = np.random.default_rng(3)
    assert DIFFERS not in found(check(model, rng.normal(size=(2, 8)), rng.integers(0, 5, 2), h))


@pytest.mark.parametrize("h", [1e-4, 1e-6, 1e-8])
def test_batchnorm_enlarges_roundings_and_is_not_accused(h):
    """Large weights and two examples: the losses are wrong by up to 25 units in the last place."""
    model = FullyConnectedNet([20, 30], 15, 10, 0.7, "batchnorm", 0.0, 1.0, np.float64, seed=0)
    rng = np.random.default_rng([0, 1])
    assert DIFFERS not in found(check(model, rng.standard_normal((2, 15)), rng.integers(0, 10, 2), h))


def test_a_kink_is_blamed_where_a_relu_switches_and_named():
    model, X, y = build(reg=0.0)
    x, w, b = model.forward(X, "train")[1][1].affine
    example = int(x.sum(axis=1).argmax())
    b[2] = 2e-6 - x[example] @ w[:, 2]
    report = check(model, X, y, h=1e-5)
    assert verdicts(report, "b2") == {AGREES, KINK}
    assert report.verdicts["b2"][2] == VERDICTS.index(KINK)
    (relu,) = switched_relus(report, model, X)
    assert (relu.layer, relu.example, relu.unit) == (2, example, 2)
    assert relu.value == pytest.approx(2e-6, abs=1e-12)
    assert relu.cells == sum(len(kinks) for kinks in report.kinks.values())
    nearest = nearest_to_zero(model, X)
    assert nearest is not None and nearest[:4] == relu[:4]
    assert DIFFERS not in found(report)
    assert KINK not in found(check(model, X, y, h=1e-7))


def test_a_network_without_relus_has_none_near_zero():
    model = FullyConnectedNet([], 4, 3, dtype=np.float64, seed=0)
    _, X, y = build()
    assert nearest_to_zero(model, X) is None
    assert switched_relus(check(model, X, y, h=0.1), model, X) == []


def test_what_is_not_finite_differs():
    model, X, y = build(reg=0.0)
    model.params["W3"][:] = np.inf
    assert verdicts(check(model, X, y), "W3") == {DIFFERS}


@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_the_model_is_not_changed(normalization):
    model, X, y = build(normalization)
    before = model.state()
    check(model, X, y)
    error_curve(model, X, y)
    nearest_to_zero(model, X)
    for name, array in model.state().items():
        np.testing.assert_array_equal(array, before[name])


# ----------------------------------------------------------------------------------------------------- step sizes
def slope(curve: list[Any], first: float, second: float) -> float:
    """Of the median error between two step sizes, in powers of ten."""
    errors = {point.h: point.median for point in curve}
    return float(np.log(errors[second] / errors[first]) / np.log(second / first))


def test_thirteen_steps_make_a_u_in_float64():
    curve = error_curve(*build(seed=1))
    assert [point.h for point in curve] == list(STEPS) and len(STEPS) == 13
    assert slope(curve, 1e-3, 1e-4) == pytest.approx(2, abs=0.2)  # truncation
    assert slope(curve, 1e-7, 1e-11) == pytest.approx(-1, abs=0.2)  # round-off
    best = min(curve, key=lambda point: point.median or 0)
    assert 1e-6 <= best.h <= 1e-4
    assert best.median is not None and best.median < 1e-9


def test_the_best_step_of_float32_is_larger_and_its_error_too():
    curve = error_curve(*build(dtype=np.float32, seed=1))
    best = min(curve, key=lambda point: point.median or 0)
    assert 1e-3 <= best.h <= 1e-1
    assert best.median is not None and 1e-6 < best.median < 1e-2


def test_cells_at_a_kink_are_kept_apart():
    curve = {point.h: point for point in error_curve(*build(seed=1))}
    assert curve[1e-1].bent > 0 and curve[1e-1].largest_bent is not None
    assert curve[1e-9].bent == 0 and curve[1e-9].largest_bent is None


def test_a_network_without_gradients_has_no_relative_errors():
    model, X, y = build(reg=0.0)
    model.params.vector[:] = 0
    model.params["b3"][:] = [800 * (label == y[0]) for label in range(3)]
    (point,) = error_curve(model, X, np.full_like(y, y[0]), [1e-5])
    assert (point.median, point.largest, point.largest_bent, point.bent) == (None, None, None, 0)


# ------------------------------------------------------------------------------------------------ published check
@pytest.mark.parametrize(("normalization", "reg"), EXPECTED_LOSS)
def test_published_losses_are_met_without_touching_the_global_state(normalization, reg):
    before = global_state()
    model, X, y = published_network(normalization, reg)
    assert model.loss(X, y)[0] == EXPECTED_LOSS[normalization, reg]
    assert global_state() == before


@pytest.mark.parametrize(("normalization", "reg"), EXPECTED_LOSS)
def test_published_networks_have_right_gradients(normalization, reg):
    assert DIFFERS not in found(check(*published_network(normalization, reg)))


def test_the_published_error_of_w1_under_batchnorm_is_truncation():
    """1.1e-4 as published; no ReLU switches, and a tenth of h brings a hundredth of the error."""
    network = published_network("batchnorm", 0.0)
    coarse, usual = check(*network, h=1e-4), check(*network, h=1e-5)
    assert usual.errors["W1"].max() == pytest.approx(1.1e-4, rel=0.05)
    assert all(len(kinks) == 0 for kinks in usual.kinks.values())
    cell = np.unravel_index(usual.errors["W1"].argmax(), (15, 20))
    assert cell[1] == 17
    assert usual.verdicts["W1"][cell] == VERDICTS.index(TRUNCATION)
    assert coarse.errors["W1"][cell] / usual.errors["W1"][cell] == pytest.approx(100, rel=0.05)


def test_nothing_else_was_published():
    with pytest.raises(KeyError):
        published_network("layernorm", 0.0)
