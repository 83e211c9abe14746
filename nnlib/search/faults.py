"""What a fault of the database means, in a sentence that holds no word of a driver: those quote passwords."""

import sqlite3

from nnlib.search.address import LIKE, file_of, shown_url

INSTALL = {
    "postgres": "pip install 'psycopg[binary]'",
    "mysql": "pip install pymysql, and write mysql+pymysql://",
    "mariadb": "pip install pymysql, and write mariadb+pymysql://",
}
# how SQLSTATE begins or MySQL's number, what PostgreSQL says where it sends none, what it means, what to do
SERVER = (
    (
        ("28", "1045", "1698"),
        ("authentication failed", "no password supplied", "pg_hba.conf", 'role "'),
        *("refuses the user or the password", "check both"),
    ),
    (("3D", "1049"), ("does not exist",), "is not there, though its server is", "make it, or name another"),
    (("42501", "1044", "1142"), ("permission denied",), "lets this user make no tables", "grant that, or name another"),
    (("25006", "1290"), ("read-only",), "can only be read", "name one that can be written"),
    (("53100", "1021"), ("No space left",), "has no room left", "make some on the server"),
    (("53", "57P03", "1040"), ("too many", "starting up"), "takes no further connections now", "try again soon"),
)
DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
FILE = {
    sqlite3.SQLITE_BUSY: "another program has locked it",
    sqlite3.SQLITE_FULL: "there is no room left",
    sqlite3.SQLITE_READONLY: "it can only be read",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk fails",
}


def sentence(url: str, error: BaseException) -> str:
    """What an error of Optuna, SQLAlchemy or a driver means and what to do, from its type and number."""
    where = shown_url(url)
    if isinstance(error, ImportError):
        kind = url.partition(":")[0].partition("+")[0]
        install = next((how for name, how in INSTALL.items() if kind.startswith(name)), "install it")
        return f"{where} needs a package that is not installed: {install}."
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    if isinstance(error, ArgumentError | NoSuchModuleError):
        return f"NNLIB_STORAGE names no kind of database that is known here: it must be like {LIKE}."
    if isinstance(error, RuntimeError) and "optuna version" in str(error):
        return f"The studies in {where} were made by another version of Optuna: run `optuna storage upgrade`."
    cause = error.__cause__ if isinstance(error.__cause__, DBAPIError) else error
    fault = cause.orig if isinstance(cause, DBAPIError) and cause.orig else cause
    if (path := file_of(url)) is not None:
        return _of_file(path if "@" not in path else where, fault)
    if (row := _row(fault)) is not None:
        return f"The database {where} {row[2]}: {row[3]} (NNLIB_STORAGE)."
    named = type(fault).__name__
    if named in ("OperationalError", "InterfaceError"):
        return f"The database {where} does not answer: check NNLIB_STORAGE, and that its server runs and is reached."
    return f"The database {where} does not answer as it should ({named}): check NNLIB_STORAGE and the server."


def of_database(error: Exception) -> bool:
    """Whether it comes from the database, or from what speaks to it."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(error, SQLAlchemyError | StorageInternalError | sqlite3.Error)


def _of_file(path: str, fault: BaseException) -> str:
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
    if code in DAMAGED:
        return f"{path} is damaged: move it away, and a new one is made."
    if "no such table" in str(fault):
        return f"{path} was deleted or replaced, and its studies with it: begin anew, or put it back."
    reason = FILE.get(code, type(fault).__name__)
    advice = "make some" if code == sqlite3.SQLITE_FULL else "check the folder"
    return f"{path} cannot be used ({reason}): {advice}, or set NNLIB_STORAGE to another place."


def is_refusal(fault: BaseException) -> bool:
    """Whether a server answers, and will answer the same until somebody changes something."""
    return _row(fault) in SERVER[:3]


def _row(fault: BaseException) -> tuple[tuple[str, ...], tuple[str, ...], str, str] | None:
    number = getattr(fault, "sqlstate", None) or next((str(x) for x in fault.args[:1] if isinstance(x, int)), "")
    said = "" if number else str(fault)
    rows = (row for row in SERVER if (number.startswith(row[0]) if number else any(word in said for word in row[1])))
    return next(rows, None)
