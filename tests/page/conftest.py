"""Pages as AppTest runs them: without a browser, fragments and buttons included, timers not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from streamlit.testing.v1 import AppTest

from tests.places import ROOT
from ui.runs import sweeps
from ui.runs.log import LOGS

OpenPage = Callable[..., AppTest]


class PageInfo(NamedTuple):
    """One page of the navigation."""

    name: str
    title: str
    about: str


@cache
def pages() -> list[PageInfo]:
    """The pages in their order; Streamlit knows their names only within an app."""

    def listing() -> None:
        import json

        import streamlit as st

        from ui.navigation import PAGES

        st.text(json.dumps([(page.url_path or "home", page.title, page.help or "") for page in PAGES]))

    (listed,) = AppTest.from_function(listing).run().text
    return [PageInfo(*page) for page in json.loads(listed.value)]


@pytest.fixture
def open_page() -> Iterator[OpenPage]:
    """Opens a page by its file's name, with values for the address bar; ends the runs it started."""

    def open_page(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=60)
        app.query_params.update(query)
        return app.switch_page(f"../pages/{name}.py").run()

    yield open_page
    for log in LOGS.things():
        LOGS.drop(log.id)
        log.end()


@pytest.fixture
def own_cache_and_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Worker processes and a cache for this test alone, without CIFAR-10."""
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "cache"))
    yield
    sweeps.pool().close()
    sweeps.pool.cache_clear()
