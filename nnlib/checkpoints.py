"""Checkpoints: named arrays and plain facts in one .npz file, written whole or not at all, read without trust."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy import ndarray

from nnlib.files import file_path, written_whole

SUFFIX = ".npz"
_FACTS = "facts.json"


def write(path: str | os.PathLike, arrays: dict[str, ndarray], facts: dict[str, Any]) -> Path:
    """Write arrays and facts (anything JSON holds); beside the target first, then renamed onto it.

    Returns:
        The path, ending in .npz.

    Raises:
        ValueError: the path names no file. NotWritten: nothing can be written there; what was there stays.
    """
    path = file_path(path, SUFFIX)
    with written_whole(path) as file:
        pack(file, arrays, facts)
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
    if not hasattr(path, "read"):
        path = file_path(path, SUFFIX)
    name = path.name if isinstance(path, Path) else "the file"
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            inside = archive.infolist() if size <= max_bytes else []
            entries = {entry.filename.removesuffix(".npy"): _unpack(archive, entry) for entry in inside}
        arrays = {key: np.load(io.BytesIO(content), allow_pickle=False) for key, content in entries.items()}
        facts = dict[str, Any]() if size > max_bytes else json.loads(str(arrays.pop(_FACTS)))
        if not isinstance(facts, dict):
            raise TypeError("the facts are no dict")
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {path}: choose another.") from None
    except OSError as error:
        raise ValueError(f"{name} cannot be read ({error.strerror}): choose another.") from error
    except Exception as e:  # a hostile archive can make zipfile, zlib, NumPy and JSON fail in many ways
        raise ValueError(f"{name} is not a file written by nnlib, or it is damaged: choose another.") from e
    if size > max_bytes:
        raise ValueError(f"{name} would unpack to {size:,} bytes, but at most {max_bytes:,} are read: choose another.")
    return arrays, facts


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """An entry's content, never more than it says it holds: `ZipFile.read` unpacks all before it cuts."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile("np.savez does not compress like this, and other ways unpack without bounds")
    with archive.open(entry) as content:
        return content.read(entry.file_size)


def plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as they are when they have been written and read: numbers of NumPy become Python's, tuples lists."""
    return json.loads(json.dumps(facts, default=_plain))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)  # a dtype, say
