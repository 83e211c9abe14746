"""Compare: the runs of this visit in a table, their curves laid over each other, and what tells them apart."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nnlib.experiments import Experiment
from nnlib.numerals import fixed, percent
from nnlib.runs.accuracy import Accuracy
from ui import lesson
from ui.lessons.compare import charts as compare_charts
from ui.lessons.compare.table import CONFIG, rows, to_csv
from ui.lessons.train.panel import open_in_train
from ui.runs import log as run_log
from ui.runs.log import Entry, RunLog
from ui.runs.polling import poll
from ui.runs.take_home import take_home
from ui.widgets.options import one_of
from ui.widgets.words import difference, label, varied

PAGE = "compare"
POLL = 2.0  # seconds
PINNED_FIRST = 2  # runs, the newest, that are laid over each other before anything is ticked


def compare_panel() -> None:
    """The whole part of the page; polls while a run is active, and only then."""
    log = run_log.current()
    if not log.entries():
        st.info(lesson.text(PAGE, "empty"), icon=":material/table_rows:")
        return
    lesson.show(PAGE, "intro")

    def every() -> float | None:
        return POLL if any(run.active for run in log.live.values()) else None

    st.fragment(lambda: poll(lambda: _compared(log), every))()
    st.header("What to look for")
    lesson.show(PAGE, "look for")
    lesson.ask(PAGE, "question two settings")
    lesson.ask(PAGE, "question seeds")


def _compared(log: RunLog) -> None:
    entries = log.entries()
    pinned = _table(log, entries)
    if not pinned:
        st.info(lesson.text(PAGE, "nothing pinned"))
        return
    if len(pinned) > compare_charts.MOST:
        st.caption(lesson.text(PAGE, "too many", most=compare_charts.MOST))
        pinned = pinned[: compare_charts.MOST]
    names = varied(entry.spec for entry in pinned)
    labels = {f"run {entry.number}": label(entry.spec, names) for entry in pinned}
    axis = one_of("Against", list(compare_charts.AXES), "compare_axis")
    named = [f"**{run}**: {settings}" if settings else f"**{run}**" for run, settings in labels.items()]
    st.markdown("  \n".join(named))
    charts = compare_charts.charts(labels, pinned, axis)
    for column, (name, (frame, spec)) in zip(st.columns(3), charts.items(), strict=True):
        column.vega_lite_chart(frame, spec, key=f"compare_{name}")
    _differences(pinned)
    _actions(pinned, named)


def _table(log: RunLog, entries: Sequence[Entry]) -> list[Entry]:
    """Draws the table; gives the runs that are ticked in it."""
    numbers = [entry.number for entry in entries]
    if log.pinned is None:
        log.pinned = numbers[-PINNED_FIRST:]
    ticked = [row for row, number in enumerate(numbers) if number in log.pinned]
    shown = st.dataframe(
        rows(log, entries),
        hide_index=True,
        column_config=CONFIG,
        placeholder="–",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticked}},
        key=f"compare_table_{numbers[0]}",
    )
    pinned = [entries[row] for row in sorted(shown["selection"]["rows"]) if row < len(entries)]
    log.pinned = [entry.number for entry in pinned]
    how: dict[str, Any] = {"icon": ":material/download:", "key": "compare_csv", "on_click": "ignore"}
    st.download_button("Table (CSV)", lambda: to_csv(log), "runs.csv", "text/csv", **how)
    return pinned


def _differences(pinned: Sequence[Entry]) -> None:
    """What changes from one of two runs to the other, and what that allows to conclude."""
    if len(pinned) != 2:
        return
    st.subheader("What differs")
    first, second = pinned
    phrases, runs = difference(first.spec, second.spec), {"one": first.number, "other": second.number}
    if not phrases:
        lesson.show(PAGE, "same", **runs)
        return
    found = {"differences": ", ".join(phrases), "count": len(phrases)} | runs
    lesson.show(PAGE, "one difference" if len(phrases) == 1 else "several differences", **found)
    if first.spec.data != second.spec.data:
        lesson.show(PAGE, "other data")
        return
    lesson.show(PAGE, "chance", first=_with_error(first), second=_with_error(second), count=first.num_val)


def _with_error(entry: Entry) -> str:
    """The best validation accuracy and its standard error."""
    reached = Accuracy(round(entry.best_val_acc * entry.num_val), entry.num_val)
    return f"{fixed(100 * reached.share, 1)} ± {percent(reached.standard_error)}"


def _actions(pinned: Sequence[Entry], named: Sequence[str]) -> None:
    """Use a run's settings again; take one home, or all that are ticked."""
    st.subheader("Go on with them")
    for entry, name in zip(pinned, named, strict=True):
        with _row(f"run_{entry.number}"):
            st.markdown(name, width=320)
            how: dict[str, Any] = {"icon": ":material/tune:", "key": f"compare_use_{entry.number}"}
            if st.button("Use these settings", on_click=open_in_train, args=(entry.spec,), **how):
                st.rerun()  # the whole page: another part is shown
            _take_home([entry], f"run_{entry.number}", f"compare_{entry.number}")
    if len({entry.spec.data for entry in pinned}) > 1:
        st.caption(lesson.text(PAGE, "not together"))
    elif len(pinned) > 1:
        with _row("together"):
            st.markdown(lesson.text(PAGE, "together", count=len(pinned)), width=320)
            _take_home(pinned, "_".join(["runs", *(str(entry.number) for entry in pinned)]), "compare_all")
    st.caption(lesson.text(PAGE, "kept"))


def _row(key: str) -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", key=f"compare_{key}")


def _take_home(entries: Sequence[Entry], name: str, key: str) -> None:
    take_home(Experiment(name, tuple(entry.spec for entry in entries)), [entry.result() for entry in entries], key)
