"""The map of weight scale and learning rate: its chart, and the rows that it draws."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

import altair as alt
import pandas as pd

from nnlib.experiments import Result
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.lessons.overfit.settings import GRID_RATES, GRID_SCALES, PAGE
from ui.widgets.charts import as_spec

ROW, AXIS = 34, 56  # px
REACHED, DIVERGED, EMPTY = ("#0072b2", "#ffffff"), ("#f2bd97", "#17212e"), ("transparent", "#17212e")  # fill, text
SHORT = ("#e4f0fc", "#c4daf1", "#a3c5e6", "#80b0de")  # the higher the accuracy, the darker
DARK = "#17212e"
FONT: dict[str, Any] = {"labelFontSize": 15, "titleFontSize": 16}
LABEL = "datum.value < 0.01 ? format(datum.value, '.0e') : format(datum.value, '~g')"


def edges(grid: Sequence[float]) -> list[float]:
    """Where the cells around the values of a logarithmic axis meet, both ends included."""
    inner = [sqrt(a * b) for a, b in pairwise(grid)]
    return [grid[0] ** 2 / inner[0], *inner, grid[-1] ** 2 / inner[-1]]


def _axis(grid: Sequence[float], title: str) -> dict[str, Any]:
    ends = edges(grid)
    return {
        "title": title,
        "scale": alt.Scale(type="log", domain=[ends[0], ends[-1]], nice=False),
        "axis": alt.Axis(values=list(grid), labelExpr=LABEL, labelOverlap=False, grid=False, labelAngle=0, **FONT),
    }


def _map(scales: Sequence[float], rates: Sequence[float]) -> dict[str, Any]:
    x, y = _axis(scales, "weight scale"), _axis(rates, "learning rate")
    fill, ink = alt.Fill("fill:N", scale=None), alt.Color("ink:N", scale=None)
    tooltip = [
        alt.Tooltip("scale:Q", title="weight scale", format="~g"),
        alt.Tooltip("rate:Q", title="learning rate", format="~g"),
        alt.Tooltip("told:N", title="outcome"),
    ]
    # A selection that is the same again is not told; with the visits each click is another one. A click is lost if
    # cells are drawn anew between press and release, a release is not, and it does not come when a finger scrolls.
    fields = ["scale", "rate", "visit"]
    clicked = alt.selection_point(name="cell", fields=fields, on="pointerup", toggle=False, clear=False)
    spans = alt.Chart().encode(alt.X("x0:Q", **x), alt.X2("x1:Q"), alt.Y("y0:Q", **y), alt.Y2("y1:Q"))
    centres = alt.Chart().encode(alt.X("scale:Q", **x), alt.Y("rate:Q", **y), tooltip=tooltip)
    cells = (
        spans.transform_filter("datum.kind == 'cell'")
        .mark_rect(stroke="#768394", strokeWidth=1, cursor="pointer")
        .encode(fill, tooltip=tooltip)
        .add_params(clicked)
    )
    between = centres.transform_filter("datum.kind == 'between'")
    circles = between.mark_point(shape="circle", size=1000, stroke="#768394", strokeWidth=1, opacity=1).encode(fill)
    texts = centres.mark_text(fontSize=15, fontWeight="bold", cursor="pointer").encode(ink, alt.Text("text:N"))
    ring: dict[str, Any] = {"stroke": "#e69f00", "strokeWidth": 4, "fill": "transparent", "cursor": "pointer"}
    here = spans.transform_filter("datum.kind == 'here'").mark_rect(**ring)
    here_between = centres.transform_filter("datum.kind == 'here between'").mark_point(**ring, size=1300, opacity=1)
    layers = (cells, circles, texts, here.encode(tooltip=tooltip), here_between)
    return as_spec(alt.layer(*layers, height=ROW * len(rates) + AXIS))


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
    return fill, DARK, f"{best:.0%}", lesson.text(PAGE, "cell short", best=f"{best:.0%}", epochs=result.spec.num_epochs)


def _spans(grid: Sequence[float]) -> dict[float, tuple[float, float]]:
    ends = edges(grid)
    return dict(zip(grid, pairwise(ends), strict=True))
