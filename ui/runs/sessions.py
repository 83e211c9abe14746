"""Whose script runs now, whether a browser is still connected, and what is kept for those who may come back."""

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SessionState

END_AFTER = 120.0  # seconds without a viewer
LOOK_EVERY = 5.0  # seconds between looks for abandoned things

T = TypeVar("T")


def session_id() -> str:
    """The session that this script runs for; "" outside of one."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def is_connected(session: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session)


def drop_expired() -> bool:
    """Drop the sessions of those who have left and can no longer come back; whether there were any.

    To be called on the event loop, since Streamlit's storage has no lock.
    """
    manager: Any = runtime.get_instance()._session_mgr
    expired = manager._session_storage._cache.expire()
    for _, known in expired:
        known.session.shutdown()
        # Streamlit's loop has the last session's name until another comes: what it held goes, its callbacks too.
        known.session._session_state = SessionState()
        known.session._fragment_storage.clear()
    return bool(expired)


class Lease:
    """Whose a thing is, and when somebody was last seen to be there for it."""

    def __init__(self, owner: str = ""):
        self.owner = owner
        self.renew()

    def renew(self) -> None:
        self._seen = time.monotonic()

    def is_held(self, within: float) -> bool:
        """Whether a viewer has renewed it within so many seconds, or the owner's browser was connected at a look."""
        if is_connected(self.owner):
            self.renew()
            return True
        return time.monotonic() - self._seen < within


class Leases(Generic[T]):
    """Things by id, found again after a reload, ended when nobody comes back.

    A thread looks after them, and ends itself when none is left.

    Args:
        name: the thread's.
        end: what is to be done with a thing that is abandoned.
        end_after: seconds without a viewer.
        tend: what is to be done at every look with a thing that is not.
    """

    def __init__(
        self, name: str, end: Callable[[T], None], end_after: float = END_AFTER, tend: Callable[[T], None] | None = None
    ):
        self.name, self.end_after, self._end, self._tend = name, end_after, end, tend
        self._lock = threading.Lock()
        self._held: dict[str, tuple[T, Lease]] = {}
        self._watched = False

    def put(self, key: str, thing: T, lease: Lease) -> None:
        """Keep a thing findable by its id, in place of one that was."""
        with self._lock:
            self._held[key] = thing, lease
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name=self.name, daemon=True).start()

    def see(self, key: str) -> T | None:
        """The thing of this id, if there is one: somebody looks at it."""
        with self._lock:
            thing, lease = self._held.get(key, (None, None))
            if lease is not None:
                lease.renew()
            return thing

    def take(self, key: str, session: str) -> T | None:
        """The thing of this id, from now on this session's; None: there is none, or it is another's who is there."""
        with self._lock:
            thing, lease = self._held.get(key, (None, None))
            if lease is None or (lease.owner != session and is_connected(lease.owner)):
                return None
            lease.owner = session
            lease.renew()
            return thing

    def drop(self, key: str) -> None:
        """Forget a thing without ending it."""
        with self._lock:
            self._held.pop(key, None)

    def things(self) -> list[T]:
        """All of them, the newest last."""
        with self._lock:
            return [thing for thing, _ in self._held.values()]

    def look(self) -> bool:
        """End what is abandoned, tend the rest; whether the thread is to go on looking."""
        with self._lock:
            gone = [key for key, (_, lease) in self._held.items() if not lease.is_held(self.end_after)]
            ended = [self._held.pop(key)[0] for key in gone]
            kept = [thing for thing, _ in self._held.values()]
            self._watched = bool(kept)
        for thing in ended:
            self._end(thing)
        if self._tend is not None:
            for thing in kept:
                self._tend(thing)
        return bool(kept)

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            if not self.look():
                return
