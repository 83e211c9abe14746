"""Damaged, foreign and hostile checkpoints are refused in one sentence, and change nothing."""

import inspect
import io
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlib import checkpoints
from nnlib.fc_net import FullyConnectedNet
from nnlib.optim import DEFAULTS
from nnlib.solver import Solver
from tests.nnlib.oracles import assert_one_sentence
from tests.nnlib.training import everything_in, full_run, global_state, go, network, pictures, solver
from tests.places import ROOT

Forge = Callable[[dict[str, np.ndarray], dict[str, Any]], Any]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "run.npz"
    go(full_run(), 9).save(path)
    return path


def refuse(path: Path, *parts: str, **settings: Any) -> None:
    """Resuming raises one sentence, and the run is as it was."""
    run = go(full_run(**settings), 2)
    before = everything_in(run), global_state()
    with pytest.raises(ValueError, match=r"\S") as error:
        run.resume(path)
    assert_one_sentence(error, *parts)
    assert (everything_in(run), global_state()) == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a checkpoint" * 50,
        b"PK\x05\x06" + bytes(18),  # an empty archive
        b"\x93NUMPY\x01\x00",
        b"\x80\x04\x95.",  # a pickle
    ],
)
def test_files_of_other_kinds_are_refused(content, tmp_path):
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    refuse(path, "other.npz")
    with open(path, "rb") as file, pytest.raises(ValueError, match="the file"):
        checkpoints.read(file)  # type: ignore[arg-type]


def test_arrays_and_pickles_in_an_npz_are_refused(tmp_path):
    path = tmp_path / "other.npz"

    def save(facts: np.ndarray) -> None:
        arrays: dict[str, Any] = {"facts.json": facts}
        np.savez(path, **arrays)

    np.savez(path, a=np.zeros(3))
    refuse(path)
    save(np.array([{"iteration": 3}], dtype=object))
    refuse(path)
    save(np.array("[1, 2]"))
    refuse(path)
    save(np.array("{"))
    refuse(path)


def test_a_missing_file_is_called_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        full_run().resume(tmp_path / "none.npz")


def test_truncated_checkpoints_are_refused(good, tmp_path):
    content, path = good.read_bytes(), tmp_path / "cut.npz"
    for length in np.linspace(0, len(content) - 1, 25).astype(int):
        path.write_bytes(content[:length])
        refuse(path, "cut.npz")


def test_no_flipped_bit_goes_unnoticed(good, tmp_path):
    """Either it is refused in one sentence, or it hit what does not matter and the run is the saved one."""
    content, path, saved, refused = good.read_bytes(), tmp_path / "flipped.npz", full_run(), 0
    saved.resume(good)
    rng = np.random.default_rng(0)
    for at in rng.integers(0, len(content), 60):
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << rng.integers(8))]) + content[at + 1 :])
        run = full_run()
        before = everything_in(run)
        try:
            run.resume(path)
        except ValueError as error:
            assert_one_sentence(str(error))
            assert everything_in(run) == before
            refused += 1
        else:
            assert everything_in(run) == everything_in(saved)
    assert refused > 30


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({"update_rule": "rmsprop"}, ["update_rule", "adam", "rmsprop"]),
        ({"batch_size": 12}, ["batch_size", "8", "12"]),
        ({"num_epochs": 5}, ["num_epochs", "4", "5"]),
        ({"seed": 8}, ["seed", "7", "8"]),
        ({"learning_rate": 0.03}, ["learning_rate", "0.02", "0.03"]),
        ({"optim_config": {"learning_rate": 0.02, "beta1": 0.5}}, ["beta1", "0.9", "0.5"]),
        ({"optim_config": {"learning_rate": 0.02, "beta2": 0.5}}, ["beta2", "0.999", "0.5"]),
        ({"optim_config": {"learning_rate": 0.02, "epsilon": 1e-6}}, ["epsilon", "1e-08", "1e-06"]),
        ({"seed": 8, "model": network(7, "batchnorm", 0.7)}, ["seed 7", "8"]),
        ({"schedule": "step"}, ["schedule", "cosine", "step"]),
        ({"warmup": 0.2}, ["warmup", "0.1", "0.2"]),
        ({"patience": 3}, ["patience", "None", "3"]),
        ({"augment": None}, ["augment", "flip", "None"]),
        ({"num_train_samples": 21}, ["num_train_samples", "20", "21"]),
        ({"num_val_samples": None}, ["num_val_samples", "10", "None"]),
        ({"lr_decay": 0.5}, ["lr_decay", "1.0", "0.5"]),
        ({"data": pictures(49)}, ["num_train", "48", "49"]),
        ({"data": pictures(48, 25)}, ["num_val", "24", "25"]),
    ],
)
def test_checkpoints_of_runs_with_other_settings_are_refused(good, settings, parts):
    refuse(good, *parts, **settings)


@pytest.mark.parametrize(
    ("build", "parts"),
    [
        (lambda: network(7, "layernorm", 0.7), ["normalization", "batchnorm", "layernorm"]),
        (lambda: network(7, "batchnorm", 0.6), ["dropout_keep_ratio", "0.7", "0.6"]),
        (lambda: network(7, "batchnorm", 0.7, reg=0.5), ["reg", "0.01", "0.5"]),
        (lambda: network(7, "batchnorm", 0.7, dtype=np.float64), ["dtype", "float32", "float64"]),
        (lambda: network(8, "batchnorm", 0.7), ["the model's seed", "7", "8"]),
        (lambda: network(7, "batchnorm", 0.7, weight_scale=0.5), ["weight_scale", "he", "0.5"]),
    ],
)
def test_checkpoints_of_other_networks_are_refused(good, build, parts):
    run = full_run(7, model=build())
    before = everything_in(run)
    with pytest.raises(ValueError, match=r"\S") as error:
        run.resume(good)
    assert_one_sentence(error, *parts)
    assert everything_in(run) == before


@pytest.mark.parametrize(
    ("rule", "name"),
    [(rule, name) for rule, settings in DEFAULTS.items() for name in settings],
)
def test_no_setting_of_any_rule_may_be_another(rule, name, tmp_path):
    """One is told as the run was made, the other is the default."""
    told = DEFAULTS[rule] | {name: 0.3}
    go(solver(update_rule=rule, optim_config=told), 2).save(tmp_path / "run.npz")
    run = solver(update_rule=rule, optim_config=DEFAULTS[rule])
    before = everything_in(run)
    with pytest.raises(ValueError, match=r"\S") as error:
        run.resume(tmp_path / "run.npz")
    assert_one_sentence(error, f"{name} 0.3", str(DEFAULTS[rule][name]))
    assert everything_in(run) == before


@pytest.mark.parametrize("name", ["X_train", "y_train", "X_val", "y_val"])
def test_other_data_of_the_same_shape_are_refused(good, name):
    data = pictures()
    data[name].reshape(-1)[-1] = (data[name].reshape(-1)[-1] + 1) % 4
    refuse(good, f"has {name} ", data=data)


def test_the_same_data_in_another_form_are_the_same(good):
    data = pictures()
    forms = {"y_train": data["y_train"].astype(np.uint8), "y_val": list(data["y_val"])}
    run = full_run(data=data | forms | {"X_train": np.asfortranarray(data["X_train"])})
    run.resume(good)
    assert run.iteration == 9
    big_endian = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in data.items()}
    full_run(data=big_endian).resume(good)


def test_a_network_changed_after_it_was_made_is_another(good):
    for change, parts in (
        (lambda model: setattr(model, "use_dropout", False), ["use_dropout True", "False"]),
        (lambda model: model.bn_params[0].update(momentum=0.5), ["bn_params", "0.5"]),
    ):
        run = full_run()
        change(run.model)
        with pytest.raises(ValueError, match="the checkpoint has") as error:
            run.resume(good)
        assert_one_sentence(error, *parts)


def test_all_that_differs_is_named_at_once(good):
    refuse(
        good,
        "seed 7 (here 8)",
        "batch_size 8 (here 12)",
        "beta2 0.999 (here 0.5)",
        "X_val ",
        "the same settings",
        seed=8,
        batch_size=12,
        optim_config={"learning_rate": 0.02, "beta2": 0.5},
        data=pictures(48, 25),
    )


def test_every_parameter_of_solver_and_network_is_among_the_settings():
    """So that one that is added is compared too; left out is what changes no number, or is compared otherwise."""
    named = full_run().settings.keys()
    apart = {
        "model",
        "data",
        "optim_config",
        "print_every",
        "verbose",
        "checkpoint_name",
        "checkpoint_every",
        "unknown",
    }
    assert inspect.signature(Solver).parameters.keys() - named == apart
    assert {f"the model's {name}" for name in inspect.signature(FullyConnectedNet).parameters} <= named


def npy(shape: str, descr: str = "'<f4'") -> bytes:
    """An .npy of 12 bytes of data under a header that claims more."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(12)


def archive(member: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as file:
        file.writestr("a.npy", member)
    return content.getvalue()


def encrypted(content: bytes) -> bytes:
    """The flag alone, in both headers."""
    marked = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        marked[marked.find(signature) + offset] |= 1
    return bytes(marked)


HOSTILE = {
    "negative": archive(npy("(-5,)")),
    "more than there is": archive(npy("(1000,)")),
    "objects": archive(npy("(3,)", "'|O'")),
    "records": archive(npy("(3,)", "[('a', '<f4')]")),
    "no such type": archive(npy("(3,)", "'zz'")),
    "bomb": archive(npy("(3,)") + bytes(1 << 24), zipfile.ZIP_DEFLATED).replace(
        (len(npy("(3,)")) + (1 << 24)).to_bytes(4, "little"), (1 << 31).to_bytes(4, "little")
    ),
    "petabytes": archive(npy(f"({2**50},)")),
    "digits": archive(npy(f"({'9' * 400},)")),
    "a truth for a size": archive(npy("(True,)")),
    "an open bracket": archive(npy("(3")),
    "an open quote": archive(npy("'''")),
    "brackets": archive(npy("(" * 3000)),
    "encrypted": encrypted(archive(npy("(3,)"))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused(name, tmp_path):
    path = tmp_path / "hostile.npz"
    path.write_bytes(HOSTILE[name])
    refuse(path, "hostile.npz")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_holds_more_than_it_says_is_not_unpacked(method):
    size = 1 << 26
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as file:
        file.writestr("a.npy", bytes(size))
    lying = content.getvalue().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="the file"):
            checkpoints.read(io.BytesIO(lying))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < size / 4


def test_a_checkpoint_that_would_unpack_to_too_much_is_refused(good):
    with pytest.raises(ValueError, match="at most 1,000") as error:
        checkpoints.read(good, max_bytes=1000)
    assert_one_sentence(error, "run.npz")


def without(name: str) -> Forge:
    return lambda arrays, facts: (arrays.pop(name, None), facts.pop(name, None))


def array(name: str, value: Any) -> Forge:
    return lambda arrays, facts: arrays.update({name: np.asarray(value)})


def records(change: Callable[[np.ndarray], Any]) -> Forge:
    """Rows of loss, training and validation accuracy, one an iteration."""
    return lambda arrays, facts: arrays.update(records=np.asarray(change(arrays["records"].copy())))


def cell(row: int, column: int, value: float) -> Forge:
    def change(rows: np.ndarray) -> np.ndarray:
        rows[row, column] = value
        return rows

    return records(change)


def fact(name: str, value: Any) -> Forge:
    return lambda arrays, facts: facts.update({name: value})


FORGED = {
    "no settings": without("settings"),
    "no records": without("records"),
    "no iteration": without("iteration"),
    "no rule's config": without("optim_config"),
    "no weights": without("model.W1"),
    "weights of another shape": array("model.W1", np.zeros(3, np.float32)),
    "weights that are text": array("model.b1", ["a"] * 10),
    "m of another shape": array("optim.m", np.zeros(3, np.float32)),
    "settings in a list": fact("settings", [1]),
    "settings of nothing": fact("settings", None),
    **{f"iteration {value!r}": fact("iteration", value) for value in ("abc", -3, 2.5, None, [1], 10**9)},
    "another version": fact("version", 1),
    "the version before data were compared": fact("version", 2),
    "settings that nobody has": fact("settings", {f"{k}" * 99: "☃" * 999 for k in range(999)}),
    "no version": without("version"),
    "config in a list": fact("optim_config", [1]),
    "config of nothing": fact("optim_config", None),
    "t in words": fact("optim_config", {"learning_rate": 0.1, "t": "nine"}),
    "best without W1": without("best.W1"),
    "best of another shape": array("best.W1", np.zeros(3, np.float32)),
    "no m": without("optim.m"),
    "m of ints": array("optim.m", np.zeros(410, int)),
    "records that are text": records(lambda rows: rows.astype(str)),
    "records in a row": records(lambda rows: rows[:, 0]),
    "records of two numbers": records(lambda rows: rows[:, :2]),
    "records of float32": records(lambda rows: rows.astype(np.float32)),
    "too few records": records(lambda rows: rows[:3]),
    "a loss that is not finite": cell(3, 0, np.nan),
    "an accuracy where none is measured": cell(3, 2, 0.5),
    "no accuracy at the end of an epoch": cell(5, 2, np.nan),
    "an accuracy above 1": cell(5, 1, 1.5),
    "an accuracy below 0": cell(0, 2, -0.5),
    "steps beyond the last": lambda arrays, facts: (
        facts.update(iteration=30),
        arrays.update(records=np.resize(arrays["records"], (30, 3))),
    ),
    "fewer steps of the rule than iterations": fact("optim_config", {"t": 8}),
    "an array too many": array("extra", np.zeros(3)),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_checkpoints_are_refused(good, name, tmp_path):
    arrays, facts = checkpoints.read(good)
    assert arrays["optim.m"].shape == (410,)
    FORGED[name](arrays, facts)
    refuse(checkpoints.write(tmp_path / "forged.npz", arrays, facts))


GENERATOR = """
import sys
import numpy as np
from nnlib import checkpoints
from tests.nnlib.training import everything_in, full_run, global_state, go

path, seed = sys.argv[1], eval(sys.argv[2])
go(full_run(None), 9).save(path)
state = checkpoints.read(path)[0]["global_state"]
go(full_run(seed), 9).save(path)
arrays, facts = checkpoints.read(path)
for key, rest in (
    (state[:3], [1, 0, 0.0]),
    (state, [10**6, 0, 0.0]),
    (state, [-1, 0, 0.0]),
    (state, ["a", 0, 0.0]),
    (state, [1, 0, "a"]),
    (state, None),
    (state.astype(str), [1, 0, 0.0]),
):
    checkpoints.write(path, arrays | {"global_state": key}, facts | {"global_state": rest})
    run = full_run(seed)
    before = everything_in(run), global_state()
    try:
        run.resume(path)
    except ValueError:
        assert (everything_in(run), global_state()) == before, rest
    else:
        assert seed is not None and global_state() == before[1], rest
"""


@pytest.mark.parametrize("seed", [None, 7])
def test_forged_states_of_the_global_generator_are_refused(seed, tmp_path):
    """In a process of its own: a position outside the state makes NumPy read beyond it."""
    command = [sys.executable, "-W", "error", "-c", GENERATOR, str(tmp_path / "run.npz"), str(seed)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
