"""Every fault spoils what its description says and nothing else, and the evidence of each case points to it alone."""

import inspect
from typing import Any

import numpy as np
import pytest

from nnlib import optim
from nnlib.fc_net import FullyConnectedNet
from nnlib.labs.gradient_check.cases import CASES, HEALTHY, Case, contradiction, evidence
from nnlib.labs.gradient_check.faults import ADAM_BY_HAND, FAULTS, Fault, adam_steps, plant
from nnlib.labs.gradient_check.report import AGREES, DIFFERS, KINK, VERDICTS, check
from ui import lesson

BELOW = {"W1", "b1", "gamma1", "beta1", "W2", "b2", "gamma2", "beta2", "W3", "b3"}  # the last normalization, of layer 3
BIASES, WEIGHTS = {"b1", "b2", "b3", "b4"}, {"W1", "W2", "W3", "W4"}
GAMMAS, BETAS = {"gamma1", "gamma2", "gamma3"}, {"beta1", "beta2", "beta3"}
HIDDEN = BELOW | {"gamma3", "beta3"}

# fault -> the network it is planted in, and the parameters that it spoils there
SPOILED: dict[str, tuple[Case, set[str]]] = {
    "db_one": (Case("", "layernorm"), BIASES),
    "db_mean": (Case("", "layernorm"), BIASES),
    "transposed": (Case("", "layernorm"), HIDDEN),
    "relu": (Case("", "layernorm"), HIDDEN),
    "dropout": (Case("", "layernorm", dropout_keep_ratio=0.7), HIDDEN),
    "bn_mean": (Case("", "batchnorm"), BELOW),
    "bn_variance": (Case("", "batchnorm"), BELOW - BIASES),
    "bn_gamma": (Case("", "batchnorm"), GAMMAS),
    "ln_axis": (Case("", "layernorm"), BELOW),
    "softmax": (Case("", "layernorm"), BIASES | WEIGHTS | GAMMAS | BETAS),
    "l2_twice": (Case("", "layernorm", reg=0.1), WEIGHTS),
    "adam": (Case("", "layernorm"), set()),
}
gradient_faults = pytest.mark.parametrize("key", [key for key in FAULTS if key != "adam"])


def planted(key: str, case: Case) -> tuple[FullyConnectedNet, np.ndarray, np.ndarray]:
    model, X, y = case.build()
    return plant(FAULTS[key], model), X, y


def test_there_are_at_least_eight_faults_and_all_are_described():
    assert len(FAULTS) >= 8
    assert list(SPOILED) == list(FAULTS)
    for key in [*FAULTS, HEALTHY]:
        assert len(lesson.text("gradient_check", f"fault {key}")) > 80
    assert len({fault.title for fault in FAULTS.values()}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_called_like_what_it_replaces(fault: Fault):
    right, wrong = (list(inspect.signature(f).parameters) for f in (fault.right, fault.function))
    assert wrong == right[: len(wrong)]
    assert fault.function.__doc__ and fault.right.__name__ in fault.function.__doc__


@gradient_faults
def test_a_fault_spoils_what_it_says_and_nothing_else(key):
    case, expected = SPOILED[key]
    report = check(*planted(key, case))
    spoiled = {name for name, v in report.verdicts.items() if np.any(v == VERDICTS.index(DIFFERS))}
    assert spoiled == expected
    assert report.loss == case.build()[0].loss(*case.build()[1:])[0]


@gradient_faults
def test_planting_leaves_the_network_and_the_code_alone(key):
    case, _ = SPOILED[key]
    model, X, y = case.build()
    before, functions = model.loss(X, y)[1].vector.copy(), model.layers
    state = model.state()
    plant(FAULTS[key], model).loss(X, y)
    assert model.layers is functions
    for name, array in model.state().items():
        np.testing.assert_array_equal(array, state[name])
    np.testing.assert_array_equal(model.loss(X, y)[1].vector, before)


@pytest.mark.parametrize(("key", "ratio"), [("db_mean", 1 / 4), ("softmax", 4)])
def test_a_forgotten_factor_shows_as_one_ratio(key, ratio):
    report = check(*planted(key, Case("")))
    for name in ("b1", "b4"):
        a, n = report.analytic[name], report.numerical[name]
        np.testing.assert_allclose(a[n != 0] / n[n != 0], ratio, rtol=1e-4)


def test_missing_dropout_scale_grows_with_the_way_down():
    report = check(*planted("dropout", Case("", dropout_keep_ratio=0.7)))
    for layer, ratio in ((4, 1), (3, 0.7), (2, 0.7**2), (1, 0.7**3)):
        a, n = report.analytic[f"b{layer}"], report.numerical[f"b{layer}"]
        np.testing.assert_allclose(a[n != 0] / n[n != 0], ratio, rtol=1e-4)


def test_a_transposed_weight_keeps_dead_units_dead_and_a_wrong_mask_does_not():
    case = Case("", reg=0.0)
    dead = {"relu": 0, "transposed": 0}
    for key in dead:
        report = check(*planted(key, case))
        for name in ("b2", "b3"):
            off = report.numerical[name] == 0
            assert off.any()
            dead[key] += int(np.count_nonzero(report.analytic[name][off]))
    assert dead["relu"] > 0 and dead["transposed"] == 0


# ------------------------------------------------------------------------------------------------------------- adam
def test_adam_by_hand_is_what_the_right_rule_does():
    np.testing.assert_allclose(adam_steps(optim.adam), [w for _, w in ADAM_BY_HAND], rtol=0, atol=1e-6)


def test_the_faulty_adam_takes_a_first_step_ten_times_too_large():
    """mhat = 0.05 * 0.1, vhat = 0.00025 * 0.001, so the step is 0.1 * 0.005 / 0.0005 = 1."""
    assert adam_steps(FAULTS["adam"].function)[0] == pytest.approx(0, abs=1e-4)


# ------------------------------------------------------------------------------------------------------------ cases
def test_every_fault_is_in_exactly_one_case_and_one_case_is_healthy():
    assert sorted(case.fault for case in CASES) == sorted([*FAULTS, HEALTHY])


@pytest.mark.parametrize("case", CASES, ids=[case.fault for case in CASES])
def test_a_case_can_be_solved_from_its_evidence(case):
    """The code runs in that network, and something speaks against every other answer."""
    model, _, _ = case.build()
    assert case.fault == HEALTHY or FAULTS[case.fault].runs_in(model)
    assert contradiction(case, case.fault) is None
    for guess in [*FAULTS, HEALTHY]:
        if guess != case.fault:
            found = contradiction(case, guess)
            assert found is not None, guess
            assert lesson.text("gradient_check", f"zoo {found.kind}")


@pytest.mark.parametrize("case", CASES, ids=[case.fault for case in CASES])
def test_without_its_fault_a_case_has_right_gradients(case):
    seen = evidence(case, HEALTHY)
    assert not any(seen.wrong(name) for name in seen.report.errors)
    assert seen.adam_is_right


def verdicts_of(case: Case) -> set[str]:
    return {VERDICTS[k] for v in evidence(case).report.verdicts.values() for k in np.unique(v)}


def test_the_healthy_case_looks_ill_by_a_kink_only():
    (case,) = (case for case in CASES if case.fault == HEALTHY)
    assert verdicts_of(case) == {AGREES, KINK}


def test_kinds_of_contradiction():
    def against(fault: str, guess: str, **network: Any) -> Any:
        return contradiction(Case(fault, **network), guess)

    assert against("relu", "bn_mean").kind == "absent"
    assert against("relu", "adam").kind == "adam right"
    assert against("adam", "relu").kind == "adam wrong"
    passes = against("relu", "softmax")
    assert (passes.kind, passes.name) == ("passes", "b4") and passes.seen < 1e-6 < passes.foretold
    fails = against("softmax", "relu")
    assert (fails.kind, fails.name) == ("fails", "b4") and fails.foretold < 1e-6 < fails.seen
    numbers = against("db_mean", "db_one")
    assert (numbers.kind, numbers.name) == ("numbers", "b4") and numbers.seen != numbers.foretold
