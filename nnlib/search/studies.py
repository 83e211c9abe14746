"""Studies in the database: make, list, read, prolong and delete them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as S
from sqlalchemy import text

from nnlib.search import claims
from nnlib.search.address import shown_url
from nnlib.search.claims import MESSAGE, chosen
from nnlib.search.connection import experimental
from nnlib.search.plan import SearchError, SearchPlan
from nnlib.search.state import StudyState, TrialState
from nnlib.search.storage import using

PLAN = "plan"  # a study's attribute; one without it is not ours, and one in which it is empty is half made
FEWEST, BEST = 20, 0.25  # ended trials from which on importances mean anything; the share of them that is good
NAMES = r"[\w .,+()-]{1,60}"
LISTED = text(  # Optuna reads all that belongs to a study, and gives none if one is damaged
    "SELECT study_name FROM studies JOIN study_user_attributes AS a ON a.study_id = studies.study_id"
    " WHERE a.key = :plan ORDER BY studies.study_id DESC"
)


@contextmanager
def _sound(name: str) -> Iterator[None]:
    """What Optuna makes of damaged rows becomes a sentence; that a study is not there is a KeyError as ever."""
    try:
        yield
    except (KeyError, SearchError, OSError):
        raise
    except (ValueError, LookupError, TypeError, AssertionError, RecursionError):
        raise SearchError(f"the study {name!r} is damaged: delete it, and make it anew.") from None


def create(url: str, name: str, plan: SearchPlan) -> None:
    """Make a study; workers may then begin.

    Raises:
        SearchError: there is one of that name, the name cannot be used, or the database cannot.
    """
    name = name.strip()
    if not re.fullmatch(NAMES, name):
        raise SearchError("a study needs a name of 1 to 60 letters, digits, spaces and . , + - ( ).")
    with using(url) as storage:
        _make_room(storage, name)
        try:
            study = optuna.create_study(study_name=name, storage=storage, direction="maximize")
        except optuna.exceptions.DuplicatedStudyError:
            raise SearchError(f"there is a study {name!r} already: open it, or choose another name.") from None
        study.set_user_attr(PLAN, {})  # from here on it is listed, and can be deleted
        if plan.method == "grid":
            for point in plan.grid():
                study.enqueue_trial(point)
        study.set_user_attr(PLAN, plan.as_data())


def _make_room(storage: Any, name: str) -> None:
    """Delete a study whose plan nobody can read and that has no results."""
    with suppress(KeyError), _sound(name):
        study = optuna.load_study(study_name=name, storage=storage)
        try:
            plan_of(study)
        except SearchError:
            if study.user_attrs.get(PLAN) and not study.get_trials(deepcopy=False, states=(S.COMPLETE, S.PRUNED)):
                storage.delete_study(study._study_id)


def names(url: str) -> list[str]:
    """All studies made by `create`, the newest first."""
    with using(url) as storage, storage._backend.engine.connect() as connection:
        return list(connection.execute(LISTED, {"plan": PLAN}).scalars())


def load(url: str, name: str, patience: float = 0.0) -> tuple[Study, SearchPlan]:
    """Optuna's study, and its plan; patience: seconds for which it may wait for the database, at each call.

    Raises:
        SearchError: there is none of that name, or it was not made by `create`.
    """
    with using(url, patience) as storage:
        try:
            with _sound(name):
                study = optuna.load_study(study_name=name, storage=storage)
                return study, plan_of(study)
        except KeyError:
            raise SearchError(f"there is no study {name!r} in {shown_url(url)}: it may have been deleted.") from None


def plan_of(study: Study) -> SearchPlan:
    """A study's plan as it is now."""
    if not (data := study.user_attrs.get(PLAN)):
        raise SearchError(f"the study {study.study_name!r} was not made here, or is not complete: choose another.")
    return SearchPlan.from_data(data)


def prolong(url: str, name: str, num_trials: int) -> None:
    """Want so many trials in all; a grid has as many as it has points.

    Raises:
        SearchError: the number is out of bounds, or the study is not there.
    """
    with using(url):
        study, plan = load(url, name)
        if plan.method != "grid":
            study.set_user_attr(PLAN, replace(plan, num_trials=num_trials).as_data())


def disconnect(url: str) -> None:
    """Close the connections that nobody uses now; they are opened again when somebody does."""
    with using(url) as storage:
        storage._backend.engine.dispose()


def delete(url: str, name: str) -> None:
    """Delete a study and its trials; one that is gone already is no fault."""
    with using(url) as storage, suppress(KeyError), _sound(name):
        optuna.delete_study(study_name=name, storage=storage)


def read(
    url: str,
    name: str,
    study: Study | None = None,
    recover: bool = False,
    working: bool = False,
    before: StudyState | None = None,
) -> StudyState:
    """A study as it stands.

    study: Optuna's, from `load`: keeps what has been read of ended trials. recover: first give back the trials of
    dead workers. working: workers of ours are at it, so see that the database can be written, too. before: what was
    read last; what cannot have changed is taken from there.

    Raises:
        SearchError: it is not there, or the database cannot be used; Unreachable, if it may be soon.
    """
    with using(url):
        if study is None:
            study, _ = load(url, name)
        try:
            with _sound(name):
                plan = plan_of(study)
                if working:
                    claims.touch(study)
                if recover:
                    claims.recover(study)
                trials = study.get_trials(deepcopy=False)
        except KeyError:
            raise SearchError(f"the study {name!r} has been deleted.") from None
        known = {trial.number: trial for trial in before.ended} if before else {}
        shown = tuple(known.get(trial.number) or _trial(plan, trial) for trial in trials if claims.counts(trial))
        interrupted = sum(not claims.counts(trial) and bool(chosen(trial)) for trial in trials)
        state = StudyState(name, plan, shown, interrupted, before.importances if before else {})
        if before and len(state.ended) == len(known):
            return state
        return replace(state, importances=importances(trials))


def importances(trials: list[FrozenTrial]) -> dict[str, float]:
    """How much each setting has to do with a trial being among the best quarter, most important first; in all 1.

    Pruned trials count with their last value: what is known of them is that they are not among the best.

    Source: Watanabe, Bansal and Hutter, "PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary
    subspaces", 2023.
    """
    ended = [trial for trial in trials if trial.state in (S.COMPLETE, S.PRUNED) and trial.value is not None]
    if len(ended) < FEWEST or len(ended[0].params) < 2 or len({trial.value for trial in ended}) < 2:
        return {}
    with experimental():
        together = optuna.create_study(direction="maximize")
        for trial in ended:
            how = {"params": trial.params, "distributions": trial.distributions}
            together.add_trial(optuna.create_trial(value=trial.value, **how))
        judge = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=BEST)
        return optuna.importance.get_param_importances(together, evaluator=judge)


def _trial(plan: SearchPlan, trial: FrozenTrial) -> TrialState:
    known, message = chosen(trial), trial.user_attrs.get(MESSAGE, "")
    named = {S.COMPLETE: "diverged" if message else "complete", S.FAIL: "failed"}
    used = plan.used(known)
    return TrialState(
        number=trial.number,
        state=named.get(trial.state, trial.state.name.lower()),
        value=trial.value if trial.state.is_finished() else None,
        settings={name: used[name] for name in plan.space if name in known},
        accuracies=tuple(value for _, value in sorted(trial.intermediate_values.items())),
        seconds=trial.duration.total_seconds() if trial.duration is not None else None,
        worker=trial.user_attrs.get(claims.WORKER, ""),
        message=message,
    )
