"""The server's searches: one thread reads the studies that people look at, and keeps workers busy with those that run.

Pages ask for what is known and never wait for the database, but for the first answer.
"""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from nnlib.search import SearchError, SearchPlan, StudyState, storage_url
from nnlib.workers import Pool, Task
from ui.runs import sweeps
from ui.runs.sessions import is_connected

POLL = 1.0  # seconds between reads
FIRST = 60.0  # seconds that the first answer may take: Optuna has to be imported, a server to answer
FORGET = 30.0  # seconds without a viewer after which a study that does not run is not read any more
END_AFTER = 600.0  # seconds without a viewer after which a search is stopped; nothing is lost by it
SLICE = 2.0  # seconds for which a worker does trials before others have their turn


class SearchTask(Task):
    """A worker's slice of a search; the next one is put in line as it ends."""

    def __init__(self, study: str, url: str, owner: str, follow: Callable[[], None]):
        super().__init__("nnlib.search.work:work", {"study": study, "storage": url, "seconds": SLICE}, owner)
        self.more, self.follow = False, follow

    def on_event(self, event: dict[str, Any]) -> None:
        self.more = event.get("more", False)

    def on_finished(self) -> None:
        if self.more:
            self.follow()


@dataclass
class Book:
    """What is known of a study."""

    name: str
    state: StudyState | None = None
    error: str = ""
    running: bool = False  # here: its workers are to be busy with it
    owner: str = ""
    seen: float = field(default_factory=time.monotonic)
    tasks: list[Task] = field(default_factory=list)
    study: Any = None  # Optuna's


class Desk:
    """All studies of one database."""

    def __init__(self, url: str, pool: Pool):
        self.url, self._pool = url, pool
        self._changed = threading.Condition()
        self._books: dict[str, Book] = {}
        self._names: list[str] | None = None
        self._error = ""
        self._asked = False  # something is to be read at once
        self._seen = 0.0
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------------------------------------- what pages call
    def names(self, fresh: bool = False) -> list[str]:
        """All studies, the newest first; as they were within the last second, or fresh.

        Raises:
            SearchError: the database cannot be used.
        """
        with self._changed:
            if fresh:
                self._names, self._error = None, ""
            self._look(fresh)
            self._changed.wait_for(lambda: self._names is not None or self._error, FIRST)
            if self._error or self._names is None:
                raise SearchError(self._error or f"The database has not answered for {FIRST:.0f} seconds.")
            return list(self._names)

    def look(self, name: str) -> Book:
        """A study as it stood within the last seconds: its `state`, or None and an `error`."""
        with self._changed:
            book = self._books.setdefault(name, Book(name))
            book.seen = time.monotonic()
            self._look(fresh=book.state is None)
            self._changed.wait_for(lambda: book.state is not None or book.error, FIRST)
            return book

    def create(self, name: str, plan: SearchPlan) -> None:
        """As `nnlib.search.studies.create`."""
        from nnlib.search import studies

        studies.create(self.url, name, plan)
        self._renew(name)

    def prolong(self, name: str, num_trials: int) -> None:
        """As `nnlib.search.studies.prolong`."""
        from nnlib.search import studies

        studies.prolong(self.url, name, num_trials)
        self._renew(name)

    def delete(self, name: str) -> None:
        """Stop and delete a study."""
        from nnlib.search import studies

        self.stop(name)
        studies.delete(self.url, name)
        self._renew(name)

    def start(self, name: str, owner: str) -> None:
        """Let this server's workers do its trials, until all are done or it is stopped."""
        book = self.look(name)
        with self._changed:
            book.running, book.owner, book.error, book.tasks = True, owner, "", []
            self._look(fresh=True)

    def stop(self, name: str) -> None:
        """Take this server's workers off it: within a second they are free, and the trials under way in line again."""
        with self._changed:
            book = self._books.get(name)
            if book is None or not book.running:
                return
            book.running = False
            for task in book.tasks:
                self._pool.stop(task)
            self._look(fresh=True)

    def _renew(self, name: str) -> None:
        with self._changed:
            self._books.pop(name, None)
            self._names = None
            self._look(fresh=True)

    def _look(self, fresh: bool = False) -> None:
        self._seen = time.monotonic()
        if fresh:
            self._asked = True
            self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._drive, name="searches", daemon=True)
            self._thread.start()

    # --------------------------------------------------------------------------------------------- the desk's thread
    def _drive(self) -> None:
        while True:
            with self._changed:
                self._asked = False
                now = time.monotonic()
                for book in self._books.values():
                    if book.running and now - book.seen > END_AFTER and not is_connected(book.owner):
                        self.stop(book.name)
                self._books = {
                    name: book for name, book in self._books.items() if book.running or now - book.seen < FORGET
                }
                if not self._books and now - self._seen > FORGET:
                    self._names, self._error, self._thread = None, "", None
                    return
                books = list(self._books.values())
            self._read_names()
            for book in books:
                self._read(book)
            with self._changed:
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._asked, POLL)

    def _read_names(self) -> None:
        from nnlib.search import studies

        try:
            names, error = studies.names(self.url), ""
        except Exception as fault:
            names, error = None, sentence(fault)
        with self._changed:
            self._names, self._error = names, error

    def _read(self, book: Book) -> None:
        from nnlib.search import studies

        try:
            if book.study is None:
                book.study, _ = studies.load(self.url, book.name)
            state = studies.read(self.url, book.name, book.study, recover=True, before=book.state)
        except Exception as fault:
            with self._changed:
                book.error = sentence(fault)
            self.stop(book.name)
            return
        with self._changed:
            failed = [task.error for task in book.tasks if task.state == "failed"]
            book.state, book.error = state, failed[0] if failed else ""
            if failed:
                self.stop(book.name)
            elif state.over:
                book.running = False
            elif book.running:
                self._employ(book)

    def _employ(self, book: Book) -> None:
        """As many workers as the pool has, and as there are trials to begin."""
        book.tasks = [task for task in book.tasks if not task.over]
        assert book.state is not None  # noqa: S101
        for _ in range(min(self._pool.size - len(book.tasks), book.state.claimable)):
            self._submit(book)

    def _submit(self, book: Book) -> None:
        task = SearchTask(book.name, self.url, book.owner, lambda: self._follow(book))
        book.tasks.append(task)
        self._pool.submit(task)

    def _follow(self, book: Book) -> None:
        with self._changed:
            if book.running:
                self._submit(book)


def sentence(fault: Exception) -> str:
    """For people; what is a fault of ours goes to the log as well, and must not end the thread."""
    if isinstance(fault, ValueError):
        return str(fault)
    traceback.print_exception(fault)
    return f"The study could not be read: an unexpected {type(fault).__name__}, see the log."


@cache
def desk_of(url: str) -> Desk:
    return Desk(url, sweeps.pool())


def desk() -> Desk:
    """That of the database that is in use."""
    return desk_of(storage_url())
