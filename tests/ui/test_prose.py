"""The lessons' text: every part that a page asks for is there, and gets what it has places for."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.places import ROOT
from ui import lesson
from ui.lessons.train import presets

SOURCES = sorted(path for folder in ("ui", "pages") for path in (ROOT / folder).rglob("*.py"))
CALLS = {"lesson.show", "lesson.text", "lesson.ask", "lesson.predict"}


class Use(NamedTuple):
    """One call that names a part of a page's text; `values` are the keywords, None if they are passed as **."""

    where: str
    page: str
    part: str
    values: frozenset[str] | None


def constants(tree: ast.Module) -> dict[str, str]:
    """The module's names for strings."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def strings(node: ast.expr, names: dict[str, str]) -> list[str]:
    """The strings that an expression can be, as far as they stand in the source; none if it is computed."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.Name):
        return [names[node.id]] if node.id in names else []
    if isinstance(node, ast.IfExp):
        return strings(node.body, names) + strings(node.orelse, names)
    return []


def uses(path: Path) -> list[Use]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = constants(tree)
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in CALLS or len(node.args) < 2:
            continue
        given = [keyword.arg for keyword in node.keywords]
        values = None if None in given else frozenset(name for name in given if name)
        where = f"{path.relative_to(ROOT)}:{node.lineno}"
        pages, parts = (strings(arg, names) for arg in node.args[:2])
        found += [Use(where, page, part, values) for page in pages for part in parts]
    return found


USES = [use for path in SOURCES for use in uses(path)]


def fields(part: str) -> set[str]:
    return {name.partition(".")[0] for _, name, _, _ in string.Formatter().parse(part) if name is not None}


def test_uses_are_found():
    assert len(USES) > 10


@pytest.mark.parametrize("use", USES, ids=lambda use: f"{use.where} {use.page} {use.part}")
def test_every_part_that_is_used_is_there(use: Use):
    assert use.part in lesson.prose(use.page), f"{use.where} asks for '{use.part}' of assets/prose/{use.page}.md"
    if use.values:
        missing = fields(lesson.text(use.page, use.part)) - use.values
        assert not missing, f"{use.where} leaves {missing} of '{use.part}' empty"


@pytest.mark.parametrize("part", ["boundary", "tiles", "colour tiles"])
def test_a_picture_has_a_title_and_a_caption(part: str):
    title, caption = lesson.text("run_view", part).split("\n\n")
    assert title and caption and "\n" not in title


def test_every_preset_has_its_why():
    assert set(lesson.prose("presets")) == set(presets.TRAIN)
    assert all(lesson.prose("presets").values())


def test_no_part_is_empty():
    empty = [
        (path.stem, name)
        for path in lesson.PROSE.glob("*.md")
        for name, part in lesson.prose(path.stem).items()
        if not part
    ]
    assert empty == []


def test_parts_are_cut_at_their_headings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = "# About\nnot shown\n\n## one\nFirst.\n\nStill {first}.\n\n## two\n### Inside\nSecond {with} braces.\n"
    (tmp_path / "lesson.md").write_text(text, encoding="utf-8")
    monkeypatch.setattr(lesson, "PROSE", tmp_path)
    lesson.prose.cache_clear()
    assert lesson.prose("lesson") == {"one": "First.\n\nStill {first}.", "two": "### Inside\nSecond {with} braces."}
    assert lesson.text("lesson", "one", first=1) == "First.\n\nStill 1."
    assert lesson.text("lesson", "two") == "### Inside\nSecond {with} braces."
    with pytest.raises(KeyError):
        lesson.text("lesson", "three")
    lesson.prose.cache_clear()
