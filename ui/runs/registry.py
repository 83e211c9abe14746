"""All live runs of this process by id: found again after a reload, ended when nobody comes back."""

import threading
import time

from ui.runs.live import Run
from ui.runs.sessions import is_connected

END_AFTER = 120.0  # seconds without a viewer
LOOK_EVERY = 5.0  # seconds between looks for abandoned runs

_runs: dict[str, Run] = {}
_lock = threading.Lock()
_watching = False  # whether the thread is there that ends abandoned runs; it goes when there are no runs


def register(run: Run) -> None:
    """Keep a run findable by its id until it has had no viewer for two minutes."""
    global _watching  # noqa: PLW0603
    with _lock:
        _runs[run.id] = run
        if not _watching:
            _watching = True
            threading.Thread(target=_end_abandoned, name="end-abandoned-runs", daemon=True).start()


def find(run_id: str, session: str) -> Run | None:
    """The run of this id, if it is this session's or its owner's browser is gone (as after a reload)."""
    with _lock:
        run = _runs.get(run_id)
        if run is None or (run.owner != session and is_connected(run.owner)):
            return None
        run.owner, run.last_seen = session, time.monotonic()
        return run


def runs() -> list[Run]:
    """All of them, the newest last."""
    with _lock:
        return list(_runs.values())


def discard(run: Run) -> None:
    """End a run and forget it."""
    run.pause()
    with _lock:
        _runs.pop(run.id, None)


def _end_abandoned() -> None:
    global _watching  # noqa: PLW0603
    while True:
        time.sleep(LOOK_EVERY)
        for run in runs():
            if not run.has_viewer(END_AFTER):
                discard(run)
        with _lock:
            if not _runs:
                _watching = False
                return
