"""Where studies live: a SQLite file in the cache folder, or the database that NNLIB_STORAGE names."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nnlib.data.cache import cache_folder
from nnlib.search.connection import is_away, open_storage
from nnlib.search.plan import SearchError


class Unreachable(SearchError):
    """The database does not answer, or cannot be written, now; what was asked of it may be asked again."""


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
def using(url: str, patience: float = 0.0) -> Iterator[Any]:
    """The database, made if it is not there; what it raises becomes a SearchError that says what to do.

    patience: seconds for which each call is made again while the database is away.
    """
    from optuna.storages import _CachedStorage

    try:
        yield _CachedStorage(open_storage(url, patience))
    except SearchError:
        raise
    except Exception as error:
        if (sentence := _sentence(url, error)) is None:
            raise
        raise (Unreachable if is_away(error) else SearchError)(sentence) from error


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
        if "no such table" in str(fault):
            open_storage.cache_clear()  # the next look makes the tables
            return f"{path} was deleted or replaced, and its studies with it: begin anew, or put it back."
        if "not a database" in str(fault) or "malformed" in str(fault):
            return f"{path} is damaged ({fault}): move it away, and a new one is made."
        return f"{path} cannot be used ({fault}): check the folder, or set NNLIB_STORAGE to another place."
    if not isinstance(cause, DBAPIError):
        return None
    first = str(fault).strip().partition("\n")[0]
    return f"The database {where} does not answer as it should ({first}): check NNLIB_STORAGE and the server."
