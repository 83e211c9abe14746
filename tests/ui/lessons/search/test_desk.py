"""The server's side of a search: workers are shared, searches that nobody watches stop."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from optuna.trial import TrialState

from nnlib.experiments import Experiment, Pool, Sweep
from nnlib.runs.spec import RunSpec
from nnlib.search import Interval, SearchError, SearchPlan, StudyState, Unreachable, connection, studies
from ui.lessons.search import desk as search_desk
from ui.lessons.search.desk import Book, Desk
from ui.runs import sessions

ENOUGH = 120.0
SPEC = RunSpec(num_train=60, depth=1, width=8, batch_size=20, num_epochs=2)
PLAN = SearchPlan(SPEC, {"learning_rate": Interval(1e-4, 1)}, method="random", pruning="none", num_trials=3)
ENDLESS = replace(PLAN, num_trials=2000)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('desk') / 'studies.sqlite3'}"
    yield url
    studies.disconnect(url)


@pytest.fixture
def desk(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[Desk]:
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path))
    monkeypatch.setattr(search_desk, "POLL", 0.05)
    pool = Pool(1)
    desk = Desk(url, pool)
    yield desk
    pool.close()
    monkeypatch.setattr(sessions, "LOOK_EVERY", 0.0)
    for book in desk._books.things():
        desk._books.drop(book.name)


def until(desk: Desk, condition) -> None:
    last = time.monotonic() + ENOUGH
    while not condition():
        assert time.monotonic() < last
        time.sleep(0.02)


def wait(desk: Desk, name: str, condition) -> Book:
    until(desk, lambda: condition(desk.look(name)))
    return desk.look(name)


def state(desk: Desk, name: str) -> StudyState:
    shown = desk.look(name).state
    assert shown is not None
    return shown


def test_a_study_is_done_and_seen(desk: Desk):
    before = set(desk.names())  # other tests' studies lie in the same database
    desk.create("done", PLAN)
    assert set(desk.names()) - before == {"done"}
    book = desk.look("done")
    assert book.state and not book.state.trials and not book.running
    desk.start("done", "me")
    book = wait(desk, "done", lambda book: book.state.over)
    assert not book.running and not book.error and len(state(desk, "done").ended) == 3
    desk.prolong("done", 4)
    assert state(desk, "done").plan.num_trials == 4
    desk.start("done", "me")
    wait(desk, "done", lambda book: len(book.state.ended) == 4)
    desk.delete("done")
    assert "done" not in desk.names()
    assert "may have been deleted" in desk.look("done").error


def test_a_sweep_gets_its_turn_beside_a_search_that_takes_all_workers(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search_desk, "SLICE", 0.2)
    desk.create("endless", ENDLESS)
    desk.start("endless", "me")
    wait(desk, "endless", lambda book: len(book.state.ended) > 2)
    before = len(state(desk, "endless").ended)
    sweep = Sweep(Experiment("mine", (SPEC, replace(SPEC, seed=1))), desk._pool, owner="somebody else")
    assert sweep.wait(ENOUGH)
    assert sweep.snapshot().state == "finished"
    book = wait(desk, "endless", lambda book: len(book.state.ended) > before + 2)  # and it goes on afterwards
    assert book.running
    desk.stop("endless")


def test_stopping_gives_the_trial_back(desk: Desk):
    desk.create("long", replace(PLAN, base=replace(SPEC, num_epochs=100_000)))
    desk.start("long", "me")
    wait(desk, "long", lambda book: any(trial.settings for trial in book.state.running))
    desk.stop("long")
    book = wait(desk, "long", lambda book: [trial.state for trial in book.state.trials] == ["waiting"])
    assert state(desk, "long").claimable == 3
    assert not book.running and not book.error


def test_a_search_that_nobody_watches_is_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    desk.create("alone", replace(ENDLESS, seed=1))
    desk.start("alone", "gone")
    wait(desk, "alone", lambda book: book.state.running)
    book = desk.look("alone")
    desk._books.end_after = 0
    monkeypatch.setattr(sessions, "is_connected", lambda owner: owner == "gone")
    desk._books.look()
    assert book.running  # its owner is there, on another page
    monkeypatch.setattr(sessions, "is_connected", lambda owner: False)
    desk._books.look()
    assert not book.running and desk._books.things() == []


def test_it_goes_on_while_nobody_looks(desk: Desk):
    """The last trial comes back from a worker elsewhere when none of ours is at it any more."""
    from nnlib.search import studies

    desk.create("unseen", replace(PLAN, num_trials=1))
    study, _ = studies.load(desk.url, "unseen")
    with connection.experimental():
        lost = study.ask()
    desk.start("unseen", "me")
    book = wait(desk, "unseen", lambda book: book.state.running and not book.tasks)
    study.tell(lost, state=TrialState.FAIL)
    until(desk, lambda: desk._books.look() and book.state is not None and book.state.over)
    assert not book.running


def test_a_search_that_cannot_be_run_says_why_and_stops(desk: Desk):
    desk.create("pictures", replace(PLAN, base=replace(SPEC, data="cifar10")))
    desk.start("pictures", "me")
    book = wait(desk, "pictures", lambda book: book.error)
    assert "CIFAR-10 is not here" in book.error and not book.running
    assert not state(desk, "pictures").trials


def test_a_database_that_is_away_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    from nnlib.search import studies

    def away(*how, **more):
        raise Unreachable("The database does not answer.")

    desk.create("patient", ENDLESS)
    names = desk.names()
    desk.start("patient", "me")
    wait(desk, "patient", lambda book: book.state.ended)
    with monkeypatch.context() as patch:
        patch.setattr(studies, "read", away)
        patch.setattr(studies, "names", away)
        book = wait(desk, "patient", lambda book: book.waiting)
        assert book.running and book.state is not None and not book.error
        assert desk.names(fresh=True) == names
    ended = len(state(desk, "patient").ended)
    book = wait(desk, "patient", lambda book: len(book.state.ended) > ended)
    assert book.running and not book.waiting
    desk.stop("patient")


def test_a_killed_worker_is_made_up_for_any_number_of_times(desk: Desk):
    desk.create("killed", replace(PLAN, num_trials=1, base=replace(SPEC, num_epochs=100_000)))
    desk.start("killed", "me")
    for deaths in range(4):

        def in_trial(book: Book, deaths: int = deaths) -> bool:
            assert not book.error and book.state
            return book.state.interrupted == deaths and any(t.settings and t.worker for t in book.state.running)

        book = wait(desk, "killed", in_trial)
        assert book.running and book.state
        os.kill(int(book.state.running[0].worker.rpartition(":")[2]), signal.SIGKILL)
    wait(desk, "killed", lambda book: book.state.interrupted == 4 and book.state.running)
    desk.stop("killed")


def test_one_reads_while_the_others_take_what_is_known(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    from nnlib.search import studies

    desk.create("read", PLAN)
    desk.look("read")
    reading, read_on, read = threading.Event(), threading.Event(), studies.read

    def slowly(*how, **more) -> StudyState:
        reading.set()
        read_on.wait(ENOUGH)
        return read(*how, **more)

    monkeypatch.setattr(studies, "read", slowly)
    monkeypatch.setattr(search_desk, "POLL", -1.0)
    first = threading.Thread(target=desk.look, args=("read",))
    first.start()
    assert reading.wait(ENOUGH)
    assert desk.look("read").state is not None  # at once, though the database does not answer
    read_on.set()
    first.join()


def test_faults_are_sentences_and_the_next_look_may_succeed(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys):
    from nnlib.search import studies

    with monkeypatch.context() as patch:
        patch.setattr(studies, "names", lambda url: 1 / 0)
        with pytest.raises(SearchError, match="unexpected ZeroDivisionError"):
            desk.names(fresh=True)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert isinstance(desk.names(fresh=True), list)


def test_who_has_looked_leaves_no_thread_and_no_open_file(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    opened = Path("/proc/self/fd")
    if not opened.exists():
        pytest.skip("only Linux tells which files are open")

    def kept_open() -> list[str]:
        links = [os.readlink(link) for link in opened.iterdir() if link.is_symlink()]
        return [link for link in links if link.startswith(desk.url.partition("///")[2])]

    desk.create("left", PLAN)
    desk.look("left")
    assert desk.names(fresh=True) and kept_open()
    desk._books.look()
    assert len(desk._books.things()) == 2  # they may come back
    monkeypatch.setattr("ui.runs.sessions.END_AFTER", 0.0)
    desk._books.look()
    assert not desk._books.look() and not kept_open()
    assert desk.names(fresh=True)
