"""The official binary layout of CIFAR-10: find it, and read it without believing anything that it says.

Six files of 10,000 records; a record is one byte of label, then 3072 bytes of red, green and blue planes, row by row.
Source: https://www.cs.toronto.edu/~kriz/cifar.html
"""

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy import ndarray

from nnlib.data.errors import DataError

RECORDS = 10_000  # in a file; a multiple of 10
IMAGE_SHAPE = (3, 32, 32)
RECORD_BYTES = 1 + 3 * 32 * 32
FILES = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
FOLDER = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"
MAX_MEMBERS = 100  # the official archive has 9

Chunk = tuple[int, ndarray, ndarray]


class Source(NamedTuple):
    """Where CIFAR-10 was found: a folder of the six files or an archive of them."""

    path: Path
    is_archive: bool

    def files(self) -> list[Path]:
        return [self.path] if self.is_archive else [self.path / name for name in FILES]

    def key(self) -> str:
        """Short text that changes when the files are replaced by others."""
        stats = [(file.name, (stat := file.stat()).st_size, stat.st_mtime_ns) for file in self.files()]
        return hashlib.sha256(repr((str(self.path), stats)).encode()).hexdigest()[:16]


def find_source(root: str | os.PathLike[str]) -> Source:
    """CIFAR-10 at `root`: the archive, the folder `cifar-10-batches-bin`, or a folder that holds one of them.

    Raises:
        DataError: it is not there, or one of the six files has another size than it should.
    """
    try:
        path = Path(root).expanduser().resolve()
        if path.is_file():
            return Source(path, is_archive=True)
        for folder in (path, path / FOLDER):
            if any((folder / name).is_file() for name in FILES):
                _check_sizes(folder)
                return Source(folder, is_archive=False)
        if (path / ARCHIVE).is_file():
            return Source(path / ARCHIVE, is_archive=True)
        python_version = any((path / folder / "data_batch_1").is_file() for folder in ("", "cifar-10-batches-py"))
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{root!r:.200} cannot be read as a folder ({type(error).__name__}); name another.") from None
    wanted = f"{ARCHIVE} or the folder {FOLDER} with {FILES[0]} and the five others"
    if python_version:
        raise DataError(f"{path} holds the pickled Python version of CIFAR-10, which is not read; put {wanted} there.")
    raise DataError(f"CIFAR-10 is not at {path}; expected {wanted}.")


def _check_sizes(folder: Path) -> None:
    for name in FILES:
        file = folder / name
        if not file.is_file():
            raise DataError(f"{file} is missing; put all six files of CIFAR-10 there.")
        _check_size(str(file), file.stat().st_size)


def _check_size(name: str, size: int) -> None:
    if size != RECORDS * RECORD_BYTES:
        expected = f"{RECORDS * RECORD_BYTES} bytes ({RECORDS} records of {RECORD_BYTES})"
        raise DataError(f"{name} must have {expected}, but has {size}; get a sound copy of CIFAR-10.")


def read_records(source: Source) -> Iterator[Chunk]:
    """All six files in pieces (first, labels (n,), images (n, 3, 32, 32)), uint8, n = RECORDS / 10.

    first: the index of the chunk's first record, counted over the six files in the order of `FILES`; an archive gives
    its files in any order.

    Raises:
        DataError: sizes or labels are not CIFAR-10's, or a file cannot be read.
    """
    if source.is_archive:
        yield from _read_archive(source.path)
        return
    _check_sizes(source.path)
    for i, file in enumerate(source.files()):
        try:
            with open(file, "rb") as stream:
                yield from _read_file(stream, str(file), i)
        except OSError as error:
            raise DataError(f"{file} cannot be read ({error.strerror}); get a sound copy of CIFAR-10.") from None


def _read_file(stream: IO[bytes], name: str, i: int) -> Iterator[Chunk]:
    n = RECORDS // 10
    for first in range(0, RECORDS, n):
        data = stream.read(n * RECORD_BYTES)
        if len(data) != n * RECORD_BYTES:
            raise DataError(f"{name} ended early, after {first} of {RECORDS} records; get a sound copy of CIFAR-10.")
        records = np.frombuffer(data, np.uint8).reshape(n, RECORD_BYTES)
        labels = records[:, 0]
        if labels.max() > 9:
            bad = int(np.argmax(labels > 9))
            arrived = f"record {first + bad} has {labels[bad]}"
            raise DataError(f"{name} must have labels 0..9, but {arrived}; get a sound copy of CIFAR-10.")
        yield i * RECORDS + first, labels, records[:, 1:].reshape(n, *IMAGE_SHAPE)


def _read_archive(path: Path) -> Iterator[Chunk]:
    """The six known members, as a stream; nothing is written under a name from the archive, nothing is followed."""
    unread = set(FILES)
    try:
        with gzip.open(path) as unzipped:
            limited = _Limited(unzipped, len(FILES) * RECORDS * RECORD_BYTES + 2**21, path)
            with tarfile.open(fileobj=limited, mode="r|", bufsize=2**18) as tar:  # type: ignore[call-overload]
                for count, member in enumerate(tar):
                    name = _checked_name(member, count, path)
                    if name not in FILES:
                        continue  # the folder itself, the list of names, the read-me
                    if name not in unread:
                        raise _foreign(path, f"{name} twice")
                    unread.remove(name)
                    _check_size(f"{name} in {path}", member.size)
                    if stream := tar.extractfile(member):  # always: a regular file, as checked
                        yield from _read_file(stream, f"{name} in {path}", FILES.index(name))
            while limited.read(2**18):  # to the end, where gzip checks its checksum
                pass
    except DataError:
        raise
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, RecursionError) as error:
        what = f"not a sound gzip-compressed tar archive ({type(error).__name__})"
        raise DataError(f"{path} is {what}; get a sound copy of {ARCHIVE}.") from None
    if unread:
        raise DataError(f"{path} lacks {', '.join(sorted(unread))}; get a sound copy of {ARCHIVE}.")


def _checked_name(member: tarfile.TarInfo, count: int, path: Path) -> str:
    """The bare name of a plain file directly in the one folder ("" for the folder itself); `DataError` for all else."""
    parts = member.name.removeprefix("./").split("/")
    plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse() and member.size >= 0
    if member.isdir() and parts == [FOLDER]:
        return ""
    if count >= MAX_MEMBERS or not plain or len(parts) != 2 or parts[0] != FOLDER or parts[1] in ("", ".", ".."):
        raise _foreign(path, f"{member.name!r:.100}")
    return parts[1]


def _foreign(path: Path, content: str) -> DataError:
    return DataError(f"{path} holds {content}, so it is not CIFAR-10's archive; get a sound copy of {ARCHIVE}.")


class _Limited:
    """A stream that refuses to give more than `limit` bytes: a small archive can unpack to terabytes."""

    def __init__(self, stream: gzip.GzipFile, limit: int, path: Path) -> None:
        self.stream, self.left, self.path = stream, limit, path

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise DataError(f"{self.path} unpacks to far more than CIFAR-10; get a sound copy of {ARCHIVE}.")
        return data
