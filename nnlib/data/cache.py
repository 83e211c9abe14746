"""The cache folder, in which things appear whole or not at all: made beside, then renamed."""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nnlib.data.errors import DataError

try:
    import fcntl
except ImportError:  # Windows, which lets nobody delete what is open
    fcntl = None

UNFINISHED = ".tmp"
STALE_SECONDS = 3600  # a killed process's leftovers; work in progress touches its files every few seconds


def cache_folder() -> Path:
    """The folder named by the environment variable NNLIB_CACHE, else the operating system's cache folder for nnlib."""
    if named := os.environ.get("NNLIB_CACHE"):
        return Path(os.path.abspath(os.path.expanduser(named)))
    import pooch  # here, since it takes longer to import than all of nnlib, and is seldom needed

    return Path(pooch.os_cache("nnlib"))


def found(pattern: str) -> list[Path]:
    """What there is of this name in the cache folder; nothing if it is not there or cannot be looked into."""
    with suppress(OSError):
        return list(cache_folder().glob(pattern))
    return []


def unwritable() -> Path | None:
    """The cache folder, or what is kept in it, where this user may not write; None if all is well."""
    folder = cache_folder()
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    for place in (there, *(folder / name for name in ("results", "runs", "studies.sqlite3"))):
        if os.path.exists(place) and not os.access(place, os.W_OK):
            return place
    return None if there.is_dir() else there


@contextmanager
def writing() -> Iterator[None]:
    """What cannot be written in the block becomes a `DataError`."""
    try:
        yield
    except OSError as error:
        raise cannot_write(error) from None


def cannot_write(error: OSError) -> DataError:
    """The error that says why the cache folder could not be written and what to do."""
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    where = f"the cache folder {cache_folder()}"
    return DataError(f"{where} cannot be written ({reason}); make room there, or set NNLIB_CACHE to another.")


@contextmanager
def workspace(room: int) -> Iterator[Path]:
    """A new folder inside the cache folder, removed at the end whatever happens; `publish` takes results out of it.

    room: bytes that must be free.

    Raises:
        DataError: they are not, or the folder cannot be made.
    """
    cache = cache_folder()
    existed = os.path.exists(cache)
    try:
        folder = _new_folder(cache, room)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        if not existed:
            with suppress(OSError):  # not empty: something was published
                cache.rmdir()


def _new_folder(cache: Path, room: int) -> Path:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        sweep()
        free = shutil.disk_usage(cache).free
        if free < room:
            needs = f"needs {room / 1e6:.0f} MB, but has {free / 1e6:.0f} MB free"
            raise DataError(f"the cache folder {cache} {needs}; make room there, or set NNLIB_CACHE to another.")
        folder = cache / f"nnlib-{secrets.token_hex(8)}{UNFINISHED}"
        folder.mkdir()
        return folder
    except OSError as error:
        raise cannot_write(error) from None


def publish(made: Path, target: Path) -> None:
    """Rename the folder `made` to `target`, unless another process was first: then that one's work stays.

    The caller holds `target` to be absent or unusable.

    Raises:
        DataError: it cannot be renamed.
    """
    try:
        made.rename(target)
    except OSError as error:
        if not target.is_dir():
            raise cannot_write(error) from None


def retire(folder: Path) -> None:
    """Take a folder that is no longer valid out of the way, at once for others, then delete it."""
    aside = folder.with_name(f"{folder.name}-{os.getpid()}-{time.monotonic_ns()}{UNFINISHED}")
    with suppress(OSError):  # gone already, or in use on Windows
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def hold(file: BinaryIO) -> None:
    """Mark an open file as in use for as long as it, or a map of it, is open; other processes see it by `is_held`."""
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)


def is_held(path: Path) -> bool:
    """Whether somebody has the file in use, or nobody can say."""
    try:
        with open(path, "rb") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except FileNotFoundError:
        return False
    except OSError:
        return True


def age(path: Path) -> float:
    """Seconds since it was last used, or by which a wrong clock set it too late; none if it has just gone."""
    with suppress(OSError):
        return abs(time.time() - path.stat().st_mtime)
    return 0.0


def sweep() -> None:
    """Delete what killed processes left unfinished."""
    for leftover in found(f"*{UNFINISHED}"):
        with suppress(OSError):
            if min(map(age, (leftover, *leftover.rglob("*")))) > STALE_SECONDS:
                shutil.rmtree(leftover, ignore_errors=True)
