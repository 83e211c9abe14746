"""The chart of a gradient check's error against its step size, both arms of the U named in the picture."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from nnlib.labs.gradient_check.report import STEPS, StepErrors
from ui.widgets.charts import QUIET, as_spec, by, tips, where, x, y

LOWEST, HIGHEST = 1e-14, 3.0
MEDIAN, LARGEST, BENT = "median of all cells", "largest, no ReLU switches", "largest, a ReLU switches"
ROUND_OFF, TRUNCATION = "◂ round-off grows like 1/h", "truncation grows like h² ▸"
SERIES = [MEDIAN, LARGEST, BENT]

_h = x("h", "step size h", type="log", domain=[5e-14, 0.2], format="~e", tickCount=7)
_base = alt.Chart().encode(
    _h, y("error", "relative error", type="log", domain=[LOWEST, HIGHEST], clamp=True, format="~e", tickCount=7)
)
_marks = _base.transform_filter(alt.FieldOneOfPredicate("series", SERIES)).encode(
    by(alt.Color, "series", SERIES, columns=1),
    by(alt.Shape, "series", SERIES, columns=1),
    tooltip=tips(
        alt.Tooltip("series:N", title="cells"),
        alt.Tooltip("h:Q", format="~e"),
        alt.Tooltip("error:Q", title="relative error", format=".1e"),
        alt.Tooltip("cells:Q", title="cells at which a ReLU switches"),
    ),
)
_guides = _base.transform_filter(alt.FieldOneOfPredicate("series", [ROUND_OFF, TRUNCATION]))
_choice = where(alt.Chart(), series="choice").encode(_h)

# columns: series, h, error, cells, text
U_CURVE = as_spec(
    _guides.mark_line(strokeDash=[3, 5], color=QUIET, strokeWidth=2).encode(alt.Detail("series:N")),
    _choice.mark_rule(strokeDash=[8, 4]),
    _choice.mark_text(baseline="top", dy=4, dx=5, align="left", fontWeight="normal").encode(
        text="text:N", y=alt.value(0)
    ),
    _marks.mark_line(),
    _marks.mark_point(size=70),
    where(_base, series="left note").mark_text(align="left").encode(text="text:N"),
    where(_base, series="right note").mark_text(align="right").encode(text="text:N"),
    title="Error of the check against its step size",
    height=560,
)


def u_curve_frame(curve: Sequence[StepErrors], choice: float | None = None) -> pd.DataFrame:
    """The rows of U_CURVE; `choice` is the step size that the learner chose."""
    rows = []
    for point in curve:
        for series, error in ((MEDIAN, point.median), (LARGEST, point.largest), (BENT, point.largest_bent)):
            if error is not None and np.isfinite(error):
                rows.append((series, point.h, max(error, LOWEST), point.bent, ""))
    rows += _guide_rows(curve)
    rows += [("left note", STEPS[-1], 4e-14, 0, ROUND_OFF), ("right note", STEPS[0], 1e-12, 0, TRUNCATION)]
    if choice is not None:
        rows.append(("choice", choice, LOWEST, 0, "your choice"))
    return pd.DataFrame(rows, columns=["series", "h", "error", "cells", "text"])


def best(curve: Sequence[StepErrors]) -> StepErrors | None:
    """The step size with the smallest median error."""
    known = [point for point in curve if point.median is not None and np.isfinite(point.median)]
    return min(known, key=lambda point: point.median or 0.0, default=None)


def _guide_rows(curve: Sequence[StepErrors]) -> list[tuple]:
    """Straight lines of slope -1 and 2 through the two points on either side of the best step size."""
    bottom = best(curve)
    if bottom is None:
        return []
    rows = []
    for series, slope, side in (
        (ROUND_OFF, -1, [p for p in curve if p.h < bottom.h][1:3]),
        (TRUNCATION, 2, [p for p in curve if p.h > bottom.h][-3:-1]),
    ):
        usable = [(p.h, p.median) for p in side if p.median and 0 < p.median < 0.3]
        if usable:
            level = np.exp(np.mean([np.log(error) - slope * np.log(h) for h, error in usable]))
            ends = (1e-13, 30 * bottom.h) if slope < 0 else (bottom.h / 30, 0.1)
            spread = [h for h in np.geomspace(*ends, 30) if LOWEST < level * h**slope < HIGHEST]
            rows += [(series, h, level * h**slope, 0, "") for h in spread]
    return rows
