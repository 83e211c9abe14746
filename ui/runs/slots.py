"""Who may train at full speed now: as many runs as there are cores, the others in line."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Waiting(Protocol):
    wanted: bool  # becomes False when the one in line gives up


class Slots:
    """So many at once; the others wait in line, first come, first served."""

    def __init__(self, count: int):
        self.count = count
        self._line: list[Waiting] = []  # those with a slot first
        self._changed = threading.Condition()

    @contextmanager
    def held(self, run: Waiting) -> Iterator[bool]:
        """Wait for a slot and hold it meanwhile. Gives False, without a slot, if the run is no longer wanted."""
        with self._changed:
            self._line.append(run)
            self._changed.wait_for(lambda: not run.wanted or self._line.index(run) < self.count)
            got = run.wanted
        try:
            yield got
        finally:
            with self._changed:
                self._line.remove(run)
                self._changed.notify_all()

    def given_up(self) -> None:
        """Tell those in line that a run among them is no longer wanted."""
        with self._changed:
            self._changed.notify_all()

    def ahead_of(self, run: Waiting) -> int:
        """How many runs stand in line before this one."""
        with self._changed:
            return max(0, self._line.index(run) - self.count) if run in self._line else 0
