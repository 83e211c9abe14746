"""Whose turn it is: which trial a worker may begin, and what becomes of the trials of workers that died.

A trial that does not come to its end is marked failed and put in line again with the same settings; one that failed by
its own fault has a message and is not. A study's trials are all but the former; a worker whose new trial would be one
too many drops it.
"""

import os
import socket
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from optuna.exceptions import UpdateFinishedTrialError
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from nnlib.search.connection import HEARTBEAT, experimental
from nnlib.search.plan import SearchPlan

WORKER = "worker"  # a trial's attribute: "host:process" of who does it
MESSAGE = "message"  # a trial's attribute: why it diverged, or failed by its own fault
DEATHS = "deaths"  # a trial's attribute: how many workers have died of these settings
MOST_DEATHS = 10  # few enough to end, more than a night has restarts
DIED = f"The worker process ended {MOST_DEATHS} times during this trial: is there enough memory?"
UNSIGNED = timedelta(seconds=60)  # a trial that nobody has signed after so long never began
SILENT = 3 * HEARTBEAT  # seconds of watching in which a heartbeat that has stopped does not begin again

_watched: WeakKeyDictionary[Study, tuple[float, dict[int, float]]] = WeakKeyDictionary()


def counts(trial: FrozenTrial) -> bool:
    """Whether it is one of the trials that are wanted: not one that is done again."""
    return trial.state != TrialState.FAIL or MESSAGE in trial.user_attrs


def claim(study: Study, plan: SearchPlan) -> Trial | None:
    """A trial of its own for the caller; None: all that are wanted are done, or in other hands."""
    kept = [trial for trial in study.get_trials(deepcopy=False) if counts(trial)]
    if len(kept) >= plan.wanted and not any(trial.state == TrialState.WAITING for trial in kept):
        return None
    with experimental():
        trial = study.ask()
    before = [other for other in study.get_trials(deepcopy=False) if other.number < trial.number]
    if sum(map(counts, before)) >= plan.wanted:  # another worker was as quick
        study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        return None
    return trial


def sign(trial: Trial) -> None:
    """Say who does it."""
    trial.set_user_attr(WORKER, f"{socket.gethostname()}:{os.getpid()}")


def give_back(study: Study, trial: FrozenTrial, deaths: int = 0) -> None:
    """Mark a running trial failed, and put its settings in line again; not if somebody else was first."""
    settings = chosen(trial)
    if not _fail(study, trial) or not settings:
        return
    study.enqueue_trial(settings, user_attrs={DEATHS: deaths} if deaths else None)


def fail(study: Study, trial: FrozenTrial, message: str) -> None:
    """Mark a running trial failed by its own fault; it is not done again."""
    with suppress(UpdateFinishedTrialError):
        study._storage.set_trial_user_attr(trial._trial_id, MESSAGE, message)
        _fail(study, trial)


def _fail(study: Study, trial: FrozenTrial) -> bool:
    """False: it is over."""
    try:
        study.tell(trial.number, state=TrialState.FAIL)
    except (ValueError, UpdateFinishedTrialError):
        return False
    return True


def chosen(trial: FrozenTrial) -> dict[str, Any]:
    """The settings that have been chosen for a trial, also before it began."""
    return trial.system_attrs.get("fixed_params", {}) | trial.params


def recover(study: Study) -> None:
    """Give back the trials of dead workers: of this machine's at once, of others' when their heartbeat has stopped."""
    silent = _silent(study)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        worker = trial.user_attrs.get(WORKER)
        if _is_dead(worker) if worker else _is_old(trial):
            deaths = trial.user_attrs.get(DEATHS, 0) + bool(worker)
            if deaths < MOST_DEATHS:
                give_back(study, trial, deaths)
            else:
                fail(study, trial, DIED)
        elif trial._trial_id in silent:
            give_back(study, trial)


def touch(study: Study) -> None:
    """Write to the database, which says whether it can be written."""
    study._storage.set_study_system_attr(
        study._study_id, "nnlib:watched", time.time()
    )  # what is as it was would not be


def _silent(study: Study) -> set[int]:
    """Trials whose heartbeat has stopped, and not begun again while we watched.

    After the database was away, or the machine asleep, all have stopped at first, also those of workers that live.
    Only time counts in which we look, and could have seen one that was written: it needs nobody's clock.
    """
    storage: Any = study._storage
    if stale := storage._get_stale_trial_ids(study._study_id):
        touch(study)
    now = time.monotonic()
    last, before = _watched.get(study, (now, {}))
    watched = {trial: before[trial] + min(now - last, HEARTBEAT) if trial in before else 0.0 for trial in stale}
    _watched[study] = now, watched
    return {trial for trial, seconds in watched.items() if seconds >= SILENT}


def _is_old(trial: FrozenTrial) -> bool:
    return trial.datetime_start is None or datetime.now() - trial.datetime_start > UNSIGNED


def _is_dead(worker: str) -> bool:
    """Whether the process was one of this machine and is gone."""
    host, _, process = worker.rpartition(":")
    if host != socket.gethostname() or os.name != "posix":
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it lives, as another user's
        return False
    return False
