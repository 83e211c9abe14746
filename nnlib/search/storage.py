"""The studies' database in use: what goes wrong in it becomes one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import format_exception
from typing import Any

from nnlib.search.address import checked, quotes
from nnlib.search.address import shown_url as shown_url
from nnlib.search.address import storage_url as storage_url
from nnlib.search.connection import is_away, open_storage
from nnlib.search.faults import of_database, sentence
from nnlib.search.plan import SearchError


class Unreachable(SearchError):
    """The database does not answer, or cannot be written, now; what was asked of it may be asked again."""


@contextmanager
def using(url: str, patience: float = 0.0) -> Iterator[Any]:
    """The database, made if it is not there; what it raises becomes a SearchError that says what to do.

    patience: seconds for which each call is made again while the database is away.
    """
    from optuna.storages import _CachedStorage

    try:
        storage = _CachedStorage(open_storage(checked(url), patience))
    except SearchError:
        raise
    except Exception as error:  # whatever it is, its words may be of the address
        raise _told(url, error) from None
    try:
        yield storage
    except (ValueError, LookupError, OSError, MemoryError):  # of the trial, in words of our own
        raise
    except Exception as error:
        if not (of_database(error) or quotes(url, "".join(format_exception(error)))):
            raise
        if "no such table" in f"{error} {error.__cause__}":
            open_storage(url, patience).reopen()  # the next look finds them
        raise _told(url, error) from None


def _told(url: str, error: Exception) -> SearchError:
    return (Unreachable if is_away(error) else SearchError)(sentence(url, error))
