"""The app in a process of its own, for the benchmarks.

Run as a script this is that process: Streamlit's server, and a thread that answers each line it reads, with how far the
live runs are, say, so that measuring their speed costs next to nothing.
"""

import gc
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

ROOT = Path(__file__).parent.parent
ANSWER = "answer: "
OF_SESSIONS = (
    "AppSession",
    "Run",
    "RunLog",
    "Recording",
    "Solver",
    "Sweep",
)  # classes: what sessions have of their own


class AppServer:
    """Starts the app on a free port and ends it with the `with` block.

    Args:
        options: further ones of Streamlit.
        log: where its log goes; by default with ours.
        variables: of the environment.
    """

    def __init__(self, *options: str, log: IO[str] | None = None, variables: dict[str, str] | None = None):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.options, self.log, self.variables = options, log, variables or {}

    def __enter__(self) -> "AppServer":
        quiet = ("--server.headless=true", "--logger.level=error")
        server = (f"--server.port={self.port}", "--server.address=127.0.0.1", *quiet, *self.options)
        command = [sys.executable, "-m", "bench.app_server", "run", str(ROOT / "app.py"), *server]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.log}
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"} | self.variables
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()  # noqa: S310 - our own server
                return self
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("The app did not answer within 30 seconds.")

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.process.terminate()
        self.process.communicate()

    def runs(self) -> list[dict[str, Any]]:
        """Every live run, the newest last: id, status, iteration, and the server's clock when it was read, in s."""
        return self._ask("runs")

    def held(self) -> dict[str, dict[str, int]]:
        """How many it has of its "threads", by name, and of the "objects" that sessions have of their own, by class."""
        return self._ask("held")

    def _ask(self, what: str) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith(ANSWER):
                return json.loads(line.removeprefix(ANSWER))
        raise RuntimeError("The app has ended.")


def runs() -> list[dict[str, Any]]:
    from ui.runs.log import all_runs  # as late as this, since the app must set the thread limits first

    now = time.perf_counter()
    return [{"id": r.id, "status": r.status, "iteration": r.solver.iteration, "clock": now} for r in all_runs()]


def held() -> dict[str, dict[str, int]]:
    gc.collect()
    classes = Counter(type(thing).__name__ for thing in gc.get_objects())
    names = Counter(thread.name for thread in threading.enumerate())
    return {"threads": names, "objects": {name: classes[name] for name in OF_SESSIONS if classes[name]}}


ANSWERS: dict[str, Callable[[], Any]] = {"runs": runs, "held": held}


def answer() -> None:
    """The thread's loop."""
    for line in sys.stdin:
        print(ANSWER + json.dumps(ANSWERS[line.strip()]()), flush=True)


if __name__ == "__main__":
    from streamlit.web import cli

    threading.Thread(target=answer, name="answer", daemon=True).start()
    sys.exit(cli.main(prog_name="streamlit"))
