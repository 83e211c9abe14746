"""CIFAR-10's Python version, which most people have: read as it is, and no pickle ever does anything."""

import builtins
import os
import pickle
import shutil
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlib.data import DataError, binary, cifar10, load_cifar10, pickled
from tests.conftest import python_2_pickle
from tests.draws import draws

SPLIT: dict[str, Any] = {"num_training": 70, "num_validation": 25, "num_test": 15}
WRITTEN = {"Python 2": {"written_by_python_2": True}} | {f"protocol {p}": {"protocol": p} for p in range(6)}


def check(root, small):
    data = cifar10.load(root, **SPLIT)
    assert np.array_equal(data.pictures(data.X_train[:]), small.images[:70].transpose(0, 2, 3, 1))
    assert np.array_equal(data.y_val, small.labels[70:95])
    assert np.array_equal(data.y_test, small.labels[100:115])


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize("archive", [True, False])
def test_whoever_wrote_it(small_cifar10, how, archive):
    write = small_cifar10.pickled_archive if archive else small_cifar10.pickled
    check(write(**WRITTEN[how]), small_cifar10)


@pytest.mark.parametrize(
    "place",
    [
        binary.PYTHON_FOLDER,
        f"assignment2/cs231n/datasets/{binary.PYTHON_FOLDER}",
        f"assignment2/cs231n/datasets/{binary.PYTHON_ARCHIVE}",
        binary.PYTHON_ARCHIVE,
        "keras/cifar-10-batches-py.tar.gz",
        "keras/cifar-10-batches-py-target/cifar-10-batches-py",
        "unzipped/cifar-10-python/cifar-10-batches-py",
        "twice/cifar-10-batches-py/cifar-10-batches-py",
    ],
)
def test_where_people_have_it(small_cifar10, tmp_path, monkeypatch, place):
    there = tmp_path / "there" / place
    there.parent.mkdir(parents=True)
    if place.endswith(".gz"):
        shutil.copy(small_cifar10.pickled_archive(), there)
    else:
        shutil.copytree(small_cifar10.pickled() / binary.PYTHON_FOLDER, there)
    for root in (there, there.parent, tmp_path / "there" / place.partition("/")[0]):
        monkeypatch.setenv("CIFAR10_DIR", str(root))
        assert cifar10.status().state in ("found", "ready")
        check(None, small_cifar10)


@pytest.mark.parametrize("fault", ["empty", "short", "missing", "a folder"])
@pytest.mark.parametrize("sound", ["binary archive", "python archive", "python folder"])
def test_a_sound_copy_beside_a_broken_one_is_used(small_cifar10, tmp_path, fault, sound):
    root = tmp_path / "both"
    shutil.copytree(small_cifar10.folder, root / binary.FOLDER)
    broken = root / binary.FOLDER / "data_batch_3.bin"
    broken.unlink()
    if fault == "a folder":
        broken.mkdir()
    elif fault != "missing":
        broken.write_bytes(b"x" * (fault == "short"))
    with pytest.raises(DataError, match=r"data_batch_3\.bin (is missing|must have)"):
        cifar10.load(root, **SPLIT)
    if sound == "python folder":
        shutil.copytree(small_cifar10.pickled() / binary.PYTHON_FOLDER, root / binary.PYTHON_FOLDER)
    else:
        shutil.copy(small_cifar10.archive() if sound == "binary archive" else small_cifar10.pickled_archive(), root)
    check(root, small_cifar10)


def test_one_of_the_six_files_stands_for_its_folder(small_cifar10):
    check(small_cifar10.folder / "data_batch_2.bin", small_cifar10)
    check(small_cifar10.pickled() / binary.PYTHON_FOLDER / "test_batch", small_cifar10)


def test_course_arrays_are_those_of_the_binary_version(small_cifar10):
    one, other = (load_cifar10(root, **SPLIT) for root in (small_cifar10.root, small_cifar10.pickled()))
    assert all(np.array_equal(one[name], other[name]) for name in one)


# ------------------------------------------------------------------------------------------------------ hostile files
class Calls:
    """Pickled as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def padded(content: bytes) -> bytes:
    """Of a size that could be a batch's."""
    return content + bytes(max(0, binary.RECORDS * binary.RECORD_BYTES + 100 - len(content)))


HOSTILE = {
    "a command": pickle.dumps(Calls(os.system, "touch pwned"), 2),
    "a command in a batch": pickle.dumps({b"data": Calls(os.system, "touch pwned")}, 4),
    "eval": pickle.dumps(Calls(builtins.eval, "1"), 0),
    "exec by its Python 2 name": b"c__builtin__\nexecfile\n(S'/etc/passwd'\ntR.",
    "nested reduce": pickle.dumps(Calls(getattr, Calls(__import__, "os"), "system"), 2),
    "numpy's loader": b"cnumpy\nload\n(S'/etc/passwd'\ntR.",
    "numpy's runner": b"cnumpy.testing._private.utils\nrunstring\n(S'1'\n}tR.",
    "a class by OBJ": b"(cos\nsystem\nS'touch pwned'\no.",
    "a class by INST": b"(S'touch pwned'\nios\nsystem\n.",
    "a persistent id": b"Pos.system\n.",
    "an extension": b"\x80\x02\x82\x01.",
    "a new object": b"\x80\x02cnumpy\nndarray\n)\x81.",
    "a state for a name": b"cnumpy\nndarray\n}S'__reduce__'\ncnumpy\ndtype\nsb.",
    "a call of no name": b"}(S'x'\ntR.",
    "an array of objects": pickle.dumps({b"data": np.array([[None]], object), b"labels": []}, 2),
    "an array of floats": pickle.dumps({b"data": np.zeros((20, 3072), np.float32), b"labels": [0] * 20}, 2),
    "a place in the memo of 2^32": b"\x80\x02]r\xff\xff\xff\xff.",
    "a text of terabytes": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x00x.",
    "bytes of terabytes": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x00x.",
    "a frame of terabytes": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f}.",
    "a negative length": b"T\xff\xff\xff\xffx.",
    "a number of many digits": b"I" + b"9" * 50_000 + b"\n.",
    "a long of many digits": b"L" + b"9" * 50_000 + b"L\n.",
    "lists without end": b"]" * 60_000,
    "lists in lists": b"]" * 300 + b"a" * 299 + b".",
    "an array of a huge shape": python_2_pickle(
        {b"data": np.zeros((2**31 - 1, 0), np.uint8), b"labels": [], b"filenames": [], b"batch_label": b""}
    ),
    "nothing": b"",
    "no pickle": b"<html>login</html>",
    "only an end": b".",
    "a mark": b"(.",
    "no dict": b"]q\x00.",
    "itself": b"}q\x00U\x01ah\x00s.",
    "other keys": pickle.dumps({b"fine_labels": [0] * 20}, 2),
    "cut short": pickle.dumps({b"labels": [0] * 20, b"data": np.zeros((20, 3072), np.uint8)}, 2)[:-1000],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_and_damaged_pickles(small_cifar10, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    root = small_cifar10.pickled()
    (root / binary.PYTHON_FOLDER / "data_batch_3").write_bytes(padded(HOSTILE[kind]))
    around = sorted(tmp_path.rglob("*"))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"data_batch_3 (is not a batch of CIFAR-10, since|must have)") as caught:
        cifar10.load(root, **SPLIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert "\n" not in str(caught.value) and "delete it and get a sound copy" in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == around


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({b"labels": [0] * 19}, "labels must be a list of 20 ints"),
        ({b"labels": [0.5] * 20}, "a step BINFLOAT, which no batch has"),
        ({b"labels": [True] * 20}, "labels must be a list of 20 ints"),
        ({b"labels": None}, "labels must be a list of 20 ints"),
        ({b"labels": [0] * 7 + [10] + [0] * 12}, "record 7 has 10"),
        ({b"labels": [0] * 7 + [-1] + [0] * 12}, "labels 0..9, but record 7"),
        ({b"labels": [0] * 7 + [256] + [0] * 12}, "labels 0..9, but record 7"),
        ({b"labels": [0] * 7 + [2**40] + [0] * 12}, "labels 0..9, but record 7"),
        ({b"labels": [0] * 7 + [2**80] + [0] * 12}, "labels 0..9, but record 7"),
        ({b"data": np.zeros((19, 3072), np.uint8)}, r"data must be \(20, 3072\) bytes"),
        ({b"data": np.zeros((3072, 20), np.uint8)}, r"data must be \(20, 3072\) bytes"),
        ({b"data": np.zeros((20, 3072), np.int8)}, "numpy dtype, but not of bytes"),
        ({b"data": b"x" * 20 * 3072}, r"data must be \(20, 3072\) bytes"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_batches_of_another_shape(small_cifar10, changes, message, protocol):
    root = small_cifar10.pickled()
    batch = {b"labels": [0] * 20, b"data": np.zeros((20, 3072), np.uint8)} | changes
    (root / binary.PYTHON_FOLDER / "test_batch").write_bytes(padded(pickle.dumps(batch, protocol)))
    with pytest.raises(DataError, match=message) as caught:
        cifar10.load(root, **SPLIT)
    assert "test_batch" in str(caught.value)
    assert not small_cifar10.cache.exists()


def test_arrays_in_columns_are_read_as_what_they_are(small_cifar10):
    root = small_cifar10.pickled()
    images = np.asfortranarray(small_cifar10.images[:20].reshape(20, -1))
    batch = {b"labels": small_cifar10.labels[:20].tolist(), b"data": images}
    for protocol in (2, 5):
        (root / binary.PYTHON_FOLDER / "data_batch_1").write_bytes(pickle.dumps(batch, protocol))
        check(root, small_cifar10)


BATCH = {b"labels": [1, 2], b"data": np.arange(6, dtype=np.uint8).reshape(2, 3), b"filenames": [b"a", b"b"]}
PICKLES = [pickle.dumps(BATCH, protocol) for protocol in (0, 1, 2, 4, 5)]
PICKLES += [python_2_pickle(BATCH | {b"batch_label": b"one"})]


@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # pickletools', about a name with a backslash
@settings(draws(400), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.sampled_from(PICKLES),
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=3)), max_size=5),
)
def test_any_bytes_give_a_dict_or_a_sentence(content, changes):
    """Nothing is imported that was not, and nothing but plain values comes out."""
    for place, insert in changes:
        at = place % len(content)
        content = content[:at] + insert + content[at + 1 :]
    try:
        found = pickled.load(content, 1000)
    except ValueError:
        return
    assert all(type(key) is str for key in found)
    kinds = (int, bool, str, bytes, bytearray, list, tuple, dict, np.ndarray, type(None), str)
    assert all(isinstance(value, kinds) or type(value).__module__ == "nnlib.data.pickled" for value in found.values())


def test_what_numpy_and_pickle_would_say():
    for content in PICKLES:
        found = pickled.load(content, 1000)
        assert np.array_equal(found["data"], BATCH[b"data"])
        assert found["labels"] == BATCH[b"labels"]
        assert pickle.loads(content, encoding="bytes")[b"labels"] == BATCH[b"labels"]  # noqa: S301 - written above
