"""Every page of the navigation opens, and neither a strange address nor a missing data set breaks it."""

import ast
from pathlib import Path

import pytest

from tests.page.conftest import OpenPage, pages
from tests.places import ROOT


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


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.stem)
def test_a_page_is_a_door(path: Path):
    """A title, an introduction and parts, which lie in the lesson's room: no functions, at most forty lines."""
    source = path.read_text(encoding="utf-8")
    statements = ast.parse(source).body
    assert len(source.splitlines()) <= 40
    assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in statements)
    calls = [
        ast.unparse(node.value.func)
        for node in statements
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    assert calls[0] == "st.title"
    assert calls.count("lesson.parts") <= 1
