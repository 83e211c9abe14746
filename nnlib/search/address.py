"""The address of the studies' database: what NNLIB_STORAGE may be, and how much of it people may read."""

import os
import re
from urllib.parse import unquote

from nnlib.data.cache import cache_folder
from nnlib.search.plan import SearchError

LIKE = "postgresql://user:password@host/database, or sqlite:////folder/file.sqlite3 for a file"
FILE = re.compile(r"sqlite(?:\+pysqlite)?:///([^?]*)(\?.*)?", re.DOTALL)
SERVER = re.compile(r"\w+(?:\+\w+)?://(?:[^:/]*(?::([^@]*))?@)?([^?]*)(\?.*)?", re.DOTALL)  # as SQLAlchemy reads it
PLACE = re.compile(r"(?:\[[^/?\]]+\]|[^/:]*)(?::(\d{1,5})?)?(?:/.*)?", re.DOTALL | re.ASCII)
# Only what cannot be part of a password is shown: one that holds @ : / ? unescaped makes an address of another form.
SHOWN = re.compile(
    r"(postgres(?:ql)?|mysql|mariadb|oracle|mssql)(?:\+\w+)?://([^@/?]*@)?"
    r"((?:[\w.-]*|\[[\da-fA-F:.]+\])(?::\d{1,5})?(?:/[\w.-]*)?)(\?[^@]*)?",
    re.ASCII,
)
WORD = re.compile(r"\w{2,}")


def storage_url() -> str:
    """The database's address: NNLIB_STORAGE, else a file of the cache folder.

    Raises:
        SearchError: it is no address that can be used; of what it is nothing is said, as it may hold a password.
    """
    named = os.environ.get("NNLIB_STORAGE", "").strip()
    return checked(named) if named else file_url(str(cache_folder() / "studies.sqlite3"))


def checked(url: str) -> str:
    """The address as SQLAlchemy takes it; raises as `storage_url`."""
    if not isinstance(url, str):
        raise SearchError(f"the database's address is a {type(url).__name__}, but must be a text like {LIKE}.")
    if file := FILE.fullmatch(url):
        path = os.path.expanduser(unquote(file[1]))
        if not path or path.startswith(("~", ":", "file:")) or path.endswith(os.sep) or os.path.isdir(path):
            raise SearchError("NNLIB_STORAGE must name a file, like sqlite:////folder/file.sqlite3 (not in memory).")
        return file_url(os.path.abspath(path)) + (file[2] or "")
    server = SERVER.fullmatch(url)
    if server is None or url.startswith("sqlite"):
        raise SearchError(f"NNLIB_STORAGE is no database's address: it must be like {LIKE}.")
    password, place, settings = (part or "" for part in server.groups())
    port = PLACE.fullmatch(place)
    unclear = "@" in place or re.search(r"\?.*=", password) or (password and "@" in settings)
    if unclear or port is None or int(port[1] or 0) > 65535:
        escapes = "write @ : / ? # in a user or a password as %40 %3A %2F %3F %23"
        raise SearchError(f"NNLIB_STORAGE cannot be read, it must be like {LIKE}: {escapes}.")
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def file_url(path: str) -> str:
    return "sqlite:///" + path.replace("%", "%25").replace("?", "%3F")


def file_of(url: str) -> str | None:
    """The path of a SQLite file; None for a server."""
    found = FILE.fullmatch(str(url))
    return unquote(found[1]) if found else None


def shown_url(url: str) -> str:
    """An address for people: without the user, the password and settings, and without what may be part of them."""
    if (path := file_of(url)) is not None:
        return "sqlite:///***" if "@" in path else f"sqlite:///{path}"
    if (found := SHOWN.fullmatch(str(url))) is None:
        return "***"
    scheme, user, place, settings = found.groups()
    if quotes(url, place) or any(word in secret for word in WORD.findall(place) for secret in _passwords(url)):
        place = "***"  # the database is called as its password is, or as a part of that
    return f"{scheme}://{'***@' if user else ''}{place}{'?***' if settings else ''}"


def quotes(url: str, text: str) -> bool:
    """Whether a text holds the address's password."""
    return any(password in text for password in _passwords(url))


def _passwords(url: str) -> list[str]:
    """The address's passwords, as they are written and as they are meant."""
    raw = re.findall(r"://[^:/]*:([^@]+)@", url) + re.findall(r"(?i)(?:pass|pwd)\w*=([^&]+)", url)
    return [form for password in raw for form in (password, unquote(password))]
