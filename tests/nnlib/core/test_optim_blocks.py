"""The Solver takes a long vector through any rule in blocks; no number may depend on that."""

import numpy as np
import pytest

from nnlib.optim import BLOCK, RECORDS, RULES, Blocks
from tests.nnlib.oracles import assert_one_sentence


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("size", [5, 2 * BLOCK, 2 * BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 77])
def test_a_rule_in_blocks_is_the_rule_on_the_whole(rule, size):
    rng = np.random.default_rng(4)
    whole = rng.standard_normal(size, np.float32)
    blocks = whole.copy()
    of_whole, of_blocks = {"learning_rate": 0.1}, {"learning_rate": 0.1}
    for _ in range(3):
        dw = rng.standard_normal(size, np.float32)
        whole, of_whole = RULES[rule](whole, dw, of_whole)
        in_blocks = Blocks(rule, of_blocks, size)  # anew, as when a run is taken up again
        in_blocks.step(blocks, dw, 0.1)
        of_blocks = in_blocks.config
        np.testing.assert_array_equal(blocks, whole)
    assert blocks.dtype == np.float32
    assert of_blocks.keys() == of_whole.keys()
    for name, value in of_blocks.items():
        np.testing.assert_array_equal(value, of_whole[name], err_msg=name)
        assert np.shape(value) == np.shape(of_whole[name])


@pytest.mark.parametrize("rule", [name for name, record in RECORDS.items() if record.memory])
@pytest.mark.parametrize("memory", [None, 1.0, "a", [1.0, 2.0], {}, np.zeros((3, 1)), np.zeros(3, complex)], ids=repr)
def test_a_memory_that_is_not_of_the_whole_vector_is_refused(rule, memory):
    for name in RECORDS[rule].memory:
        with pytest.raises(ValueError, match=f"^{name} ") as error:
            Blocks(rule, {name: memory}, 3)
        assert_one_sentence(error)
