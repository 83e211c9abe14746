"""What a run takes in: every usual form of data, and what is no data, refused in one sentence before the first step."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nnlib.data import Pixels, digits
from nnlib.examples import digest
from nnlib.fc_net import FullyConnectedNet
from nnlib.solver import Solver
from tests.nnlib.oracles import assert_one_sentence
from tests.nnlib.training import everything_in, network, pictures, records, solver

Change = Callable[[np.ndarray], Any]
FLAT = {name: array.reshape(len(array), -1) if name[0] == "X" else array for name, array in pictures().items()}

FORMS: dict[str, tuple[Change, Change]] = {  # of X (N, D) and of y (N,)
    "lists": (np.ndarray.tolist, np.ndarray.tolist),
    "tuples of arrays": (tuple, tuple),
    "pandas": (pd.DataFrame, lambda y: pd.Series(y, index=range(5, 5 + len(y)))),
    "pandas' own kinds": (lambda X: pd.DataFrame(X, index=range(9, 9 + len(X))), lambda y: pd.Series(y, dtype="Int8")),
    "not contiguous": (lambda X: np.repeat(X, 2, axis=1)[:, ::2], lambda y: np.repeat(y, 2)[::2]),
    "columns first": (np.asfortranarray, lambda y: y.astype(">i4")),
    "views of memory": (lambda X: np.ascontiguousarray(X).data, lambda y: y.data),
    "double": (lambda X: X.astype(np.float64), lambda y: y.astype(np.uint8)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_data_gives_the_same_run(form):
    X, y = FORMS[form]
    data = {name: (X if name[0] == "X" else y)(array) for name, array in FLAT.items()}
    run, plain = solver(data=data), solver(data=FLAT)
    records(run)
    records(plain)
    assert everything_in(run) == everything_in(plain)
    assert run.check_accuracy(data["X_val"], data["y_val"]) == plain.check_accuracy(FLAT["X_val"], FLAT["y_val"])


@pytest.mark.parametrize("kind", [np.uint8, np.int64, bool, np.float16])
def test_numbers_of_any_kind_train_like_floats(kind):
    data = {name: (array > 0.3).astype(kind) if name[0] == "X" else array for name, array in FLAT.items()}
    floats = {name: array.astype(np.float32) if name[0] == "X" else array for name, array in data.items()}
    run, plain = solver(data=data), solver(data=floats)
    records(run)
    records(plain)
    assert everything_in(run) == everything_in(plain)


def test_a_data_set_is_taken_itself():
    dataset = digits.load().subset(60)
    run, plain = (
        Solver(FullyConnectedNet([8], 64, seed=0), data, num_epochs=1, verbose=False, seed=0)
        for data in (dataset, dataset.as_dict())
    )
    records(run)
    records(plain)
    assert everything_in(run) == everything_in(plain)


def test_pictures_on_disk_stay_there():
    images, X = np.random.default_rng(0).integers(0, 255, (48, 2, 3, 4), np.uint8), pictures()
    pixels = Pixels(images, images.mean(axis=0))
    assert solver(data=X | {"X_train": pixels}).X_train is pixels


def test_the_digest_of_pictures_is_that_of_their_numbers_and_made_once(monkeypatch: pytest.MonkeyPatch):
    images = np.random.default_rng(0).integers(0, 255, (48, 2, 3, 4), np.uint8)
    pixels = Pixels(images, images.mean(axis=0))
    first = digest(pixels)
    assert first == digest(pixels[:]) != digest(pixels[::-1])
    monkeypatch.setattr(Pixels, "__getitem__", lambda *_: pytest.fail("read again"))
    assert digest(pixels) == first


NOT_FINITE = {"NaN": np.nan, "infinity": np.inf, "minus infinity": -np.inf, "beyond float32": 1e39}


def with_one(value: float, X: np.ndarray) -> np.ndarray:
    X = X.astype(np.float64)
    X.reshape(-1)[-7] = value
    return X


@pytest.mark.parametrize("name", ["X_train", "X_val", "X_test"])
@pytest.mark.parametrize("value", NOT_FINITE)
def test_numbers_that_are_not_finite_are_named_before_the_first_step(value, name):
    data = pictures() | {"X_test": pictures()["X_val"], "y_test": pictures()["y_val"]}
    data[name] = with_one(NOT_FINITE[value], data[name])
    with pytest.raises(ValueError, match=name) as error:
        solver(data=data)
    assert_one_sentence(
        error, f"{name} must hold finite numbers", str(NOT_FINITE[value]), f"example {len(data[name]) - 1}"
    )


def test_all_nan_is_not_right_about_the_first_class():
    """The accuracy of such data was 1, for argmax takes NaN for the highest score."""
    data = pictures() | {"X_val": np.full((24, 24), np.nan), "y_val": np.zeros(24, int)}
    with pytest.raises(ValueError, match="X_val must hold finite numbers"):
        solver(data=data)
    with pytest.raises(ValueError, match="X must hold finite numbers") as error:
        solver().check_accuracy(data["X_val"], data["y_val"])
    assert_one_sentence(error)


@pytest.mark.parametrize("data", [pictures(), FLAT], ids=["pictures", "rows"])
def test_scores_that_overflowed_are_no_prediction(data):
    run = solver(data=data)
    run.model.params["b3"] = [np.nan, 0, 0, 0]
    assert run.check_accuracy(data["X_val"], np.zeros(24, int)) == 0
    run.model.params["b3"] = [np.inf, 0, 0, 0]
    assert run.check_accuracy(data["X_val"], np.zeros(24, int)) == 1


def without(*names: str) -> dict[str, Any]:
    return {name: array for name, array in pictures().items() if name not in names}


class Shaped:
    """Has a shape, and no numbers."""

    shape = (24, 24)

    def __len__(self) -> int:
        return 24


NO_DATA: dict[str, tuple[Any, list[str]]] = {  # -> what the sentence says
    "nothing": (None, ["dict", "NoneType"]),
    "an array": (np.zeros((3, 24)), ["dict", "ndarray"]),
    "a pair": ((1, 2), ["dict", "tuple"]),
    "an empty dict": ({}, ["X_train is missing", "nothing"]),
    "no X_val": (without("X_val"), ["X_val is missing", "there is X_train, y_train, y_val"]),
    "None for y_val": (pictures() | {"y_val": None}, ["y_val is missing"]),
    "another name": (without("X_val") | {"X_valid": 1}, ["X_val is missing", "X_valid"]),
    "no examples": (pictures() | {"X_val": np.zeros((0, 24)), "y_val": []}, ["X_val has 0 examples"]),
    "too many labels": (pictures() | {"y_train": [0] * 49}, ["X_train has 48 examples, y_train 49"]),
    "a number for y": (pictures() | {"y_val": 3}, ["X_val has 24 examples, y_val 0"]),
    "a number for X": (pictures() | {"X_val": 3.0}, ["X_val has 0 examples"]),
    "text": (pictures() | {"X_val": np.full((24, 24), "a")}, ["X_val holds <U1", "real numbers"]),
    "objects": (pictures() | {"X_val": np.full((24, 24), None)}, ["X_val holds object"]),
    "complex": (pictures() | {"X_val": np.zeros((24, 24), complex)}, ["X_val holds complex"]),
    "a shape alone": (pictures() | {"X_val": Shaped()}, ["X_val holds object"]),
    "ragged": (pictures() | {"X_val": [[1.0] * 24] * 23 + [[1.0]]}, ["X_val", "rows of one length"]),
    "masked": (pictures() | {"X_val": np.ma.masked_array(np.zeros((24, 24)), True)}, ["X_val", "masked"]),
    "other columns": (pictures() | {"X_val": [[0.0] * 5] * 24}, ["24 numbers", "(24, 5)"]),
    "a test part of another width": (
        pictures() | {"X_test": np.zeros((3, 5)), "y_test": [0] * 3},
        ["X_test", "(3, 5)"],
    ),
    "labels in a column": (pictures() | {"y_val": np.zeros((24, 1), int)}, ["y_val", "(24, 1)", "ravel"]),
}


@pytest.mark.parametrize("kind", NO_DATA)
def test_what_is_no_data_is_refused_in_one_sentence(kind):
    data, parts = NO_DATA[kind]
    with pytest.raises(ValueError, match=r"\S") as error:
        Solver(network(), data)
    assert_one_sentence(error, *parts)


@pytest.mark.parametrize(
    ("X", "y", "parts"),
    [
        (np.zeros((3, 24)), np.zeros((3, 1), int), ["(3, 1)", "ravel"]),
        (np.zeros((3, 24)), [0, 1], ["X has 3 examples, y 2"]),
        (np.zeros((3, 24)), [0, 1, 4], ["0 to 3"]),
        (np.zeros((0, 24)), [], ["X has 0 examples"]),
    ],
)
def test_an_accuracy_needs_a_label_for_each_example(X, y, parts):
    with pytest.raises(ValueError, match=r"[Xy] ") as error:
        solver().check_accuracy(X, y)
    assert_one_sentence(error, *parts)


def test_a_data_set_of_no_test_examples_is_no_obstacle():
    dataset = digits.load()
    none = replace(dataset, X_test=dataset.X_test[:0], y_test=dataset.y_test[:0])
    Solver(FullyConnectedNet([8], 64, seed=0), none)
