"""CIFAR-10's files: find them, and read them without believing anything that they say.

The binary version has six files of 10,000 records; a record is one byte of label, then 3072 bytes of red, green and
blue planes, row by row. The Python version, which the course, torchvision and Keras fetch, has the same as pickled
dicts: labels (a list), data (10000, 3072). Source: https://www.cs.toronto.edu/~kriz/cifar.html
"""

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.data import pickled, tars
from nnlib.data.errors import ADVICE, DataError, Unreadable

RECORDS = 10_000  # in a file; a multiple of 10
IMAGE_SHAPE = (3, 32, 32)
RECORD_BYTES = 1 + 3 * 32 * 32
PICKLED_BYTES = 6600  # at most, of a record: Python 3 writes what is above 127 in two bytes; its file's name
FILES = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
FOLDER = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"
PYTHON_FILES = tuple(name.removesuffix(".bin") for name in FILES)
PYTHON_FOLDER = "cifar-10-batches-py"
PYTHON_ARCHIVE = "cifar-10-python.tar.gz"
FOLDERS = {FOLDER: FILES, PYTHON_FOLDER: PYTHON_FILES}
ARCHIVES = (ARCHIVE, PYTHON_ARCHIVE, "cifar-10-batches-py.tar.gz")  # the last as Keras names it
MD5 = ("c32a1d4ab5d03f1284b67883e8d87530", "c58f30108f718f92721af3b95e74349a")  # of the official archives
PLACES = (  # in the folder that is named: of the course's script, of torchvision's examples, of Keras, of unpackers
    *("", "cs231n/datasets", "data", "datasets", "cifar-10-batches-py-target"),
    *(FOLDER, PYTHON_FOLDER, "cifar-10-binary", "cifar-10-python"),
)
WANTED = f"{ARCHIVE}, {PYTHON_ARCHIVE} or the unpacked folder of one of them"

Chunk = tuple[int, ndarray, ndarray]


class Source(NamedTuple):
    """Where CIFAR-10 was found: an archive, or a folder of these six files."""

    path: Path
    is_archive: bool
    names: tuple[str, ...] = FILES

    def files(self) -> list[Path]:
        return [self.path] if self.is_archive else [self.path / name for name in self.names]

    def key(self) -> str:
        """Short text that changes when the files are replaced by others, or by other rights to read them."""
        try:
            stats = [(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for stat in map(os.stat, self.files())]
        except OSError as error:
            raise Unreadable(self.path, error) from None
        return hashlib.sha256(repr((str(self.path), stats)).encode()).hexdigest()[:16]


def find_source(root: str | os.PathLike[str]) -> Source:
    """CIFAR-10 at `root`: an archive, a folder of six files, or a folder that holds one of them.

    Raises:
        DataError: it is not there, or one of the six files has another size than it should.
    """
    try:
        path = Path(root).expanduser().resolve()
        if path.name in FILES + PYTHON_FILES:
            path = path.parent
        if path.is_file():
            return Source(path, is_archive=True)
        faults: list[DataError] = []
        found = next(filter(None, (_look_in(path / place, faults) for place in PLACES)), None)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{root!r:.200} cannot be read as a folder ({type(error).__name__}); name another.") from None
    if found is None:
        raise faults[0] if faults else DataError(f"CIFAR-10 is not at {path}; expected {WANTED}.")
    return found


def _look_in(place: Path, faults: list[DataError]) -> Source | None:
    """What is there and of the right sizes; what is not is added to the faults, and may have a sound copy beside it."""
    for folder in (place, *(place / name for name in FOLDERS)):
        for names in FOLDERS.values():
            if any((folder / name).is_file() for name in names):
                try:
                    _check_sizes(folder, names)
                    return Source(folder, is_archive=False, names=names)
                except DataError as error:
                    faults.append(error)
    for archive in (place / name for name in ARCHIVES):
        if archive.is_file():
            return Source(archive, is_archive=True)
        if os.path.lexists(archive):
            faults.append(DataError(f"{archive} must be a file, but is a folder or a link to nowhere; {ADVICE}."))
    return None


def _check_sizes(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        file = folder / name
        if not file.is_file():
            raise DataError(f"{file} is missing; put all six files of CIFAR-10 there.")
        _check_size(str(file), file.stat().st_size, names)


def _check_size(name: str, size: int, names: tuple[str, ...]) -> None:
    least, most = RECORDS * RECORD_BYTES, RECORDS * RECORD_BYTES
    expected = f"{least} bytes ({RECORDS} records of {RECORD_BYTES})"
    if names is PYTHON_FILES:
        most = RECORDS * PICKLED_BYTES + 2**12
        expected = f"{least} to {most} bytes (a pickle of {RECORDS} pictures)"
    if not least <= size <= most:
        raise DataError(f"{name} must have {expected}, but has {size}; {ADVICE}.")


def read_records(source: Source) -> Iterator[Chunk]:
    """All six files in pieces (first, labels (n,), images (n, 3, 32, 32)), uint8, n = RECORDS / 10.

    first: the index of the chunk's first record, counted over the six files in the order of `FILES`; an archive gives
    its files in any order.

    Raises:
        DataError: sizes or labels are not CIFAR-10's, or a file cannot be read.
    """
    if source.is_archive:
        with tars.sound(source.path):
            yield from _read_archive(source.path)
        return
    _check_sizes(source.path, source.names)
    for i, file in enumerate(source.files()):
        try:
            with open(file, "rb") as stream:
                yield from _read_file(stream, str(file), i, source.names)
        except OSError as error:
            raise Unreadable(file, error) from None


def _read_archive(path: Path) -> Iterator[Chunk]:
    """The six known members of one version."""
    limit = len(FILES) * RECORDS * PICKLED_BYTES + 2**21
    names, unread = FILES, set(FILES)
    for count, member in enumerate(tars.members(path, FOLDERS, limit)):
        if count == 0:
            names, unread = FOLDERS[member.folder], set(FOLDERS[member.folder])
        if FOLDERS[member.folder] is not names:
            raise tars.foreign(path, "both versions")
        if member.name not in names:
            continue  # the list of the classes' names, the read-me
        if member.name not in unread:
            raise tars.foreign(path, f"{member.name} twice")
        unread.remove(member.name)
        _check_size(f"{member.name} in {path}", member.size, names)
        yield from _read_file(member.content, f"{member.name} in {path}", names.index(member.name), names)
    if unread:
        raise DataError(f"{path} lacks {', '.join(sorted(unread))}; {ADVICE}.")


def _read_file(stream: IO[bytes], name: str, i: int, names: tuple[str, ...]) -> Iterator[Chunk]:
    n = RECORDS // 10
    batch = _unpickled(stream.read(RECORDS * PICKLED_BYTES + 2**12), name) if names is PYTHON_FILES else None
    for first in range(0, RECORDS, n):
        records = _records(stream, name, first, n) if batch is None else batch[first : first + n]
        labels = records[:, 0]
        if labels.max() > 9:
            bad = int(np.argmax(labels > 9))
            arrived = f"record {first + bad} has {labels[bad]}"
            raise DataError(f"{name} must have labels 0..9, but {arrived}; {ADVICE}.")
        yield i * RECORDS + first, labels, records[:, 1:].reshape(n, *IMAGE_SHAPE)


def _records(stream: IO[bytes], name: str, first: int, n: int) -> ndarray:
    data = stream.read(n * RECORD_BYTES)
    if len(data) != n * RECORD_BYTES:
        raise DataError(f"{name} ended early, after {first} of {RECORDS} records; {ADVICE}.")
    return np.frombuffer(data, np.uint8).reshape(n, RECORD_BYTES)


def _unpickled(content: bytes, name: str) -> ndarray:
    """The pickled batch as the records of the binary version, (RECORDS, RECORD_BYTES) uint8."""
    try:
        batch = pickled.load(content, max_steps=16 * RECORDS + 1000)
        labels, data = batch.get("labels"), batch.get("data")
        if not isinstance(data, ndarray) or data.shape != (RECORDS, RECORD_BYTES - 1):
            raise ValueError(f"data must be ({RECORDS}, {RECORD_BYTES - 1}) bytes")
        if not isinstance(labels, list) or len(labels) != RECORDS or not all(type(y) is int for y in labels):
            raise ValueError(f"labels must be a list of {RECORDS} ints")
    except ValueError as error:
        raise DataError(f"{name} is not a batch of CIFAR-10, since {error}; {ADVICE}.") from None
    return np.hstack([np.clip(labels, -1, 255).astype(np.uint8)[:, None], data])


def check(source: Source) -> None:
    """Read all of it once, for as long as its files stay what they are.

    Raises:
        DataError: it is not sound.
    """
    if fault := _fault(source, source.key()):
        raise DataError(fault)


@lru_cache(maxsize=8)
def _fault(source: Source, key: str) -> str:
    """What is wrong with it, "" if nothing is; what cannot be read now is not remembered."""
    try:
        if source.is_archive:
            with tars.sound(source.path), open(source.path, "rb") as file:
                if hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() in MD5:
                    return ""
        for _ in read_records(source):
            pass
    except Unreadable:
        raise
    except DataError as error:
        return str(error)
    return ""
