"""Models as files: everything comes back, and what is damaged, foreign or forged is refused in one sentence."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlib import checkpoints
from nnlib.data import digits, points
from nnlib.runs import models
from nnlib.runs.accuracy import Accuracy
from nnlib.runs.models import SavedModel, load_model, of_state, save_model
from nnlib.runs.spec import RunSpec
from tests.nnlib.oracles import assert_one_sentence
from tests.nnlib.training import full_run, go

SPECS = {
    "plain": RunSpec(data="moons", width=8, num_epochs=2),
    "digits": RunSpec(depth=3, width=12, taper=0.5, num_train=100, batch_size=20, num_epochs=1),
    "batchnorm": RunSpec(width=8, normalization="batchnorm", dropout_keep_ratio=0.8, num_train=100, num_epochs=1),
    "layernorm": RunSpec(
        data="spiral", width=8, normalization="layernorm", weight_scale=0.05, patience=3, num_epochs=1
    ),
    "adamw": RunSpec(data="xor", width=4, update_rule="adamw", weight_decay=0.1, schedule="cosine", num_epochs=1),
}
ACCURACIES = {"train": Accuracy(90, 100), "val": Accuracy(0, 3), "test": Accuracy(7, 7)}


def trained(spec: RunSpec) -> SavedModel:
    dataset = spec.load_data()
    solver = spec.make_solver(dataset)
    solver.train()
    assert solver.best_state is not None
    return of_state(spec, dataset, solver.best_state, solver.best_epoch, ACCURACIES)


def written(saved: SavedModel) -> io.BytesIO:
    file = io.BytesIO()
    save_model(file, saved)
    file.seek(0)
    return file


@pytest.fixture(scope="module")
def good() -> bytes:
    return written(trained(SPECS["batchnorm"])).getvalue()


@pytest.mark.parametrize("name", SPECS)
def test_everything_comes_back(name: str):
    saved = trained(SPECS[name])
    loaded = load_model(written(saved))
    assert loaded.spec == saved.spec
    assert (loaded.class_names, loaded.epoch, loaded.accuracies) == (saved.class_names, saved.epoch, ACCURACIES)
    state = loaded.model.state()
    assert state.keys() == saved.model.state().keys()
    for part, array in saved.model.state().items():
        np.testing.assert_array_equal(state[part], array)
    dataset = saved.spec.load_data()
    np.testing.assert_array_equal(loaded.model.loss(dataset.X_test), saved.model.loss(dataset.X_test))
    if dataset.mean_image is None:
        assert loaded.mean_image is None and loaded.image_shape is None
    else:
        np.testing.assert_array_equal(loaded.mean_image, dataset.mean_image)
        assert loaded.image_shape == dataset.image_shape


@pytest.mark.parametrize("shape", [(), (1, 8, 8), (3, 1, 1, 1), (3, 1, 8, 9), (3, 8, 8)])
def test_what_is_no_picture_of_its_data_is_not_prepared(shape: tuple[int, ...]):
    saved = trained(SPECS["batchnorm"])
    for pixels in (np.zeros(shape), np.full((3, 1, 8, 8), np.nan), np.full((3, 1, 8, 8), "a")):
        with pytest.raises(ValueError, match=r"^pixels ") as error:
            saved.prepare(pixels)
        assert_one_sentence(error)


def test_a_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    saved = trained(SPECS["batchnorm"])
    save_model("~/kept/net", saved)
    assert load_model(tmp_path / "kept" / "net.npz").spec == saved.spec
    with pytest.raises(ValueError, match=r"net\.npz cannot be written"):
        save_model(tmp_path / "kept" / "net.npz" / "net", saved)
    with pytest.raises(FileNotFoundError, match=r"there is no file "):
        load_model("~/gone")
    with pytest.raises(ValueError, match="folder"):
        load_model("~")
    no_files: tuple[Any, ...] = (None, 3, b"net", [], "", "~nobody-of-this-name/net")
    for no_file in no_files:
        for call in (lambda path: save_model(path, saved), load_model):
            with pytest.raises(ValueError, match=r"\.$") as error:
                call(no_file)
            assert_one_sentence(error)


def test_a_picture_is_prepared_as_in_training():
    dataset = digits.load()
    saved = trained(SPECS["digits"])
    pixels = dataset.pictures(dataset.X_test[:3])[:, None] / 255 * saved.white
    np.testing.assert_allclose(saved.prepare(pixels), dataset.X_test[:3], atol=0.003)
    with pytest.raises(ValueError, match="points") as error:
        trained(SPECS["plain"]).prepare(pixels)
    assert_one_sentence(error)


def test_later_training_does_not_change_it():
    spec, dataset = SPECS["plain"], points.moons()
    solver = spec.make_solver(dataset)
    go(solver, 3)
    assert solver.best_state is not None
    saved = of_state(spec, dataset, solver.best_state, 0, {})
    before = saved.model.state()
    solver.train()
    np.testing.assert_array_equal(saved.model.state()["W1"], before["W1"])


def test_a_file_of_before_a_setting_came_has_its_default(good: bytes):
    arrays, facts = checkpoints.read(io.BytesIO(good))
    del facts["spec"]["taper"]
    file = io.BytesIO()
    checkpoints.pack(file, arrays, facts)
    file.seek(0)
    assert load_model(file).spec == SPECS["batchnorm"]


def refuse(content: bytes, *parts: str, **how: Any) -> None:
    with pytest.raises(ValueError, match=r"\S") as error:
        load_model(io.BytesIO(content), **how)
    assert_one_sentence(error, *parts)


@pytest.mark.parametrize("content", [b"", b"no zip" * 100, b"PK\x05\x06" + bytes(18), b"\x80\x04\x95.", bytes(3000)])
def test_files_of_other_kinds_are_refused(content: bytes):
    refuse(content, "the file")


def test_damaged_files_are_refused(good: bytes):
    refuse(good[: len(good) // 2])
    flipped = bytearray(good)
    flipped[len(good) // 3] ^= 0xFF
    refuse(bytes(flipped))


def test_a_checkpoint_is_no_model(tmp_path):
    go(full_run(), 9).save(tmp_path / "run.npz")
    refuse((tmp_path / "run.npz").read_bytes(), "no model")


def test_a_bomb_is_refused_before_it_is_unpacked(good: bytes):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model.W1.npy", bytes(models.MAX_BYTES + 1))
    assert len(content.getvalue()) < 1 << 20
    refuse(content.getvalue(), "unpack to")
    refuse(good, "at most 1,000", max_bytes=1000)


def test_pickles_are_refused():
    content = io.BytesIO()
    np.savez(content, **{"facts.json": np.array([{"kind": models.KIND}], dtype=object)})  # type: ignore[arg-type]
    refuse(content.getvalue(), "damaged")


Forge = Callable[[dict[str, np.ndarray], dict[str, Any]], Any]


def setting(name: str, value: Any) -> Forge:
    return lambda arrays, facts: facts["spec"].update({name: value})


def fact(name: str, value: Any) -> Forge:
    return lambda arrays, facts: facts.update({name: value})


def array(name: str, value: Any) -> Forge:
    return lambda arrays, facts: arrays.update({name: np.asarray(value)})


def entry(name: str, value: float) -> Forge:
    return lambda arrays, facts: arrays[name].reshape(-1).__setitem__(3, value)


FORGED: dict[str, Forge] = {
    "another kind": fact("kind", "a cake"),
    "no kind": lambda arrays, facts: facts.pop("kind"),
    "a later version": fact("version", 2),
    "a version in words": fact("version", "x" * 5000),
    "no settings": lambda arrays, facts: facts.pop("spec"),
    "settings in a list": fact("spec", [1]),
    "a strange setting": setting("colour", "red"),
    "unknown data": setting("data", "imagenet"),
    "other data": setting("data", "cifar10"),
    "points with a mean image": setting("data", "moons"),
    "data in a list": setting("data", ["digits"]),
    "an unknown rule": setting("update_rule", "magic"),
    "a rule in a list": setting("update_rule", ["sgd"]),
    "an unknown schedule": setting("schedule", "zigzag"),
    "an unknown norm": setting("normalization", "groupnorm"),
    "an unknown augmentation": setting("augment", "rotate"),
    "an unknown scale": setting("weight_scale", "huge"),
    "endless depth": setting("depth", 10**9),
    "no depth": setting("depth", 0),
    "a true depth": setting("depth", True),
    "endless width": setting("width", 10**12),
    "half a unit": setting("width", 8.5),
    "a negative seed": setting("seed", -1),
    "an endless rate": setting("learning_rate", float("inf")),
    "a rate of nothing": setting("learning_rate", None),
    "no rate": setting("learning_rate", 0),
    "a rate in words": setting("learning_rate", "fast"),
    "keeping nothing": setting("dropout_keep_ratio", 0),
    "keeping too much": setting("dropout_keep_ratio", 1.5),
    "taper above 1": setting("taper", 2.0),
    "patience below 1": setting("patience", 0),
    "another width": setting("width", 9),
    "another depth": setting("depth", 3),
    "another norm": setting("normalization", None),
    "a layer norm": setting("normalization", "layernorm"),
    "other classes": fact("class_names", ["![](http://example.org/x.png)"] * 10),
    "no classes": fact("class_names", None),
    "an epoch in words": fact("epoch", "last"),
    "an epoch beyond the run": fact("epoch", 2),
    "accuracies in a list": fact("accuracies", [1]),
    "more right than counted": fact("accuracies", {"test": [5, 4]}),
    "an accuracy of other data": fact("accuracies", {"<b>": [4, 5]}),
    "an accuracy in words": fact("accuracies", {"test": ["4", "5"]}),
    "half an accuracy": fact("accuracies", {"test": [4]}),
    "no W1": lambda arrays, facts: arrays.pop("model.W1"),
    "a W9": array("model.W9", np.zeros(3, np.float32)),
    "W1 of another shape": array("model.W1", np.zeros((64, 9), np.float32)),
    "W1 of ints": array("model.W1", np.zeros((64, 8), int)),
    "W1 of float64": array("model.W1", np.zeros((64, 8))),
    "W1 of text": array("model.W1", np.full((64, 8), "a")),
    "infinite weights": entry("model.W1", np.inf),
    "weights that are no numbers": entry("model.W1", np.nan),
    "negative variance": entry("model.running_var1", -1.0),
    "no mean image": lambda arrays, facts: arrays.pop("mean_image"),
    "a flat mean image": array("mean_image", np.zeros(64, np.float32)),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_files_are_refused(good: bytes, name: str):
    arrays, facts = checkpoints.read(io.BytesIO(good))
    FORGED[name](arrays, facts)
    file = io.BytesIO()
    checkpoints.pack(file, arrays, facts)
    refuse(file.getvalue())


def test_nothing_large_is_made_for_a_forged_width(good: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(RunSpec, "make_model", lambda *_: pytest.fail("a model was made"))
    arrays, facts = checkpoints.read(io.BytesIO(good))
    facts["spec"] |= {"width": 100_000, "depth": 20}
    file = io.BytesIO()
    checkpoints.pack(file, arrays, facts)
    refuse(file.getvalue(), "do not fit together")


def test_the_largest_network_of_the_controls_fits():
    spec = replace(RunSpec(), data="cifar10", depth=10, width=1024, normalization="batchnorm")
    dims = [3072, *spec.hidden_dims, 10]
    numbers = sum(D * H + 5 * H for D, H in pairwise(dims))
    assert 4 * numbers < models.MAX_BYTES
