"""The labs of the normalization lessons: what they measure agrees with theory and with calculation by hand."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.derivations.layers import simplified_backward
from nnlib.labs.normalization import batches as norm_labs
from nnlib.labs.normalization.batches import FEATURES, TRUE_MEAN, TRUE_VAR
from nnlib.labs.normalization.preprocessing import PREPROCESSINGS, Influence, as_preprocessing, influence
from nnlib.normalization import batchnorm_backward, batchnorm_backward_alt, batchnorm_forward

SEEDS = st.integers(0, 2**32 - 1)


class TestFeatures:
    def test_means_and_variances_are_what_they_claim(self):
        x = norm_labs.draw_batch(np.random.default_rng(0), 200_000)
        assert x.shape == (200_000, len(FEATURES))
        np.testing.assert_allclose(x.mean(axis=0), TRUE_MEAN, atol=0.02)
        np.testing.assert_allclose(x.var(axis=0), TRUE_VAR, rtol=0.02)


class TestRunningAverages:
    @given(seed=SEEDS, N=st.integers(1, 9), momentum=st.floats(0, 1))
    def test_are_the_weighted_sums_of_the_batches(self, seed: int, N: int, momentum: float):
        averages = norm_labs.running_averages(N, momentum, 6, seed)
        weights = (1 - momentum) * momentum ** np.arange(5, -1, -1.0)  # the last batch counts most
        np.testing.assert_allclose(averages.mean[-1], weights @ averages.batch_mean, atol=1e-12)
        np.testing.assert_allclose(averages.var[-1], weights @ averages.batch_var, atol=1e-12)
        assert not averages.mean[0].any() and not averages.var[0].any()

    def test_see_batches_of_the_features(self):
        averages = norm_labs.running_averages(64, 0.9, 200)
        np.testing.assert_allclose(averages.batch_mean.mean(axis=0), TRUE_MEAN, atol=0.1)
        np.testing.assert_allclose(averages.batch_var.mean(axis=0), TRUE_VAR * 63 / 64, rtol=0.1)
        np.testing.assert_allclose(averages.mean[-1], TRUE_MEAN, atol=0.3)

    @pytest.mark.parametrize(("N", "momentum", "batches"), [(0, 0.9, 5), (4, 1.1, 5), (4, -0.1, 5), (4, 0.9, 0)])
    def test_refuse_what_cannot_be(self, N: int, momentum: float, batches: int):
        with pytest.raises(ValueError, match="choose others"):
            norm_labs.running_averages(N, momentum, batches)


class TestModes:
    @given(seed=SEEDS, N=st.integers(1, 6))
    def test_train_by_the_batch_and_test_by_the_running_averages(self, seed: int, N: int):
        rng = np.random.default_rng(seed)
        x, mean, var = rng.normal(size=(N, 3)), rng.normal(size=3), rng.uniform(0.1, 2, 3)
        in_train, in_test = norm_labs.both_modes(x, mean, var)
        np.testing.assert_allclose(in_train, (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5), atol=1e-12)
        np.testing.assert_allclose(in_test, (x - mean) / np.sqrt(var + 1e-5), atol=1e-12)

    def test_agree_when_the_running_averages_are_those_of_the_batch(self):
        x = norm_labs.draw_batch(np.random.default_rng(3), 50)
        in_train, in_test = norm_labs.both_modes(x, x.mean(axis=0), x.var(axis=0))
        np.testing.assert_allclose(in_train, in_test, atol=1e-12)


class TestBatchSize:
    def test_of_one_leaves_nothing_and_blows_testing_up(self):
        effect = norm_labs.batch_size_effect(1)
        assert effect.train_spread == 0
        assert effect.running_var == 0
        assert effect.company == 1
        assert effect.test_spread == pytest.approx(np.sqrt(TRUE_VAR / 1e-5).mean(), rel=0.05)

    @pytest.mark.parametrize("N", [2, 4, 16])
    def test_shrinks_the_running_variance_as_theory_has_it(self, N: int):
        effect = norm_labs.batch_size_effect(N, num_examples=20_000)
        assert effect.running_var == pytest.approx((N - 1) / N, rel=0.03)
        assert effect.test_spread == pytest.approx(np.sqrt(N / (N - 1)), rel=0.03)

    def test_lets_the_company_decide_less_the_larger_it_is(self):
        shares = [norm_labs.batch_size_effect(N).company for N in (1, 2, 4, 16, 256)]
        assert shares == sorted(shares, reverse=True)
        assert shares[-1] < 0.02

    def test_of_two_leaves_only_which_is_larger(self):
        x = np.random.default_rng(1).normal(0, 100, (2, 5))  # far apart, so that eps hardly counts
        np.testing.assert_allclose(norm_labs.normalize("batchnorm", x), np.sign(x - x[::-1]), atol=1e-3)


class TestBackwardPasses:
    @given(seed=SEEDS, N=st.integers(2, 7), D=st.integers(1, 5))
    def test_the_parts_make_up_dx(self, seed: int, N: int, D: int):
        rng = np.random.default_rng(seed)
        x, dout, gamma = rng.normal(size=(N, D)), rng.normal(size=(N, D)), rng.normal(size=D)
        _, cache = batchnorm_forward(x, gamma, rng.normal(size=D), {"mode": "train"})
        parts = norm_labs.gradient_parts(dout, cache)
        scale = np.abs(parts.dx).max() + np.abs(gamma * cache.rstd).max()
        for backward in (batchnorm_backward, batchnorm_backward_alt):
            np.testing.assert_allclose(parts.dx, backward(dout, cache)[0], rtol=0, atol=1e-10 * scale)
        np.testing.assert_allclose(parts.along_one + parts.along_xhat + parts.rest, dout, atol=1e-12)
        np.testing.assert_allclose(parts.rest.sum(axis=0), 0, atol=1e-10)

    @given(seed=SEEDS, N=st.integers(1, 6), D=st.integers(1, 4))
    def test_the_simplified_pass_as_a_graph_has_its_numbers(self, seed: int, N: int, D: int):
        rng = np.random.default_rng(seed)
        x, dout, gamma = rng.normal(size=(N, D)), rng.normal(size=(N, D)), rng.normal(size=D)
        _, cache = batchnorm_forward(x, gamma, np.zeros(D), {"mode": "train"})
        graph = simplified_backward(dout, cache)
        for name, gradient in zip(("dx", "dgamma", "dbeta"), batchnorm_backward_alt(dout, cache), strict=True):
            scale = np.abs(gamma * cache.rstd).max() + 1
            np.testing.assert_allclose(graph.nodes[name].value, gradient, rtol=0, atol=1e-12 * scale)
        assert graph.out.name == "dx"
        lines = inspect.getsource(batchnorm_backward_alt).splitlines()
        for name in ("dout", "dbeta", "dgamma", "dx", "xhat", "rstd", "gamma"):
            assert re.search(rf"\b{name}\b", lines[graph.lines[name].number - 1])

    def test_nothing_is_left_of_an_upstream_gradient_of_ones(self):
        x = np.random.default_rng(0).normal(size=(6, 3))
        _, cache = batchnorm_forward(x, np.ones(3), np.zeros(3), {"mode": "train"})
        assert np.abs(norm_labs.gradient_parts(np.ones((6, 3)), cache).dx).max() < 1e-14

    @pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 1e-9), (np.float32, 0.1)])
    def test_a_race_measures_both(self, dtype: type, limit: float):
        times = norm_labs.time_backward(8, 3, repeats=5, dtype=dtype, calls=1)
        assert times.staged.shape == times.simplified.shape == (5,)
        assert (times.staged > 0).all() and (times.simplified > 0).all()
        assert times.ratio == np.median(times.staged) / np.median(times.simplified)
        assert 0 <= times.difference < limit


class TestChangedCells:
    X = np.random.default_rng(5).normal(size=(4, 5))

    @pytest.mark.parametrize(
        ("norm", "row", "column", "changed"),
        [
            ("batchnorm", 1, 2, np.s_[:, 2:3]),
            ("layernorm", 1, 2, np.s_[1:2, :]),
            ("batchnorm", 1, None, np.s_[:, :]),
            ("layernorm", 1, None, np.s_[0:0, :]),
            ("batchnorm", None, 2, np.s_[:, 0:0]),
            ("layernorm", None, 2, np.s_[:, :]),
        ],
    )
    def test_follow_the_axis(self, norm: str, row: int | None, column: int | None, changed: tuple[slice, slice]):
        expected = np.zeros(self.X.shape, bool)
        expected[changed] = True
        edited = norm_labs.add_to(self.X, 3.0, row, column)
        np.testing.assert_array_equal(norm_labs.changed_cells(norm, self.X, edited), expected)

    def test_the_original_stays(self):
        before = self.X.copy()
        norm_labs.add_to(self.X, 1.0)
        np.testing.assert_array_equal(self.X, before)


class TestLayernormOfFewFeatures:
    @given(seed=SEEDS)
    def test_one_becomes_zero_and_two_become_signs(self, seed: int):
        x = np.random.default_rng(seed).normal(0, 100, (5, 2))
        x[:, 1] += np.sign(x[:, 1] - x[:, 0])  # at least 1 apart
        assert not norm_labs.normalize("layernorm", x[:, :1]).any()
        np.testing.assert_allclose(norm_labs.normalize("layernorm", x), np.sign(x - x[:, ::-1]), atol=1e-4)


class TestPreprocessing:
    X = np.random.default_rng(2).integers(1, 256, (5, 3, 6, 4)).astype(float)

    def test_sums_are_one(self):
        np.testing.assert_allclose(PREPROCESSINGS["rows"](self.X).sum(axis=(1, 3)), 1)
        np.testing.assert_allclose(PREPROCESSINGS["images"](self.X).sum(axis=(1, 2, 3)), 1)

    def test_the_mean_picture_is_gone(self):
        np.testing.assert_allclose(PREPROCESSINGS["mean"](self.X).mean(axis=0), 0, atol=1e-12)

    def test_the_threshold_leaves_two_values(self):
        np.testing.assert_array_equal(PREPROCESSINGS["threshold"](self.X), self.X >= 128)

    @pytest.mark.parametrize("name", PREPROCESSINGS)
    def test_black_pictures_stay_finite(self, name: str):
        assert np.isfinite(PREPROCESSINGS[name](np.zeros((3, 1, 4, 4)))).all()

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("rows", Influence(other_images=False, same_row=True, other_rows=False)),
            ("images", Influence(other_images=False, same_row=True, other_rows=True)),
            ("mean", Influence(other_images=True, same_row=False, other_rows=False)),
            ("threshold", Influence(other_images=False, same_row=False, other_rows=False)),
        ],
    )
    def test_what_each_takes_together(self, name: str, expected: Influence):
        before = self.X.copy()
        assert influence(PREPROCESSINGS[name], self.X) == expected
        np.testing.assert_array_equal(self.X, before)

    def test_each_norm_has_its_like(self):
        assert influence(as_preprocessing("batchnorm"), self.X) == influence(PREPROCESSINGS["mean"], self.X)
        assert influence(as_preprocessing("layernorm"), self.X) == influence(PREPROCESSINGS["images"], self.X)
