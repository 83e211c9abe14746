"""Files that appear whole or not at all, with the rights that the umask leaves, where a path says."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from nnlib.checks import shown

BESIDE = ".part"  # the ending of a file that is being written


class NotWritten(OSError, ValueError):
    """A file that cannot be written, in one sentence."""

    def __str__(self) -> str:
        return str(self.strerror)


def file_path(path: Any, suffix: str) -> Path:
    """The file that a path names: ~ stands for the home folder, and the suffix is added if it is not there.

    Raises:
        ValueError: it names none, in one sentence.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise ValueError(f"a file's path is expected, but it is {shown(path)}: name a file, like 'runs/first{suffix}'.")
    found = Path(os.path.expanduser(text))
    if str(found).startswith("~"):
        raise ValueError(f"{text} begins with a user that is not here: write ./{text} if it is a file's name.")
    if text.endswith(("/", os.sep)) or found.name in ("", "..") or os.path.isdir(found):
        raise ValueError(f"{text} is a folder: name a file in it, like {os.path.join(text, 'first' + suffix)}.")
    return found if found.suffix == suffix else found.with_name(found.name + suffix)


def try_out(path: Path) -> None:
    """NotWritten, if nothing could be written there, before there is anything to write; makes the folder."""
    with suppress(LookupError), written_whole(path):
        raise LookupError  # before it takes its place


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write into, which takes its place at `path` when the block has ended; if it fails, nothing changes.

    Raises:
        NotWritten: there is no room, or no right to write.
    """
    beside = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(4)}{BESIDE}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.exists()  # raises what no file can be called
        with open(beside, "xb") as file:  # tempfile's would be for their owner's eyes only
            yield file
        os.replace(beside, path)
    except BaseException as error:
        with suppress(OSError):
            beside.unlink()
        if not isinstance(error, OSError):
            raise
        why = error.strerror or type(error).__name__
        message = f"{path} cannot be written ({why}): make room there, or choose another place."
        raise NotWritten(error.errno, message) from error
