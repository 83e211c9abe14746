"""What the cache folder holds, and how it stays small by itself.

Once a day, in the background, what was not used for 90 days goes, and of the results what is above 500 MB, the longest
unused first. Studies and saved runs are no business of this module, nor are files of other programs.
"""

import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from nnlib.data import cache, notes, prepared
from nnlib.files import BESIDE

DAY = 24 * 3600.0  # seconds
MAX_AGE = 90 * DAY
MAX_RESULTS = 500_000_000  # bytes
STAMP = ".cleaned"
PICTURES, RESULTS = "pictures", "results"
HELD = {PICTURES: "cifar10-*", RESULTS: "results/*", "runs": "runs/*", "searches": "studies.sqlite3*"}


def contents() -> dict[str, int]:
    """What the cache folder holds of each kind, in bytes."""
    return {kind: sum(map(_size, cache.found(pattern))) for kind, pattern in HELD.items()}


def pictures_in_use() -> bool:
    """Whether somebody trains on prepared pictures, or may at any moment."""
    return any(_in_use(folder) for folder in prepared.folders())


def free(kind: str) -> None:
    """Delete all results, or all prepared pictures but those in use; what cannot be deleted stays."""
    if kind == RESULTS:
        _delete(_results())
        return
    kept = {folder.name for folder in prepared.folders() if _in_use(folder)}
    for note in notes.every():
        if notes.folder_of(note) not in kept:
            _delete([note])
    for folder in prepared.folders():
        if folder.name not in kept:
            cache.retire(folder)


def clean_daily() -> None:
    """Start `clean` in the background, unless it was done within a day."""
    stamp = cache.cache_folder() / STAMP
    with suppress(OSError):  # no cache, or another user's
        if stamp.parent.is_dir() and not (stamp.exists() and cache.age(stamp) < DAY):
            stamp.touch()
            threading.Thread(target=clean, name="clean-cache", daemon=True).start()


def clean() -> None:
    """Delete what is old, and what killed processes left; what is in use stays, and what cannot be deleted too."""
    with suppress(OSError):
        cache.sweep()
        _delete(path for path in cache.found(f"*/.*{BESIDE}") if cache.age(path) > cache.STALE_SECONDS)
        official = notes.place(notes.OFFICIAL)  # could not be made again without a download
        old = [note for note in notes.every() if note != official and cache.age(note) > MAX_AGE]
        _delete(note for note in old if not _in_use(cache.cache_folder() / notes.folder_of(note)))
        prepared.retire_unnamed()
        _clean_results()


def _clean_results() -> None:
    kept = 0
    for path in sorted(_results(), key=cache.age):
        kept += _size(path)
        if cache.age(path) > MAX_AGE or kept > MAX_RESULTS:
            _delete([path])


def _results() -> list[Path]:
    return cache.found("results/" + "[0-9a-f]" * 32 + ".json")


def _in_use(folder: Path) -> bool:
    return cache.is_held(folder / "images.npy")


def _size(path: Path) -> int:
    with suppress(OSError):
        return sum(map(_size, path.iterdir())) if path.is_dir() else path.stat().st_size
    return 0


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()
