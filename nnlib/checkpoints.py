"""Checkpoints: named arrays and plain facts in one .npz file, written whole or not at all, read without trust."""

import io
import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy import ndarray

if TYPE_CHECKING:
    from nnlib.solver import Solver

_FACTS = "facts.json"
_PREFIXES = ("model.", "best.", "optim.")
_HISTORIES = ("loss_history", "train_acc_history", "val_acc_history")
_POSITION = ("iteration", "epoch", "best_val_acc", "best_epoch")
_MODEL_SETTINGS = ("hidden_dims", "input_dim", "num_classes", "dropout_keep_ratio", "normalization", "reg")
_SOLVER_SETTINGS = (
    *("update_rule", "lr_decay", "batch_size", "num_epochs", "num_train_samples", "num_val_samples"),
    *("seed", "schedule", "warmup", "patience", "augment", "base_learning_rate"),
)


def write(path: str | os.PathLike, arrays: dict[str, ndarray], facts: dict[str, Any]) -> Path:
    """Write arrays and facts (anything JSON holds); beside the target first, then renamed onto it.

    Returns:
        The path, ending in .npz.
    """
    path = _with_suffix(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            pack(file, arrays, facts)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    return path


def pack(file: BinaryIO, arrays: dict[str, ndarray], facts: dict[str, Any]) -> None:
    """Write the content of such a file into an open one."""
    np.savez(file, allow_pickle=False, **{_FACTS: np.array(json.dumps(facts, default=_plain))}, **arrays)


def read(path: str | os.PathLike | BinaryIO, max_bytes: int = 1 << 30) -> tuple[dict[str, ndarray], dict[str, Any]]:
    """What `write` wrote: arrays and facts.

    Args:
        path: the file, or an open binary file.
        max_bytes: what the arrays may come to, unpacked.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not such a file, is damaged, or holds more than max_bytes.
    """
    if isinstance(path, str | os.PathLike):
        path = _with_suffix(path)
    name = path.name if isinstance(path, Path) else "the file"
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            inside = archive.infolist() if size <= max_bytes else []
            entries = {entry.filename.removesuffix(".npy"): _unpack(archive, entry) for entry in inside}
        arrays = {key: np.load(io.BytesIO(content), allow_pickle=False) for key, content in entries.items()}
        facts = json.loads(str(arrays.pop(_FACTS))) if size <= max_bytes else {}
    except FileNotFoundError:
        raise
    except Exception as e:  # a hostile archive can make zipfile, zlib, NumPy and JSON fail in many ways
        raise ValueError(f"{name} is not a file written by nnlib, or it is damaged: choose another.") from e
    if size > max_bytes:
        raise ValueError(f"{name} would unpack to {size:,} bytes, but at most {max_bytes:,} are read: choose another.")
    if not isinstance(facts, dict):
        raise ValueError(f"{name} is not a file written by nnlib, or it is damaged: choose another.")
    return arrays, facts


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """An entry's content, never more than it says it holds: `ZipFile.read` unpacks all before it cuts."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile("np.savez does not compress like this, and other ways unpack without bounds")
    with archive.open(entry) as content:
        return content.read(entry.file_size)


def _with_suffix(path: str | os.PathLike) -> Path:
    path = Path(path)
    return path if path.suffix == ".npz" else path.with_name(path.name + ".npz")


def _plain(value: Any) -> Any:
    return value.item()  # JSON does not know NumPy's numbers


def save_run(path: str | os.PathLike, solver: "Solver") -> None:
    """Write everything that the rest of a run depends on."""
    memory = {name: value for name, value in solver.optim_config.items() if isinstance(value, ndarray)}
    arrays = {f"model.{name}": value for name, value in solver.model.state().items()}
    arrays |= {f"best.{name}": value for name, value in (solver.best_state or {}).items()}
    arrays |= {f"optim.{name}": value for name, value in memory.items()}
    arrays |= {name: np.array(getattr(solver, name)) for name in _HISTORIES}
    facts: dict[str, Any] = {name: getattr(solver, name) for name in _POSITION}
    facts["settings"] = _settings(solver)
    facts["optim_config"] = {name: value for name, value in solver.optim_config.items() if name not in memory}
    if solver.seed is None or solver.model.seed is None:
        _, keys, *rest = np.random.get_state(legacy=True)
        arrays["global_state"], facts["global_state"] = np.asarray(keys), rest
    write(path, arrays, facts)


def resume_run(path: str | os.PathLike, solver: "Solver") -> None:
    """Put a solver where the run was that wrote the file; nothing changes unless all of it fits.

    Raises:
        FileNotFoundError, ValueError: see `read`; the latter also when the run had other settings, or a part is missing
            or cannot be.
    """
    arrays, facts = read(path)
    here, there = _settings(solver), facts.get("settings")
    for name, value in here.items():
        theirs = there.get(name) if isinstance(there, dict) else None
        if theirs != json.loads(json.dumps(value, default=_plain)):
            raise ValueError(f"the checkpoint has {name} {theirs}, but here it is {value}: use the same settings.")
    state, best, memory = ({k[len(p) :]: v for k, v in arrays.items() if k.startswith(p)} for p in _PREFIXES)
    try:
        _check(solver, arrays, facts, best, memory)
        solver.model.load_state(state)
    except (KeyError, TypeError, AttributeError, AssertionError) as e:
        raise ValueError("the checkpoint lacks a part, or holds what cannot be: choose another.") from e
    solver.diverged, solver.best_state = None, best or None
    solver.optim_config = facts["optim_config"] | memory
    for name in _HISTORIES:
        setattr(solver, name, arrays[name].tolist())
    for name in _POSITION:
        setattr(solver, name, facts[name])
    if solver.seed is None or solver.model.seed is None:
        np.random.set_state(("MT19937", arrays["global_state"], *facts["global_state"]))


def _check(solver: "Solver", arrays: dict, facts: dict, best: dict, memory: dict) -> None:
    """One of several errors unless everything is there and can be; the model's state aside."""
    losses, train, val = (arrays[name] for name in _HISTORIES)
    iteration, epoch, best_val_acc, best_epoch = (facts[name] for name in _POSITION)
    _, config = solver.rule(np.zeros(0), np.zeros(0), {})
    remembered = {name for name, value in config.items() if isinstance(value, ndarray)} if iteration else set()
    W, here = solver.model.params.vector, solver.model.state()
    _require(
        type(iteration) is type(epoch) is type(best_epoch) is int,
        0 <= iteration <= solver.num_iterations,
        0 <= best_epoch <= epoch == iteration // solver.iterations_per_epoch,
        0 <= best_val_acc <= 1,
        all(history.dtype.kind == "f" and history.ndim == 1 for history in (losses, train, val)),
        len(losses) == iteration and len(train) == len(val),
        memory.keys() == remembered,
        all(v.shape == W.shape and v.dtype == W.dtype for v in memory.values()),
        (best or not len(val)) and all(best[name].shape == here[name].shape for name in best and here),
        all(isinstance(value, float | int) for value in facts["optim_config"].values()),
        not iteration or facts["optim_config"].keys() >= config.keys() - remembered,
    )
    if solver.seed is None or solver.model.seed is None:
        keys, (position, has_gauss, gauss) = arrays["global_state"], facts["global_state"]
        _require(
            keys.dtype == np.uint32 and keys.shape == (624,),
            type(position) is int and 0 <= position <= 624,  # NumPy does not look, and reads beyond the keys
            has_gauss in (0, 1) and type(gauss) is float,
        )


def _require(*conditions: object) -> None:
    if not all(conditions):
        raise AssertionError


def _settings(solver: "Solver") -> dict[str, Any]:
    model = {name: getattr(solver.model, name) for name in _MODEL_SETTINGS}
    return {
        **model,
        "seed of the model": solver.model.seed,
        "dtype": str(solver.model.dtype),
        **{name: getattr(solver, name) for name in _SOLVER_SETTINGS},
        "num_train": len(solver.y_train),
    }
