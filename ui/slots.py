"""Who may train at full speed now: as many runs as there are cores, the others in line."""

import threading
from collections import deque
from contextlib import contextmanager
from typing import Protocol


class Waiting(Protocol):
    wanted: bool  # becomes False when the one in line gives up


class Slots:
    """So many at once; the others wait in line, first come, first served."""

    def __init__(self, count: int):
        self.count, self._taken = count, 0
        self._line: deque[Waiting] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def held(self, run: Waiting):
        with self._changed:
            self._line.append(run)
            while run.wanted and (self._taken >= self.count or self._line[0] is not run):
                self._changed.wait(0.5)
            self._line.remove(run)
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify_all()

    def ahead_of(self, run: Waiting) -> int:
        """How many runs stand in line before this one."""
        with self._changed:
            return list(self._line).index(run) if run in self._line else 0
