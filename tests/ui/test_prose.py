"""The lessons' text: every part that a page asks for is there, and gets what it has places for."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from nnlib.labs.gradient_check.report import VERDICTS
from tests.places import ROOT
from ui import lesson
from ui.lessons.train import presets

SOURCES = sorted(path for folder in ("ui", "pages") for path in (ROOT / folder).rglob("*.py"))
CALLS = {"lesson.show", "lesson.text", "lesson.ask", "lesson.predict", "lesson.look_for"}


class Use(NamedTuple):
    """One call that names a part of a page's text; `values` are the keywords, None if they are passed as **."""

    where: str
    page: str
    part: str
    values: frozenset[str] | None


def constants(tree: ast.Module) -> dict[str, str]:
    """The module's names for strings, of its own and imported from other modules of ui."""
    found = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ui."):
            path = ROOT / f"{str(node.module).replace('.', '/')}.py"
            known = constants(ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else {}
            found |= {alias.name: known[alias.name] for alias in node.names if alias.name in known}
    return found


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


def names_in(tree: ast.Module) -> tuple[set[str], list[str]]:
    """Every string in a module, and a pattern for every f-string: `f"rule {rule}"` -> "rule .+"."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    whole, patterns = set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            whole.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            texts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
            if any(str(text).strip() for text in texts if text is not None):
                patterns.append("".join(".+" if text is None else re.escape(str(text)) for text in texts))
    return whole, patterns


def unused(sources: list[Path], written: dict[str, set[str]]) -> list[tuple[str, str]]:
    """The parts, of the pages' names -> their parts, that no module which names the page asks for."""
    asked: set[tuple[str, str]] = set()
    for path in sources:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        whole, patterns = names_in(tree)
        for page in (whole | set(constants(tree).values())) & set(written):
            found = {name for name in written[page] if any(re.fullmatch(pattern, name) for pattern in patterns)}
            asked |= {(page, name) for name in found | (whole & written[page])}
    return sorted({(page, name) for page, names in written.items() for name in names} - asked)


WRITTEN = {path.stem: set(lesson.prose(path.stem)) for path in lesson.PROSE.glob("*.md")}


# Parts that go by the names of something else.
BY_NAME: dict[str, Iterable[str]] = {
    "presets": presets.TRAIN,
    "error_map": VERDICTS,
    "run_status": ["queued", "paused", "ready"],  # of a run; the other states have names of their own
}
STEPPER = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ui/components/stepper").glob("*.js"))


def test_every_part_is_used():
    """Every prediction asks for "choose first"; the stepper's JavaScript gets all parts of its own."""
    used = {(page, name) for page, names in BY_NAME.items() for name in names}
    used |= {(use.page, "choose first") for use in USES}
    used |= {("stepper", name) for name in re.findall(r'\btexts(?:\.|\[")([a-z ]+)', STEPPER)}
    used |= {("stepper", name) for name in re.findall(r'"(upstream|constant)"', STEPPER)}
    assert set(unused(SOURCES, WRITTEN)) - used == set()


def test_an_unused_part_is_found(tmp_path: Path):
    path = tmp_path / "panel.py"
    path.write_text('PAGE = "demo"\nlesson.show(PAGE, "intro")\nlesson.show(PAGE, f"rule {rule}")\nf"{a} {b}"\n')
    written = {"demo": {"intro", "rule sgd", "rule", "old one"}, "other": {"intro"}}
    assert unused([path], written) == [("demo", "old one"), ("demo", "rule"), ("other", "intro")]


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
