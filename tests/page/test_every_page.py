"""Every page of the navigation opens, and neither a strange address nor a missing data set breaks it."""

from __future__ import annotations

import pytest

from tests.page.conftest import OpenPage, pages


@pytest.mark.parametrize("name", [page.name for page in pages()])
class TestEveryPage:
    def test_opens(self, open_page: OpenPage, name: str):
        app = open_page(name)
        assert not app.exception
        assert len(app.title) == 1
        assert not app.error

    def test_opens_with_a_strange_address(self, open_page: OpenPage, name: str):
        strange = {"data": "<script>alert(1)</script>", "seed": "1e999", "depth": "NaN", "run": "../../etc/passwd"}
        app = open_page(name, **strange, part="\x00", nothing="", ключ="☃" * 1000)
        assert not app.exception
        assert not app.error
