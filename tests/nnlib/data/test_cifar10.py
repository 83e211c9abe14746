"""CIFAR-10: what is read is what the files hold, split and centred as in the course; bad files leave no trace."""

import os
from typing import Any

import numpy as np
import pytest

from nnlib.data import DataError, Pixels, binary, cifar10, load_cifar10

SPLIT: dict[str, Any] = {"num_training": 70, "num_validation": 25, "num_test": 15}


def expected(small, num_training=70, num_validation=25, num_test=15):
    """The course's recipe, in plain float64."""
    X = small.images.astype(np.float64)
    val = num_training + num_validation
    parts = {"train": slice(num_training), "val": slice(num_training, val), "test": slice(100, 100 + num_test)}
    mean = X[:num_training].mean(axis=0)
    return {part: (X[rows] - mean, small.labels[rows]) for part, rows in parts.items()}, mean


@pytest.fixture(params=["folder", "parent", "archive", "folder of the archive", "CIFAR10_DIR", "text"])
def root(request, small_cifar10, monkeypatch):
    """Every way to say where the files are."""
    if "archive" in request.param:
        archive = small_cifar10.archive(path=small_cifar10.cache.with_name(binary.ARCHIVE))
        return archive if request.param == "archive" else archive.parent
    if request.param == "CIFAR10_DIR":
        monkeypatch.setenv("CIFAR10_DIR", str(small_cifar10.root))
        return None
    root = small_cifar10.root
    return {"folder": small_cifar10.folder, "parent": root, "text": str(root)}[request.param]


def test_load(root, small_cifar10):
    data = cifar10.load(root, **SPLIT)
    parts, mean = expected(small_cifar10)
    for part, (X, y) in parts.items():
        pixels, labels = getattr(data, f"X_{part}"), getattr(data, f"y_{part}")
        assert isinstance(pixels, Pixels)
        assert pixels[:].dtype == np.float32
        np.testing.assert_allclose(pixels[:], X, atol=1e-4)
        assert np.array_equal(labels, y)
        assert labels.dtype == np.int64
    assert data.mean_image is not None
    np.testing.assert_allclose(data.mean_image, mean, rtol=1e-6)
    assert data.class_names[3] == "cat"
    assert np.array_equal(data.pictures(data.X_test[:4]), small_cifar10.images[100:104].transpose(0, 2, 3, 1))


def test_load_cifar10(root, small_cifar10):
    data = load_cifar10(root, **SPLIT)
    assert list(data) == ["X_train", "y_train", "X_val", "y_val", "X_test", "y_test"]
    for part, (X, y) in expected(small_cifar10)[0].items():
        assert data[f"X_{part}"].dtype == np.float64
        assert np.array_equal(data[f"X_{part}"], X)  # to the last bit: sums of whole numbers are exact
        assert np.array_equal(data[f"y_{part}"], y)
        assert data[f"y_{part}"].dtype == np.int64


def test_without_mean(small_cifar10):
    data = load_cifar10(small_cifar10.root, **SPLIT, subtract_mean=False)
    assert np.array_equal(data["X_val"], small_cifar10.images[70:95].astype(float))


@pytest.mark.parametrize("num_training", [1, 2, 3, 19, 20, 21, 99, 100])
def test_mean_of_any_number(small_cifar10, num_training):
    sizes: dict[str, Any] = {"num_training": num_training, "num_validation": 0, "num_test": 0}
    data = load_cifar10(small_cifar10.root, **sizes)
    assert np.array_equal(data["X_train"], expected(small_cifar10, **sizes)[0]["train"][0])
    assert data["X_val"].shape == data["X_test"].shape == (0, 3, 32, 32)


def test_default_split_is_the_course_s(small_cifar10, monkeypatch):
    with pytest.raises(DataError, match="num_training must be from 1 to 100, but is 49000"):
        load_cifar10(small_cifar10.root)
    assert load_cifar10.__defaults__ == (None, 49000, 1000, 1000, True)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"num_training": 0}, "num_training must be from 1 to 100, but is 0"),
        ({"num_training": 76}, r"num_training \+ num_validation is 76 \+ 25, but there are 100"),
        ({"num_training": 70.0}, "num_training must be a whole number"),
        ({"num_training": "70"}, "num_training must be a whole number"),
        ({"num_training": True}, "num_training must be a whole number"),
        ({"num_training": np.nan}, "num_training must be a whole number"),
        ({"num_validation": -1}, "num_validation must be from 0 to 100, but is -1"),
        ({"num_validation": None}, "num_validation must be a whole number"),
        ({"num_test": 21}, "num_test must be from 0 to 20, but is 21"),
        ({"num_test": [3]}, "num_test must be a whole number"),
    ],
)
@pytest.mark.parametrize("function", [cifar10.load, load_cifar10])
def test_bad_sizes_are_refused_before_any_work(small_cifar10, function, sizes, message):
    with pytest.raises(DataError, match=message):
        function(small_cifar10.root, **{**SPLIT, **sizes})
    assert not small_cifar10.cache.exists()


def test_numpy_integers_are_whole_numbers(small_cifar10):
    sizes: dict[str, Any] = {name: np.int64(size) for name, size in SPLIT.items()}
    assert len(load_cifar10(small_cifar10.root, **sizes)["X_train"]) == 70


def truncate(file):
    os.truncate(file, file.stat().st_size - 1)


def lengthen(file):
    with open(file, "ab") as stream:
        stream.write(b"x")


def mislabel(file):
    with open(file, "r+b") as stream:
        stream.seek(7 * binary.RECORD_BYTES)
        stream.write(b"\x0a")


def make_folder(file):
    file.unlink()
    file.mkdir()


FAULTS = [
    (truncate, "must have 61460 bytes .* but has 61459"),
    (lengthen, "must have 61460 bytes .* but has 61461"),
    (mislabel, r"must have labels 0\.\.9, but record 7 has 10"),
    (lambda file: file.unlink(), "is missing; put all six files"),
    (lambda file: file.write_bytes(b""), "but has 0"),
    (make_folder, "is missing"),
]


@pytest.mark.parametrize("name", ["data_batch_1.bin", "data_batch_4.bin", "test_batch.bin"])
@pytest.mark.parametrize(("spoil", "message"), FAULTS)
def test_bad_files_leave_the_cache_as_it_was(small_cifar10, name, spoil, message):
    spoil(small_cifar10.folder / name)
    with pytest.raises(DataError, match=message) as caught:
        cifar10.load(small_cifar10.root, **SPLIT)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not small_cifar10.cache.exists()


def test_bad_replacement_leaves_the_good_copy(small_cifar10):
    cifar10.load(small_cifar10.root, **SPLIT)
    before = small_cifar10.snapshot()
    mislabel(small_cifar10.folder / "data_batch_2.bin")
    with pytest.raises(DataError, match="record 7"):
        cifar10.load(small_cifar10.root, **SPLIT)
    assert small_cifar10.snapshot() == before


@pytest.mark.parametrize("root", ["/nowhere/at/all", "~no-such-user/x", "a\0b", "x" * 5000, 7, b"\xff", ["x"], 1.5])
@pytest.mark.parametrize("function", [cifar10.load, load_cifar10])
def test_bad_root(small_cifar10, function, root):
    with pytest.raises(DataError) as caught:
        function(root, **SPLIT)
    assert len(str(caught.value)) < 6000
    assert "\n" not in str(caught.value)


def test_absent(small_cifar10):
    with pytest.raises(DataError, match=r"not here; get it with nnlib\.data\.download\(\), or set CIFAR10_DIR"):
        cifar10.load(**SPLIT)
    assert cifar10.status() == ("cifar10", "absent", 0, None, "")
    assert not small_cifar10.cache.exists()


def test_status_follows_the_work(small_cifar10, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(small_cifar10.root))
    status = cifar10.status()
    assert (status.state, status.num_bytes, status.where) == ("found", 6 * 20 * 3073, small_cifar10.folder)
    assert not small_cifar10.cache.exists()
    cifar10.load(**SPLIT)
    assert cifar10.status().state == "ready"
    assert cifar10.status().num_bytes >= 120 * 3073
    truncate(small_cifar10.folder / "test_batch.bin")
    status = cifar10.status()
    assert status.state == "broken"
    assert "test_batch.bin must have" in status.message
    monkeypatch.setenv("CIFAR10_DIR", str(small_cifar10.root / "elsewhere"))
    assert cifar10.status().state == "broken"
    monkeypatch.setenv("CIFAR10_DIR", "")
    assert cifar10.status().state == "absent"
