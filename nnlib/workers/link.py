"""The parent's end of a worker process: start it, write to it, let it go."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from nnlib.workers.threads import ONE_THREAD

GRACE = 0.7  # seconds that a worker has to do as it is told, before it is killed


def alive(process: subprocess.Popen | None) -> subprocess.Popen | None:
    """The process if it lives, else a new one; None if there can be none, for want of memory, say."""
    if process is not None:
        if process.poll() is None:
            return process
        let_go(process)
    environment = os.environ | ONE_THREAD
    here = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (here, environment.get("PYTHONPATH"))))
    command = [sys.executable, "-P", "-m", "nnlib.workers.process"]
    try:
        return subprocess.Popen(  # noqa: S603 - this interpreter, this package
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    except OSError:
        return None


def send(process: subprocess.Popen, message: dict[str, Any]) -> None:
    assert process.stdin  # noqa: S101
    with suppress(OSError, ValueError):  # if it is dead, reading from it will tell
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()


def let_go(process: subprocess.Popen | None) -> None:
    """Let a process go: it ends when its input does."""
    if process is None:
        return
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            pipe.close()  # type: ignore[union-attr]
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
