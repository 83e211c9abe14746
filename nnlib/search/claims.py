"""Whose turn it is: which trial a worker may begin, and what becomes of the trials of workers that died.

A trial that does not come to its end is marked failed and put in line again with the same settings. A study's trials
are those that have not failed; a worker whose new trial would be one too many drops it.
"""

import os
import socket
from datetime import datetime, timedelta

from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import fail_stale_trials
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from nnlib.search.plan import SearchPlan
from nnlib.search.storage import again, experimental

WORKER = "worker"  # a trial's attribute: "host:process" of who does it
UNSIGNED = timedelta(seconds=60)  # a trial that nobody has signed after so long never began


def claim(study: Study, plan: SearchPlan) -> Trial | None:
    """A trial of its own for the caller; None: all that are wanted are done, or in other hands."""
    kept = [trial for trial in study.get_trials(deepcopy=False) if trial.state != TrialState.FAIL]
    if len(kept) >= plan.wanted and not any(trial.state == TrialState.WAITING for trial in kept):
        return None
    with experimental():
        trial = study.ask()
    before = [other for other in study.get_trials(deepcopy=False) if other.number < trial.number]
    if sum(other.state != TrialState.FAIL for other in before) >= plan.wanted:  # another worker was as quick
        study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        return None
    return trial


def sign(trial: Trial) -> None:
    """Say who does it."""
    trial.set_user_attr(WORKER, f"{socket.gethostname()}:{os.getpid()}")


def give_back(study: Study, trial: FrozenTrial) -> None:
    """Mark a running trial failed, and put its settings in line again; not if somebody else was first."""
    try:
        study.tell(trial.number, state=TrialState.FAIL)
    except (ValueError, UpdateFinishedTrialError):  # it is over
        return
    again(study, trial)


def recover(study: Study) -> None:
    """Give back the trials of dead workers: of this machine's at once, of others' when their heartbeat has stopped."""
    with experimental():
        fail_stale_trials(study)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        worker = trial.user_attrs.get(WORKER)
        if _is_dead(worker) if worker else _is_old(trial):
            give_back(study, trial)


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
