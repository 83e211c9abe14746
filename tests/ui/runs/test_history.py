"""What a run remembers: bounded, from the first step to the newest, evenly in between."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.runs.history import Curve, Frames, Smooth


def frame(iteration: int, picture: str | None = None) -> dict[str, Any]:
    return {"iteration": iteration, "picture": picture}


class TestCurve:
    @given(count=st.integers(1, 3000), limit=st.integers(2, 50))
    def test_bounded_and_whole(self, count: int, limit: int):
        curve = Curve(limit)
        for i in range(count):
            curve.add(i, -i)
        rows = curve.rows()
        assert len(rows) <= limit + 1
        assert len(rows) >= min(count, limit // 2)
        assert rows[0] == (0, 0) and rows[-1] == (count - 1, 1 - count)
        gaps = np.diff([i for i, _ in rows[:-1]])
        assert len(set(gaps)) <= 1  # even, but for the newest

    @given(count=st.integers(1, 500), limit=st.integers(1, 100))
    def test_rows_to_show(self, count: int, limit: int):
        curve = Curve()
        for i in range(count):
            curve.add(i)
        rows = curve.rows(limit)
        assert len(rows) <= limit + 1
        assert rows[0] == (0,) and rows[-1] == (count - 1,)

    def test_nothing_is_thinned_out_before_it_must_be(self):
        curve = Curve(10)
        for i in range(10):
            curve.add(i)
        assert curve.rows() == [(i,) for i in range(10)]

    def test_empty(self):
        assert Curve().rows() == [] == Curve().rows(5)

    def test_rows_are_a_copy(self):
        curve = Curve()
        curve.add(1)
        curve.rows().clear()
        assert curve.rows() == [(1,)]


class TestFrames:
    @given(count=st.integers(1, 600), limit=st.integers(2, 40))
    def test_bounded_and_whole(self, count: int, limit: int):
        frames = Frames(limit)
        for i in range(count):
            frames.add(frame(i))
        at = [f["iteration"] for f in frames.after()]
        assert len(at) == len(frames) == min(count, limit)
        assert at[0] == 0 and at[-1] == count - 1
        assert at == sorted(set(at))

    @pytest.mark.parametrize("count", [200, 1000, 5000])
    def test_even_over_the_whole_run(self, count: int):
        frames = Frames(100)
        for i in range(count):
            frames.add(frame(i))
        gaps = np.diff([f["iteration"] for f in frames.after()])
        assert max(gaps) <= 2.1 * count / 100

    def test_even_when_frames_come_at_uneven_times(self):
        frames, rng = Frames(50), np.random.default_rng(0)
        for i in np.cumsum(rng.integers(1, 30, 2000)):
            frames.add(frame(int(i)))
        at = [f["iteration"] for f in frames.after()]
        assert max(np.diff(at)) <= 2.5 * (at[-1] - at[0]) / 50

    def test_bounded_in_bytes(self):
        frames = Frames(100, max_bytes=1000)
        for i in range(50):
            frames.add(frame(i, "x" * 95))
            assert sum(len(f["picture"]) for f in frames.after()) <= 1000
        assert len(frames) == 10
        assert [f["iteration"] for f in frames.after()][:: len(frames) - 1] == [0, 49]

    def test_two_frames_stay_however_large(self):
        frames = Frames(100, max_bytes=10)
        for i in range(5):
            frames.add(frame(i, "x" * 100))
        assert [f["iteration"] for f in frames.after()] == [0, 4]

    def test_after_an_iteration(self):
        frames = Frames()
        for i in (0, 3, 7):
            frames.add(frame(i))
        assert [f["iteration"] for f in frames.after(3)] == [7]
        assert frames.after(7) == []
        assert len(frames.after(-1)) == 3


class TestSmooth:
    def test_of_a_constant_is_the_constant(self):
        smooth = Smooth()
        for _ in range(30):
            assert smooth.add(2.5) == pytest.approx(2.5)

    def test_is_the_weighted_mean_it_claims_to_be(self):
        values = np.random.default_rng(1).normal(size=40)
        smooth = Smooth(span=10)
        found = [smooth.add(float(v)) for v in values]
        for n in (1, 2, 40):
            weights = 0.9 ** np.arange(n)[::-1]
            assert found[n - 1] == pytest.approx(np.average(values[:n], weights=weights))
