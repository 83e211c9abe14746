"""The server's searches: what is known of a study, read once a second for all who look, and the workers that do it."""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from math import inf
from typing import Any, TypeVar

from nnlib.search import SearchError, SearchPlan, SearchTask, StudyState, Unreachable, open_studies, storage_url
from nnlib.workers import Pool, Task
from ui.runs import sessions, sweeps
from ui.runs.sessions import Lease, Leases

POLL = 1.0  # seconds for which an answer of the database will do
END_AFTER = 600.0  # seconds without a viewer after which a search is stopped; nothing is lost by it
LIST = ""  # the name of the book that says who looks at the list of studies
SLICE = 2.0  # seconds for which a worker does trials before others have their turn

T = TypeVar("T")


class Slice(SearchTask):
    """A worker's slice of a search; the next one is put in line as it ends."""

    def __init__(self, study: str, url: str, owner: str, follow: Callable[[], None]):
        super().__init__(study, url, owner, SLICE)
        self.follow = follow

    def on_finished(self) -> None:
        if self.more:
            self.follow()


@dataclass
class Book:
    """What is known of a study."""

    name: str
    state: StudyState | None = None
    error: str = ""
    waiting: str = ""  # why the database cannot be used now; the search goes on when it can
    running: bool = False  # here: its workers are to be busy with it
    lease: Lease = field(default_factory=Lease)
    tasks: list[Task] = field(default_factory=list)
    study: Any = None  # Optuna's
    read_at: float = -inf
    reading: threading.Lock = field(default_factory=threading.Lock)


class Desk:
    """All studies of one database."""

    def __init__(self, url: str, pool: Pool):
        self.url, self._pool = url, pool
        self._lock, self._naming = threading.RLock(), threading.Lock()
        self._books: Leases[Book] = Leases("searches", self._end, END_AFTER, self._tend)
        self._names: list[str] | None = None
        self._fault, self._named_at = SearchError(), -inf

    def names(self, fresh: bool = False) -> list[str]:
        """All studies, the newest first; as they were within the last second, or fresh; while the database is away, as
        they were before.

        Raises:
            SearchError: the database cannot be used; Unreachable, if it may be soon.
        """
        self._book(LIST)
        with self._naming:
            if fresh or time.monotonic() - self._named_at > POLL:
                names, fault = attempt(lambda: open_studies().names(self.url))
                self._named_at = time.monotonic()
                if fault is None or not isinstance(fault, Unreachable):
                    self._names = names
                self._fault = fault or self._fault
            if self._names is None:
                raise type(self._fault)(str(self._fault))
            return list(self._names)

    def look(self, name: str) -> Book:
        """A study as it stood within the last seconds: its `state`, or None and an `error` or what it is `waiting` for.

        Whoever comes while another reads takes what is known, and waits only for the first answer.
        """
        book = self._book(name)
        self._refresh(book)
        return book

    def create(self, name: str, plan: SearchPlan) -> None:
        """As `nnlib.search.studies.create`."""
        open_studies().create(self.url, name, plan)
        self._renew(name)

    def prolong(self, name: str, num_trials: int) -> None:
        """As `nnlib.search.studies.prolong`."""
        open_studies().prolong(self.url, name, num_trials)
        self._renew(name)

    def delete(self, name: str) -> None:
        """Stop and delete a study."""
        self.stop(name)
        open_studies().delete(self.url, name)
        self._renew(name)

    def start(self, name: str, owner: str) -> None:
        """Let this server's workers do its trials, until all are done or it is stopped."""
        book = self.look(name)
        with self._lock:
            book.running, book.lease.owner, book.error, book.tasks, book.read_at = True, owner, "", [], -inf
        self.look(name)

    def stop(self, name: str) -> None:
        """Take this server's workers off it: within a second they are free, and the trials under way in line again."""
        if (book := self._books.see(name)) is not None:
            self._stop(book)

    def _book(self, name: str) -> Book:
        with self._lock:
            if (book := self._books.see(name)) is None:
                book = Book(name)
                self._books.put(name, book, book.lease)
            return book

    def _end(self, book: Book) -> None:
        """Nobody comes back to it; the last one leaves no connection open."""
        self._stop(book)
        self._books.drop(book.name)
        if not self._books.things():
            attempt(lambda: open_studies().disconnect(self.url))

    def _stop(self, book: Book) -> None:
        with self._lock:
            if book.running:
                book.running, book.read_at = False, -inf
                for task in book.tasks:
                    self._pool.stop(task)

    def _renew(self, name: str) -> None:
        self._books.drop(name)
        self._named_at = -inf

    def _tend(self, book: Book) -> None:
        """Nobody may be looking while trials come back from workers elsewhere that have died."""
        if book.running:
            self._refresh(book)
        elif not book.lease.is_held(sessions.END_AFTER):
            self._end(book)

    def _refresh(self, book: Book) -> None:
        known = book.state is not None or bool(book.error or book.waiting)
        if book.reading.acquire(blocking=not known):
            try:
                if time.monotonic() - book.read_at > POLL:
                    self._read(book)
            finally:
                book.reading.release()

    def _read(self, book: Book) -> None:
        def read() -> StudyState:
            if book.study is None:
                book.study, _ = open_studies().load(self.url, book.name)
            how = {"recover": True, "working": book.running, "before": book.state}
            return open_studies().read(self.url, book.name, book.study, **how)

        book.read_at = time.monotonic()  # what changes meanwhile is read at the next look
        state, fault = attempt(read)
        with self._lock:
            book.waiting = str(fault) if isinstance(fault, Unreachable) else ""
            if book.waiting:
                return
            failed = [task.error for task in book.tasks if task.state == "failed"]
            book.state, book.error = state or book.state, str(fault or "") or (failed[0] if failed else "")
            if book.error:
                self._stop(book)
            elif state is not None and state.over:
                book.running = False
            elif state is not None and book.running:  # as many as the pool has workers and the study trials to begin
                book.tasks = [task for task in book.tasks if not task.over]
                for _ in range(min(self._pool.size - len(book.tasks), state.claimable)):
                    self._employ(book)

    def _employ(self, book: Book) -> None:
        """Put a slice in line, unless it was stopped meanwhile."""
        with self._lock:
            if book.running:
                task = Slice(book.name, self.url, book.lease.owner, lambda: self._employ(book))
                book.tasks.append(task)
                self._pool.submit(task)


def attempt(read: Callable[[], T]) -> tuple[T | None, ValueError | None]:
    """What it gives, or why not, for people; what is a fault of ours goes to the log as well."""
    try:
        return read(), None
    except ValueError as fault:
        return None, fault
    except Exception as fault:
        traceback.print_exception(fault)
        return None, SearchError(f"The study could not be read: an unexpected {type(fault).__name__}, see the log.")


@cache
def desk_of(url: str) -> Desk:
    return Desk(url, sweeps.pool())


def desk() -> Desk:
    """That of the database that is in use."""
    return desk_of(storage_url())
