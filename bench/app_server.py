"""The app in a process of its own, for the benchmarks.

Run as a script this is that process: Streamlit's server, and a thread that answers each line it reads with how far the
live runs are, so that measuring their speed costs next to nothing.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parent.parent
ANSWER = "runs: "


class AppServer:
    """Starts the app on a free port and ends it with the `with` block."""

    def __init__(self, *options: str):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.options = options

    def __enter__(self) -> "AppServer":
        quiet = ("--server.headless=true", "--logger.level=error")
        server = (f"--server.port={self.port}", "--server.address=127.0.0.1", *quiet, *self.options)
        command = [sys.executable, "-m", "bench.app_server", "run", str(ROOT / "app.py"), *server]
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
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
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith(ANSWER):
                return json.loads(line.removeprefix(ANSWER))
        raise RuntimeError("The app has ended.")


def answer() -> None:
    """The thread's loop."""
    for _ in sys.stdin:
        from ui.runs.log import all_runs  # as late as this, since the app must set the thread limits first

        now = time.perf_counter()
        runs = [{"id": r.id, "status": r.status, "iteration": r.solver.iteration, "clock": now} for r in all_runs()]
        print(ANSWER + json.dumps(runs), flush=True)


if __name__ == "__main__":
    from streamlit.web import cli

    threading.Thread(target=answer, name="answer", daemon=True).start()
    sys.exit(cli.main(prog_name="streamlit"))
