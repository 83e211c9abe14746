"""Several machines on one study: a real PostgreSQL, two processes that work, one of them killed in mid-trial."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnlib.runs.spec import RunSpec
from nnlib.search import Interval, SearchError, SearchPlan, StudyState, TrialState, storage, studies
from tests.places import ROOT

ENOUGH = 120.0  # seconds after which a test fails rather than hangs
BASE = RunSpec(depth=1, width=16, num_epochs=40)
PLAN = SearchPlan(BASE, {"learning_rate": Interval(1e-4, 1e-1)}, method="random", pruning="none", num_trials=8)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def programs() -> Path | None:
    """The folder with initdb and postgres; Debian has it outside the path."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").is_file()), None)


class Server:
    """A PostgreSQL of the test's own, which can be stopped and started again."""

    def __init__(self, bin_folder: Path, folder: Path, **how: Any):
        self.port, self._how, data = free_port(), how, str(folder / "data")
        self.url = f"postgresql://tester:secret@127.0.0.1:{self.port}/postgres"
        make = [str(bin_folder / "initdb"), "-D", data, "-U", "tester", "--auth=trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(make, check=True, **how)
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        self._run = [str(bin_folder / "postgres"), "-D", data, "-p", str(self.port), "-k", str(folder), *options]
        self.start()

    def start(self) -> None:
        import psycopg

        self._process = subprocess.Popen(self._run, **self._how)
        last = time.monotonic() + ENOUGH
        while True:
            with suppress(psycopg.OperationalError):
                psycopg.connect(host="127.0.0.1", port=self.port, user="tester", dbname="postgres").close()
                return
            assert self._process.poll() is None and time.monotonic() < last, "PostgreSQL did not start"
            time.sleep(0.1)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # ends connections, then itself
        self._process.wait()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    pytest.importorskip("psycopg", reason="needs psycopg, which requirements-dev.txt has")
    if (bin_folder := programs()) is None:
        pytest.skip("needs PostgreSQL (Debian: apt-get install postgresql)")
    who = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="nnlib-postgresql-"))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    try:
        if who:
            shutil.chown(folder, "nobody")
        server = Server(bin_folder, folder, **quiet, **who)
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(postgresql: Server) -> str:
    """The address of a database."""
    return postgresql.url


@pytest.fixture
def url(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NNLIB_STORAGE", server)
    yield storage.storage_url()
    studies.disconnect(storage.storage_url())


def until(url: str, name: str, condition) -> StudyState:
    last = time.monotonic() + ENOUGH
    study, _ = studies.load(url, name)
    while not condition(state := studies.read(url, name, study)):
        assert time.monotonic() < last, state
        time.sleep(0.02)
    return state


def test_two_machines_share_a_study_and_one_dies_in_mid_trial(url: str):
    studies.create(url, "shared", PLAN)
    command = [sys.executable, "-m", "nnlib.search", "--study", "shared", "--workers", "1"]
    machines = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        until(url, "shared", lambda state: len({trial.worker for trial in state.running} - {""}) == 2)
        victim = stopped_in_mid_trial(url, "shared")
        parent = parent_of(process := process_of(victim))
        (dead,) = [machine for machine in machines if machine.pid == parent]
        (other,) = [machine for machine in machines if machine.pid != parent]
        dead.kill()  # nobody starts the worker again
        os.kill(process, signal.SIGKILL)
        out, _ = other.communicate(timeout=ENOUGH)
    finally:
        for machine in machines:
            machine.kill()
            machine.communicate()
    assert other.returncode == 0, out
    state = studies.read(url, "shared")
    assert [trial.state for trial in state.trials] == ["complete"] * 8
    assert state.interrupted == 1
    again = [trial for trial in state.trials if trial.settings == victim.settings]
    assert len(again) == 1 and again[0].number != victim.number
    assert "Best of 8: trial" in out


def test_a_search_goes_on_through_restarts_of_the_database(url: str, postgresql: Server):
    """Nothing lost, nothing done twice, and both sides say what they wait for."""
    studies.create(url, "nights", replace(PLAN, num_trials=12, base=replace(BASE, num_epochs=150)))
    command = [sys.executable, "-m", "nnlib.search", "--study", "nights", "--workers", "2"]
    machine = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for done in (2, 6):
            until(url, "nights", lambda state, done=done: len(state.ended) >= done and len(state.running) == 2)
            postgresql.stop()
            with pytest.raises(storage.Unreachable, match="does not answer") as raised:
                studies.read(url, "nights")
            assert "secret" not in str(raised.value)
            assert machine.stderr and "Trying again" in machine.stderr.readline()
            postgresql.start()
            assert "can be used again" in machine.stderr.readline()
        out, err = machine.communicate(timeout=ENOUGH)
    finally:
        machine.kill()
        machine.communicate()
    state = studies.read(url, "nights")
    assert machine.returncode == 0, err
    assert [trial.state for trial in state.trials] == ["complete"] * 12
    assert state.interrupted == 0 and len({str(trial.settings) for trial in state.trials}) == 12
    assert len(studies.load(url, "nights")[0].get_trials()) == 12
    assert out.count("complete") == 13  # each once, and the best
    assert "secret" not in err and "Traceback" not in err


def stopped_in_mid_trial(url: str, name: str) -> TrialState:
    """A running trial whose worker is stopped, so that it cannot come to its end meanwhile."""
    while True:
        state = until(url, name, lambda state: any(trial.worker for trial in state.running))
        trial = next(trial for trial in state.running if trial.worker)
        os.kill(process_of(trial), signal.SIGSTOP)
        if trial.number in [running.number for running in studies.read(url, name).running]:
            return trial
        os.kill(process_of(trial), signal.SIGCONT)


def process_of(trial: TrialState) -> int:
    return int(trial.worker.rpartition(":")[2])


def parent_of(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.partition("PPid:")[2].split()[0])


def test_two_machines_may_make_the_tables_at_the_same_moment(url: str, server: str):
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE empty")
    here = os.environ | {"NNLIB_STORAGE": server.replace("/postgres", "/empty")}
    command = [sys.executable, "-m", "nnlib.search"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    machines = [subprocess.Popen(command, cwd=ROOT, env=here, **pipes) for _ in range(3)]
    said = [machine.communicate(timeout=ENOUGH) for machine in machines]
    assert [(out[:9], err) for out, err in said] == [("There are", "")] * 3


def test_a_server_that_does_not_answer_is_one_sentence():
    pytest.importorskip("psycopg", reason="needs psycopg, which requirements-dev.txt has")
    with pytest.raises(SearchError, match="does not answer") as raised:
        studies.names(f"postgresql+psycopg://me:secret@127.0.0.1:{free_port()}/db")
    assert "secret" not in str(raised.value) and "\n" not in str(raised.value)
