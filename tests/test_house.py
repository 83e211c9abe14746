"""Holds the house: pages -> ui -> nnlib, floors and rooms within them, one name for a lesson on every floor."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import nnlib
from tests.places import ROOT
from tests.test_adding import LAYER, NORMALIZATION, RULE

FOLDERS = ("nnlib", "ui", "pages")
NNLIB_MAY = sys.stdlib_module_names | {"nnlib", "numpy", "pooch"}
IN_SEARCH = {"optuna", "sqlalchemy"}  # which Optuna brings: its errors are turned into sentences
ABOVE = {"ui": {"pages", "app", "tests", "bench"}, "pages": {"pages", "app", "tests", "bench"}}

UI_FLOORS = (("main",), ("navigation", "lessons"), ("walks", "runs"), ("components",), ("lesson",), ("widgets",))
BETWEEN_LESSONS = {"compare -> train", "examine -> train", "search -> train", "batchnorm_deep -> normalization"}
SHARED_ROOMS = {"batchnorm": "normalization", "layernorm": "normalization", "train_best_model": "train"}
PARTS_OF_TRAIN = {"compare", "examine", "search"}  # rooms of their own, parts of one page
DOOR = 40  # lines of a page


class Import(NamedTuple):
    """One imported module: the line of the statement and the absolute dotted name."""

    line: int
    module: str


def imports(source: str, package: str) -> list[Import]:
    """Every module that the source of a module of `package` imports, at any depth, import_module("...") included."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found += [Import(node.lineno, f"{base}.{alias.name}" if base else alias.name) for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            found += [Import(node.lineno, str(name.value)) for name in node.args[:1] if isinstance(name, ast.Constant)]
    return found


# ------------------------------------------------------------------------------------------------- between the folders
def violations(root: Path) -> list[str]:
    """One sentence for each import under `root` that runs against an arrow between the folders."""
    local = {path.stem for folder in ("ui", "pages") for path in (root / folder).glob("*.py")}
    local |= {path.name for path in (root / "ui").iterdir() if path.is_dir() and path.name.isidentifier()}
    faults = []
    for where, line, module in every_import(root):
        if fault := wrong(where, module, local):
            faults.append(f"{where}:{line} imports {module}: {fault}")
    return faults


def every_import(root: Path) -> Iterator[tuple[str, int, str]]:
    """(file, line, imported name) under `root`."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            where = path.relative_to(root)
            for line, module in imports(path.read_text(encoding="utf-8"), ".".join(where.parent.parts)):
                yield where.as_posix(), line, module


def wrong(where: str, module: str, local: set[str]) -> str | None:
    """Why the file at `where` must not import `module`, or None if it may."""
    folder, top = where.partition("/")[0], module.partition(".")[0]
    if folder == "nnlib":
        allowed = NNLIB_MAY | IN_SEARCH if where.startswith("nnlib/search/") else NNLIB_MAY
        return None if top in allowed else "nnlib may import NumPy, pooch and the standard library (search Optuna too)"
    if top in IN_SEARCH:
        return "only nnlib.search may import Optuna"
    if top in ABOVE[folder]:
        return "no page is imported by another module" if top == "pages" else f"{top} lies above {folder}"
    if top in local:
        return f"the folder of the router is on sys.path too: under two names a module exists twice, so write ui.{top}"
    return None


def test_every_folder_has_modules_to_check():
    assert [folder for folder in FOLDERS if not list((ROOT / folder).rglob("*.py"))] == []


def test_the_arrows_hold():
    assert violations(ROOT) == []


def test_importing_nnlib_loads_nothing_heavy():
    heavy = "{'altair', 'http.client', 'optuna', 'pandas', 'pooch', 'requests', 'streamlit', 'urllib.request'}"
    script = f"import sys, nnlib; print(*sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout.split(), run.stderr) == ([], "")


@pytest.mark.parametrize(
    ("file", "statement"),
    [
        ("nnlib/layers.py", "import streamlit as st"),
        ("nnlib/layers.py", "from ui import charts"),
        ("nnlib/layers.py", "def late():\n    import pandas"),
        ("nnlib/layers.py", "import numpy, scipy.special"),
        ("nnlib/solver.py", "import optuna"),
        ("nnlib/data/search.py", "import optuna"),
        ("ui/lessons/search/panel.py", "import optuna"),
        ("nnlib/data/cifar10.py", "import requests"),
        ("nnlib/data/cifar10.py", "from ...ui import charts"),
        ("ui/widgets/charts.py", "from pages.layers import draw"),
        ("ui/widgets/charts.py", "import pages.layers"),
        ("ui/charts.py", "from .. import pages"),
        ("ui/charts.py", "import importlib\nimportlib.import_module('pages.layers')"),
        ("ui/components/stepper/trace.py", "from app import app"),
        ("ui/main.py", "import charts"),
        ("ui/main.py", "from widgets import charts"),
        ("pages/optimizers.py", "from pages import layers"),
        ("pages/optimizers.py", "from .layers import draw"),
        ("pages/optimizers.py", "from charts import line"),
        ("pages/optimizers.py", "import layers"),
        ("pages/optimizers.py", "import app"),
    ],
)
def test_an_import_against_an_arrow_is_found(tmp_path: Path, file: str, statement: str):
    grow(tmp_path, {file: statement})
    (fault,) = violations(tmp_path)
    assert fault.startswith(f"{file}:")


@pytest.mark.parametrize(
    ("file", "statement"),
    [
        ("nnlib/layers.py", "import zipfile\nimport numpy.random as r\nfrom numpy import exp\nfrom . import optim"),
        ("nnlib/data/cifar10.py", "import pooch\nfrom .pixels import Pixels\nfrom ..layers import affine_forward"),
        ("nnlib/search/work.py", "import optuna\nfrom optuna.samplers import TPESampler"),
        ("ui/widgets/charts.py", "import altair\nimport streamlit\nfrom nnlib.solver import Solver"),
        ("ui/main.py", "from ui.widgets.charts import line\nfrom ui import lesson"),
        ("pages/optimizers.py", "import nnlib\nfrom ui.runs import live\nfrom nnlib.optim import adam"),
    ],
)
def test_an_import_along_the_arrows_passes(tmp_path: Path, file: str, statement: str):
    grow(tmp_path, {file: statement})
    assert violations(tmp_path) == []


def grow(root: Path, changed: dict[str, str]) -> None:
    """Write a small project of empty modules with the given ones in it."""
    names = ("nnlib/layers.py", "ui/main.py", "ui/charts.py", "ui/widgets/charts.py", "pages/layers.py")
    for name, source in (dict.fromkeys((*names, "pages/optimizers.py"), "") | changed).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")


# ------------------------------------------------------------------------------------------ between the rooms
def modules(root: Path) -> set[str]:
    """Dotted names of all modules, a package by its own."""
    paths = [path.relative_to(root).with_suffix("") for folder in FOLDERS for path in (root / folder).rglob("*.py")]
    return {".".join(path.parts).removesuffix(".__init__") for path in paths}


def arrows(root: Path) -> set[tuple[str, str]]:
    """(module, module it imports), within `root`."""
    known, found = modules(root), set()
    for where, _, name in every_import(root):
        parts = name.split(".")
        ends = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        if (module := next((end for end in ends if end in known), None)) is not None:
            found.add((where.removesuffix(".py").removesuffix("/__init__").replace("/", "."), module))
    return {(one, other) for one, other in found if one != other}


def rooms(found: Iterable[tuple[str, str]], place: str) -> set[tuple[str, str]]:
    """The arrows between what lies directly in a place: its folders, and its modules that are no folder's."""
    depth, inside = place.count(".") + 1, f"{place}."
    pairs = [(one, other) for one, other in found if one.startswith(inside) and other.startswith(inside)]
    named = {(one.split(".")[depth], other.split(".")[depth]) for one, other in pairs}
    return {(one, other) for one, other in named if one != other}


def circle(pairs: set[tuple[str, str]]) -> list[str]:
    """Rooms on a circle, or between two; none if arrows lead down only."""
    left = set(pairs)
    while True:
        begins, ends = {one for one, _ in left}, {other for _, other in left}
        kept = {(one, other) for one, other in left if one in ends and other in begins}
        if kept == left:
            return sorted(begins)
        left = kept


@pytest.fixture(scope="module")
def found() -> set[tuple[str, str]]:
    return arrows(ROOT)


def test_no_circle_between_rooms_or_modules(found):
    places = {name.rpartition(".")[0] for name in modules(ROOT) if "." in name}
    assert {place: circle(rooms(found, place)) for place in places if circle(rooms(found, place))} == {}


def test_a_circle_is_found():
    assert circle({("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")}) == ["b", "c"]
    assert circle({("a", "b"), ("b", "c"), ("a", "c")}) == []


def test_every_room_of_ui_has_its_floor_and_arrows_lead_down(found):
    floor = {room: level for level, floor in enumerate(UI_FLOORS) for room in floor}
    assert {name.split(".")[1] for name in modules(ROOT) if name.startswith("ui.")} == set(floor)
    assert [(one, other) for one, other in rooms(found, "ui") if floor[one] >= floor[other]] == []


def test_lessons_know_no_other_lessons_but_for_these(found):
    assert {f"{one} -> {other}" for one, other in rooms(found, "ui.lessons")} <= BETWEEN_LESSONS
    assert rooms(found, "nnlib.labs") == set()


def test_what_only_one_lesson_uses_lies_in_its_room(found):
    users: dict[str, set[str]] = {name: set() for name in modules(ROOT) if name.startswith("ui.widgets.")}
    for one, other in found:
        if other in users:
            users[other].add(".".join(one.split(".")[:3] if one.startswith("ui.lessons") else one.split(".")[:2]))
    alone = {name: rooms for name, rooms in users.items() if not rooms or (len(rooms) == 1 and "lessons" in min(rooms))}
    assert alone == {}


# ------------------------------------------------------------------------------------------ the same name
def names(folder: str, pattern: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob(pattern) if not path.stem.startswith("_")}


def test_a_lesson_has_the_same_name_on_every_floor():
    pages = names("pages", "*.py")
    lessons = {path.parent.name for path in (ROOT / "ui" / "lessons").glob("*/*.py")}
    assert {SHARED_ROOMS.get(page, page) for page in pages} | PARTS_OF_TRAIN == lessons
    assert lessons - {"normalization"} <= names("assets/prose", "*.md") | {"train"}
    assert pages <= {name.removeprefix("test_") for name in names("tests/page", "*.py")}
    labs = {path.parent.name for path in (ROOT / "nnlib" / "labs").glob("*/*.py")}
    assert labs <= lessons


def test_pages_are_doors():
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "pages").glob("*.py")}
    assert {name: count for name, count in lines.items() if count > DOOR} == {}


def test_the_reading_order_names_every_room_of_nnlib():
    told = set(re.findall(r"\w+", nnlib.__doc__ or ""))
    there = {name.split(".")[1] for name in modules(ROOT) if name.startswith("nnlib.")}
    assert there - told == set()


def test_tests_lie_in_the_rooms_of_what_they_test():
    for folder in ("nnlib", "ui"):
        for path in (ROOT / "tests" / folder).rglob("test_*.py"):
            room = path.parent.relative_to(ROOT / "tests")
            if room.parts != ("nnlib", "core"):  # nnlib's chapters, which lie at its door
                assert (ROOT / room).is_dir(), f"{path} tests no room of {folder}"


def test_every_module_says_its_reason():
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    silent = [str(path) for path in paths if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


# ---------------------------------------------------------------------------------------------------- CONTRIBUTING.md
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_what_is_added_touches_at_most_three_files_which_are_there():
    rows = [line.split("|")[1:-1] for line in CONTRIBUTING.splitlines() if line.startswith(("| a ", "| an "))]
    assert [row[0].strip() for row in rows] == [
        *("a layer", "an update rule", "a normalization", "a data set", "a setting of a run", "a lesson")
    ]
    for _, touched, _, held in rows:
        files = re.findall(r"`([\w/]+(?:\.py|/))`", touched)
        assert 2 <= len(files) <= 3
        for file in (*files, *re.findall(r"`(tests/[\w/]+\.py)`", held)):
            assert "NAME" in file or (ROOT / file).exists(), file
    added = [set(re.findall(r"`([\w/]+\.py)`", touched)) for _, touched, _, _ in rows[:3]]
    assert added == [set(LAYER), set(RULE), set(NORMALIZATION)]  # what the tests that add them touch


def test_the_picture_of_the_house_names_every_room():
    picture = CONTRIBUTING.partition("```")[2].partition("```")[0]
    assert len(picture.splitlines()) <= 30
    told = set(re.findall(r"\w+", picture))
    there = {name.split(".")[1] for name in modules(ROOT) if name.startswith(("nnlib.", "ui."))}
    assert there - told == set()
