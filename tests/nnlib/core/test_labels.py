"""Labels: one judge, the same sentence wherever they meet predictions, and all that people call labels."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nnlib.checks import as_labels
from nnlib.fc_net import FullyConnectedNet
from nnlib.layers import softmax_loss
from nnlib.solver import Solver
from tests.nnlib.oracles import assert_one_sentence

RIGHT = [0, 2, 1, 2]
REFUSED: dict[
    str, tuple[Any, list[str]]
] = {  # what it is -> labels of 4 examples of 3 classes, and what the sentence says
    "a column": (np.zeros((4, 1), int), ["(4, 1)", "ravel()"]),
    "a row": (np.zeros((1, 4), int), ["(1, 4)", "ravel()"]),
    "too few": (np.zeros(1, int), ["(1,)", "as many"]),
    "too many": (RIGHT + RIGHT, ["(8,)", "as many"]),
    "none": ([], ["(0,)", "as many"]),
    "a number": (np.zeros((), int), ["()", "as many"]),
    "one-hot": (np.eye(4, 3, dtype=int), ["(4, 3)", "argmax(axis=1)"]),
    "one-hot floats": (np.eye(4, 3), ["(4, 3)", "argmax(axis=1)"]),
    "a frame": (pd.DataFrame({"y": RIGHT}), ["(4, 1)", "ravel()"]),
    "one too high": (np.array([0, 1, 2, 3]), ["0 to 2", "to 3"]),
    "negative": (np.array([0, 1, 2, -1]), ["0 to 2", "from -1"]),
    "floats": (np.zeros(4), ["0 to 2", "float64", "astype(int)"]),
    "fractions": ([0, 1, 0.5, 2], ["0 to 2", "0.5"]),
    "NaN": ([0, 1, np.nan, 2], ["0 to 2", "nan"]),
    "booleans": (np.zeros(4, bool), ["0 to 2", "bool", "astype(int)"]),
    "text": (["a", "b", "a", "c"], ["<U1", "np.unique"]),
    "objects": (pd.Series([0, 1, None, 2], dtype=object), ["object", "np.unique"]),
    "ragged": ([[0], [1, 2], [0], [1]], ["rows of one length"]),
    "complex": (np.zeros(4, complex), ["complex128"]),
    "masked": (np.ma.masked_equal(RIGHT, 0), ["masked"]),
    "nothing": (None, ["()"]),
}


@pytest.mark.parametrize(
    "y",
    [
        RIGHT,
        tuple(RIGHT),
        pd.Series(RIGHT, index=[9, 8, 7, 6]),
        pd.Series(RIGHT, dtype="Int8"),
        np.repeat(RIGHT, 2)[::2],
    ]
    + [np.array(RIGHT, kind) for kind in (np.int8, np.uint8, np.uint64, np.int64, ">i4")],
    ids=str,
)
def test_what_is_one_whole_number_an_example_is_taken(y):
    scores = np.arange(12.0).reshape(4, 3)
    expected, found = softmax_loss(scores, np.array(RIGHT)), softmax_loss(scores, y)
    assert found[0] == expected[0]
    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_is_refused_in_the_same_sentence_everywhere(kind):
    y: Any
    y, parts = REFUSED[kind]
    with pytest.raises(ValueError, match="y ") as refused:
        as_labels("y", y, 4, 3)
    assert_one_sentence(refused, *parts)
    model = FullyConnectedNet([5], 2, 3, seed=0)
    calls: list[Callable] = [softmax_loss, model.loss] if y is not None else [softmax_loss]
    for call in calls:
        with pytest.raises(ValueError, match="y") as error:
            call(np.zeros((4, 3 if call is softmax_loss else 2)), y)
        assert str(error.value) == str(refused.value)


@pytest.mark.parametrize("part", ["train", "val"])
@pytest.mark.parametrize("kind", ["a column", "one-hot", "one too high", "fractions", "booleans", "text"])
def test_a_solver_refuses_them_before_the_first_step(kind, part):
    data = {"X_train": np.zeros((4, 2)), "y_train": RIGHT, "X_val": np.zeros((4, 2)), "y_val": RIGHT}
    y, parts = REFUSED[kind]
    with pytest.raises(ValueError, match=f"y_{part}") as error:
        Solver(FullyConnectedNet([5], 2, 3, seed=0), data | {f"y_{part}": y})
    assert_one_sentence(error, *parts)
