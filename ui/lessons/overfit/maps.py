"""The maps of the overfit lesson, one a depth: they fill run by run or by a sweep, and a click chooses a cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from nnlib.experiments import Result, Snapshot
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.lessons.overfit.map_chart import MAPS, frame
from ui.lessons.overfit.outcome import counts
from ui.lessons.overfit.settings import DEPTHS, NAMES, PAGE, RATES, SCALES, map_experiment, spec_of, take
from ui.runs.sweeps import sweep_panel
from ui.runs.take_home import take_home

# In the session: results of the runs that ended, by RunSpec; the cell that was clicked; how many were.
TRIES, CLICKED, VISIT = "overfit_tries", "overfit_clicked", "overfit_visit"


@dataclass(frozen=True)
class Tally:
    """Of one map: cells there are and cells with a result, those at 100 %, and weight scales with such a cell."""

    cells: int
    tried: int
    reached: int
    scales: int
    columns: int

    @property
    def whole(self) -> bool:
        return self.tried == self.cells


def note(result: Result) -> None:
    """Put a run that is over into the map."""
    if counts(result):
        _tries()[result.spec] = result


def clicked(data: str) -> bool:
    """Whether a cell was clicked that nothing was done with; its settings are put into the controls, not drawn yet."""
    spec: RunSpec | None = st.session_state.get(CLICKED)
    if spec is None or spec.data != data:
        return False
    take(spec)
    return True


def done() -> None:
    """What was clicked is played: a script that is overtaken before leaves it to the next."""
    st.session_state.pop(CLICKED, None)


def maps(chosen: RunSpec, guess: str) -> None:
    """The sweep's buttons, both maps, and what they say about the prediction."""
    experiment = map_experiment(chosen.data, chosen.seed)

    def draw(snapshot: Snapshot | None = None) -> None:
        runs = snapshot.runs if snapshot else ()
        swept = {run.spec: run.result for run in runs if run.result and counts(run.result)}
        mine = {s: result for s, result in _tries().items() if (s.data, s.seed) == (chosen.data, chosen.seed)}
        _draw(chosen, guess, experiment.runs, swept | mine)

    # A sweep of its own for each map, so that what is drawn is always what is chosen.
    snapshot = sweep_panel(f"overfit_map_{chosen.data}_{chosen.seed}", experiment, draw, lesson.text(PAGE, "fill"))
    if snapshot is None:
        draw()
    swept = {run.spec: run.result for run in snapshot.runs} if snapshot else {}
    take_home(experiment, [_tries().get(spec) or swept.get(spec) for spec in experiment.runs], "of_map_home")


def tally(hidden: int, runs: Sequence[RunSpec], known: Mapping[RunSpec, Result]) -> Tally:
    """Counts the cells of one depth; runs between the cells do not count."""
    cells = [spec for spec in runs if spec.depth == hidden]
    tried = [spec for spec in cells if spec in known]
    reached = [spec for spec in tried if known[spec].first_epoch_at(1.0) is not None]
    scales, columns = ({spec.weight_scale for spec in some} for some in (reached, cells))
    return Tally(len(cells), len(tried), len(reached), len(scales), len(columns))


def conclusion(three: Tally, five: Tally, guess: str) -> str:
    """Which depth whole maps show to be fussier, beside the prediction."""
    if not (three.whole and five.whole):
        return lesson.text(PAGE, "fussier open", guess=guess)
    a, b = (three.scales, three.reached), (five.scales, five.reached)
    part = "fussier alike" if a == b else "fussier five" if a > b else "fussier three"
    facts = {"three": three.reached, "five": five.reached, "cells": three.cells, "columns": three.columns}
    return lesson.text(PAGE, part, guess=guess, three_scales=three.scales, five_scales=five.scales, **facts)


def _draw(chosen: RunSpec, guess: str, runs: Sequence[RunSpec], known: Mapping[RunSpec, Result]) -> None:
    tallies = {hidden: tally(hidden, runs, known) for hidden in NAMES}
    visit = st.session_state.get(VISIT, 0)
    for column, (name, hidden) in zip(st.columns(2, gap="medium"), DEPTHS.items(), strict=True):
        with column:
            t = tallies[hidden]
            part = "map title whole" if t.whole else "map title" if t.tried else "map title none"
            lesson.show(PAGE, part, network=name.capitalize(), reached=t.reached, tried=t.tried, cells=t.cells)
            key = f"of_map_{chosen.data}_{hidden}"
            how: dict[str, Any] = {"key": key, "on_select": lambda k=key, h=hidden: _note_click(chosen.data, h, k)}
            alt = lesson.text(PAGE, "map alt", network=name)
            st.vega_lite_chart(frame(chosen, hidden, known, visit), MAPS[chosen.data], alt=alt, **how)
    st.caption(lesson.text(PAGE, "map legend"))
    st.markdown(conclusion(*(tallies[hidden] for hidden in DEPTHS.values()), guess=guess))
    if CLICKED in st.session_state:
        st.rerun()  # drawn in a fragment: the rest of the page is to know


def _note_click(data: str, hidden: int, key: str) -> None:
    """Remember the clicked cell until the page is drawn: the next poll would undo what is put into controls here."""
    for point in st.session_state[key].selection.get("cell") or []:
        scale, rate = point.get("scale"), point.get("rate")
        if scale in SCALES[data] and rate in RATES[data]:
            st.session_state[CLICKED] = spec_of(data, hidden, scale, rate)
            st.session_state[VISIT] = st.session_state.get(VISIT, 0) + 1


def _tries() -> dict[RunSpec, Result]:
    return st.session_state.setdefault(TRIES, {})
