"""Parameters: names and vector are two sights of the same numbers, whatever is done to either."""

import copy

import numpy as np
import pytest

from nnlib.params import Parameters, layer_of
from tests.nnlib.oracles import assert_one_sentence

SHAPES = {"W1": (2, 3), "b1": (3,), "W2": (3, 1), "b2": (1,)}


@pytest.fixture
def params() -> Parameters:
    params = Parameters(SHAPES, np.float64)
    params.vector[:] = np.arange(13)
    return params


def assert_one_body(params: Parameters) -> None:
    """Names, order and shapes are those of SHAPES, and each array is its stretch of the vector."""
    assert {name: a.shape for name, a in params.items()} == SHAPES
    assert list(params) == list(SHAPES)
    start = 0
    for name, array in params.items():
        stretch = params.vector[start : start + array.size]
        np.testing.assert_array_equal(array.ravel(), stretch, err_msg=name)
        assert np.shares_memory(array, stretch), name
        start += array.size
    assert start == params.vector.size


def test_arrays_lie_in_the_vector_in_order(params):
    assert_one_body(params)
    np.testing.assert_array_equal(params["W1"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(params["b2"], [12])
    assert all(a.flags.c_contiguous for a in params.values())


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.dtype(np.float16)])
def test_the_dtype_is_the_one_asked_for(dtype):
    params = Parameters(SHAPES, dtype)
    assert {a.dtype for a in [*params.values(), params.vector, params.like().vector]} == {np.dtype(dtype)}
    assert Parameters(SHAPES).vector.dtype == np.float32


def test_setting_an_entry_copies_its_numbers(params):
    new = np.full((2, 3), 7.0)
    params["W1"] = new
    new[:] = 0
    np.testing.assert_array_equal(params.vector, [7] * 6 + list(range(6, 13)))
    params["b1"] = [1, 2, 3]
    np.testing.assert_array_equal(params.vector[6:9], [1, 2, 3])
    params["W2"] += 1
    np.testing.assert_array_equal(params.vector[9:12], [10, 11, 12])
    assert_one_body(params)


def test_the_vector_reaches_the_arrays(params):
    params.vector *= 2
    np.testing.assert_array_equal(params["b1"], [12, 14, 16])
    assert_one_body(params)


def test_copy_and_like_have_vectors_of_their_own(params):
    twin, empty = params.copy(), params.like()
    np.testing.assert_array_equal(twin.vector, params.vector)
    twin.vector[:] = -1
    empty.vector[:] = -2
    np.testing.assert_array_equal(params.vector, np.arange(13))
    for other in (twin, empty):
        assert_one_body(other)


@pytest.mark.parametrize(("name", "layer"), [("W1", 1), ("b12", 12), ("gamma3", 3), ("beta10", 10)])
def test_a_name_says_its_layer(name, layer):
    assert layer_of(name) == layer


@pytest.mark.parametrize("value", [0.0, np.zeros(3), np.zeros((1, 3)), np.zeros((3, 2)), np.zeros((1, 2, 3)), []])
def test_a_value_of_another_shape_is_refused_even_if_it_would_broadcast(params, value):
    with pytest.raises(ValueError, match="W1 has shape") as error:
        params["W1"] = value
    assert_one_sentence(error, "(2, 3)", str(np.shape(value)))
    np.testing.assert_array_equal(params.vector, np.arange(13))


def test_an_unknown_name_is_refused(params):
    with pytest.raises(KeyError, match="no parameter 'W3'; there are W1, b1, W2, b2"):
        params["W3"] = np.zeros(3)
    assert_one_body(params)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.update({"b1": np.array([7.0, 8.0, 9.0])}),
        lambda p: p.update(b1=np.array([7.0, 8.0, 9.0])),
        lambda p: p.__ior__({"b1": np.array([7.0, 8.0, 9.0])}),
        lambda p: p.pop("b1"),
        lambda p: p.popitem(),
        lambda p: p.__delitem__("b1"),
        lambda p: p.clear(),
        lambda p: p.setdefault("W9", np.zeros(2)),
    ],
    ids=["update", "update by keyword", "|=", "pop", "popitem", "del", "clear", "setdefault"],
)
def test_no_way_of_changing_a_dict_parts_names_from_the_vector(params, change):
    try:
        change(params)
    except (TypeError, KeyError, AttributeError):
        np.testing.assert_array_equal(params.vector, np.arange(13))
    else:
        np.testing.assert_array_equal(params["b1"], [7, 8, 9])
    assert_one_body(params)


def test_a_deep_copy_is_whole(params):
    twin = copy.deepcopy(params)
    np.testing.assert_array_equal(twin.vector, params.vector)
    twin.vector[:] = -1
    assert_one_body(twin)
    np.testing.assert_array_equal(params.vector, np.arange(13))
