"""A lesson added as CONTRIBUTING.md tells: in a copy of the house it stands in the navigation, on Home, and opens."""

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.places import ROOT

PAGE = '''
"""Extra: what the test adds."""

import streamlit as st

from ui import lesson
from ui.lesson import Part
from ui.lessons.extra import panel

st.title("Extra")
lesson.parts({"only": Part("The only part", panel.only)}, "extra_part")
'''
PANEL = '''
"""The only part of the lesson."""

from ui import lesson


def only() -> None:
    """Its text."""
    lesson.show("extra", "only")
'''
VISIT = """
from streamlit.testing.v1 import AppTest

app = AppTest.from_file("ui/main.py", default_timeout=60).run()
print([link.proto.label for link in app.get("page_link")])
app.switch_page("../pages/extra.py").run()
print([title.value for title in app.title], [markdown.value for markdown in app.markdown], len(app.exception))
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for folder in ("ui", "pages", "assets"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "nnlib").symlink_to(ROOT / "nnlib")
    return tmp_path


def test_a_lesson_is_a_door_a_room_a_row_and_its_prose(house: Path):
    navigation = house / "ui" / "navigation.py"
    rows = navigation.read_text(encoding="utf-8")
    before, found, after = rows.partition("]\nLESSONS")
    assert found
    row = '    _page("extra", "Extra lesson", "add", "What the test adds."),\n'
    navigation.write_text(before + row + found + after, encoding="utf-8")
    (house / "pages" / "extra.py").write_text(PAGE.lstrip(), encoding="utf-8")
    (house / "ui" / "lessons" / "extra").mkdir()
    (house / "ui" / "lessons" / "extra" / "panel.py").write_text(PANEL.lstrip(), encoding="utf-8")
    (house / "assets" / "prose" / "extra.md").write_text("## only\nWords of the extra lesson.\n", encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(VISIT)]
    run = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    links, page = run.stdout.splitlines()
    assert "Extra lesson" in links, run.stderr
    assert page == "['Extra'] ['Words of the extra lesson.'] 0"
