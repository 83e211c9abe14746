"""Where studies live: what NNLIB_STORAGE may be, and that nothing of a password in it is ever shown."""

import os
import sqlite3
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import DBAPIError, OperationalError

from nnlib.search import SearchError, connection, shown_url, storage, storage_url, studies
from nnlib.search.__main__ import main
from nnlib.search.address import checked
from tests.places import ROOT

LETTERS = "ZQX"  # no two of them stand side by side in what is ours
PASSWORDS = st.text(f"{LETTERS}@:/?#%&=+7 []\\'\"☃", max_size=20).map(lambda text: f"ZQ{text}XZ")
SCHEMES = [
    "postgresql",
    "postgres",
    "postgresql+psycopg",
    "postgresql+psycopg2",
    "mysql",
    "mysql+pymysql",
    "mssql",
    "x9",
]
FORMS = [
    "{scheme}://me:{password}@host/db",
    "{scheme}://me:{password}@host:5432/db?sslmode=require",
    "{scheme}://:{password}@host/db",
    "{scheme}://me:{password}@host/{password}",
    "{scheme}://me:{password}x@{password}:5432/db",
    "{scheme}://host/{password}?user={password}&password={password}",
    "{scheme}://{password}@host/db",
    "{scheme}://me:{password}@/db",
    "{scheme}://me:{password}@[::1]:5432/db",
    "{scheme}://host:5432/db?user=me&password={password}",
    "{scheme}://host/db?user=me@x&sslpassword={password}&sslmode=require",
    "{scheme}:///db?host=host&password={password}",
    "{scheme}://me@host/db;password={password}",
    "{scheme}://host/db#{password}",
    "{scheme}:me:{password}@host/db",
    "{scheme}//me:{password}@host/db",
    "me:{password}@host/db",
    "host=host user=me password={password}",
    "host=host password='{password}' dbname=db",
    "sqlite://me:{password}@host/db",
    "sqlite+pysqlcipher://:{password}@/db?kdf_iter=64000",
    "{password}",
]


def pieces(password: str) -> set[str]:
    found = {password[i : i + 3] for i in range(len(password) - 2)}
    return {piece for piece in found if sum(letter in LETTERS for letter in piece) > 1}


def said_by(act, *arguments) -> str:
    """Everything that a fault would show, chained faults as a traceback shows them."""
    with pytest.raises(ValueError, match=r"\.$") as raised:
        act(*arguments)
    assert "\n" not in str(raised.value)
    return "".join(traceback.format_exception(raised.value)) + repr(raised.value)


def quoting(url: str, password: str, kind: type = RuntimeError) -> Exception:
    """What drivers say."""
    return kind(f"could not connect to {url!r} ({password}, {quote(password)}): invalid port {password[3:]!r}")


@pytest.mark.parametrize("form", FORMS)
@given(scheme=st.sampled_from(SCHEMES), password=PASSWORDS, escaped=st.booleans())
@example("postgresql", "ZQp@ss/XZX", False)
@example("postgresql", "ZQX:99:1/XZ", False)
@example("postgresql", "ZQX", False)
def test_nothing_of_a_password_is_shown(form: str, scheme: str, password: str, escaped: bool):
    url = form.format(scheme=scheme, password=quote(password, safe="") if escaped else password)
    faults = [quoting(url, password, kind) for kind in (RuntimeError, ValueError, sqlite3.OperationalError)]
    faults += [OperationalError("SELECT 1", {}, quoting(url, password)), ImportError(url)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNLIB_STORAGE", url)
        shown = [shown_url(url)]
        for fault in faults:
            patch.setattr(connection, "_build", raising(fault))
            shown += [said_by(studies.names, url), said_by(lambda: studies.names(storage_url()))]
    everything = pieces(password) | pieces(quote(password)) | pieces(quote(password, safe=""))
    assert [(piece, said) for piece in everything for said in shown if piece in said] == []


def raising(fault: Exception):
    def act(*_: object, **__: object) -> None:
        raise fault

    return act


@pytest.mark.parametrize("kind", [RuntimeError, TypeError, StorageInternalError, sqlite3.OperationalError])
def test_what_goes_wrong_in_an_open_database_is_masked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type):
    for url in ("postgresql+psycopg://me:ZQXZ%40@host/db", "postgresql+psycopg://host/db?user=me&password=ZQXZ%40"):
        monkeypatch.setattr(storage, "open_storage", lambda *_, url=url: Broken(quoting(url, "ZQXZ@", kind)))
        assert "ZQ" not in said_by(studies.names, url)


class Broken:
    def __init__(self, fault: Exception):
        self.fault = fault

    @property
    def engine(self) -> Any:
        raise self.fault


def test_a_fault_of_ours_stays_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storage, "open_storage", lambda *_: Broken(TypeError("of ours")))
    with pytest.raises(TypeError, match="of ours"):
        studies.names("postgresql+psycopg://me:secret@host/db")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://admin:admin@db.example:5432/studies", "postgresql://***@db.example:5432/studies"),
        ("postgresql+psycopg://me@[::1]/db", "postgresql://***@[::1]/db"),
        ("postgresql://127.0.0.1:1/db?user=u&password=p", "postgresql://127.0.0.1:1/db?***"),
        ("postgresql://u:p@host/db?sslmode=require", "postgresql://***@host/db?***"),
        ("postgresql:///db?host=/var/run", "postgresql:///db?***"),
        ("postgresql://u:a@b@host/db", "***"),
        ("postgresql://u:a/b@host/db", "***"),
        ("mysql+pymysql://u:a:b#c@host/db", "mysql://***@host/db"),
        ("sqlite:////somewhere/x.db?timeout=5", "sqlite:////somewhere/x.db"),
        ("postgresql://nnl:nnl-2024@nnl/studies", "postgresql://***@***"),
        ("postgresql://u:studies_2024@host:5432/studies", "postgresql://***@***"),
        ("postgresql://u:%68ost@host/db", "postgresql://***@***"),
        ("secret", "***"),
    ],
)
def test_what_people_read_of_an_address(url: str, shown: str):
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    ("sqlstate", "text", "says"),
    [
        (None, 'FATAL:  password authentication failed for user "x"', "refuses the user or the password"),
        (None, "fe_sendauth: no password supplied", "refuses the user or the password"),
        ("28000", "", "refuses the user or the password"),
        (None, 'FATAL:  database "x" does not exist', "is not there"),
        ("3D000", "", "is not there"),
        ("42501", "permission denied for schema public", "make no tables"),
        ("53100", "could not extend file", "no room"),
        (None, "FATAL:  the database system is starting up", "takes no further connections"),
        (None, "connection refused", "does not answer: "),
        (1045, "Access denied", "refuses the user or the password"),
        (1049, "Unknown database", "is not there"),
    ],
)
def test_a_fault_is_told_by_its_number_and_never_in_its_words(sqlstate, text, says, monkeypatch):
    class OperationalError(Exception):
        pass

    original = OperationalError(*([sqlstate] if isinstance(sqlstate, int) else []), text)
    original.sqlstate = sqlstate if isinstance(sqlstate, str) else None
    monkeypatch.setattr(connection, "_build", raising(DBAPIError("SELECT 1", {}, original)))
    with pytest.raises(SearchError, match=says) as raised:
        studies.names("postgresql://u:p@host/db")
    assert "postgresql://***@host/db" in str(raised.value) and (not text or text not in str(raised.value))


REFUSED = [
    *("sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x.db?mode=memory&uri=true", f"sqlite:///{ROOT}"),
    *("sqlite:///~nobody-of-this-name/x", "sqlite+aiosqlite:///x.db", "sqlite:/x.db", "/x/x.db", "~/x.db", "x.db"),
    "sqlite:////dev/null/u:secret@host/db",
    *("nonsense", "http:/host", "host=h password=secret", "postgresql:/host/db", "postgresql://u:secret@h:port/db"),
    *("postgresql://u:secret", "postgresql://host:99999/db", "postgresql://u:se@cret@host/db", "nodb://host/x"),
    *(
        "postgresql://u:se@c/re:t?#%cret@host/db",
        "postgresql://127.0.0.1:1/db?user=u&password=se@cret",
        "://",
        "postgresql",
        "POSTGRESQL://u:secret@host/db",
    ),
]


@pytest.mark.parametrize("named", REFUSED)
def test_an_address_that_cannot_be_used_is_one_sentence(named: str, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv("NNLIB_STORAGE", named)
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "NNLIB_STORAGE" in err and "cret" not in err


@pytest.mark.parametrize("url", [None, 3, b"sqlite:///x.db", Path("x.db"), ["sqlite:///x.db"]])
def test_an_address_is_a_text(url: Any):
    with pytest.raises(SearchError, match="must be a text like"):
        studies.names(url)
    assert shown_url(url) == "***"


@pytest.mark.parametrize("named", ["", "  ", "sqlite:///~/deep/x.db", "sqlite:///x.db", " sqlite:///a%20b?timeout=5 "])
def test_an_address_is_expanded(named: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    for name, value in (("HOME", tmp_path), ("NNLIB_CACHE", tmp_path / "50% off?"), ("NNLIB_STORAGE", named)):
        monkeypatch.setenv(name, str(value))
    url = storage_url()
    assert studies.names(url) == []
    assert checked(url) == url and shown_url(url).startswith(f"sqlite:///{tmp_path}/")
    (file,) = tmp_path.rglob("*[3bx]")
    assert shown_url(url) == f"sqlite:///{file}" and not list(tmp_path.glob("~*"))
    studies.disconnect(url)


def test_nothing_is_shown_or_logged_by_the_command_line_at_its_most_talkative():
    url = "postgresql://127.0.0.1:1/db?user=u&password=ZQXZ%40&sslpassword=ZQXZ"
    command = [sys.executable, "-X", "dev", "-c", TALKATIVE]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NNLIB_STORAGE": url}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "does not answer" in done.stderr
    assert "ZQ" not in done.stdout + done.stderr and "Traceback" not in done.stderr


TALKATIVE = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
from nnlib.search.__main__ import main
sys.exit(main([]))
"""
