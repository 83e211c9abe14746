"""Vega-Lite specs of the pages' charts, each authored with Altair once and kept as a dict.

Draw one with `st.vega_lite_chart(frame, SPEC, key=...)`: sending a dict costs a tenth of sending an Altair chart.
"""

from typing import Any

import altair as alt


def as_spec(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """The chart's dict, without the data, which come with each drawing."""
    spec = chart.to_dict(validate=True)
    for layer in spec.get("layer", []):
        layer.pop("data", None)  # Altair names data of its own for layers that have none
    return {name: value for name, value in spec.items() if name not in ("data", "datasets", "config", "$schema")}


# columns: step, learning_rate
LEARNING_RATE = as_spec(
    alt.Chart(title="Learning rate over the run", height=180)
    .mark_line(interpolate="step-after")
    .encode(
        alt.X("step:Q", title="step", axis=alt.Axis(tickCount=4, grid=False)),
        alt.Y("learning_rate:Q", title=None, axis=alt.Axis(tickCount=3, format="~g"), scale=alt.Scale(zero=True)),
        tooltip=[alt.Tooltip("step:Q"), alt.Tooltip("learning_rate:Q", format=".3e")],
    )
)
