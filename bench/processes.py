"""What a process and those below it hold, as /proc tells it: memory, threads, open files."""

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path


def pss(process: int) -> float:
    """Proportional set size in MB: what is shared counts by halves, thirds and so on; 0 if it has ended."""
    with suppress(OSError):
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
        return int(text.partition("\nPss:")[2].split()[0]) / 1000
    return 0.0


def below(process: int) -> list[int]:
    """All processes that it started, and theirs."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text(encoding="utf-8").split()):
                found += [child, *below(child)]
    return found


def threads(process: int) -> int:
    return len(list(Path(f"/proc/{process}/task").iterdir()))


def open_files(process: int) -> Counter[str]:
    """How many it has open of each kind: "files", "sockets", "pipes", and "others" of the kernel."""
    kinds = {"socket": "sockets", "pipe": "pipes"}
    found: Counter[str] = Counter()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):
            target = os.readlink(descriptor)
            found["files" if target.startswith("/") else kinds.get(target.partition(":")[0], "others")] += 1
    return found
