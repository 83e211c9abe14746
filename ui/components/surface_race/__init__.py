"""Shows walks over a loss surface: one component that draws, plays and scrubs in the browser, without a rerun."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy import ndarray

from nnlib.labs.optimizers.surfaces import Surface
from nnlib.labs.optimizers.walks import Walk
from nnlib.optim import RECORDS, RULES
from ui.components.bundle import encode, mount
from ui.widgets.looks import COLOURS, RULE_DASHES

LARGEST = float(np.finfo(np.float32).max)
GRID = 97  # points along each axis of the contour picture


def surface_race(
    surface: Surface,
    start: tuple[float, float],
    walks: Sequence[Walk],
    steps: int,
    key: str,
    texts: dict[str, str],
    outcome: tuple[int, str] | None = None,
    on_start: Callable[[float, float], None] | None = None,
) -> None:
    """Draw a race; with the same `key` the step shown stays while walks and start change.

    Args:
        surface, start: where, and from which point.
        walks: what is raced; none yet: the surface and the start are shown, and nothing can be played.
        steps: the length of the race; a walk that diverged may be shorter.
        key: the component's name on its page.
        texts: sentences shown inside: "waiting" while there are no walks, "guess" beside the step, "handle" for the
            start's tooltip.
        outcome: a step, and a sentence that is shown from this step on.
        on_start: called with x and y when the learner moves the start; the script runs again after it.
    """

    def moved() -> None:
        asked = _asked(key)
        if on_start and asked:
            on_start(asked[0], asked[1])

    data = {
        "surface": _surface(surface),
        "start": start,
        "answers": asked[2] if (asked := _asked(key)) else None,
        "steps": steps,
        "tracks": [_track(walk) for walk in walks],
        "texts": texts,
        "outcome": {"step": outcome[0], "text": outcome[1]} if outcome else None,
    }
    _component(data=encode(data), key=key, height="content", on_start_change=moved)


def _asked(key: str) -> tuple[float, float, float] | None:
    """The last place that the learner asked for, and the number of that message."""
    try:
        x, y, number = map(float, st.session_state[key].start)
    except (KeyError, AttributeError, TypeError, ValueError):
        return None  # nothing yet, or not from our component
    return x, y, number


def short_name(rule: str) -> str:
    """The rule's name as the race's labels have it."""
    return RECORDS[rule].title


def heights(surface: Surface) -> tuple[ndarray, float]:
    """The surface's picture, and how to read it.

    Returns:
        heights, (GRID, GRID), 0 to 1, the first row at the lowest y: log(1 + (loss - lowest) / unit) / top.
        top, that logarithm at the highest point in view.
    """
    x0, x1, y0, y1 = surface.extent
    grid = np.stack(np.meshgrid(np.linspace(x0, x1, GRID), np.linspace(y0, y1, GRID)), axis=-1)
    raised = np.log1p((surface.value(grid) - surface.lowest) / surface.unit)
    return raised / raised.max(), float(raised.max())


def _surface(surface: Surface) -> dict[str, Any]:
    shares, top = heights(surface)
    return {
        "name": surface.name,
        "title": surface.title,
        "extent": surface.extent,
        "minima": surface.minima,
        "lowest": surface.lowest,
        "unit": surface.unit,
        "top": top,
        "bands": surface.bands,
        "grid": GRID,
        "heights": _base64((shares * 65535).round().astype("<u2")),
    }


def _track(walk: Walk) -> dict[str, Any]:
    slot = list(RULES).index(walk.rule)
    return {
        "rule": walk.rule,
        "label": short_name(walk.rule),
        "slot": slot % COLOURS,
        "dash": " ".join(map(str, RULE_DASHES[slot])),
        "points": _floats(walk.points),
        "losses": _floats(walk.losses),
        "memory": [
            {"name": name, "signed": name not in RECORDS[walk.rule].squares, "values": _floats(values)}
            for name, values in walk.memory.items()
        ],
        "arrived": walk.arrived,
        "diverged": walk.diverged,
    }


def _floats(array: ndarray) -> str:
    """In single precision, whose largest number stands for all that are larger."""
    return _base64(array.clip(-LARGEST, LARGEST).astype("<f4"))


def _base64(array: ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


_component = mount("surface_race", __file__)
