"""What the stepper's trace is made of: places in the graph, and numbers that a learner changed."""

import numpy as np
import pytest

from ui.components.stepper.layout import ROW, place
from ui.walks import edits


# ----------------------------------------------------------------------------------------------------------- layout
class TestLayout:
    def test_chain_goes_straight_from_left_to_right(self):
        layout = place(["a", "b", "c"], [(0, 1), (1, 2)])
        assert [x for x, _ in layout.nodes] == sorted(x for x, _ in layout.nodes)
        assert len({y for _, y in layout.nodes}) == 1

    def test_long_edge_passes_beside_what_lies_between(self):
        layout = place(["x", "mean", "xmu"], [(0, 1), (0, 2), (1, 2)])
        ((_, y),) = layout.edges[1]
        assert abs(y - layout.nodes[1][1]) > ROW / 3

    def test_inputs_stand_just_before_their_use(self):
        layout = place(["x", "h", "w", "out"], [(0, 1), (1, 3), (2, 3)])
        assert layout.nodes[2][0] == layout.nodes[1][0]


# ------------------------------------------------------------------------------------------------------------ edits
class TestEdits:
    def test_round_trip(self):
        text = "x[0,1]=0.5; dout[2,0]=-1; reg[]=3"
        assert edits.write(edits.parse(text)) == text
        assert edits.parse("") == edits.parse(" ; ") == {}

    def test_changes_a_copy(self):
        x = np.zeros((2, 2))
        changed = edits.apply({"x": x}, edits.parse("x[0,1]=0,5; x[1,1]=−2e-3"))
        np.testing.assert_array_equal(changed["x"], [[0, 0.5], [0, -0.002]])
        assert not x.any()

    @pytest.mark.parametrize("text", ["x", "x=1", "x[0,1]", "[0]=1", "x[a]=1", "x[0][1]=2", "<b>[0]=1"])
    def test_refuses_other_forms(self, text):
        with pytest.raises(ValueError, match="written like"):
            edits.parse(text)

    @pytest.mark.parametrize(
        ("edit", "why"),
        [
            (("w", (0, 0), "1"), "only inputs"),
            (("x", (2, 0), "1"), "2×2"),
            (("x", (0,), "1"), "2×2"),
            (("x", (0, 0), "abc"), "none"),
            (("x", (0, 0), ""), "none"),
            (("x", (0, 0), "nan"), "smaller"),
            (("x", (0, 0), "1e7"), "smaller"),
            (("y", (0,), "2"), "from 0 to 1"),
            (("y", (0,), "0.5"), "from 0 to 1"),
        ],
    )
    def test_refuses_what_a_cell_cannot_hold(self, edit, why):
        name, index, typed = edit
        inputs = {"x": np.zeros((2, 2)), "y": np.zeros(2, int)}
        with pytest.raises(ValueError, match=why):
            edits.apply(inputs, {(name, index): typed})
