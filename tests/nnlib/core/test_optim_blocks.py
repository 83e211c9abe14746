"""Adam takes a long vector in blocks; no number may depend on that."""

import numpy as np
import pytest

from nnlib.optim import BLOCK, RULES


@pytest.mark.parametrize("rule", ["adam", "adamw"])
@pytest.mark.parametrize("size", [BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 77])
def test_a_long_vector_takes_the_same_steps_as_a_matrix(rule, size):
    rng = np.random.default_rng(4)
    w = rng.standard_normal(size, np.float32)
    vector, matrix = w.copy(), w.reshape(1, -1).copy()
    of_vector, of_matrix = {"learning_rate": 0.1}, {"learning_rate": 0.1}
    for _ in range(3):
        dw = rng.standard_normal(size, np.float32)
        RULES[rule](vector, dw, of_vector, out=vector)
        RULES[rule](matrix, dw.reshape(1, -1), of_matrix, out=matrix)
    np.testing.assert_array_equal(vector, matrix[0])
    assert vector.dtype == np.float32
    assert of_vector.keys() == of_matrix.keys()
    for name, value in of_vector.items():
        np.testing.assert_array_equal(np.ravel(value), np.ravel(of_matrix[name]), err_msg=name)
    assert of_vector["t"] == 3
