"""Searches: every method, workers that share, stop, die and come back, and databases that cannot be used."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import optuna
import pytest
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import DatabaseError, OperationalError

from nnlib.experiments import Experiment, Pool, run
from nnlib.runs.spec import RunSpec
from nnlib.search import Choice, Interval, SearchError, SearchPlan, StudyState, claims, connection, storage, studies
from nnlib.search import storage_url as the_url
from nnlib.search import work as searching
from nnlib.search.__main__ import main
from nnlib.search.work import work
from nnlib.workers import Task
from tests.places import ROOT

ENOUGH = 120.0  # seconds after which a test fails rather than hangs
BASE = RunSpec(num_train=60, depth=1, width=8, batch_size=20, num_epochs=3, weight_scale=0.1)
SPACE = {"learning_rate": Interval(1e-4, 10), "depth": Interval(1, 3), "normalization": Choice((None, "batchnorm"))}
PLAN = SearchPlan(BASE, SPACE, method="random", pruning="none", num_trials=6)
LONG = replace(PLAN, base=replace(BASE, num_epochs=100_000), num_trials=2)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('studies') / 'studies.sqlite3'}"
    yield url
    studies.disconnect(url)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return re.sub(r"\W", " ", request.node.name)[-50:].strip()


def do(url: str, name: str, plan: SearchPlan) -> StudyState:
    """Make a study, and all its trials in this process."""
    studies.create(url, name, plan)
    for _ in work(name, url):
        pass
    return studies.read(url, name)


def begin(study: optuna.Study, plan: SearchPlan) -> None:
    """Take a trial, as a worker of this process would."""
    trial = claims.claim(study, plan)
    assert trial is not None
    claims.sign(trial)


def in_trial(url: str, name: str) -> Iterator:
    """A worker that has chosen a trial's settings and begun to train."""
    working = work(name, url)
    while not any(trial.settings for trial in studies.read(url, name).running):
        next(working)
    return working


@pytest.mark.parametrize(
    "plan",
    [
        PLAN,
        replace(PLAN, method="tpe", num_trials=14),  # ten at random, then some that learn from them
        replace(PLAN, method="grid", points=2),
        replace(PLAN, space={"update_rule": Choice(("sgd", "adam")), "weight_scale": Choice(("he", 0.1))}),
    ],
    ids=lambda plan: f"{plan.method}{len(plan.space)}",
)
def test_every_method_does_the_trials_that_are_wanted(url, name, plan):
    state = do(url, name, plan)
    assert state.over and len(state.trials) == plan.wanted and state.interrupted == 0
    assert {trial.state for trial in state.trials} <= {"complete", "diverged"}
    for trial in state.trials:
        assert trial.settings.keys() == plan.space.keys() and trial.seconds is not None
        for setting, domain in plan.space.items():
            value = trial.settings[setting]
            assert value in domain.values if isinstance(domain, Choice) else domain.low <= value <= domain.high
    if plan.method == "grid":
        assert sorted(map(repr, (trial.settings for trial in state.trials))) == sorted(map(repr, plan.grid()))
    assert state.best is not None
    assert state.best.value == max(trial.value or 0 for trial in state.trials)


def test_a_trial_is_the_run_of_its_settings(url, name):
    state = do(url, name, replace(PLAN, num_trials=3))
    results = run(Experiment("same", tuple(state.spec(trial) for trial in state.trials)))
    assert [trial.value for trial in state.trials] == [result.best_val_acc for result in results]
    last = results[0].records[-1].val_acc
    assert len(state.trials[0].accuracies) == BASE.num_epochs and state.trials[0].accuracies[-1] == last


def test_a_diverged_trial_says_why_and_counts(url, name):
    space = {"learning_rate": Choice((50, 100)), "depth": Choice((3,))}
    base = replace(BASE, update_rule="sgd", reg=10.0)  # each step multiplies the weights by 1 - 500 or so
    state = do(url, name, replace(PLAN, base=base, space=space, method="grid"))
    assert [trial.state for trial in state.trials] == ["diverged"] * 2
    assert "learning rate" in state.trials[0].message
    assert state.over


@pytest.mark.parametrize("pruning", ["median", "halving"])
def test_hopeless_trials_are_pruned(url, name, pruning):
    base = replace(BASE, num_train=0, num_epochs=9)
    space = {"learning_rate": Interval(1e-6, 1e-1)}
    state = do(url, name, replace(PLAN, base=base, space=space, pruning=pruning, num_trials=16))
    pruned = [trial for trial in state.trials if trial.state == "pruned"]
    assert state.over and 0 < len(pruned) < 16
    for trial in pruned:
        epoch = len(trial.accuracies)
        assert epoch < 9 and trial.value == trial.accuracies[-1]
        before = [other for other in state.trials[: trial.number] if len(other.accuracies) >= epoch]
        if pruning == "median":
            complete = [other.accuracies[epoch - 1] for other in before if other.state == "complete"]
            assert max(trial.accuracies) < median(complete)
        else:
            assert epoch in (1, 3) and trial.accuracies[-1] < max(other.accuracies[epoch - 1] for other in before)


def test_random_settings_follow_from_the_seed_alone(url, name):
    settings = [
        [trial.settings for trial in do(url, f"{name}{k}", replace(PLAN, seed=seed)).trials]
        for k, seed in enumerate((0, 0, 1))
    ]
    assert settings[0] == settings[1] != settings[2]


def test_processes_share_a_study_and_do_no_trial_too_many(url, name):
    studies.create(url, name, replace(PLAN, num_trials=25))
    pool = Pool(3)
    try:
        tasks = [pool.submit(Task("nnlib.search.work:work", {"study": name, "storage": url})) for _ in range(3)]
        assert pool.wait_for(lambda: all(task.over for task in tasks), ENOUGH)
    finally:
        pool.close()
    assert [(task.state, task.error, task.attempts) for task in tasks] == [("finished", "", 1)] * 3
    state = studies.read(url, name)
    assert len(state.ended) == len(state.trials) == 25
    assert len({trial.worker for trial in state.trials}) > 1


def test_a_killed_worker_loses_nothing(url, name):
    studies.create(url, name, replace(LONG, num_trials=1))
    pool = Pool(1)
    try:
        task = pool.submit(Task("nnlib.search.work:work", {"study": name, "storage": url}))
        while not (running := [trial for trial in studies.read(url, name).running if len(trial.settings) == 3]):
            assert not task.over
        os.kill(pool.processes()[0], signal.SIGKILL)
        assert pool.wait_for(lambda: task.attempts == 2, ENOUGH)
        while not [trial for trial in studies.read(url, name).running if trial.number > 0]:
            assert not task.over
        state = studies.read(url, name)
        assert [trial.settings for trial in state.trials] == [running[0].settings]
        assert state.interrupted == 1
    finally:
        pool.close()


def test_a_stopped_trial_is_done_again_when_the_search_goes_on(url, name):
    studies.create(url, name, LONG)
    in_trial(url, name).close()
    state = studies.read(url, name)
    assert [trial.state for trial in state.trials] == ["waiting"]
    assert state.claimable == 2 and state.interrupted == 1
    study, _ = studies.load(url, name)
    study.set_user_attr(studies.PLAN, replace(LONG, base=BASE).as_data())  # short ones from here on
    for _ in work(name, url):
        pass
    done = studies.read(url, name)
    assert done.over and len(done.trials) == 2
    assert done.trials[0].settings == state.trials[0].settings
    assert len({trial.number for trial in done.trials} | {0}) == 3


def test_a_worker_is_given_back_between_trials(url, name):
    studies.create(url, name, PLAN)
    events = [event for event in work(name, url, seconds=0) if event]
    assert events == [{"trial": 0}, {"more": True}]
    assert len(studies.read(url, name).ended) == 1


def test_trials_in_other_hands_are_not_waited_for_when_the_worker_is_shared(url, name):
    studies.create(url, name, replace(PLAN, num_trials=1))
    begin(*studies.load(url, name))
    assert [event for event in work(name, url, seconds=60) if event] == []
    assert len(studies.read(url, name).running) == 1


def test_two_workers_that_ask_at_the_same_moment_get_one_trial(url, name, monkeypatch):
    studies.create(url, name, replace(PLAN, num_trials=1))
    study, plan = studies.load(url, name)
    other, _ = studies.load(url, name)
    ask = study.ask

    def late() -> optuna.Trial:
        begin(other, plan)
        return ask()

    monkeypatch.setattr(study, "ask", late)
    assert claims.claim(study, plan) is None
    state = studies.read(url, name)
    assert [trial.state for trial in state.trials] == ["running"] and state.interrupted == 0


@pytest.mark.parametrize("how", ["dead here", "silent elsewhere", "never signed"])
def test_trials_of_dead_workers_are_put_in_line_again(url, name, how, monkeypatch):
    studies.create(url, name, PLAN)
    study, plan = studies.load(url, name)
    trial = claims.claim(study, plan)
    assert trial is not None
    depth = trial.suggest_int("depth", 1, 3)
    opened = storage.open_storage(url, 0.0)
    with connection.experimental():
        opened.record_heartbeat(trial._trial_id)
    if how == "dead here":
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        monkeypatch.setattr(os, "getpid", lambda: gone.pid)
        claims.sign(trial)
    elif how == "silent elsewhere":
        trial.set_user_attr(claims.WORKER, "elsewhere:1")
        claims.recover(study)
        monkeypatch.setattr(claims, "SILENT", 0)
        assert [t.state for t in studies.read(url, name).trials] == ["running"]
        with closing(sqlite3.connect(url.partition("///")[2])) as file, file:
            file.execute(
                "UPDATE trial_heartbeats SET heartbeat = datetime('now', '-1 hour') WHERE trial_id = ?",
                (trial._trial_id,),
            )
    else:
        claims.recover(study)
        assert [t.state for t in studies.read(url, name).trials] == ["running"]
        monkeypatch.setattr(claims, "UNSIGNED", timedelta(0))
    claims.recover(study)
    claims.recover(study)
    state = studies.read(url, name)
    assert [(t.state, t.settings) for t in state.trials] == [("waiting", {"depth": depth})]
    assert state.interrupted == 1


def test_hearts_that_stood_still_while_nobody_could_look_are_given_time(url, name, monkeypatch):
    """After a night's sleep, or an outage, every heartbeat is old at first, also those of workers that live."""
    clock = [0.0]
    monkeypatch.setattr(claims.time, "monotonic", lambda: clock[0])
    studies.create(url, name, PLAN)
    study, plan = studies.load(url, name)
    begin(study, plan)
    monkeypatch.setattr(study._storage, "_get_stale_trial_ids", lambda _: [study.get_trials()[0]._trial_id])
    for seconds in (0, 100_000, 1, 1):  # asleep for a day between two looks
        clock[0] += seconds
        claims.recover(study)
        assert [trial.state for trial in studies.read(url, name).trials] == ["running"]
    for _ in range(claims.SILENT):
        clock[0] += 1
        claims.recover(study)
    assert studies.read(url, name).interrupted == 0  # it had no settings yet, so it is not told of
    assert not studies.read(url, name).trials


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (ValueError("width is 0, but must be at least 1."), "width is 0"),
        (MemoryError(), "not enough memory"),
        (TypeError("unsupported operand"), "unexpected TypeError"),
        (ZeroDivisionError(), "unexpected ZeroDivisionError"),
    ],
    ids=lambda fault: type(fault).__name__,
)
@pytest.mark.parametrize("where", ["sampler", "choose", "load_data"])
def test_a_fault_of_a_trial_is_its_own(url, name, monkeypatch, fault, says, where):
    """It fails with a sentence, the others are done, and nothing is left running."""
    studies.create(url, name, PLAN)
    right, calls = getattr(searching, where), iter(range(99))

    def once(*arguments: Any) -> Any:
        if next(calls) == (1 if where == "load_data" else 0):  # the first of these is before any trial
            raise fault
        return right(*arguments)

    monkeypatch.setattr(searching, where, once)
    for _ in work(name, url):
        pass
    state = studies.read(url, name)
    assert sorted(trial.state for trial in state.trials) == ["complete"] * 5 + ["failed"]
    assert state.over and state.interrupted == 0
    (failed,) = [trial for trial in state.trials if trial.state == "failed"]
    assert says in failed.message and failed.value is None


def test_settings_that_kill_their_worker_are_given_up_at_last(url, name):
    studies.create(url, name, replace(PLAN, num_trials=1))
    study, plan = studies.load(url, name)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for death in range(1, claims.MOST_DEATHS + 1):
        trial = claims.claim(study, plan)
        assert trial is not None
        trial.suggest_int("depth", 1, 3)
        trial.set_user_attr(claims.WORKER, f"{socket.gethostname()}:{gone.pid}")
        claims.recover(study)
        state = studies.read(url, name)
        assert state.interrupted == min(death, claims.MOST_DEATHS - 1)
    assert [(trial.state, trial.message) for trial in state.trials] == [("failed", claims.DIED)]
    assert state.over and claims.claim(study, plan) is None


BROKEN = {
    "half made": {},
    "of another version": {"base": {"magic": 1}, "space": {}},
    "no plan": [1],
    "a space of nothing": PLAN.as_data() | {"space": {}},
    "an impossible number": PLAN.as_data() | {"num_trials": -1},
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_study_hides_no_other_and_can_be_deleted(url, name, how, capsys, monkeypatch):
    monkeypatch.setenv("NNLIB_STORAGE", url)
    studies.create(url, f"{name} sound", PLAN)
    studies.create(url, name, PLAN)
    study, _ = studies.load(url, name)
    study.set_user_attr(studies.PLAN, BROKEN[how])
    assert studies.names(url)[:2] == [name, f"{name} sound"]
    assert main([]) == 0
    out = capsys.readouterr().out
    assert f"{name:32} cannot be read" in out and f"{name} sound" in out
    with pytest.raises(SearchError):
        studies.read(url, name)
    if how != "half made":  # perhaps somebody makes it at this moment
        studies.create(url, name, PLAN)
        assert studies.read(url, name).plan == PLAN
    studies.delete(url, name)
    assert name not in studies.names(url)


def test_a_broken_study_with_results_keeps_its_name(url, name):
    do(url, name, replace(PLAN, num_trials=1))
    study, _ = studies.load(url, name)
    study.set_user_attr(studies.PLAN, {"by": "a later version"})
    with pytest.raises(SearchError, match="already"):
        studies.create(url, name, PLAN)


def test_a_trial_that_was_taken_for_lost_is_dropped_by_its_worker(url, name):
    studies.create(url, name, replace(LONG, num_trials=1))
    working = in_trial(url, name)
    study, _ = studies.load(url, name)
    claims.give_back(study, study.get_trials()[0])
    study.set_user_attr(studies.PLAN, replace(LONG, base=BASE, num_trials=1).as_data())
    for _ in working:
        pass
    state = studies.read(url, name)
    assert [trial.state for trial in state.trials] == ["complete"] and state.trials[0].number == 1


def test_more_trials_can_be_wanted_later(url, name):
    assert do(url, name, replace(PLAN, num_trials=2)).over
    studies.prolong(url, name, 4)
    assert not studies.read(url, name).over
    for _ in work(name, url):
        pass
    assert len(studies.read(url, name).ended) == 4
    with pytest.raises(SearchError, match="num_trials is 0"):
        studies.prolong(url, name, 0)


def test_studies_are_listed_newest_first_and_deleted(url, name):
    for k in range(2):
        studies.create(url, f"{name}{k}", PLAN)
    storage.open_storage(url, 0.0).create_new_study([optuna.study.StudyDirection.MAXIMIZE], f"{name} of others")
    assert studies.names(url)[:2] == [f"{name}1", f"{name}0"]
    studies.delete(url, f"{name}1")
    studies.delete(url, f"{name}1")
    assert studies.names(url)[0] == f"{name}0"
    with pytest.raises(SearchError, match="may have been deleted"):
        studies.read(url, f"{name}1")
    with pytest.raises(SearchError, match="not made here"):
        studies.read(url, f"{name} of others")


def test_a_study_deleted_in_mid_trial_ends_its_workers_with_a_sentence(url, name):
    studies.create(url, name, LONG)
    working = in_trial(url, name)
    studies.delete(url, name)
    with pytest.raises(SearchError, match="deleted"):
        for _ in working:
            pass


@pytest.mark.parametrize("bad", ["", "   ", "x" * 61, "a\nb", "[a](b)", "`a`", "a/b"])
def test_names_that_cannot_be_used(url, bad):
    with pytest.raises(SearchError, match="needs a name"):
        studies.create(url, bad, PLAN)


def test_a_name_is_taken_once(url, name):
    studies.create(url, name, PLAN)
    with pytest.raises(SearchError, match="already"):
        studies.create(url, name, PLAN)


def test_what_matters_is_found(url, name):
    space = {"learning_rate": Interval(1e-7, 1), "seed": Interval(0, 99)}
    studies.create(url, name, replace(PLAN, space=space, num_trials=30))
    study, plan = studies.load(url, name)
    for _ in range(30):
        trial = claims.claim(study, plan)
        assert trial is not None
        study.tell(trial, 1 - abs(trial.suggest_float("learning_rate", 1e-7, 1, log=True) - 1e-2) ** 0.1)
        assert studies.read(url, name).importances == {} or trial.number >= studies.FEWEST - 1
    assert studies.read(url, name).importances == {}  # of one setting it says nothing
    studies.delete(url, name)
    state = do(url, name, replace(PLAN, space=space, num_trials=studies.FEWEST, base=replace(BASE, num_epochs=1)))
    assert next(iter(state.importances)) == "learning_rate"
    assert sum(state.importances.values()) == pytest.approx(1)


def test_importances_need_neither_scipy_nor_scikit_learn(url, name):
    do(url, name, replace(PLAN, num_trials=studies.FEWEST, base=replace(BASE, num_epochs=1)))
    script = f"""
import sys
sys.modules.update(dict.fromkeys(["scipy", "sklearn", "plotly", "matplotlib", "pandas"]))
from nnlib.search import studies
print(len(studies.read({url!r}, {name!r}).importances))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("3", "")


class TestDatabases:
    def test_processes_may_make_the_file_at_the_same_moment(self, tmp_path: Path):
        here = os.environ | {"NNLIB_CACHE": str(tmp_path / "new")}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [sys.executable, "-m", "nnlib.search"]
        started = [subprocess.Popen(command, cwd=ROOT, env=here, **pipes) for _ in range(3)]
        said = [process.communicate(timeout=ENOUGH) for process in started]
        assert [(out[:9], err) for out, err in said] == [("There are", "")] * 3

    @pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
    def test_a_damaged_file_is_one_sentence_and_stays(self, tmp_path: Path, content: bytes):
        path = tmp_path / "studies.sqlite3"
        path.write_bytes(content)
        with pytest.raises(SearchError, match=r"damaged.*move it away"):
            studies.names(f"sqlite:///{path}")
        assert path.read_bytes() == content

    @pytest.mark.parametrize(
        "damage",
        [
            *(f"study_user_attributes SET value_json = {json}" for json in ("'{'", "''", "x'ff00'")),
            *(f"trial_user_attributes SET value_json = {json}" for json in ("'{'", f"'{'[' * 3000}'")),
            *(f"trial_params SET distribution_json = {json}" for json in ("'x'", "'[]'", "NULL")),
            *("trial_values SET value_type = 'x'", "trial_values SET value_type = 'INF_POS'"),
            *("trials SET state = 'x'", "trials SET datetime_start = 'x'", "study_directions SET direction = 'x'"),
        ],
    )
    def test_a_study_with_a_damaged_row_hides_no_other(self, damage: str, tmp_path: Path, monkeypatch, capsys):
        where = f"sqlite:///{tmp_path / 'studies.sqlite3'}"
        monkeypatch.setenv("NNLIB_STORAGE", where)
        plan = replace(PLAN, num_trials=1)
        studies.create(where, "bad", plan)
        list(work("bad", where))
        with closing(sqlite3.connect(tmp_path / "studies.sqlite3", isolation_level=None)) as file:
            file.execute(f"UPDATE {damage}")
        studies.create(where, "sound", plan)
        studies.disconnect(where)
        assert main([]) == 0
        out = capsys.readouterr().out
        assert "sound " in out and "the study 'bad' is damaged" in out
        assert main(["--study", "bad"]) in (1, 2) and "is damaged" in capsys.readouterr().err

    def test_a_file_damaged_later_is_one_sentence(self, tmp_path: Path):
        path = tmp_path / "studies.sqlite3"
        where = f"sqlite:///{path}"
        studies.create(where, "a", PLAN)
        studies.disconnect(where)
        for file in tmp_path.iterdir():
            file.write_bytes(b"\xff" * file.stat().st_size)
        with pytest.raises(SearchError, match="damaged"):
            studies.read(where, "a")

    def test_a_worker_waits_for_a_file_that_is_locked_and_goes_on(self, tmp_path: Path, monkeypatch):
        monkeypatch.setattr(connection, "PATIENCE", 0.05)
        where = f"sqlite:///{tmp_path / 'studies.sqlite3'}"
        studies.create(where, "waits", PLAN)
        working = in_trial(where, "waits")
        with closing(sqlite3.connect(where.partition("///")[2], isolation_level=None)) as other:
            studies.read(where, "waits", working=True)  # it can be written, but not a moment later
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(storage.Unreachable, match="locked"):
                studies.read(where, "waits", working=True)
            thread = threading.Thread(target=lambda: [None for _ in working])
            thread.start()
            thread.join(0.5)
            assert thread.is_alive()
            other.execute("ROLLBACK")
        thread.join(ENOUGH)
        state = studies.read(where, "waits")
        assert [trial.state for trial in state.trials] == ["complete"] * 6 and state.interrupted == 0

    def test_a_file_that_was_deleted_is_one_sentence_and_then_a_new_one(self, tmp_path: Path):
        where = f"sqlite:///{tmp_path / 'studies.sqlite3'}"
        studies.create(where, "gone", PLAN)
        for file in tmp_path.iterdir():
            file.unlink()
        with pytest.raises(SearchError, match="deleted or replaced"):
            studies.read(where, "gone")
        assert studies.names(where) == []
        studies.create(where, "new", PLAN)
        assert studies.names(where) == ["new"]

    @pytest.mark.parametrize(
        ("fault", "away"),
        [
            (sqlite3.OperationalError("database or disk is full"), True),
            (sqlite3.OperationalError("database is locked"), True),
            (sqlite3.OperationalError("disk I/O error"), True),
            (sqlite3.OperationalError("attempt to write a readonly database"), False),
            (sqlite3.DatabaseError("file is not a database"), False),
            (RuntimeError("server closed the connection unexpectedly"), True),  # as a driver of another database
        ],
        ids=str,
    )
    def test_what_may_be_otherwise_in_a_moment(self, tmp_path: Path, fault: Exception, away: bool):
        where = f"sqlite:///{tmp_path / 'studies.sqlite3'}"
        kind = DatabaseError if type(fault) is sqlite3.DatabaseError else OperationalError
        with pytest.raises(SearchError) as raised, storage.using(where):
            raise StorageInternalError from kind("SELECT 1", {}, fault)
        assert isinstance(raised.value, storage.Unreachable) == away

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path):
        (tmp_path / "file").write_text("")
        with pytest.raises(ValueError, match="cannot be written"):
            studies.names(f"sqlite:///{tmp_path}/file/studies.sqlite3")

    @pytest.mark.parametrize("wrong", ["nonsense", "nodb://host/x", "http://host/x"])
    def test_an_address_that_is_none(self, wrong: str):
        with pytest.raises(SearchError, match="must be like postgresql://"):
            studies.names(wrong)

    def test_a_missing_driver_is_named(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(SearchError, match=r"pip install 'psycopg\[binary\]'") as raised:
            studies.names("postgresql+psycopg://me:secret@127.0.0.1:1/db")
        assert "secret" not in str(raised.value)


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def storage(self, url: str, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("NNLIB_STORAGE", url)

    NEW = ("--new", "--trials", "3", "--workers", "1", "--method", "random", "--set", "num_train=60")

    def test_a_study_from_nothing_to_its_end(self, name, capsys):
        settings = ("--set", "num_epochs=1", "--set", "patience=none", "--vary", "learning_rate=1e-3:1e-1")
        assert main(["--study", name, *self.NEW, *settings, "--vary", "normalization=none,batchnorm"]) == 0
        out = capsys.readouterr().out
        assert out.count("learning rate") == 4 and "Best of 3: trial" in out
        assert main(["--study", name, "--trials", "4", "--workers", "1"]) == 0
        assert "3 trials were done before" in capsys.readouterr().out
        assert main([]) == 0
        assert f"{name:32}    4 of 4 trials  digits" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("--vary", "learning_rate=1:0.1"), "swap the two"),
            (("--vary", "learning_rate=a:b"), "two numbers"),
            (("--vary", "learning_rate="), "no values"),
            (("--vary", "magic=1:2"), "no setting 'magic'"),
            (("--vary", "lerning_rate=1:2"), "did you mean learning_rate?"),
            (("--vary", "data=digits"), "'data' cannot be searched"),
            (("--vary", "depth"), "needs a value"),
            (("--vary", "depth=1:2", "--vary", "depth=2:3"), "given twice"),
            (("--vary", "depth=1:2", "--set", "depth=2"), "both set and varied"),
            (("--set", "num_epochs=abc"), "num_epochs is 'abc'"),
            (("--set", "num_epochs=1e999"), "num_epochs is inf"),
            (("--set", "learning_rate=nan"), "learning_rate is nan"),
            (("--set", "width=0"), "width is 0"),
            (("--set", "seed=-1"), "seed is -1"),
            (("--set", "depth="), "depth is ''"),
            (("--set", "data=cifar10"), "CIFAR-10 is not here"),
            (("--set", "magic=1"), "no setting 'magic'"),
            (("--set", "update_rule=magic"), "no update rule"),
            (("--set", "data=magic"), "no data set 'magic'"),
        ],
    )
    def test_what_makes_no_sense_is_one_sentence(self, name, capsys, arguments, says):
        assert main(["--study", name, *self.NEW, *arguments]) == 2
        err = capsys.readouterr().err
        assert says in err and err.count("\n") == 1
        assert name not in studies.names(the_url())  # it is free still

    def test_an_unknown_study(self, capsys):
        assert main(["--study", "nowhere"]) == 2
        assert "there is no study 'nowhere'" in capsys.readouterr().err


def test_the_import_of_optuna_holds_no_visitor():
    """What Optuna looks for in vain keeps an error, and that the stack of whoever looked."""
    script = """
import gc, weakref
from nnlib.search import open_studies

class Visitor: pass

def visit():
    visitor = Visitor()
    open_studies(), open_studies("work")
    return weakref.ref(visitor)

left = visit()
gc.collect()
print(left())
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"
