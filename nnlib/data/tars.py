"""A gzip-compressed tar archive from strangers, read as a stream: nothing is written under its names or followed."""

import gzip
import tarfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from nnlib.data.errors import ADVICE, DataError, Unreadable

MAX_MEMBERS = 100  # the official archives have 9


class Member(NamedTuple):
    """A plain file directly in a folder of the archive."""

    folder: str
    name: str
    size: int
    content: IO[bytes]


@contextmanager
def sound(path: Path) -> Iterator[None]:
    """What goes wrong in the block, in which the archive is read, becomes a `DataError`."""
    try:
        yield
    except DataError:
        raise
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise Unreadable(path, error) from None
        what = f"not a sound gzip-compressed tar archive ({type(error).__name__})"
        raise DataError(f"{path} is {what}; {ADVICE}.") from None


def members(path: Path, folders: Collection[str], limit: int) -> Iterator[Member]:
    """The files of the archive, which must all lie in one of these folders; to be read at once, in a block of `sound`.

    limit: bytes that it may unpack to.

    Raises:
        DataError: it holds anything else.
    """
    with gzip.open(path) as unzipped:
        limited = _Limited(unzipped, limit, path)
        with tarfile.open(fileobj=limited, mode="r|", bufsize=2**18) as tar:  # type: ignore[call-overload]
            for count, member in enumerate(tar):
                parts = member.name.removeprefix("./").split("/")
                if member.isdir() and len(parts) == 1 and parts[0] in (".", *folders):
                    continue
                if parts[-1].startswith("._") and count < MAX_MEMBERS:  # what macOS adds
                    continue
                plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()
                here = len(parts) == 2 and parts[0] in folders and parts[1] not in ("", ".", "..")
                content = tar.extractfile(member) if plain and here and member.size >= 0 else None
                if count >= MAX_MEMBERS or content is None:
                    raise foreign(path, f"{member.name!r:.100}")
                yield Member(parts[0], parts[1], member.size, content)
        while limited.read(2**18):  # to the end, where gzip checks its checksum
            pass


def foreign(path: Path, content: str) -> DataError:
    """The error for an archive that holds what CIFAR-10's does not."""
    return DataError(f"{path} holds {content}, so it is not CIFAR-10's archive; {ADVICE}.")


class _Limited:
    """A stream that refuses to give more than `limit` bytes: a small archive can unpack to terabytes."""

    def __init__(self, stream: gzip.GzipFile, limit: int, path: Path) -> None:
        self.stream, self.left, self.path = stream, limit, path

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise DataError(f"{self.path} unpacks to far more than CIFAR-10; {ADVICE}.")
        return data
