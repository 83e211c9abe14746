"""Files that appear whole or not at all, with the rights that the umask leaves."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

BESIDE = ".part"  # the ending of a file that is being written


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write into, which takes its place at `path` when the block has ended; if it fails, nothing changes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(4)}{BESIDE}")
    try:
        with open(beside, "xb") as file:  # tempfile's would be for their owner's eyes only
            yield file
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
