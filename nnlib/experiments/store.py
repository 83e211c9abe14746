"""Results kept in the cache folder, so that an experiment done once is shown at once.

A file holds one group of runs; its name is the hash of their description, the data, and the code that computes them:
when one of these changes, the runs are done anew. What cannot be read is as good as absent, and the oldest files go.
"""

import ast
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from nnlib.data import cifar10
from nnlib.data.cache import cache_folder
from nnlib.experiments.results import Result
from nnlib.experiments.running import load_data
from nnlib.runs.spec import RunSpec

NNLIB = Path(__file__).resolve().parents[1]
ROOTS = ("runs/spec.py", "experiments/running.py", "experiments/results.py")  # what a run is, and how it is done
MAX_FILES = 4000
PRUNE_EVERY = 100  # writes
MAX_BYTES = 50_000_000  # a file of more is not read

_writes = count()


@cache
def code_version() -> str:
    """A short text that is another when nnlib's relevant sources, or what multiplies its matrices, are others."""
    sources = b"".join(path.read_bytes() for path in sorted(_needed(NNLIB / root for root in ROOTS)))
    arithmetic = (np.__version__, platform.machine(), os.environ.get("OPENBLAS_CORETYPE"))
    return hashlib.sha256(sources + repr(arithmetic).encode()).hexdigest()[:16]


def _needed(files: Iterable[Path]) -> set[Path]:
    """The files and all of nnlib that they import, directly or not: what a run's numbers can depend on."""
    found, new = set[Path](), set(files)
    while new:
        found |= new
        trees = [ast.parse(path.read_bytes()) for path in new]
        imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names = [f"{node.module}.{alias.name}" for node in imports for alias in node.names]
        new = {path for name in names if (path := _file(name)) is not None} - found
    return found


def _file(name: str) -> Path | None:
    """Where nnlib.PACKAGE.MODULE.THING is defined; None for what is not nnlib's."""
    package, *parts = name.split(".")
    for end in range(len(parts), 0, -1) if package == "nnlib" else ():
        module = NNLIB.joinpath(*parts[:end])
        for path in (module.with_suffix(".py"), module / "__init__.py"):
            if path.is_file():
                return path
    return None


def data_version(spec: RunSpec) -> str | None:
    """A short text that is another when the spec's data are; None if they are here but not prepared yet.

    Raises:
        nnlib.data.DataError: they are not here.
    """
    if spec.data == "cifar10" and cifar10.status().state == "found":
        return None
    dataset = load_data(spec)
    arrays = [dataset.y_train, dataset.y_val, dataset.X_train[:100], dataset.X_val[:100], dataset.mean_image]
    whole = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays if array is not None)
    return hashlib.sha256(whole).hexdigest()[:16]


def key(description: dict[str, Any], data: Sequence[str | None]) -> str:
    """The name of these runs' file; data: the `data_version` of each."""
    return hashlib.sha256(json.dumps([description, data, code_version()], sort_keys=True).encode()).hexdigest()[:32]


def read(name: str) -> list[Result] | None:
    """What `write` kept under this key, or None."""
    file = _folder() / f"{name}.json"
    try:
        if file.stat().st_size > MAX_BYTES:
            return None
        return [Result.from_data(data) for data in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def has(name: str) -> bool:
    """Whether something is kept under this key."""
    return (_folder() / f"{name}.json").is_file()


def write(name: str, results: Sequence[Result]) -> None:
    """Keep results; where there is no room or no right to write, they are not kept."""
    folder = _folder()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(dir=folder, prefix=f".{name[:8]}-", suffix=".part")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump([result.as_data() for result in results], file)
            os.replace(beside, folder / f"{name}.json")
        finally:
            Path(beside).unlink(missing_ok=True)
        if next(_writes) % PRUNE_EVERY == 0:
            _prune(folder)


def _folder() -> Path:
    return cache_folder() / "results"


def _prune(folder: Path) -> None:
    files = list(os.scandir(folder))
    if len(files) > MAX_FILES:
        oldest = sorted(files, key=lambda entry: entry.stat().st_mtime)
        for entry in oldest[: MAX_FILES // 4]:
            Path(entry.path).unlink(missing_ok=True)
