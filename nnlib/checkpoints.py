"""Checkpoints: named arrays and plain facts in one .npz file, written whole or not at all, read without trust."""

import json
import os
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

if TYPE_CHECKING:
    from nnlib.solver import Solver

_FACTS = "facts.json"
_PREFIXES = ("model.", "best.", "optim.")
_HISTORIES = ("loss_history", "train_acc_history", "val_acc_history")
_POSITION = ("iteration", "epoch", "best_val_acc", "best_epoch", "base_learning_rate")
_MODEL_SETTINGS = ("hidden_dims", "input_dim", "num_classes", "dropout_keep_ratio", "normalization", "reg")
_SOLVER_SETTINGS = (
    *("update_rule", "lr_decay", "batch_size", "num_epochs", "num_train_samples", "num_val_samples"),
    *("seed", "schedule", "warmup", "patience", "augment"),
)


def write(path: str | os.PathLike, arrays: dict[str, ndarray], facts: dict[str, Any]) -> Path:
    """Write arrays and facts (anything JSON holds); beside the target first, then renamed onto it.

    Returns:
        The path, ending in .npz.
    """
    path = Path(path)
    path = path if path.suffix == ".npz" else path.with_name(path.name + ".npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, allow_pickle=False, **{_FACTS: np.array(json.dumps(facts))}, **arrays)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    return path


def read(path: str | os.PathLike, max_bytes: int = 1 << 30) -> tuple[dict[str, ndarray], dict[str, Any]]:
    """What `write` wrote: arrays and facts.

    Args:
        path: the file, or an open binary file.
        max_bytes: what the arrays may come to, unpacked.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not such a file, is damaged, or holds more than max_bytes.
    """
    name = Path(path).name if isinstance(path, str | os.PathLike) else "the file"
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > max_bytes:
            raise ValueError(f"{name} would unpack to {size:,} bytes, but at most {max_bytes:,} are read.")
        if not isinstance(path, str | os.PathLike):
            path.seek(0)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        facts = json.loads(str(arrays.pop(_FACTS)))
    except FileNotFoundError:
        raise
    except (
        OSError,
        EOFError,
        KeyError,
        zipfile.BadZipFile,
        zlib.error,
        json.JSONDecodeError,
        NotImplementedError,
    ) as e:
        raise ValueError(f"{name} is not a file written by nnlib, or it is damaged: choose another.") from e
    except ValueError as e:
        if "unpack" in str(e):
            raise
        raise ValueError(f"{name} is not a file written by nnlib, or it is damaged: choose another.") from e
    if not isinstance(facts, dict):
        raise ValueError(f"{name} is not a file written by nnlib, or it is damaged: choose another.")
    return arrays, facts


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
        FileNotFoundError, ValueError: see `read`; the latter also when the run had other settings, or a part is missing.
    """
    arrays, facts = read(path)
    here, there = _settings(solver), facts.get("settings", {})
    for name, value in here.items():
        if there.get(name) != value:
            theirs = there.get(name)
            raise ValueError(f"the checkpoint has {name} {theirs}, but here it is {value}: use the same settings.")
    state, best, memory = ({k[len(p) :]: v for k, v in arrays.items() if k.startswith(p)} for p in _PREFIXES)
    size = solver.model.params.vector.shape
    parts = arrays.keys() | facts.keys()
    needed = {*_HISTORIES, *_POSITION, "optim_config"}
    if any(v.shape != size for v in memory.values()) or not needed <= parts:
        raise ValueError("the checkpoint lacks a part, or one has another shape: choose another.")
    solver.model.load_state(state)
    solver.best_state = best or None
    solver.optim_config = facts["optim_config"] | memory
    for name in _HISTORIES:
        setattr(solver, name, arrays[name].tolist())
    for name in _POSITION:
        setattr(solver, name, facts[name])
    if "global_state" in arrays:
        np.random.set_state(("MT19937", arrays["global_state"], *facts["global_state"]))


def _settings(solver: "Solver") -> dict[str, Any]:
    model = {name: getattr(solver.model, name) for name in _MODEL_SETTINGS}
    return {
        **model,
        "dtype": str(solver.model.dtype),
        **{name: getattr(solver, name) for name in _SOLVER_SETTINGS},
        "num_train": len(solver.y_train),
    }
