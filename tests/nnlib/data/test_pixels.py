"""Pixels behave as the float array they stand for; a Dataset hands them on without copies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.data import DataError, Dataset, Pixels, digits, points

rng = np.random.default_rng(2)
IMAGES = rng.integers(0, 256, (17, 3, 4, 5), dtype=np.uint8)
MEAN = rng.uniform(0, 255, (3, 4, 5))
DENSE = IMAGES.astype(np.float32) - MEAN.astype(np.float32)
PIXELS = Pixels(IMAGES, MEAN)


@given(
    st.one_of(
        st.slices(17),
        st.integers(-17, 16),
        st.lists(st.integers(-17, 16), min_size=1),
        st.lists(st.integers(-17, 16)).map(lambda rows: np.array(rows, np.int64)),
        st.lists(st.booleans(), min_size=17, max_size=17).map(np.array),
        st.just(np.arange(6).reshape(2, 3)),
        st.just(...),
    )
)
def test_indexing_gives_the_floats(index):
    batch = PIXELS[index]
    assert type(batch) is np.ndarray
    assert batch.dtype == np.float32
    assert np.array_equal(batch, DENSE[index])


def test_batches_are_independent():
    before = IMAGES.copy()
    PIXELS[:][...] = 0
    assert np.array_equal(IMAGES, before)


def test_like_an_array():
    assert len(PIXELS) == 17
    assert PIXELS.shape == (17, 3, 4, 5)
    assert PIXELS.size == IMAGES.size
    assert PIXELS.dtype == np.float32
    assert np.array_equal(np.asarray(PIXELS), DENSE)
    assert np.array_equal(np.asarray(PIXELS, dtype=np.float64), DENSE.astype(np.float64))
    assert sum(1 for _ in PIXELS) == 17
    with pytest.raises(ValueError, match="only by a copy"):
        np.array(PIXELS, copy=False)


def test_part_shares_memory():
    part = PIXELS.part(slice(3, 9))
    assert np.shares_memory(part.images, IMAGES)
    assert np.array_equal(part[:], DENSE[3:9])


@pytest.mark.parametrize("index", [17, -18, [0, 17], (0, 0), (slice(None), 0), np.zeros(16, bool), 1.5])
def test_bad_index(index):
    with pytest.raises(IndexError):
        PIXELS[index]


@pytest.mark.parametrize(
    ("images", "mean"), [(DENSE, MEAN), (IMAGES, MEAN[0]), (IMAGES, MEAN.T), (IMAGES[0], MEAN), (IMAGES, MEAN[:1])]
)
def test_bad_parts(images, mean):
    with pytest.raises(ValueError, match="Pixels needs images"):
        Pixels(images, mean)


def dataset():
    y = np.arange(17)
    parts = PIXELS.part(slice(10)), y[:10], PIXELS.part(slice(10, 14)), y[10:14], PIXELS.part(slice(14, 17)), y[14:]
    return Dataset("pictures", *parts, tuple("abcdefghijklmnopq"), image_shape=(3, 4, 5), mean_image=MEAN, white=255.0)


def test_subset_keeps_the_rest():
    whole = dataset()
    small = whole.subset(4)
    assert isinstance(small.X_train, Pixels)
    assert np.shares_memory(small.X_train.images, IMAGES)
    assert np.array_equal(small.X_train[:], DENSE[:4])
    assert np.array_equal(small.y_train, np.arange(4))
    assert small.X_val is whole.X_val
    assert small.mean_image is whole.mean_image
    assert len(whole.X_train) == 10
    assert np.array_equal(points.xor().subset(5).X_train, points.xor().X_train[:5])


@pytest.mark.parametrize("num_train", [0, -1, 11, 2.0, "4", None])
def test_bad_subset(num_train):
    with pytest.raises(DataError, match="num_train must be"):
        dataset().subset(num_train)


def test_as_dict():
    whole = dataset()
    assert list(whole.as_dict()) == ["X_train", "y_train", "X_val", "y_val", "X_test", "y_test"]
    assert whole.as_dict()["X_val"] is whole.X_val
    assert whole.as_dict()["y_test"] is whole.y_test


def test_frozen():
    with pytest.raises(AttributeError):
        dataset().name = "other"  # type: ignore[misc]


def test_pictures_are_the_stored_pixels():
    assert np.array_equal(dataset().pictures(PIXELS[5:9]), IMAGES[5:9].transpose(0, 2, 3, 1))
    assert digits.load().pictures(digits.load().X_val[:3]).shape == (3, 8, 8)


def test_no_pictures_of_points_or_of_other_shapes():
    with pytest.raises(DataError, match="has no pictures"):
        points.xor().pictures(points.xor().X_val)
    with pytest.raises(DataError, match=r"shape \(N, 1, 8, 8\), but X has \(200, 64\)"):
        digits.load().pictures(digits.load().X_val.reshape(200, 64))
