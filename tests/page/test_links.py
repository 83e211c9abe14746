"""Every link of links.txt still opens what it opened when it was handed out."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from tests.draws import DEEP
from tests.page.conftest import OpenPage

LINKS = [line for line in (Path(__file__).parent / "links.txt").read_text(encoding="utf-8").splitlines() if line]
EVERY = 1 if DEEP else 3  # of the links in their order, which is that of pages and parts


def in_address(app: AppTest) -> dict[str, list[Any]]:
    """What each widget that is bound to the address shows, as an address writes it: by its name there."""
    found = {}
    for element in app:
        proto: Any = getattr(element, "proto", None)
        if getattr(proto, "query_param_key", ""):
            found[proto.query_param_key] = _shown(proto)
    return found


def _shown(proto: Any) -> list[Any]:
    """The values sent along with the widget; its default if none were."""
    kind = type(proto).__name__
    if kind == "ButtonGroup":
        return list(proto.raw_values) if proto.set_value else [proto.options[i].content for i in proto.default]
    if kind == "MultiSelect":
        return list(proto.raw_values) if proto.set_value else [proto.options[i] for i in proto.default]
    if kind == "Slider" and proto.options:
        return list(proto.raw_value) if proto.set_value else [proto.options[int(i)] for i in proto.default]
    if kind == "Slider":
        return list(proto.value if proto.set_value else proto.default)
    if kind == "Selectbox":
        return [proto.raw_value if proto.set_value else proto.options[proto.default]]
    return [proto.value if proto.set_value else proto.default]


def same(shown: list[Any], written: list[str]) -> bool:
    """Whether a widget shows what the link says."""
    return len(shown) == len(written) and all(
        there == here or (there.lower() == str(here).lower()) or _number(there) == _number(here) is not None
        for here, there in zip(shown, written, strict=True)
    )


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def parsed(link: str) -> tuple[str, dict[str, list[str]]]:
    """The page, and the values of each name in the link."""
    page, _, query = link.partition("?")
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return page, values


@pytest.mark.parametrize("link", LINKS[::EVERY])
def test_a_link_opens_what_it_opened(open_page: OpenPage, link: str):
    page, asked = parsed(link)
    app = open_page(page, **asked)
    assert not app.exception and not app.error
    shown = in_address(app)
    found = {name: (values, shown.get(name)) for name, values in asked.items()}
    for name in [name for name in asked if name.endswith("_part") and name in app.query_params]:
        asked[name] = shown[name]  # the address holds what the part is called now
    assert {name: found[name] for name, values in asked.items() if not same(shown.get(name, []), values)} == {}
