"""What a worker does: ask for a trial, train it, tell how it went; until the study has the trials that it wants."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import Trial, TrialState

from nnlib.experiments.running import load_data
from nnlib.runs import SETTINGS, RunSpec
from nnlib.search import claims, studies
from nnlib.search.connection import HEARTBEAT, experimental
from nnlib.search.plan import Choice, SearchPlan
from nnlib.search.storage import using
from nnlib.solver import Diverged
from nnlib.workers.faults import sentence

LOOK_EVERY = 0.5  # seconds, while all trials are in other hands, of which one may die
STARTUP = 10  # trials at random before TPE learns from them


def work(study: str, storage: str, seconds: float | None = None) -> Iterator[dict[str, Any] | None]:
    """Do trials until all are done; what a worker process calls.

    seconds: after so long begin no further trial, so that others may have the worker; and do not wait for trials in
    other hands. While the database is away it waits, with what it has to tell.

    Yields {"trial": number} as one begins, {"more": True} last if there is more to do, else None.

    Raises:
        SearchError: the study is gone, or the database cannot be used.
        ValueError: the data are not here, or the settings cannot be run.
    """
    began = time.monotonic()
    with using(storage, patience=inf) as database:
        opened, plan = studies.load(storage, study, patience=inf)
        load_data(plan.base)  # they may take a while to prepare, or be absent: know it before a trial is claimed
        while True:
            try:
                plan = studies.plan_of(opened)
                claims.recover(opened)
                trial = claims.claim(opened, plan)
                if trial is not None:
                    yield from run_trial(opened, trial, plan, database)
            except KeyError:
                studies.load(storage, study)  # says so if it has been deleted
                raise
            if trial is None:
                if seconds is not None or _all_done(opened, plan):
                    return
                time.sleep(LOOK_EVERY)
                yield None
            elif seconds is not None and time.monotonic() - began > seconds:
                yield {"more": True}
                return


def run_trial(study: Study, trial: Trial, plan: SearchPlan, storage: Any) -> Iterator[Any]:
    """Choose settings, train with them, report the validation accuracy after each epoch, and give up if it is hopeless.

    The value is the best validation accuracy; of a run that diverged the best before. When the caller stops in between
    the trial is given back; settings that cannot be run make it fail with a sentence.
    """
    try:
        study.sampler, study.pruner = sampler(plan, trial.number), pruner(plan)
        with _heartbeat(storage, trial):
            claims.sign(trial)
            yield {"trial": trial.number}
            spec = choose(trial, plan)
            solver = spec.make_solver(load_data(spec))
            reported = 0
            for item in solver.steps():
                if isinstance(item, Diverged):
                    trial.set_user_attr(studies.MESSAGE, item.message)
                elif item.val_acc is not None and item.epoch > reported:
                    reported = item.epoch
                    trial.report(item.val_acc, reported)
                    if not solver.over and trial.should_prune():
                        study.tell(trial, state=TrialState.PRUNED)
                        return
                yield None
            study.tell(trial, solver.best_val_acc)
    except UpdateFinishedTrialError:  # it was taken for lost, as after a night's sleep of the machine
        return
    except (ValueError, TypeError, ArithmeticError, MemoryError) as fault:
        claims.fail(study, study.get_trials(deepcopy=False)[trial.number], sentence(fault))
    except BaseException:  # stopped, or a fault of ours
        claims.give_back(study, study.get_trials(deepcopy=False)[trial.number])
        raise


def choose(trial: Trial, plan: SearchPlan) -> RunSpec:
    """Let the sampler choose each varied setting."""
    chosen: dict[str, Any] = {}
    for name, domain in plan.space.items():
        if isinstance(domain, Choice):
            chosen[name] = trial.suggest_categorical(name, domain.values)
            continue
        setting = SETTINGS[name]
        if setting.whole:
            chosen[name] = trial.suggest_int(name, int(domain.low), int(domain.high), log=setting.log)
        else:
            chosen[name] = trial.suggest_float(name, domain.low, domain.high, log=setting.log, step=setting.step)
    return plan.spec(chosen)


def sampler(plan: SearchPlan, number: int) -> BaseSampler:
    """What chooses the settings of the trial of that number; at random it chooses the same again.

    Source: Bergstra et al., "Algorithms for hyper-parameter optimization", 2011 (TPE). "constant liar" lets processes
    that work at the same time look elsewhere.
    """
    seed = (plan.seed * 1_000_003 + number) % 2**32
    if plan.method == "tpe":
        with experimental():
            return TPESampler(n_startup_trials=STARTUP, constant_liar=True, seed=seed)
    return RandomSampler(seed)


def pruner(plan: SearchPlan) -> BasePruner:
    """What gives hopeless trials up."""
    epochs = plan.base.num_epochs
    if plan.pruning == "median":
        return MedianPruner(n_startup_trials=5, n_warmup_steps=max(1, epochs // 5))
    if plan.pruning == "halving":
        return SuccessiveHalvingPruner(min_resource=max(1, epochs // 9), reduction_factor=3)
    return NopPruner()


def _all_done(study: Study, plan: SearchPlan) -> bool:
    ended = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished() and claims.counts(trial)]
    return len(ended) >= plan.wanted


@contextmanager
def _heartbeat(storage: Any, trial: Trial) -> Iterator[None]:
    """Signs of life from a thread of its own: a step may take longer than the grace."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT):
            with suppress(Exception):  # of the database: the loop will meet it too, or the next beat succeeds
                storage.record_heartbeat(trial._trial_id)

    storage.record_heartbeat(trial._trial_id)
    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
