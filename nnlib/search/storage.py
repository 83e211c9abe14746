"""Where studies live: a SQLite file in the cache folder, or the database that NNLIB_STORAGE names."""

import os
import random
import re
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nnlib.data.cache import cache_folder, cannot_write
from nnlib.search.plan import SearchError

if TYPE_CHECKING:
    from optuna.storages import RDBStorage
    from optuna.study import Study
    from optuna.trial import FrozenTrial

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


@contextmanager
def using(url: str) -> Iterator["RDBStorage"]:
    """The database, made if it is not there; what it raises becomes a SearchError that says what to do."""
    try:
        yield open_storage(url)
    except SearchError:
        raise
    except Exception as error:
        if (sentence := _sentence(url, error)) is None:
            raise
        raise SearchError(sentence) from error


@lru_cache(maxsize=8)
def open_storage(url: str) -> "RDBStorage":
    """The database, made if it is not there; kept open."""
    import optuna
    from sqlalchemy import event

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if not url.startswith("sqlite"):
        return _build(url, {"connect_timeout": CONNECT} if url.startswith("postgresql") else {})
    path = url.partition("///")[2]
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if path not in ("", ":memory:") and not os.path.exists(path):
            open(path, "ab").close()  # with the rights that the umask leaves, where SQLite would take the group's
    except OSError as error:
        raise cannot_write(error) from None
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as file:  # readers and writers do not wait for each other
        file.execute("PRAGMA journal_mode=WAL").fetchall()
    storage = _build(url, {"timeout": PATIENCE})
    # It is left to the system when to write to the disk: a killed process loses nothing then, only a power cut might.
    event.listen(storage.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=NORMAL"))
    storage.engine.dispose()
    return storage


def _build(url: str, connect: dict[str, Any]) -> "RDBStorage":
    """Several processes may make the tables at the same moment; those that come late find them there and try again."""
    from optuna.exceptions import StorageInternalError
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import DBAPIError

    how = {"heartbeat_interval": HEARTBEAT, "grace_period": GRACE, "heartbeat_stale_trial_callback": again}
    for left in reversed(range(ATTEMPTS)):
        try:
            with experimental():
                return RDBStorage(url, {"connect_args": connect, "pool_pre_ping": True}, **how)
        except (DBAPIError, StorageInternalError) as error:
            said = f"{error} {error.__cause__}"
            if left == 0 or not any(word in said for word in ("exist", "duplicate", "UNIQUE")):
                raise
            time.sleep(random.uniform(0.1, 0.5))  # noqa: S311 - so that they do not meet again
    raise AssertionError


def _sentence(url: str, error: Exception) -> str | None:
    """What an error of Optuna, SQLAlchemy or a database means; None if it is of another kind."""
    where = shown_url(url)
    if isinstance(error, ImportError):
        package = "psycopg, which is not installed: pip install 'psycopg[binary]'"
        needed = package if url.startswith("postgresql") else f"that is not installed ({error})"
        return f"{where} needs the package {needed}."
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    if isinstance(error, ArgumentError | NoSuchModuleError):
        return f"NNLIB_STORAGE is {where}, but must be like postgresql://user:password@host/database."
    if isinstance(error, RuntimeError) and "optuna version" in str(error):
        return f"The studies in {where} were made by another version of Optuna: run `optuna storage upgrade`."
    cause = error.__cause__ if isinstance(error.__cause__, DBAPIError) else error
    fault = cause.orig if isinstance(cause, DBAPIError) else error
    if isinstance(fault, sqlite3.Error):
        path = where.partition("///")[2]
        if "not a database" in str(fault) or "malformed" in str(fault):
            return f"{path} is damaged ({fault}): move it away, and a new one is made."
        return f"{path} cannot be used ({fault}): check the folder, or set NNLIB_STORAGE to another place."
    if not isinstance(cause, DBAPIError):
        return None
    first = str(fault).strip().partition("\n")[0]
    return f"The database {where} does not answer as it should ({first}): check NNLIB_STORAGE and the server."


def again(study: "Study", trial: "FrozenTrial") -> None:
    """Put a failed trial's settings in line."""
    if settings := chosen(trial):
        study.enqueue_trial(settings)


def chosen(trial: "FrozenTrial") -> dict[str, Any]:
    """The settings that have been chosen for a trial, also before it began."""
    return trial.system_attrs.get("fixed_params", {}) | trial.params


@contextmanager
def experimental() -> Iterator[None]:
    """Without Optuna's warnings about heartbeats, which are as yet experimental and meant for its own loop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
