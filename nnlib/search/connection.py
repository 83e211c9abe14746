"""The connection to a study's database: kept open, and patient while the database is away."""

import os
import random
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from nnlib.search.address import file_of
from nnlib.search.faults import is_refusal
from nnlib.search.plan import SearchError

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

HEARTBEAT, GRACE = 2, 15  # seconds: between signs of life of a running trial, and without one until it counts as lost
PATIENCE = 30.0  # seconds to wait for a lock on the file
# seconds to wait for a server, then until a connection counts as cut
SERVER = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "tcp_user_timeout": 10_000}
ATTEMPTS = 6  # to make the tables, while others do too
PAUSES = 0.1, 2.0  # seconds between two calls to a database that is away: at first, and at most
LATER = ("locked", "full", "disk I/O", "unable to open")  # what SQLite says that may be otherwise in a moment


class Patient:
    """A storage of which each call is made again while its database is away."""

    def __init__(self, url: str, patience: float):
        self._url, self._patience = url, patience
        self._storage = _persist(patience, _open, url)

    def reopen(self) -> None:
        """Make the tables, where they have gone."""
        self._storage.engine.dispose()
        self._storage = _open(self._url)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._storage, name)
        return partial(_persist, self._patience, found) if callable(found) else found


def _persist(patience: float, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    last, (pause, longest) = time.monotonic() + patience, PAUSES
    while True:
        try:
            return call(*arguments, **named)
        except Exception as error:
            if not is_away(error) or time.monotonic() >= last:
                raise
        time.sleep(random.uniform(0.5, 1.0) * pause)  # noqa: S311 - so that not all come back at once
        pause = min(2 * pause, longest)


def is_away(error: Exception) -> bool:
    """Whether the database, or room in it, may be there again in a moment: a restart, a cut line, a full disk."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError

    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    if not isinstance(cause, OperationalError | InterfaceError):
        return isinstance(cause, PendingRollbackError)  # what Optuna meets where it goes on in a connection that is cut
    if not isinstance(cause.orig, sqlite3.Error):
        return not is_refusal(cause.orig or cause)
    return any(word in str(cause.orig) for word in LATER)


@lru_cache(maxsize=8)
def open_storage(url: str, patience: float) -> Any:
    """The database, made if it is not there; kept open."""
    return Patient(url, patience)


def _open(url: str) -> "RDBStorage":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if (path := file_of(url)) is None:
        return _build(url, SERVER if url.startswith("postgresql") else {})
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(path):
            open(path, "ab").close()  # with the rights that the umask leaves, where SQLite would take the group's
    except OSError as error:
        advice = "choose another by NNLIB_STORAGE, or the cache folder by NNLIB_CACHE"
        where = "***" if "@" in folder else folder
        raise SearchError(f"the folder {where} cannot be written ({error.strerror}): {advice}.") from None
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as file:  # readers and writers do not wait for each other
        file.execute("PRAGMA journal_mode=WAL").fetchall()
    storage = _build(url, {"timeout": PATIENCE})
    _hold_to_file(storage, path)
    return storage


def _hold_to_file(storage: "RDBStorage", path: str) -> None:
    """Let go of connections to a file that has been deleted or replaced: what is written there is lost."""
    from sqlalchemy import event
    from sqlalchemy.exc import DisconnectionError

    def now() -> int:
        return os.stat(path).st_ino if os.path.exists(path) else 0

    def connected(connection: Any, record: Any) -> None:
        # It is left to the system when to write to the disk: a killed process loses nothing, only a power cut might.
        connection.execute("PRAGMA synchronous=NORMAL")
        record.info["file"] = now()

    def taken(connection: Any, record: Any, proxy: Any) -> None:
        if record.info["file"] != now():
            raise DisconnectionError

    event.listen(storage.engine, "connect", connected)
    event.listen(storage.engine, "checkout", taken)
    storage.engine.dispose()


def _build(url: str, connect: dict[str, Any]) -> "RDBStorage":
    """Several processes may make the tables at the same moment; those that come late find them there and try again."""
    from optuna.exceptions import StorageInternalError
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import DBAPIError

    for left in reversed(range(ATTEMPTS)):
        try:
            with experimental():
                how = {"connect_args": connect, "pool_pre_ping": True}
                return RDBStorage(url, how, heartbeat_interval=HEARTBEAT, grace_period=GRACE)
        except (DBAPIError, StorageInternalError) as error:
            said = f"{error} {error.__cause__}"
            if left == 0 or not any(word in said for word in ("exist", "duplicate", "UNIQUE")):
                raise
            time.sleep(random.uniform(0.1, 0.5))  # noqa: S311 - so that they do not meet again
    raise AssertionError


@contextmanager
def experimental() -> Iterator[None]:
    """Without Optuna's warnings about heartbeats, which are as yet experimental and meant for its own loop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
