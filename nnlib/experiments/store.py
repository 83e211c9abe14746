"""Results kept in the cache folder, so that an experiment done once is shown at once.

A file holds one group of runs; its name is the hash of their description, the data, and the code that computes them:
when one of these changes, the runs are done anew. What cannot be read is as good as absent, and the oldest files go.
"""

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from nnlib.data import DATASETS
from nnlib.data.cache import cache_folder
from nnlib.data.cleaning import clean_daily
from nnlib.experiments.results import Result
from nnlib.experiments.running import load_data
from nnlib.files import written_whole
from nnlib.runs.spec import RunSpec

NNLIB = Path(__file__).resolve().parents[1]
APART = ("derivations", "labs", "search", "workers")  # no run is made of these
MAX_BYTES = 50_000_000  # a file of more is not read
MAX_UNWRITTEN = 500  # files

_unwritten: dict[str, Sequence[Result]] = {}  # those for which there was no room yet, by key
_writing = Lock()


@cache
def code_version() -> str:
    """A short text that is another when nnlib's relevant sources, or what multiplies its matrices, are others."""
    code = b"".join(path.read_bytes() for path in sources())
    arithmetic = (np.__version__, platform.machine(), os.environ.get("OPENBLAS_CORETYPE"))
    return hashlib.sha256(code + repr(arithmetic).encode()).hexdigest()[:16]


def sources() -> list[Path]:
    """All of nnlib but what a run's numbers cannot depend on."""
    return [path for path in sorted(NNLIB.rglob("*.py")) if path.relative_to(NNLIB).parts[0] not in APART]


def data_version(spec: RunSpec) -> str | None:
    """A short text that is another when the spec's data are; None if they are here but not prepared yet.

    Raises:
        nnlib.data.DataError: they are not here.
    """
    if DATASETS[spec.data].status().state == "found":
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
    if (kept := _unwritten.get(name)) is not None:
        return list(kept)
    file = _folder() / f"{name}.json"
    try:
        if file.stat().st_size > MAX_BYTES:
            return None
        with suppress(OSError):  # another user's
            os.utime(file)  # the longest unused go first
        return [Result.from_data(data) for data in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def has(name: str) -> bool:
    """Whether something is kept under this key."""
    return name in _unwritten or os.path.isfile(_folder() / f"{name}.json")


def write(name: str, results: Sequence[Result]) -> None:
    """Keep results; where there is no room or no right to write, in memory, until there is."""
    _unwritten[name] = results
    if unwritten() > MAX_UNWRITTEN:
        _unwritten.pop(next(iter(_unwritten)), None)


def unwritten() -> int:
    """How many files' results could not be written yet; tries to write them."""
    with _writing, suppress(OSError):
        for name, results in list(_unwritten.items()):
            with written_whole(_folder() / f"{name}.json") as file:
                file.write(json.dumps([result.as_data() for result in results]).encode())
            _unwritten.pop(name, None)
            clean_daily()
    return len(_unwritten)


def _folder() -> Path:
    return cache_folder() / "results"
