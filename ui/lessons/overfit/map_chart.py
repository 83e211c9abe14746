"""The map of weight scale and learning rate: its chart, and the rows that it draws."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

import altair as alt
import pandas as pd

from nnlib.experiments import Result
from nnlib.numerals import percent
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.lessons.overfit.settings import GRID_RATES, GRID_SCALES, PAGE
from ui.widgets.charts import DARK, PLAIN, as_spec, click, where, x, y

ROW, AXIS = 34, 56  # px
REACHED, DIVERGED, EMPTY = ("#0072b2", "#ffffff"), ("#f2bd97", DARK), ("transparent", DARK)  # fill, text
SHORT = ("#e4f0fc", "#c4daf1", "#a3c5e6", "#80b0de")  # the higher the accuracy, the darker
BORDER = {"stroke": "#768394", "strokeWidth": 1}
LABEL = "datum.value < 0.01 ? format(datum.value, '.0e') : format(datum.value, '~g')"


def edges(grid: Sequence[float]) -> list[float]:
    """Where the cells around the values of a logarithmic axis meet, both ends included."""
    inner = [sqrt(a * b) for a, b in pairwise(grid)]
    return [grid[0] ** 2 / inner[0], *inner, grid[-1] ** 2 / inner[-1]]


def _axis(grid: Sequence[float]) -> dict[str, Any]:
    first, *_, last = edges(grid)
    scale = {"type": "log", "domain": [first, last], "nice": False}
    return scale | {"values": list(grid), "labelExpr": LABEL, "labelOverlap": False, "grid": False, "labelAngle": 0}


def _map(scales: Sequence[float], rates: Sequence[float]) -> dict[str, Any]:
    across, up = ("weight scale", _axis(scales)), ("learning rate", _axis(rates))
    fill, ink = alt.Fill("fill:N", scale=None), alt.Color("ink:N", scale=None)
    tooltip = [
        alt.Tooltip("scale:Q", title="weight scale", format=PLAIN),
        alt.Tooltip("rate:Q", title="learning rate", format=PLAIN),
        alt.Tooltip("told:N", title="outcome"),
    ]
    base = alt.Chart().encode(tooltip=tooltip)
    spans = base.encode(x("x0", across[0], **across[1]), alt.X2("x1:Q"), y("y0", up[0], **up[1]), alt.Y2("y1:Q"))
    centres = base.encode(x("scale", across[0], **across[1]), y("rate", up[0], **up[1]))
    cells = where(spans, kind="cell").mark_rect(cursor="pointer", **BORDER).encode(fill)
    circles = where(centres, kind="between").mark_point(size=1000, **BORDER).encode(fill)
    ring: dict[str, Any] = {"stroke": "#e69f00", "strokeWidth": 4, "fill": "transparent", "cursor": "pointer"}
    return as_spec(
        cells.add_params(click("cell", ["scale", "rate", "visit"])),
        circles,
        centres.mark_text(cursor="pointer").encode(ink, alt.Text("text:N")),
        where(spans, kind="here").mark_rect(**ring),
        where(centres, kind="here between").mark_point(**ring, size=1300),
        height=ROW * len(rates) + AXIS,
    )


# columns: kind (cell, between, here, here between), scale, rate, x0, x1, y0, y1, fill, ink, text, told, visit
MAPS = {data: _map(GRID_SCALES[data], GRID_RATES[data]) for data in GRID_SCALES}


def frame(chosen: RunSpec, hidden: int, known: Mapping[RunSpec, Result], visit: int) -> pd.DataFrame:
    """The rows of MAPS[chosen.data]: every cell, runs between the cells, and where the chosen settings are.

    hidden: layers of the networks in this map. known: finished runs; those of other depths are left out.
    visit: another number after each click.
    """
    scales, rates = GRID_SCALES[chosen.data], GRID_RATES[chosen.data]
    columns, lines = _spans(scales), _spans(rates)
    found = {(float(s.weight_scale), s.learning_rate): r for s, r in known.items() if s.depth == hidden}

    def row(kind: str, scale: float, rate: float, looks: tuple[str, str, str, str]) -> tuple:
        return kind, scale, rate, *columns.get(scale, (scale, scale)), *lines.get(rate, (rate, rate)), *looks

    def between(scale: float, rate: float) -> bool:
        return scale not in columns or rate not in lines

    rows = [row("cell", scale, rate, look(found.get((scale, rate)))) for scale in scales for rate in rates]
    rows += [row("between", *place, look(result)) for place, result in found.items() if between(*place)]
    if chosen.depth == hidden:
        place = float(chosen.weight_scale), chosen.learning_rate
        looks = (*EMPTY, "", look(found.get(place))[-1])
        rows.append(row("here between" if between(*place) else "here", *place, looks))
    names = ["kind", "scale", "rate", "x0", "x1", "y0", "y1", "fill", "ink", "text", "told"]
    return pd.DataFrame(rows, columns=names).assign(visit=visit)


def look(result: Result | None) -> tuple[str, str, str, str]:
    """Fill, colour of the text, text and tooltip of a cell."""
    if result is None:
        return *EMPTY, "", lesson.text(PAGE, "cell empty")
    if (epoch := result.first_epoch_at(1.0)) is not None:
        return *REACHED, f"✓ {epoch}", lesson.text(PAGE, "cell reached", epoch=epoch)
    if result.status == "diverged":
        return *DIVERGED, "✕", lesson.text(PAGE, "cell diverged", step=len(result.records) + 1)
    best = result.best_train_acc or 0.0
    fill = SHORT[min(int(best * len(SHORT)), len(SHORT) - 1)]
    told = lesson.text(PAGE, "cell short", best=percent(best, 0), epochs=result.spec.num_epochs)
    return fill, DARK, percent(best, 0), told


def _spans(grid: Sequence[float]) -> dict[float, tuple[float, float]]:
    ends = edges(grid)
    return dict(zip(grid, pairwise(ends), strict=True))
