"""The lessons' text: markdown files in assets/prose, cut at their headings."""

from functools import cache
from pathlib import Path

import streamlit as st

PROSE = Path(__file__).parent.parent / "assets" / "prose"


@cache
def parts(page: str) -> dict[str, str]:
    """The parts of assets/prose/PAGE.md: the name after `## ` -> the markdown below it."""
    found: dict[str, list[str]] = {}
    name = None
    for line in (PROSE / f"{page}.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line[3:].strip()
            found[name] = []
        elif name is not None:
            found[name].append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def text(page: str, name: str, **values: object) -> str:
    """One part's markdown, with {names} filled in if any are given."""
    part = parts(page)[name]
    return part.format(**values) if values else part


def show(page: str, name: str, **values: object) -> None:
    """Write one part on the page."""
    st.markdown(text(page, name, **values))
