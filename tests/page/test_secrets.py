"""No page, and no log, shows anything of the password in NNLIB_STORAGE."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.search import SearchError

PAGE = "train_best_model"
SEARCH = {"train_part": "search", "search_guess": "learning rate"}
PASSWORDS = ["ZQXZ", "ZQ@XZ:X/Z?Q#X%Z", "ZQ 'XZ'", "ZQ%40XZ"]
FORMS = [
    "postgresql://127.0.0.1:1/db?user=u&password={}",
    "postgresql://127.0.0.1:1/db?user=u&sslpassword={}",
    "postgresql://u:{}@127.0.0.1:1/db",
    "postgresql+psycopg2://u:{}@127.0.0.1:1/db",
    "postgresql://u:{}@",
    "postgresql://u:{}",
    "mysql+pymysql://u:{}@127.0.0.1:1/db",
    "mongodb://u:{}@127.0.0.1:1/db",
    "host=127.0.0.1 port=1 user=u password={}",
    "{}",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("escaped", [False, True])
def test_a_database_that_cannot_be_used_is_one_message(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, capfd, caplog, form: str, escaped: bool
):
    for password in PASSWORDS:
        monkeypatch.setenv("NNLIB_STORAGE", form.format(quote(password, safe="") if escaped else password))
        app = open_page(PAGE, **SEARCH)
        assert not app.exception and len(app.error) + len(app.warning) == 1
        everything = f"{[getattr(element, 'proto', '') for element in app._tree]} {capfd.readouterr()} {caplog.text}"
        assert "NNLIB_STORAGE" in everything or "pip install" in everything
        assert "ZQ" not in everything and "XZ" not in everything


def test_the_command_for_other_machines_has_the_place_only(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NNLIB_STORAGE", "postgresql://me:ZQXZ%40@db.example:5432/studies?sslpassword=ZQXZ")

    def script() -> None:
        from ui.lessons.search import panel

        panel._other_machines("first try")

    app = AppTest.from_function(script).run()
    assert "NNLIB_STORAGE='postgresql://***@db.example:5432/studies?***' python -m" in app.code[0].value
    assert not any("ZQ" in str(getattr(element, "proto", "")) for element in app._tree)


def test_without_optuna_the_page_tells_the_line_to_install_it(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
):
    def missing() -> None:
        raise SearchError("a search needs the package optuna, not installed here: pip install optuna")

    monkeypatch.setattr("ui.lessons.search.desk.open_studies", missing)
    monkeypatch.setenv("NNLIB_STORAGE", "sqlite:///never-made.sqlite3")  # a desk that nobody has opened yet
    app = open_page(PAGE, **SEARCH)
    assert not app.exception and [error.value for error in app.error if "pip install optuna" in error.value]
