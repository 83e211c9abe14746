"""Compare: the runs of this visit in a table, their curves laid over each other, and what tells them apart."""

import math
from collections.abc import Sequence

import streamlit as st

from nnlib.experiments import Experiment
from ui import lesson
from ui.lessons.compare import charts as compare_charts
from ui.lessons.compare.table import FIGURES, rows, to_csv
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
    st.markdown("  \n".join(_named(labels)))
    charts = compare_charts.charts(labels, pinned, axis)
    for column, (name, (frame, spec)) in zip(st.columns(3), charts.items(), strict=True):
        column.vega_lite_chart(frame, spec, key=f"compare_{name}")
    _differences(pinned)
    _actions(pinned, labels)


def _table(log: RunLog, entries: Sequence[Entry]) -> list[Entry]:
    """Draws the table; gives the runs that are ticked in it."""
    numbers = [entry.number for entry in entries]
    if log.pinned is None:
        log.pinned = numbers[-PINNED_FIRST:]
    ticked = [row for row, number in enumerate(numbers) if number in log.pinned]
    shown = st.dataframe(
        rows(log, entries),
        hide_index=True,
        column_config=FIGURES,
        placeholder="–",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticked}},
        key=f"compare_table_{numbers[0]}",
    )
    pinned = [entries[row] for row in sorted(shown["selection"]["rows"]) if row < len(entries)]
    log.pinned = [entry.number for entry in pinned]
    st.download_button(
        "Table (CSV)",
        lambda: to_csv(log),
        "runs.csv",
        "text/csv",
        icon=":material/download:",
        key="compare_csv",
        on_click="ignore",
    )
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
    p = entry.best_val_acc
    return f"{100 * p:.1f} ± {100 * math.sqrt(p * (1 - p) / entry.num_val):.1f} %"


def _named(labels: dict[str, str]) -> list[str]:
    """Each run's name and what tells it from the others."""
    return [f"**{run}**: {settings}" if settings else f"**{run}**" for run, settings in labels.items()]


def _actions(pinned: Sequence[Entry], labels: dict[str, str]) -> None:
    """Use a run's settings again; take one home, or all that are ticked."""
    st.subheader("Go on with them")
    for entry, named in zip(pinned, _named(labels), strict=True):
        with st.container(horizontal=True, vertical_alignment="center", key=f"compare_run_{entry.number}"):
            st.markdown(named, width=320)
            key = f"compare_use_{entry.number}"
            use = {"on_click": open_in_train, "args": (entry.spec,)}
            if st.button("Use these settings", icon=":material/tune:", key=key, **use):
                st.rerun()  # the whole page: another part is shown
            take_home(Experiment(f"run_{entry.number}", (entry.spec,)), [entry.result()], f"compare_{entry.number}")
    if len(pinned) > 1:
        _take_home_together(pinned)
    st.caption(lesson.text(PAGE, "kept"))


def _take_home_together(pinned: Sequence[Entry]) -> None:
    if len({entry.spec.data for entry in pinned}) > 1:
        st.caption(lesson.text(PAGE, "not together"))
        return
    with st.container(horizontal=True, vertical_alignment="center", key="compare_together"):
        st.markdown(lesson.text(PAGE, "together", count=len(pinned)), width=320)
        name = "_".join(["runs", *(str(entry.number) for entry in pinned)])
        runs = tuple(entry.spec for entry in pinned)
        take_home(Experiment(name, runs), [entry.result() for entry in pinned], "compare_all")
