"""Named arrays and a few plain facts in one .npz file: written whole or not at all, read without trust, no pickles."""

import json
import os
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

_FACTS = "facts.json"


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
