"""Where studies live: a SQLite file in the cache folder, or the database that NNLIB_STORAGE names."""

import os
import random
import re
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nnlib.data.cache import cache_folder, cannot_write
from nnlib.search.plan import SearchError
from nnlib.search.trials import again

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

HEARTBEAT, GRACE = 2, 15  # seconds: between signs of life of a running trial, and without one until it counts as lost
PATIENCE = 30.0  # seconds to wait for a lock on the file
CONNECT = 5  # seconds to wait for a server
ATTEMPTS = 6  # to make the tables, while others do too


def storage_url() -> str:
    """The database's address: NNLIB_STORAGE, else a file of the cache folder."""
    named = os.environ.get("NNLIB_STORAGE", "").strip()
    if not named:
        return f"sqlite:///{cache_folder() / 'studies.sqlite3'}"
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", named)


def shown_url(url: str) -> str:
    """An address for people: without the password."""
    return re.sub(r"(://[^/:@]*):[^@]*@", r"\1:***@", url.replace("+psycopg://", "://"))


@lru_cache(maxsize=8)
def open_storage(url: str) -> "RDBStorage":
    """The database, made if it is not there; kept open.

    Raises:
        SearchError: it cannot be reached or used.
    """
    with in_sentences(url):
        import optuna
        from optuna.storages import RDBStorage

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        if url.startswith("sqlite"):
            _prepare_file(url.partition("///")[2])
            connect: dict[str, Any] = {"timeout": PATIENCE}
        else:
            connect = {"connect_timeout": CONNECT} if url.startswith("postgresql") else {}
        how = {"heartbeat_interval": HEARTBEAT, "grace_period": GRACE, "heartbeat_stale_trial_callback": again}

        def build() -> RDBStorage:
            return RDBStorage(url, {"connect_args": connect, "pool_pre_ping": True}, **how)

        with experimental():
            storage = _patiently(build)
        if url.startswith("sqlite"):
            _spare_waiting(storage)
        return storage


def _patiently(build: "Callable[[], RDBStorage]") -> "RDBStorage":
    """Several processes may make the tables at the same moment; those that come late find them there and try again."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import DBAPIError

    for left in reversed(range(ATTEMPTS)):
        try:
            return build()
        except (DBAPIError, StorageInternalError) as error:
            said = f"{error} {error.__cause__}"
            if left == 0 or not any(word in said for word in ("exist", "duplicate", "UNIQUE")):
                raise
            time.sleep(random.uniform(0.1, 0.5))  # noqa: S311 - so that they do not meet again
    raise AssertionError


def _prepare_file(path: str) -> None:
    """Make the file, with a log of its own for writes, so that readers and writers do not wait for each other."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    except OSError as error:
        raise cannot_write(error) from None
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as file:
        file.execute("PRAGMA journal_mode=WAL").fetchall()


def _spare_waiting(storage: "RDBStorage") -> None:
    """Leave it to the system when to write to the disk: a killed process loses nothing then, only a power cut might."""
    from sqlalchemy import event

    event.listen(storage.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=NORMAL"))
    storage.engine.dispose()


@contextmanager
def in_sentences(url: str) -> Iterator[None]:
    """Turns what databases raise into a SearchError that says what to do."""
    where = shown_url(url)
    try:
        yield
    except sqlite3.Error as error:
        raise SearchError(_file_fault(where, error)) from error
    except ImportError as error:
        if url.startswith("postgresql"):
            how = "pip install 'psycopg[binary]'"
            raise SearchError(f"{where} needs the package psycopg, which is not installed: {how}.") from error
        raise SearchError(f"{where} needs a package that is not installed ({error}).") from error
    except Exception as error:
        if (sentence := _sentence(where, error)) is None:
            raise
        raise SearchError(sentence) from error


def _sentence(where: str, error: Exception) -> str | None:
    """What an error of Optuna or SQLAlchemy means; None if it is of another kind."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    if isinstance(error, ArgumentError | NoSuchModuleError):
        return f"NNLIB_STORAGE is {where}, but must be like postgresql://user:password@host/database."
    if isinstance(error, RuntimeError) and "optuna version" in str(error):
        return f"The studies in {where} were made by another version of Optuna: run `optuna storage upgrade`."
    if isinstance(error, StorageInternalError) and isinstance(error.__cause__, DBAPIError):
        error = error.__cause__
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(error.orig, sqlite3.Error):
        return _file_fault(where, error.orig)
    first = str(error.orig).strip().partition("\n")[0]
    return f"The database {where} does not answer as it should ({first}): check NNLIB_STORAGE and the server."


def _file_fault(where: str, error: sqlite3.Error) -> str:
    path = where.partition("///")[2]
    if "not a database" in str(error) or "malformed" in str(error):
        return f"{path} is damaged ({error}): move it away, and a new one is made."
    return f"{path} cannot be used ({error}): check the folder, or set NNLIB_STORAGE to another place."


@contextmanager
def experimental() -> Iterator[None]:
    """Without Optuna's warnings about heartbeats, which are as yet experimental and meant for its own loop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
