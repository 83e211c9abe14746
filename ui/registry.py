"""All live runs of this process by id: found again after a reload, ended when nobody comes back."""

import threading
import time

from ui.live import Run, is_connected

END_AFTER = 120.0  # seconds without a viewer

_runs: dict[str, Run] = {}
_runs_lock = threading.Lock()


def register(run: Run) -> None:
    """Keep a run findable by its id until it has had no viewer for two minutes."""
    with _runs_lock:
        if not _runs:
            threading.Thread(target=_end_abandoned, name="end-abandoned-runs", daemon=True).start()
        _runs[run.id] = run


def find(run_id: str, session: str) -> Run | None:
    """The run of this id, if it is this session's or its owner's browser is gone (as after a reload)."""
    with _runs_lock:
        run = _runs.get(run_id)
        if run is None or (run.owner != session and is_connected(run.owner)):
            return None
        run.owner, run.last_seen = session, time.monotonic()
        return run


def discard(run: Run) -> None:
    """End a run and forget it."""
    run.pause()
    with _runs_lock:
        _runs.pop(run.id, None)


def _end_abandoned() -> None:
    while True:
        time.sleep(5)
        with _runs_lock:
            abandoned = [run for run in _runs.values() if not run.has_viewer(END_AFTER)]
        for run in abandoned:
            discard(run)
        with _runs_lock:
            if not _runs:
                return
