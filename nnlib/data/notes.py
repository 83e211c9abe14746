"""Notes in the cache folder on which files a prepared folder was made of, so that they are read once.

A note lies beside the folder and not in it, since that may be another user's; its time is when it was last used.
"""

import hashlib
import json
from pathlib import Path

from nnlib.data import cache
from nnlib.files import written_whole

OFFICIAL = "cifar10-official"  # origin of the downloaded archive; also its folder in former versions
ENDING = ".made"


def place(origin: str) -> Path:
    """Where the note on what came from there is."""
    name = hashlib.sha256(origin.encode(errors="surrogateescape")).hexdigest()[:16]
    return cache.cache_folder() / f"cifar10-{name}{ENDING}"


def every() -> list[Path]:
    """The notes that are there."""
    return cache.found(f"cifar10-*{ENDING}")


def read(note: Path) -> dict[str, str]:
    """The key of the files and the name of the folder; {} if it is not there or damaged."""
    try:
        facts = json.loads(note.read_text(encoding="utf-8"))
        return {name: str(facts[name]) for name in ("key", "folder")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def folder_of(note: Path) -> str:
    """The name of the folder that it names, or ""."""
    return read(note).get("folder", "")


def write(origin: str, key: str, folder: Path) -> None:
    """Note that the folder was made of the files at `origin` as they are while they have this key."""
    with cache.writing(), written_whole(place(origin)) as file:
        file.write(json.dumps({"origin": origin, "key": key, "folder": folder.name}).encode())
