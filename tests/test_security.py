"""SECURITY.md says what is true. No secret shown: tests/nnlib/search/test_address.py, tests/page/test_secrets.py; no
pickle: tests/nnlib/data/test_pickled.py; hostile files: tests/nnlib/runs, tests/ui/lessons/examine."""

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest
import streamlit.config

from nnlib.data import cleaning, fetch
from nnlib.runs.models import MAX_BYTES
from tests.places import ROOT
from ui.lessons.examine import own, pictures
from ui.lessons.search import desk
from ui.runs import saved, sessions
from ui.widgets.controls import SLIDERS, STOPS

TEXT = " ".join((ROOT / "SECURITY.md").read_text(encoding="utf-8").split())
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def sources(*endings: str) -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob("*.py")) + [p for f in ("nnlib", "ui", "pages") for p in (ROOT / f).rglob("*")]:
        if path.suffix in endings:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "said",
    [
        f"{SLIDERS['depth'][1]} layers of {max(STOPS['width']):,} units",
        f"{own.MAX_UPLOAD} MB, {pictures.MAX_SIDE:,} pixels a side",
        f"a kept model ({MAX_BYTES >> 20} MB, also unpacked)",
        f"unused for {cleaning.MAX_AGE / cleaning.DAY:.0f} days",
        f"(results also beyond {cleaning.MAX_RESULTS / 1e6:.0f} MB)",
        f"newest {saved.MOST} of the last week",
        f"`{fetch.URL.split('/')[2]}`",
    ],
)
def test_its_figures_are_those_of_the_code(said: str):
    assert said in TEXT


def test_what_is_left_ends_when_it_says():
    assert (sessions.END_AFTER, desk.END_AFTER, saved.MAX_AGE) == (2 * 60, 10 * 60, 7 * cleaning.DAY)


def test_the_server_is_configured_as_it_says():
    server = CONFIG["server"]
    assert server["maxUploadSize"] == MAX_BYTES >> 20
    assert server["enableXsrfProtection"] and server["enableCORS"] and not server["enableStaticServing"]
    assert CONFIG["browser"]["gatherUsageStats"] is False
    options = re.findall(r"--((?:server|client)\.\w+)", TEXT)
    assert len(options) >= 4 and set(options) <= set(streamlit.config.get_config_options())


def test_no_text_becomes_html_or_code():
    forbidden = r"unsafe_allow_html|st\.html\(|components\.v1|innerHTML|outerHTML|insertAdjacentHTML|document\.write"
    forbidden += r"|shell=True|allow_pickle=True|os\.system"
    assert [(name, found) for name, text in sources(".py", ".js") for found in re.findall(forbidden, text)] == []


def test_nothing_is_evaluated_or_unpickled_and_only_named_modules_reach_the_network():
    called, reached = [], set()
    for name, text in sources(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"):
                called.append(name)
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            reached |= {(name, module) for module in names if module.partition(".")[0] in REACH}
            called += [name for module in names if module in ("pickle", "marshal", "shelve", "dill", "joblib")]
    assert called == []
    assert {name for name, _ in reached} == {
        "nnlib/data/cache.py",  # pooch, for the name of the system's cache folder
        "nnlib/data/fetch.py",  # pooch, which downloads
        "nnlib/search/claims.py",  # socket, for this machine's name
    }


REACH = {"socket", "http", "urllib3", "requests", "httpx", "aiohttp", "ftplib", "smtplib", "pooch", "websockets"}
