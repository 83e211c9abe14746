"""Worker processes: as many tasks at once as there are cores, each core's worth shared fairly between owners.

A task is a generator function, named as "package.module:function", that takes arguments JSON can hold and yields events
JSON can hold (or None, where there is nothing to tell but a good moment to stop). A subclass says what to do with them:

>>> class Count(Task):
...     def on_event(self, event): print(event)
>>> pool = Pool()
>>> task = pool.submit(Count("nnlib.experiments.running:train_group", {...}, owner="session 1"))
>>> pool.stop(task)

Workers are plain processes that talk over pipes (`nnlib.workers.process`): they import neither the caller's main module
nor anything of the app, have one BLAS thread each, give way to the app when both want a core, and end with its process.
A worker that dies is replaced, and its task done again; a task that is stopped gets a moment to end, or is killed.
"""

import json
import os
import re
import signal
import subprocess
import threading
import traceback
from collections.abc import Callable
from itertools import count
from typing import Any

from nnlib.checks import require_whole, shown
from nnlib.workers.link import GRACE, alive, let_go, send

IDLE = 60.0  # seconds without a task after which a worker ends
ATTEMPTS = 3  # a task whose worker died is begun again
FAULT = "The run's reports could not be taken in: see the log."
DIED = f"The worker process ended {ATTEMPTS} times during this run: is there enough memory?"

_ids = count(1)


class Task:
    """One piece of work. The methods are called by the pool's threads, `on_event` and `on_restart` under its lock.

    state: "queued", "running", "finished", "failed" (then `error` is a sentence) or "stopped".
    owner: tasks of different owners share the workers equally.
    key: a task submitted while another of the same key waits or runs is that one.

    Raises:
        ValueError: it is named or called as no worker could.
    """

    def __init__(self, call: str, arguments: dict[str, Any], owner: str = "", key: str | None = None):
        _require_call(call, arguments)
        self.call, self.arguments, self.owner, self.key = call, arguments, owner, key
        self.id, self.state, self.error, self.attempts = next(_ids), "queued", "", 0

    @property
    def over(self) -> bool:
        return self.state not in ("queued", "running")

    def on_event(self, event: Any) -> None:
        """Take note of what the generator yielded."""

    def on_restart(self) -> None:
        """Forget what was noted: the task begins anew."""

    def on_finished(self) -> None:
        """The generator came to its end; called before `state` says so."""


def _require_call(call: Any, arguments: Any) -> None:
    if not isinstance(call, str) or not re.fullmatch(r"[\w.]+:\w+", call):
        raise ValueError(f"call is {shown(call)}, but must be like 'package.module:function'.")
    try:
        plain = json.loads(json.dumps(arguments)).keys() == arguments.keys()
    except (TypeError, ValueError, AttributeError):
        plain = False
    if not plain:  # they are not shown: a database's address may be among them
        raise ValueError("arguments must be a dict of names and what JSON can hold.")


class Pool:
    """Runs tasks in `size` worker processes (default: one a core), which start when needed and end when idle.

    changed: a condition, notified whenever a task gets on; hold it to read several tasks at one moment.

    Raises:
        ValueError: size is no whole number of at least 1.
    """

    def __init__(self, size: int | None = None):
        self.size = (os.cpu_count() or 1) if size is None else require_whole("size", size)
        self.changed = threading.Condition(threading.RLock())
        self._queue: list[Task] = []
        self._running: dict[Task, subprocess.Popen | None] = {}  # None: its process is about to be had
        self._last_served: dict[str, int] = {}
        self._turn = count(1)
        self._threads: list[threading.Thread] = []
        self._closed = False

    def submit(self, task: Task) -> Task:
        """Put a task in line; returns it, or the one of the same key that waits or runs already."""
        with self.changed:
            for other in (*self._queue, *self._running):
                if task.key is not None and other.key == task.key and not other.over:
                    return other
            if self._closed:
                task.state = "stopped"
            else:
                self._queue.append(task)
            self.changed.notify_all()
        self.warm_up()
        return task

    def warm_up(self) -> None:
        """Start the workers now, so that the first task finds them ready; returns at once."""
        with self.changed:
            while not self._closed and len(self._threads) < self.size:
                thread = threading.Thread(target=self._drive, name=f"worker-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def stop(self, task: Task) -> None:
        """End a task: at once if it waits, within `GRACE` if it runs. Nothing more is heard of it."""
        with self.changed:
            if task.over:
                return
            task.state = "stopped"
            if task in self._queue:
                self._queue.remove(task)
            if (process := self._running.get(task)) is not None:
                send(process, {"stop": task.id})
            if task in self._running:
                killer = threading.Timer(GRACE, self._kill_if_still, (task,))
                killer.daemon = True
                killer.start()
            self.changed.notify_all()

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        """Block until something is true of the tasks; False: it was not within so many seconds."""
        with self.changed:
            return self.changed.wait_for(predicate, timeout)

    def processes(self) -> list[int]:
        """Process ids of the workers that have a task now."""
        with self.changed:
            return [process.pid for process in self._running.values() if process is not None]

    def close(self) -> None:
        """Stop all tasks, end all workers, and return when they are gone."""
        with self.changed:
            self._closed = True
            for task in (*self._queue, *self._running):
                self.stop(task)
            self.changed.notify_all()
            threads = list(self._threads)
        for thread in threads:
            thread.join()

    def _kill_if_still(self, task: Task) -> None:
        with self.changed:
            if (process := self._running.get(task)) is not None:
                process.kill()
                process.wait()  # or the next task might get it

    # -------------------------------------------------------------------------------- one thread for each worker
    def _drive(self) -> None:
        if hasattr(signal, "pthread_sigmask"):  # and so for its process: Ctrl-C is for the main thread to answer
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process = None
        while True:
            process = alive(process)
            task = self._take()
            if task is None:
                let_go(process)
                with self.changed:
                    if not self._queue:
                        self._threads.remove(threading.current_thread())
                        return
                continue
            process = alive(process)
            try:
                end = self._converse(process, task) if process else None
                if end == {"end": "finished"} and not task.over:
                    task.on_finished()
            except Exception:  # of the task's own methods: a fault of ours, which must not end this thread
                traceback.print_exc()
                end = {"end": "failed", "error": FAULT}
            if process and (end is None or end.get("error") == FAULT):
                process.kill()
                process.wait()  # or it might still look alive
            self._settle(task, end)

    def _take(self) -> Task | None:
        """The next task, of the owner with the fewest running, and of those who waited longest; None: closed, idle."""
        with self.changed:
            self.changed.wait_for(lambda: self._queue or self._closed, IDLE)
            if not self._queue:
                return None
            busy = [task.owner for task in self._running if not task.over]
            owners = {*busy, *(task.owner for task in self._queue)}  # of the others nothing is kept

            def place(task: Task) -> tuple[int, int]:
                return busy.count(task.owner), self._last_served.get(task.owner, 0)

            task = min(self._queue, key=place)
            self._queue.remove(task)
            self._last_served = {owner: turn for owner, turn in self._last_served.items() if owner in owners}
            self._last_served[task.owner] = next(self._turn)
            self._running[task] = None
            task.state, task.attempts = "running", task.attempts + 1
            self.changed.notify_all()
            return task

    def _converse(self, process: subprocess.Popen, task: Task) -> dict[str, Any] | None:
        """Give the task to the worker and pass on what it reports; how it ended, None if the worker died."""
        with self.changed:
            if task.over:  # stopped between being taken and being sent
                return {"end": "stopped"}
            self._running[task] = process
            send(process, {"id": task.id, "call": task.call, "arguments": task.arguments})
            self.changed.notify_all()
        assert process.stdout  # noqa: S101
        try:
            for line in process.stdout:
                message = json.loads(line)
                if "end" in message:
                    return message
                with self.changed:
                    if not task.over:
                        task.on_event(message["event"])
                        self.changed.notify_all()
        except ValueError:  # half a line: it was killed while it wrote
            pass
        return None

    def _settle(self, task: Task, end: dict[str, Any] | None) -> None:
        with self.changed:
            self._running.pop(task, None)
            if task.over:  # stopped meanwhile
                pass
            elif end is not None:
                task.state, task.error = end["end"], end.get("error", "")
            elif task.attempts < ATTEMPTS and not self._closed:
                task.on_restart()
                task.state = "queued"
                self._queue.insert(0, task)
            else:
                task.state, task.error = "failed", DIED
            self.changed.notify_all()
