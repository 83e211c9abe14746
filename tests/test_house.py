"""Holds the arrows of the project: pages -> ui -> nnlib, and nnlib on NumPy, pooch and the standard library alone."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.places import ROOT

FOLDERS = ("nnlib", "ui", "pages")
NNLIB_MAY = sys.stdlib_module_names | {"nnlib", "numpy", "pooch"}
IN_SEARCH = {"optuna", "sqlalchemy"}  # which Optuna brings: its errors are turned into sentences
ABOVE = {"ui": {"pages", "app", "tests", "bench"}, "pages": {"pages", "app", "tests", "bench"}}


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


def violations(root: Path) -> list[str]:
    """One sentence for each import under `root` that runs against an arrow."""
    local = {path.stem for folder in ("ui", "pages") for path in (root / folder).glob("*.py")}
    faults = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            where = path.relative_to(root)
            for line, module in imports(path.read_text(encoding="utf-8"), ".".join(where.parent.parts)):
                if fault := wrong(where.as_posix(), module, local):
                    faults.append(f"{where.as_posix()}:{line} imports {module}: {fault}")
    return faults


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
        ("ui/search_panel.py", "import optuna"),
        ("nnlib/data/cifar10.py", "import requests"),
        ("nnlib/data/cifar10.py", "from ...ui import charts"),
        ("ui/charts.py", "from pages.layers import draw"),
        ("ui/charts.py", "import pages.layers"),
        ("ui/charts.py", "from .. import pages"),
        ("ui/charts.py", "import importlib\nimportlib.import_module('pages.layers')"),
        ("ui/stepper/trace.py", "from app import app"),
        ("ui/main.py", "import charts"),
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
        ("ui/charts.py", "import altair\nimport streamlit\nfrom nnlib.solver import Solver\nfrom . import matrices"),
        ("ui/main.py", "from ui.widgets.charts import line\nfrom ui import prose"),
        ("pages/optimizers.py", "import nnlib\nfrom ui import charts, live\nfrom nnlib.optim import adam"),
    ],
)
def test_an_import_along_the_arrows_passes(tmp_path: Path, file: str, statement: str):
    grow(tmp_path, {file: statement})
    assert violations(tmp_path) == []


def grow(root: Path, changed: dict[str, str]) -> None:
    """Write a small project of empty modules with the given ones in it."""
    names = ("nnlib/layers.py", "ui/main.py", "ui/charts.py", "pages/layers.py", "pages/optimizers.py")
    for name, source in (dict.fromkeys(names, "") | changed).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
