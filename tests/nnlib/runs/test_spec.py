"""A run's description: equal ones give equal numbers, and what cannot be run says so in one sentence."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from nnlib.data.points import FIGURES
from nnlib.runs.spec import RunSpec

SMALL = RunSpec(data="moons", depth=2, width=6, batch_size=30, num_epochs=2, seed=5)


def train(spec: RunSpec) -> tuple[list[float], np.ndarray]:
    """Losses, and the parameters after the last step."""
    solver = spec.make_solver(spec.load_data())
    for _ in range(solver.num_iterations):
        next(solver.steps())
    return solver.loss_history, solver.model.params.vector.copy()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"normalization": "batchnorm", "dropout_keep_ratio": 0.5},
        {"normalization": "layernorm", "schedule": "cosine", "warmup": 0.2},
        {"data": "digits", "num_train": 200, "update_rule": "sgd_momentum", "reg": 1e-2, "schedule": "step"},
    ],
    ids=str,
)
def test_equal_specs_give_equal_numbers(change: dict[str, Any]):
    spec = replace(SMALL, **change)
    state = np.random.get_state()[1].copy()  # type: ignore[union-attr]
    (losses, weights), (again, weights_again) = train(spec), train(replace(spec))
    assert losses == again
    np.testing.assert_array_equal(weights, weights_again)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # type: ignore[index]


@pytest.mark.parametrize("data", ["moons", "digits"])
def test_another_seed_gives_another_run(data: str):
    assert train(replace(SMALL, data=data))[0] != train(replace(SMALL, data=data, seed=6))[0]


@pytest.mark.parametrize(
    "change",
    [
        {"num_train": 100, "data": "digits"},
        {"depth": 3},
        {"width": 7},
        {"taper": 0.5},
        {"update_rule": "adamw", "weight_decay": 0.5},
        {"normalization": "batchnorm"},
        {"dropout_keep_ratio": 0.5},
        {"weight_scale": 0.5},
        {"reg": 0.1},
        {"update_rule": "sgd"},
        {"learning_rate": 1e-2},
        {"schedule": "cosine"},
        {"schedule": "step", "lr_decay": 0.5},
        {"warmup": 0.5},
        {"batch_size": 20},
    ],
    ids=str,
)
def test_every_setting_reaches_the_run(change: dict[str, Any]):
    reference = replace(SMALL, data=change.get("data", "moons"))
    assert train(reference)[1].tobytes() != train(replace(reference, **change))[1].tobytes()


def test_settings_that_end_a_run():
    assert replace(SMALL, num_epochs=3).make_solver(SMALL.load_data()).num_epochs == 3
    assert replace(SMALL, patience=4).make_solver(SMALL.load_data()).patience == 4


@pytest.mark.parametrize("data", FIGURES)
def test_points_are_made_from_the_seed(data: str):
    dataset = replace(SMALL, data=data).load_data()
    assert dataset.name == data and dataset.X_train.shape[1:] == (2,)
    assert (dataset.X_train != replace(SMALL, data=data, seed=9).load_data().X_train).any()


def test_num_train_takes_at_most_what_is_there():
    spec = RunSpec(data="digits")
    whole = len(spec.load_data().y_train)
    assert len(replace(spec, num_train=50).load_data().y_train) == 50
    assert len(replace(spec, num_train=10**6).load_data().y_train) == whole
    assert len(replace(spec, num_train=50).load_data().y_val) == len(spec.load_data().y_val)


def test_a_batch_is_never_larger_than_the_data():
    spec = RunSpec(data="digits", num_train=20, batch_size=500)
    assert spec.make_solver(spec.load_data()).batch_size == 20


def test_differences_are_named_with_both_values():
    other = replace(SMALL, depth=3, normalization="batchnorm")
    assert SMALL.differences(other) == {"depth": (2, 3), "normalization": (None, "batchnorm")}
    assert other.differences(SMALL)["depth"] == (3, 2)
    assert SMALL.differences(replace(SMALL)) == {}


def test_no_field_escapes_differences():
    other = RunSpec(
        *("xor", 7, 1, 3, 0.5, "layernorm", 0.5, 0.1, 0.2, "sgd", 0.3, 0.2, "step", 0.5, 0.1, 9, 8, "flip", 2, 77)
    )
    assert list(SMALL.differences(other)) == [field.name for field in fields(RunSpec)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"update_rule": "magic"}, "there is no update rule 'magic': choose one of sgd, "),
        ({"learning_rate": 0.0}, "learning_rate is 0.0, but must be a positive number."),
        ({"learning_rate": float("nan")}, "learning_rate is nan, but must be a positive number."),
        ({"learning_rate": float("inf")}, "learning_rate is inf, but must be a positive number."),
        ({"taper": 0.0}, "taper is 0.0, but must be above 0 and at most 1."),
        ({"taper": 1.5}, "taper is 1.5, but must be above 0 and at most 1."),
        ({"normalization": "magic"}, "normalization"),
        ({"schedule": "magic"}, "schedule"),
        ({"dropout_keep_ratio": 0.0}, "dropout_keep_ratio"),
        ({"batch_size": 0}, "batch_size is 0, but must be "),
        ({"num_epochs": 0}, "num_epochs is 0, but must be "),
        ({"augment": "flip"}, "only pictures"),
    ],
    ids=str,
)
def test_what_cannot_be_run_says_so(change: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        replace(SMALL, **change).make_solver(SMALL.load_data())
    assert message in str(caught.value)


def test_unknown_data_are_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"there is no data set .magic.: choose one of digits, cifar10, "):
        RunSpec(data="magic")


def test_each_further_layer_is_so_many_times_the_one_before():
    assert RunSpec(depth=3, width=1024, taper=0.5).hidden_dims == [1024, 512, 256]
    assert RunSpec(depth=3, width=2, taper=0.25).hidden_dims == [2, 1, 1]
    assert RunSpec(depth=0).hidden_dims == []


def test_weight_decay_reaches_the_rule_that_has_it_only():
    assert RunSpec(update_rule="adamw", weight_decay=0.3).optim_config == {"learning_rate": 1e-3, "weight_decay": 0.3}
    assert RunSpec(update_rule="adam", weight_decay=0.3).optim_config == {"learning_rate": 1e-3}
