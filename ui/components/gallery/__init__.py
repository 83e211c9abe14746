"""Pictures in a row, each with a title, a note and, if there are any, a bar a class."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import ndarray

from nnlib.numerals import percent
from ui.components.bundle import mount


@dataclass
class Tile:
    """One picture.

    picture: a data URI. bars: (class, probability, kind): kind is "right", "wrong" (said, but
    not so), "said" (nobody knows whether it is right) or "".
    """

    picture: str
    title: str
    note: str = ""
    bars: list[tuple[str, float, str]] = field(default_factory=list)


def gallery(tiles: Sequence[Tile], key: str, size: int = 120) -> None:
    """Draw tiles; size: the pictures' width, pixels."""
    _component(data={"tiles": [_encoded(tile) for tile in tiles], "size": size}, key=key, height="content")


def _encoded(tile: Tile) -> dict[str, Any]:
    rows = [{"name": name, "share": round(p, 4), "text": percent(p), "kind": kind} for name, p, kind in tile.bars]
    return {"picture": tile.picture, "title": tile.title, "note": tile.note, "bars": rows}


def bars(p: ndarray, names: Sequence[str], label: int | None = None) -> list[tuple[str, float, str]]:
    """A tile's bars from probabilities (C,), with the right class if it is known."""
    said = int(np.argmax(p))
    kinds = {said: "said"} if label is None else {said: "wrong", label: "right"}
    return [(name, float(p[k]), kinds.get(k, "")) for k, name in enumerate(names)]


def sureness(p: float) -> str:
    """Whole percents; what rounds to all or nothing without being it is said to be less or more."""
    if 0 < p < 0.005:
        return "< 1 %"
    if 0.995 <= p < 1:
        return percent(p) if p < 0.9995 else "> 99.9 %"
    return percent(p, 0)


_component = mount("gallery", __file__)
