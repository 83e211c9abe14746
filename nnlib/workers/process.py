"""What runs in a worker process: take a task from standard input, do it, report a line of JSON an event.

Started by `nnlib.workers` as `python -m nnlib.workers.process`. It ends when its input does, so with its parent.
"""

import json
import os
import queue
import signal
import sys
import threading
from importlib import import_module
from typing import Any, TextIO

from nnlib.workers.faults import sentence

PRIORITY = 5  # a little lower than the app's, so that its pages stay quick


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, max(PRIORITY, os.getpriority(os.PRIO_PROCESS, 0)))
    reports = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a task prints must not come between the reports
    tasks: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    stopped: set[int] = set()
    threading.Thread(target=_listen, args=(tasks, stopped), daemon=True).start()
    while True:
        task = tasks.get()
        try:
            _report(reports, {"end": _perform(task, stopped, reports)})
        except Exception as fault:
            _report(reports, {"end": "failed", "error": sentence(fault)})
        stopped.discard(task["id"])


def _listen(tasks: queue.SimpleQueue, stopped: set[int]) -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if "stop" in message:
            stopped.add(message["stop"])
        else:
            tasks.put(message)
    os._exit(0)  # the parent is gone, or wants no more


def _perform(task: dict[str, Any], stopped: set[int], reports: TextIO) -> str:
    module, _, function = task["call"].partition(":")
    events = getattr(import_module(module), function)(**task["arguments"])
    try:
        for event in events:
            if event is not None:
                _report(reports, {"event": event})
            if task["id"] in stopped:
                return "stopped"
    finally:
        events.close()
    return "finished"


def _report(reports: TextIO, message: dict[str, Any]) -> None:
    try:
        reports.write(json.dumps(message) + "\n")
        reports.flush()
    except BrokenPipeError:  # the parent is gone
        os._exit(0)


if __name__ == "__main__":
    main()
