"""How a study stands: progress, a chart, the answer to the prediction, the table of trials."""

from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from nnlib.numerals import percent, plain
from nnlib.runs import SETTINGS
from nnlib.search import Choice, Interval, SearchPlan, StudyState
from ui import lesson
from ui.lessons.search import charts, parallel
from ui.lessons.search.charts import text
from ui.lessons.search.controls import summary
from ui.lessons.search.desk import Book
from ui.widgets.options import BOUND, one_of
from ui.widgets.words import label_of

PAGE = "search"
PROGRESS, CURVES, MAP, LINES, IMPORTANCE = VIEWS = ["Progress", "Epochs", "Map", "Lines", "Importance"]
FEWEST = 20  # ended trials that importances need
MOST_ROWS = 500
MOST_NAMED = 5  # trials


class View(NamedTuple):
    """Which chart; half: of the better half of the trials; x, y: the settings of a map."""

    chart: str
    half: bool = False
    x: str = ""
    y: str = ""


def chosen_view(state: StudyState) -> View:
    """The widgets that choose it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        chart = one_of("Show", VIEWS, "search_view", label_visibility="collapsed", width="content")
        scaled = chart in (PROGRESS, MAP, LINES)
        half = scaled and st.toggle("Only the better half", key="search_half", **BOUND)
    names = list(state.plan.space)
    if chart != MAP or len(names) < 2:
        return View(chart, half)
    usual = [name for name in ("learning_rate", "weight_scale") if name in names]
    x, y = [*dict.fromkeys([*usual, *names])][:2]
    with st.container(horizontal=True):
        how: dict[str, Any] = {"format_func": label_of, "width": 240, **BOUND}
        x = st.selectbox("Across", names, names.index(x), key="search_x", **how)
        y = st.selectbox("Up", names, names.index(y), key="search_y", **how)
    return View(chart, half, x, y)


def show_study(book: Book, guess: str, view: View) -> None:
    """All of it; runs again at every poll."""
    state = book.state
    if book.waiting:
        waiting(book.waiting)
    if book.error:
        st.error(lesson.sentence(book.error))
    if state is None:
        return
    for message in dict.fromkeys(trial.message for trial in state.trials if trial.state == "failed"):
        numbers = [str(t.number) for t in state.trials if t.state == "failed" and t.message == message]
        st.error(lesson.text(PAGE, "failed", trials=", ".join(numbers[:MOST_NAMED]), count=len(numbers), why=message))
    st.progress(min(1.0, len(state.ended) / state.plan.wanted), text=_progress(book, state))
    if state.interrupted:
        st.caption(lesson.text(PAGE, "interrupted", count=state.interrupted))
    if (best := state.best) is None:
        st.info(lesson.text(PAGE, "nothing yet"))
    else:
        found = lesson.text(PAGE, "best", value=percent(best.value), trial=best.number)
        st.markdown(f"{found}: {charts.described(best)}")
    if any(trial.accuracies for trial in state.trials):
        _chart(state, view)
    _outcome(state, guess)
    st.caption(_plan(state.plan))
    _table(state)


def waiting(why: str) -> None:
    """Say that the database cannot be used now."""
    st.warning(lesson.text(PAGE, "waiting", why=lesson.sentence(why)), icon=":material/hourglass_top:")


def _progress(book: Book, state: StudyState) -> str:
    running, wanted, ended = len(state.running), state.plan.wanted, len(state.ended)
    if state.over:
        return lesson.text(PAGE, "finished", wanted=wanted)
    if not book.running and not running:
        return lesson.text(PAGE, "stopped", ended=ended, wanted=wanted)
    others = running if not book.running else max(0, running - sum(not task.over for task in book.tasks))
    elsewhere = lesson.text(PAGE, "elsewhere", count=others) if others else ""
    return lesson.text(PAGE, "progress", ended=ended, wanted=wanted, running=running, elsewhere=elsewhere)


def _chart(state: StudyState, view: View) -> None:
    key = f"search_chart_{view.chart}"
    if view.chart == PROGRESS:
        st.vega_lite_chart(charts.progress_frame(state, view.half), charts.PROGRESS, key=key)
    elif view.chart == CURVES:
        st.vega_lite_chart(charts.curves_frame(state), charts.CURVES, key=key)
    elif view.chart == LINES:
        st.vega_lite_chart(parallel.parallel_frame(state, view.half), parallel.PARALLEL, key=key)
    elif view.chart == MAP and view.x:
        x, y = view.x, view.y
        spec = charts.map_spec(x, y, charts.is_numeric(state, x), charts.is_numeric(state, y))
        st.vega_lite_chart(charts.map_frame(state, x, y, view.half), spec, key=f"{key}_{x}_{y}")
    elif view.chart == MAP:
        st.info(lesson.text(PAGE, "two settings"))
    elif state.importances:
        st.vega_lite_chart(charts.importances_frame(state), charts.IMPORTANCES, key=key)
    else:
        count, settings = len(state.ended), len(state.plan.space)
        st.info(lesson.text(PAGE, "few yet", fewest=FEWEST, count=count, settings=settings))


def _outcome(state: StudyState, guess: str) -> None:
    shares = [(SETTINGS[name].label, percent(share, 0)) for name, share in state.importances.items()]
    if not shares:
        lesson.show(PAGE, "outcome none", guess=guess, fewest=FEWEST)
        return
    (first, share), *rest = shares
    others = ", ".join(f"{name} {share}" for name, share in rest)
    lesson.show(PAGE, "outcome", guess=guess, count=len(state.ended), first=first, share=share, others=others)


def _plan(plan: SearchPlan) -> str:
    """What is varied, how, and what stays."""
    varied = ", ".join(f"{SETTINGS[name].label} {_domain(domain)}" for name, domain in plan.space.items())
    method, stays = lesson.text(PAGE, f"name {plan.method}"), summary(plan.base, without=plan.space)
    return lesson.text(PAGE, "plan", varied=varied, method=method, pruning=plan.pruning, stays=stays)


def _domain(domain: Interval | Choice) -> str:
    if isinstance(domain, Choice):
        return "of " + "/".join(map(text, domain.values))
    return f"{plain(domain.low)} to {plain(domain.high)}"


def _table(state: StudyState) -> None:
    """A row a trial, the newest first; those in line are only counted."""
    numeric = {name: charts.is_numeric(state, name) for name in state.plan.space}
    rows = [
        {
            "trial": trial.number,
            "state": trial.state,
            "accuracy": trial.value if trial.value is not None else max(trial.accuracies, default=None),
            "epochs": len(trial.accuracies),
            **{SETTINGS[name].label: value if numeric[name] else text(value) for name, value in trial.settings.items()},
            "seconds": trial.seconds,
            "done by": trial.worker,
        }
        for trial in reversed(state.trials)
        if trial.state != "waiting" and trial.settings
    ]
    if not rows:
        return
    column = st.column_config
    config = {
        "accuracy": column.ProgressColumn("accuracy", format="percent", min_value=0, max_value=1),
        "seconds": column.NumberColumn("seconds", format="%.1f"),
        **{
            SETTINGS[name].label: column.NumberColumn(SETTINGS[name].label, format="%.3g")
            for name in numeric
            if numeric[name]
        },
    }
    st.dataframe(pd.DataFrame(rows[:MOST_ROWS]), hide_index=True, column_config=config, key="search_table", height=390)
