"""How far runs are: a line above a run's view, and in the sidebar of every page that does not show the run itself."""

import streamlit as st

from nnlib.numerals import duration, whole
from ui import lesson
from ui.runs import log as run_log
from ui.runs.live import Run
from ui.runs.log import RunLog
from ui.runs.polling import poll

POLL = 2.0  # seconds
PAGE = "run_status"


def progress(run: Run) -> None:
    """The share of the steps that is done, the time left, and the best validation accuracy so far."""
    st.progress(min(run.solver.iteration / run.solver.num_iterations, 1.0), text=" ".join(_sentences(run)))


def run_page(page) -> None:
    """Draw a page, and in the sidebar those runs of this session that go on, or have ended, out of its view."""
    run_log.recover()
    log = run_log.current()
    log.here = page
    log.shown.clear()
    page.run()
    log.away |= {name for name, run in log.live.items() if run.active or run.unwatched}
    log.away = (log.away & log.live.keys()) - log.shown
    if log.missing == "gone" and not (log.shown or log.saved or log.entries()):
        st.sidebar.info(lesson.text(PAGE, "gone"))
    if not log.away:
        return
    followed = next(log.live[name] for name in sorted(log.away))
    if st.query_params.get("run") != followed.id and not log.shown:
        st.query_params["run"] = followed.id  # so that a reload finds it
    with st.sidebar:
        _status(log)


def _status(log: RunLog) -> None:
    """Polls while one of the runs is active, and only then."""
    runs = {name: log.live[name] for name in sorted(log.away)}

    def every() -> float | None:
        for run in runs.values():
            run.seen()
        return POLL if any(run.active for run in runs.values()) else None

    def status() -> None:
        for name, run in runs.items():
            with st.container(border=True, key=f"status_{name}"):
                st.markdown(f"**{lesson.text(PAGE, 'title ended' if run.over else 'title')}**")
                progress(run)
                if (page := log.pages[name]) is not None:
                    st.page_link(page, icon=":material/arrow_back:")

    poll(status, every)


def _sentences(run: Run) -> list[str]:
    solver, left = run.solver, run.seconds_left
    values = {
        "done": whole(solver.iteration),
        "steps": whole(solver.num_iterations),
        "epochs": solver.num_epochs,
        "share": 100 * solver.iteration / solver.num_iterations,
        "left": duration(left or 0),
        "how": run.status.capitalize(),
        "time": duration(run.seconds),
    }
    name = {"running": "starting" if left is None else "going"}.get(run.status, "ended" if run.over else run.status)
    sentences = [lesson.text(PAGE, name, **values)]
    if solver.best_epoch or (run.over and solver.best_state is not None):
        best = {"best": 100 * solver.best_val_acc, "epoch": solver.best_epoch}
        sentences.append(lesson.text(PAGE, "best of all" if run.over else "best", **best))
    return sentences
