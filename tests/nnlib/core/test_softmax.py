"""The softmax loss: right loss and gradient for any scores, dtypes kept, labels that do not fit refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.gradient_check import eval_numerical_gradient
from nnlib.layers import softmax_loss
from tests.draws import draws
from tests.nnlib import oracles
from tests.nnlib.oracles import Layer, assert_one_sentence, assert_untouched, check_layer, check_that_faults_are_caught

SIZES = st.integers(1, 6)
SEEDS = st.integers(0, 2**32 - 1)


def softmax(y: np.ndarray) -> Layer:
    """The loss as a layer: its gradient is scaled by the upstream one, a single number."""
    return Layer(lambda x: softmax_loss(x, y), lambda dout, dx: (dout * dx,), lambda x: oracles.cross_entropy(x, y))


@draws(60)
@given(N=SIZES, C=SIZES, scale=st.sampled_from([0.0, 1e-3, 1.0, 10.0]), seed=SEEDS)
def test_gradient(N, C, scale, seed):
    rng = np.random.default_rng(seed)
    x, y = scale * rng.normal(size=(N, C)), rng.integers(0, C, N)
    check_layer(softmax(y), [x], dout=rng.normal())
    dx = softmax_loss(x, y)[1]
    expected = eval_numerical_gradient(lambda x: softmax_loss(x, y)[0], x, verbose=False)
    oracles.assert_gradients([dx], [expected], **oracles.NUMERICAL)


@pytest.mark.parametrize("seed", range(3))
def test_a_gradient_wrong_by_a_thousandth_is_caught(seed):
    rng = np.random.default_rng(seed)
    check_that_faults_are_caught(softmax(rng.integers(0, 4, 5)), [rng.normal(size=(5, 4))], dout=rng.uniform(1, 2))


@pytest.mark.parametrize("C", [1, 2, 10])
def test_knowing_nothing_costs_ln_c(C):
    loss, dx = softmax_loss(np.zeros((3, C)), np.zeros(3, int))
    assert isinstance(loss, float)
    assert loss == pytest.approx(np.log(C), rel=1e-15)
    np.testing.assert_allclose(dx, np.tile(1 / C - np.eye(C)[0], (3, 1)) / 3, rtol=1e-15)


def test_two_classes_by_hand():
    """Scores 0 and ln 3: probabilities 1/4 and 3/4."""
    x = np.array([[0, np.log(3)], [0, np.log(3)]])
    loss, dx = softmax_loss(x, np.array([0, 1]))
    assert loss == pytest.approx((np.log(4) + np.log(4 / 3)) / 2, rel=1e-15)
    np.testing.assert_allclose(dx, np.array([[-3, 3], [1, -1]]) / 8, rtol=1e-14)


@draws(40)
@given(N=SIZES, C=SIZES, seed=SEEDS)
def test_a_shift_of_all_scores_changes_nothing_and_gradients_sum_to_zero(N, C, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(N, C)), rng.integers(0, C, N)
    loss, dx = softmax_loss(x, y)
    shifted, dx_shifted = softmax_loss(x + 1000 * rng.normal(size=(N, 1)), y)
    assert shifted == pytest.approx(loss, abs=1e-11)
    np.testing.assert_allclose(dx_shifted, dx, atol=1e-11)
    np.testing.assert_allclose(dx.sum(axis=1), 0, atol=1e-15)


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e37), (np.float64, 1e307), (np.float16, 3e4)])
def test_scores_of_any_finite_size_do_not_overflow(dtype, size):
    x = np.array([[size, -size, 0], [size, -size, 0]], dtype)
    loss, dx = softmax_loss(x, np.array([0, 2]))
    assert loss == pytest.approx(float(x[0, 0]) / 2)
    np.testing.assert_array_equal(dx, np.array([[0, 0, 0], [0.5, 0, -0.5]]))


@pytest.mark.parametrize("dtype", oracles.COMPUTED)
@pytest.mark.parametrize("labels", [np.int64, np.int32, np.uint8])
def test_the_dtype_is_kept_and_inputs_are_not_changed(dtype, labels):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 3)).astype(dtype), rng.integers(0, 3, 4).astype(labels)
    loss, dx = assert_untouched(softmax_loss, x, y)
    assert (type(loss), dx.dtype) == (float, np.dtype(oracles.COMPUTED[dtype]))


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="at least one example") as error:
        softmax_loss(np.zeros((0, 3)), np.zeros(0, int))
    assert_one_sentence(error, "(0, 3)")
