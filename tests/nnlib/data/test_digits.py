"""Digits: real, complete, the same everywhere."""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnlib.data import DataError, digits
from tests.nnlib.oracles import assert_one_sentence


def test_shapes_scale_and_mean():
    data = digits.load()
    assert data.X_train.shape == (1397, 1, 8, 8)
    assert data.X_val.shape == data.X_test.shape == (200, 1, 8, 8)
    assert data.X_train.dtype == np.float32
    assert data.y_train.dtype == np.int64
    assert data.image_shape == (1, 8, 8)
    assert data.mean_image is not None
    np.testing.assert_allclose(data.X_train.mean(axis=0), 0, atol=1e-6)
    ink = data.X_test + data.mean_image
    assert -1e-6 < ink.min() < 1e-6
    assert abs(ink.max() - 1) < 1e-6
    assert set(data.y_train) == set(data.y_val) == set(data.y_test) == set(range(10))


def test_the_split_never_changes():
    data = digits.load()
    labels = np.concatenate([data.y_train, data.y_val, data.y_test]).astype(np.uint8)
    assert hashlib.sha256(labels.tobytes()).hexdigest()[:16] == "99c3fa75ee18cae9"


def test_same_images_as_the_source():
    source = pytest.importorskip("sklearn.datasets").load_digits()
    data = digits.load()
    pictures = np.concatenate([data.pictures(X) for X in (data.X_train, data.X_val, data.X_test)])
    labels = np.concatenate([data.y_train, data.y_val, data.y_test])
    expected = np.rint(source.images * 255 / 16)
    ours, theirs = ({(int(k), p.astype(np.uint8).tobytes()) for k, p in pairs} for pairs in
                    (zip(labels, pictures, strict=True), zip(source.target, expected, strict=True)))  # fmt: skip
    assert ours == theirs


def test_loads_are_independent():
    first = digits.load()
    first.X_train[:] = 7
    assert abs(digits.load().X_train.mean()) < 1e-6


def test_missing_file(monkeypatch, tmp_path):
    monkeypatch.setattr(digits, "PLACES", (tmp_path / "digits.npz",))
    assert digits.status().state == "absent"
    with pytest.raises(DataError, match=r"digits\.npz is not beside nnlib"):
        digits.load()


def test_status_is_ready():
    status = digits.status()
    assert (status.name, status.state) == ("digits", "ready")
    assert status.num_bytes > 10_000


GOOD = {"images": np.zeros((1797, 8, 8), np.uint8), "labels": np.zeros(1797, np.uint8)}


@pytest.mark.parametrize(
    "arrays",
    [
        {"images": GOOD["images"]},
        {**GOOD, "images": GOOD["images"][:5]},
        {**GOOD, "images": GOOD["images"] + 17},
        {**GOOD, "labels": GOOD["labels"] + 10},
        {**GOOD, "images": GOOD["images"].astype(float)},
        {**GOOD, "labels": np.array([None] * 1797)},
    ],
)
def test_damaged_content(monkeypatch, tmp_path, arrays):
    np.savez(tmp_path / "digits.npz", **arrays)
    monkeypatch.setattr(digits, "PLACES", (tmp_path / "digits.npz",))
    assert "is damaged" in digits.status().message
    with pytest.raises(DataError, match="is damaged"):
        digits.load()


@pytest.mark.parametrize("keep", [0, 10, 5000, -1])
def test_damaged_file(monkeypatch, tmp_path, keep):
    whole = digits.PLACES[1].read_bytes()
    (tmp_path / "digits.npz").write_bytes(whole[:keep])
    monkeypatch.setattr(digits, "PLACES", (tmp_path / "digits.npz",))
    assert digits.status().state == "absent"
    with pytest.raises(DataError, match="is damaged"):
        digits.load()


def test_flipped_bytes_are_noticed(monkeypatch, tmp_path):
    whole = bytearray(digits.PLACES[1].read_bytes())
    whole[2000:2010] = b"\xff" * 10
    (tmp_path / "digits.npz").write_bytes(whole)
    monkeypatch.setattr(digits, "PLACES", (tmp_path / "digits.npz",))
    with pytest.raises(DataError, match="is damaged"):
        digits.load()


@pytest.mark.parametrize("part", ["train", "val", "test"])
@pytest.mark.parametrize("y", [[0], np.zeros((200, 1), int), np.full(200, 10), np.full(200, -1), np.zeros(200), None])
def test_a_data_set_whose_labels_do_not_fit_is_refused(part: str, y: Any):
    X = {f"X_{part}": digits.load().X_val}
    with pytest.raises(DataError, match=f"y_{part}") as error:
        replace(digits.load(), **{f"y_{part}": y}, **X)
    assert_one_sentence(error, "0 to 9")
    assert replace(digits.load(), **{f"y_{part}": [3] * 200}, **X) is not None


def test_a_data_set_without_examples_is_refused():
    with pytest.raises(DataError, match="X_val must hold examples, but is None"):
        replace(digits.load(), X_val=None)
