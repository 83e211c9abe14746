"""What the pages' charts share: axes, series, tooltips and looks; Altair makes each spec once, to be kept as a dict.

Draw one with `st.vega_lite_chart(frame, SPEC, key=...)`: sending a dict costs a tenth of sending an Altair chart.
A field without a type is a number; fields, formats and properties are named as Vega-Lite names them.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import altair as alt
import numpy as np

QUIET, DARK = "#768394", "#17212e"  # guides and notes, read on white and on black; ink on light colours
SHORT, SHARE, PLAIN = ".3g", ".1%", "~g"  # formats: measured numbers, shares, settings
PERCENT: dict[str, Any] = {"format": "~%", "tickCount": 5}  # of an axis of shares
EPOCH: dict[str, Any] = {"title": "epoch", "grid": False, "tickMinStep": 1}
STROKE: dict[str, Any] = {"symbolType": "stroke", "symbolStrokeWidth": 3}  # of a legend of lines
# How everything is drawn that does not say otherwise; numbers as `nnlib.numerals` writes them.
LOOKS: dict[str, Any] = {
    "axis": {"labelFontSize": 15, "titleFontSize": 15},
    "legend": {"orient": "top", "columns": 2, "labelFontSize": 15, "labelLimit": 400, "symbolOpacity": 1},
    "line": {"strokeWidth": 3},
    "point": {"filled": True, "opacity": 1, "size": 80},
    "rule": {"color": QUIET, "strokeWidth": 2},
    "text": {"fontSize": 15, "fontWeight": "bold", "color": QUIET},
    "locale": {
        "number": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""], "percent": " %"},
    },
}
_OF_SCALE = ("type", "base", "domain", "nice", "zero", "padding", "clamp", "reverse")
Channel = TypeVar("Channel", alt.Color, alt.Shape, alt.StrokeDash)


def as_spec(*layers: alt.Chart, **how: Any) -> dict[str, Any]:
    """The dict of a chart, or of layers above each other, without the data, which come with each drawing.

    how: the title and the height.
    """
    chart = layers[0].properties(**how) if len(layers) == 1 else alt.layer(*layers, **how)
    spec: dict[str, Any] = chart.to_dict(validate=True) | {"config": LOOKS}
    for layer in spec.get("layer", []):
        layer.pop("data", None)  # Altair names data of its own for layers that have none
    return {name: value for name, value in spec.items() if name not in ("data", "datasets", "$schema")}


def x(field: str, title: str | None = None, **how: Any) -> alt.X:
    """The horizontal place of a mark, and its axis. how: properties of the scale, and of the axis."""
    return alt.X(_typed(field), title=title, **_axis(how))


def y(field: str, title: str | None = None, **how: Any) -> alt.Y:
    """The vertical place of a mark, and its axis. how: properties of the scale, and of the axis."""
    return alt.Y(_typed(field), title=title, **_axis(how))


def by(channel: type[Channel], field: str, names: Sequence[str] | None, looks: Any = None, **legend: Any) -> Channel:
    """A series a name, told apart by colour, shape or dashes.

    Args:
        channel: alt.Color, alt.Shape or alt.StrokeDash.
        field: the column of the names.
        names: in the order of the theme's colours; None: those of the rows, in their order.
        looks: one for each name; by default the theme's and Vega's.
        legend: its properties; `legend=None`: there is none.
    """
    scale: dict[str, Any] = {"domain": list(names)} if names is not None else {}
    scale |= {} if looks is None else {"range": list(looks)}
    shown = None if legend.get("legend", legend) is None else alt.Legend(title=None, **legend)
    order: dict[str, Any] = {} if names is not None else {"sort": None}
    return channel(f"{field}:N", scale=alt.Scale(**scale), legend=shown, **order)


def tips(*fields: str | alt.Tooltip, **formats: str) -> list[alt.Tooltip]:
    """The rows of a tooltip; formats: of the numbers among its fields."""
    plain = [alt.Tooltip(_typed(field)) if isinstance(field, str) else field for field in fields]
    return plain + [alt.Tooltip(f"{field}:Q", format=how) for field, how in formats.items()]


def where(chart: alt.Chart, **values: Any) -> alt.Chart:
    """The rows that have these values alone."""
    for field, value in values.items():
        chart = chart.transform_filter(alt.FieldEqualPredicate(field=field, equal=value))
    return chart


def guess_line(level: float) -> alt.Chart:
    """A dashed line at what knowing nothing gives."""
    return alt.Chart().mark_rule(strokeDash=[4, 4]).encode(alt.Y(datum=level))


def click(name: str, fields: Sequence[str], **how: Any) -> alt.Parameter:
    """A selection by click, told by these fields of the row, of which one must be another after each click.

    One that is the same again would not be told. A click is lost if marks are drawn anew between press and release, a
    release is not, and it does not come when a finger scrolls.
    """
    return alt.selection_point(name=name, fields=list(fields), on="pointerup", toggle=False, clear=False, **how)


def thinned(count: int, most: int) -> list[int]:
    """Places among so many rows, at most so many and evenly apart, with the first and the newest."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()


def _typed(field: str) -> str:
    return field if ":" in field else f"{field}:Q"


def _axis(how: dict[str, Any]) -> dict[str, Any]:
    """Scale and axis from the properties of both; `axis=None` for no axis, `sort` for the order of names."""
    found = {name: how.pop(name) for name in ("sort", "axis") if name in how}
    if scale := {name: how.pop(name) for name in _OF_SCALE if name in how}:
        found["scale"] = alt.Scale(**scale)
    return found | ({"axis": alt.Axis(**how)} if how else {})
