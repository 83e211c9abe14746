"""Leases: a thing is found again by whom it belongs to, and ended when nobody comes back."""

import asyncio
import gc
import math
import runpy
import threading
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.session_manager import SessionInfo
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from tests.places import ROOT
from tests.ui.runs.test_live import SPEC, until
from ui.runs import log as run_log
from ui.runs import sessions
from ui.runs.live import Run
from ui.runs.log import RunLog
from ui.runs.painter import Painter
from ui.runs.sessions import END_AFTER, Lease, Leases, drop_expired


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The sessions whose browsers are connected."""
    viewers: set[str] = set()
    monkeypatch.setattr(sessions, "is_connected", viewers.__contains__)
    return viewers


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time of leases: `clock.now`, in seconds."""
    clock, awake = SimpleNamespace(now=1000.0), threading.Event()
    fake = SimpleNamespace(monotonic=lambda: clock.now, sleep=lambda seconds: awake.wait(0.005))
    monkeypatch.setattr(sessions, "time", fake)
    return clock


@pytest.fixture
def ended() -> list[str]:
    return []


@pytest.fixture
def leases(clock: SimpleNamespace, connected: set[str], ended: list[str]) -> Iterator[Leases[str]]:
    """Strings that go to `ended`; looked at all the time."""
    leases: Leases[str] = Leases("look-in-a-test", ended.append)
    yield leases
    connected.clear()
    clock.now += 2 * leases.end_after
    until(lambda: not leases._watched)


def test_found_by_its_id(leases: Leases[str], connected: set[str]):
    connected.add("a")
    leases.put("1", "thing", Lease("a"))
    assert leases.take("1", "a") == "thing" and leases.things() == ["thing"]
    assert leases.take("no such id", "a") is None


def test_a_reload_is_a_new_session_and_finds_it(leases: Leases[str], connected: set[str]):
    lease = Lease("before the reload")
    leases.put("1", "thing", lease)
    connected.add("after it")
    assert leases.take("1", "after it") == "thing"
    assert lease.owner == "after it"


def test_nobody_takes_a_thing_over_whose_owner_is_there(leases: Leases[str], connected: set[str]):
    connected |= {"a", "b"}
    lease = Lease("a")
    leases.put("1", "thing", lease)
    assert leases.take("1", "b") is None
    assert lease.owner == "a"


def test_ends_after_two_minutes_without_a_viewer(
    leases: Leases[str], clock: SimpleNamespace, connected: set[str], ended: list[str]
):
    connected.add("there")
    for owner in ("gone", "there", "looks"):
        leases.put(owner, owner, Lease(owner))
    clock.now += END_AFTER - 1
    leases.look()
    assert leases.things() == ["gone", "there", "looks"]
    assert leases.see("looks") == "looks" and leases.see("no such id") is None
    clock.now += 2
    until(lambda: ended == ["gone"])
    assert leases.things() == ["there", "looks"]
    assert leases.take("gone", "gone") is None


def test_the_two_minutes_begin_when_the_browser_goes(
    leases: Leases[str], clock: SimpleNamespace, connected: set[str], ended: list[str]
):
    """A page that lay open for long is reloaded: a look between the old session and the new one ends nothing."""
    connected.add("before the reload")
    leases.put("1", "thing", Lease("before the reload"))
    clock.now += 10 * END_AFTER
    leases.look()
    connected.clear()
    leases.look()
    assert leases.take("1", "after it") == "thing" and not ended


def test_what_is_dropped_is_not_ended(leases: Leases[str], clock: SimpleNamespace, ended: list[str]):
    leases.put("1", "thing", Lease())
    leases.drop("1")
    clock.now += 2 * END_AFTER
    leases.look()
    assert leases.things() == [] == ended


def test_the_others_are_tended(clock: SimpleNamespace, connected: set[str], ended: list[str]):
    tended: list[str] = []
    leases: Leases[str] = Leases("look-in-a-test", ended.append, 10, tended.append)
    leases.put("1", "thing", Lease())
    until(lambda: len(tended) > 2)
    clock.now += 11
    until(lambda: ended == ["thing"])
    assert set(tended) == {"thing"}


def test_one_thread_looks_however_often_the_last_thing_goes(leases: Leases[str], connected: set[str]):
    connected.add("a")
    for _ in range(5):
        leases.put("1", "thing", Lease("a"))
        leases.drop("1")
    leases.put("1", "thing", Lease("a"))
    until(lambda: sum(thread.name == "look-in-a-test" for thread in threading.enumerate()) == 1)


def test_an_abandoned_viewers_runs_end(clock: SimpleNamespace, connected: set[str]):
    dataset, log = SPEC.load_data(), RunLog("gone")
    log.follow("a", Run(SPEC, dataset, Painter(dataset), log.lease, rate=1e-3))
    run_log.LOGS.put(log.id, log, log.lease)
    log.runs["a"].play()
    assert log.runs["a"] in run_log.all_runs()
    clock.now += END_AFTER + 1
    until(lambda: not log.runs["a"].active)
    assert log.runs["a"] not in run_log.all_runs()


def test_sessions_of_those_who_left_are_dropped_though_nobody_else_leaves(monkeypatch: pytest.MonkeyPatch):
    storage = MemorySessionStorage(ttl_seconds=1)
    manager = WebsocketSessionManager(storage, MagicMock(), MagicMock(), None)
    monkeypatch.setattr(sessions.runtime, "get_instance", lambda: SimpleNamespace(_session_mgr=manager))
    session = MagicMock(id="a")
    session._session_state = {}
    session._session_state["mine"] = run = MagicMock()
    session._fragment_storage = {"panel": run}
    left = weakref.ref(run)
    storage.save(SessionInfo(None, session))  # type: ignore[arg-type]
    del session, run
    assert not drop_expired() and storage.get("a") is not None
    monkeypatch.setattr(storage._cache, "_timer", lambda: math.inf)
    assert storage.get("a") is None and left() is not None
    assert drop_expired()
    gc.collect()
    assert left() is None
    assert not drop_expired()


def test_the_server_drops_them_while_nobody_comes(monkeypatch: pytest.MonkeyPatch):
    dropped = 0

    def drop() -> bool:
        nonlocal dropped
        dropped += 1
        return True

    server = runpy.run_path(str(ROOT / "app.py"))
    monkeypatch.setattr(sessions, "drop_expired", drop)
    monkeypatch.setitem(server["lifespan"].__wrapped__.__globals__, "FORGET_EVERY", 0.0)

    async def serve() -> None:
        async with server["lifespan"](server["app"]):
            while dropped < 3:
                await asyncio.sleep(0)

    asyncio.run(serve())
    gc.unfreeze()
