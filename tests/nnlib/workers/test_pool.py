"""Worker processes: order, fairness, stopping, dying, and what a task may do wrong."""

import ast
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nnlib.workers import Pool, Task
from nnlib.workers.threads import ONE_THREAD
from tests.places import ROOT

TASKS = '''
import os, sys, time

def count(n, pause=0.0):
    """Yields 0 to n - 1."""
    for i in range(n):
        time.sleep(pause)
        yield i

def facts(names):
    import numpy
    yield {"environment": {name: os.environ.get(name) for name in names}, "pid": os.getpid()}
    yield {"modules": [name for name in ("streamlit", "pytest") if name in sys.modules]}

def noisy():
    print("this is not a report")
    os.write(1, b"nor is this")
    yield "said"

def refuse(sentence):
    yield 1
    raise ValueError(sentence)

def stumble():
    yield 1
    raise KeyError("unexpected")

def exhaust():
    yield 1
    raise MemoryError

def die(folder, times):
    """Is killed in its first so many attempts, each time after the event "alive"."""
    yield "alive"
    deaths = len(os.listdir(folder))
    if deaths < times:
        open(os.path.join(folder, str(deaths)), "w").close()
        os.kill(os.getpid(), 9)
    yield "done"

def deaf(file):
    """Cannot be stopped kindly."""
    yield os.getpid()
    open(file, "w").close()
    time.sleep(1000)

def tidy(file):
    try:
        while True:
            yield None
            time.sleep(0.01)
    finally:
        open(file, "w").close()

'''
ENOUGH = 60.0  # seconds after which a test fails rather than hangs


class Noted(Task):
    """Keeps all events of the last attempt."""

    def __init__(self, function: str, owner: str = "", key: str | None = None, **arguments: Any):
        super().__init__(f"tasks_of_the_tests:{function}", arguments, owner, key)
        self.events: list[Any] = []
        self.restarts = 0
        self.state_when_finished: str | None = None

    def on_event(self, event: Any) -> None:
        self.events.append(event)

    def on_restart(self) -> None:
        self.events.clear()
        self.restarts += 1

    def on_finished(self) -> None:
        self.state_when_finished = self.state


@pytest.fixture
def make_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Pool]]:
    (tmp_path / "tasks_of_the_tests.py").write_text(TASKS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    pools = []

    def make(size: int) -> Pool:
        pools.append(Pool(size))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def wait(pool: Pool, *tasks: Task) -> None:
    assert pool.wait_for(lambda: all(task.over for task in tasks), ENOUGH)


def test_events_arrive_in_order(make_pool):
    pool = make_pool(2)
    tasks = [pool.submit(Noted("count", n=n)) for n in (0, 1, 500, 3)]
    wait(pool, *tasks)
    assert [task.events for task in tasks] == [list(range(n)) for n in (0, 1, 500, 3)]
    assert {task.state for task in tasks} == {"finished"}
    assert {task.state_when_finished for task in tasks} == {"running"}  # told before others can see that it is over


def test_a_worker_is_a_plain_process_with_one_blas_thread(make_pool):
    pool = make_pool(1)
    task = pool.submit(Noted("facts", names=list(ONE_THREAD)))
    wait(pool, task)
    assert task.events[0]["environment"] == ONE_THREAD
    assert task.events[0]["pid"] != os.getpid()
    assert task.events[1]["modules"] == []


def test_the_app_sets_the_limits_before_numpy_is_imported():
    """Its first lines alone: they read the limits without importing what imports NumPy."""
    first, imports, _ = (ROOT / "app.py").read_text().partition("\nimport gc")
    assert imports
    script = (
        f"__file__ = {str(ROOT / 'app.py')!r}\n{first}\nimport sys\nprint('numpy' in sys.modules, dict(os.environ))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded, _, environment = run.stdout.partition(" ")
    assert loaded == "False"
    assert ONE_THREAD.items() <= ast.literal_eval(environment).items()


def test_workers_are_reused(make_pool):
    pool = make_pool(1)
    tasks = [pool.submit(Noted("facts", names=[])) for _ in range(3)]
    wait(pool, *tasks)
    assert len({task.events[0]["pid"] for task in tasks}) == 1


def test_what_a_task_prints_does_no_harm(make_pool):
    pool = make_pool(1)
    task = pool.submit(Noted("noisy"))
    wait(pool, task)
    assert (task.state, task.events) == ("finished", ["said"])


def test_a_refusal_is_one_sentence_and_not_repeated(make_pool):
    pool = make_pool(1)
    task = pool.submit(Noted("refuse", sentence="reg is -1, but must be at least 0."))
    wait(pool, task)
    assert (task.state, task.error) == ("failed", "reg is -1, but must be at least 0.")
    assert (task.events, task.attempts, task.state_when_finished) == ([1], 1, None)


def test_an_unexpected_error_is_one_sentence_too(make_pool, capfd):
    pool = make_pool(1)
    task, after = pool.submit(Noted("stumble")), pool.submit(Noted("count", n=2))
    wait(pool, task, after)
    assert (task.state, task.error) == ("failed", "The run ended with an unexpected KeyError.")
    assert after.events == [0, 1]
    assert "Traceback" in capfd.readouterr().err  # for the log


def test_no_memory_is_one_sentence_and_the_worker_stays(make_pool):
    pool = make_pool(1)
    task, after = pool.submit(Noted("exhaust")), pool.submit(Noted("count", n=2))
    wait(pool, task, after)
    assert (task.state, task.attempts, after.events) == ("failed", 1, [0, 1])
    assert task.error == "There was not enough memory: choose a smaller network or batch."


def test_a_fault_in_taking_reports_fails_the_task_alone(make_pool, capfd):
    class Faulty(Noted):
        def on_event(self, event: Any) -> None:
            raise KeyError(event)

    class FaultyAtTheEnd(Noted):
        def on_finished(self) -> None:
            raise KeyError("end")

    pool = make_pool(1)
    tasks = [pool.submit(kind("count", n=3, pause=0.01)) for kind in (Faulty, FaultyAtTheEnd, Noted)]
    wait(pool, *tasks)
    assert [task.state for task in tasks] == ["failed", "failed", "finished"]
    assert "see the log" in tasks[0].error
    assert tasks[2].events == [0, 1, 2]
    assert capfd.readouterr().err.count("Traceback") == 2


def test_a_killed_worker_is_replaced_and_its_task_done_once_more(make_pool, tmp_path):
    (folder := tmp_path / "deaths").mkdir()
    pool = make_pool(2)
    dying, other = pool.submit(Noted("die", folder=str(folder), times=1)), pool.submit(Noted("count", n=50))
    wait(pool, dying, other)
    assert (dying.state, dying.attempts, dying.restarts) == ("finished", 2, 1)
    assert dying.events == ["alive", "done"]  # nothing of the first attempt is left
    assert other.events == list(range(50))


def test_a_task_whose_worker_dies_again_and_again_fails_and_the_rest_goes_on(make_pool, tmp_path):
    (folder := tmp_path / "deaths").mkdir()
    pool = make_pool(1)
    dying, after = pool.submit(Noted("die", folder=str(folder), times=9)), pool.submit(Noted("count", n=2))
    wait(pool, dying, after)
    assert (dying.state, dying.attempts) == ("failed", 3)
    assert "ended 3 times" in dying.error
    assert after.state == "finished"


def test_a_worker_that_dies_idle_is_replaced(make_pool):
    pool = make_pool(1)
    first = pool.submit(Noted("facts", names=[]))
    wait(pool, first)
    os.kill(first.events[0]["pid"], signal.SIGKILL)
    second = pool.submit(Noted("facts", names=[]))
    wait(pool, second)
    assert second.state == "finished"
    assert second.events[0]["pid"] != first.events[0]["pid"]


def test_a_worker_killed_from_outside_while_it_works(make_pool):
    pool = make_pool(1)
    task = pool.submit(Noted("count", n=300, pause=0.005))
    assert pool.wait_for(lambda: len(task.events) > 20, ENOUGH)
    (pid,) = pool.processes()
    os.kill(pid, signal.SIGKILL)
    wait(pool, task)
    assert (task.state, task.attempts, task.events) == ("finished", 2, list(range(300)))


def test_stopping_a_running_task_closes_its_generator_and_keeps_the_worker(make_pool, tmp_path):
    pool = make_pool(1)
    before = pool.submit(Noted("facts", names=[]))
    task = pool.submit(Noted("tidy", file=str(tmp_path / "closed")))
    assert pool.wait_for(lambda: bool(pool.processes()) and task.state == "running", ENOUGH)
    pool.stop(task)
    assert task.state == "stopped"  # at once
    after = pool.submit(Noted("facts", names=[]))
    wait(pool, before, after)
    assert (tmp_path / "closed").exists()
    assert after.events[0]["pid"] == before.events[0]["pid"]


def test_a_task_that_does_not_listen_is_killed(make_pool, tmp_path):
    pool = make_pool(1)
    task = pool.submit(Noted("deaf", file=str(tmp_path / "deaf now")))
    poll((tmp_path / "deaf now").exists)
    assert pool.wait_for(lambda: bool(task.events), ENOUGH)  # what it says may still be on its way
    pool.stop(task)
    assert pool.wait_for(lambda: not pool.processes(), ENOUGH)
    after = pool.submit(Noted("facts", names=[]))
    wait(pool, after)
    assert after.events[0]["pid"] != task.events[0]
    assert (task.state, task.attempts) == ("stopped", 1)


def test_nothing_is_heard_of_a_stopped_task(make_pool):
    pool = make_pool(1)
    task = pool.submit(Noted("count", n=10_000, pause=0.001))
    assert pool.wait_for(lambda: bool(task.events), ENOUGH)
    pool.stop(task)
    heard = len(task.events)
    assert pool.wait_for(lambda: not pool.processes(), ENOUGH)
    assert len(task.events) == heard
    assert task.state_when_finished is None


def test_stopping_a_waiting_task_takes_it_out_of_the_line(make_pool):
    pool = make_pool(1)
    first, second, third = (pool.submit(Noted("count", n=20, pause=0.01)) for _ in range(3))
    pool.stop(second)
    pool.stop(second)  # once more does nothing
    wait(pool, first, third)
    assert (first.state, second.state, third.state) == ("finished", "stopped", "finished")
    assert second.events == []
    pool.stop(first)
    assert first.state == "finished"


def test_owners_share_the_workers(make_pool):
    pool = make_pool(1)
    order: list[str] = []

    class Ordered(Noted):
        def on_finished(self) -> None:
            order.append(self.owner)

    hold = pool.submit(Noted("tidy", file=os.devnull))
    assert pool.wait_for(lambda: hold.state == "running", ENOUGH)
    tasks = [pool.submit(Ordered("count", n=1, owner=owner)) for owner in "AAAAAABBBC"]
    pool.stop(hold)
    wait(pool, *tasks)
    assert "".join(order) == "ABCABABAAA"


def test_who_has_less_running_comes_first(make_pool, tmp_path):
    pool = make_pool(2)
    long = [pool.submit(Noted("tidy", owner="A", file=str(tmp_path / str(i)))) for i in range(2)]
    assert pool.wait_for(lambda: all(task.state == "running" for task in long), ENOUGH)
    more = pool.submit(Noted("tidy", owner="A", file=str(tmp_path / "more")))
    pool.stop(long[0])  # A still has one running, B none
    other = pool.submit(Noted("count", owner="B", n=1))
    pool.stop(more)
    wait(pool, other)
    assert other.state == "finished"
    pool.stop(long[1])


def test_tasks_of_one_key_are_done_once(make_pool):
    pool = make_pool(1)
    first = pool.submit(Noted("count", key="same", n=50, pause=0.01))
    assert pool.submit(Noted("count", key="same", n=50)) is first
    assert pool.submit(Noted("count", key="other", n=1)) is not first
    assert pool.submit(Noted("count", n=1)) is not first
    wait(pool, first)
    assert pool.submit(Noted("count", key="same", n=50)) is not first


def test_no_process_before_there_is_work(make_pool):
    pool = make_pool(2)
    assert pool.processes() == []
    assert threading.active_count() == len([t for t in threading.enumerate() if not t.name.startswith("worker-")])
    pool.close()


def test_idle_workers_end_and_others_start_when_needed(make_pool, monkeypatch):
    monkeypatch.setattr("nnlib.workers.pool.IDLE", 0.05)
    pool, pids = make_pool(2), []
    for _ in range(3):
        tasks = [pool.submit(Noted("facts", names=[], owner=f"visitor {i}")) for i in range(4)]
        wait(pool, *tasks)
        pids.append({task.events[0]["pid"] for task in tasks})
        threads = list(pool._threads)
        for thread in threads:
            thread.join(ENOUGH)
        assert not pool._threads
        for pid in pids[-1]:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
    assert not set.intersection(*pids)


def test_nothing_is_kept_of_owners_that_have_nothing_to_do(make_pool):
    pool = make_pool(1)
    for i in range(20):
        wait(pool, pool.submit(Noted("count", owner=f"visitor {i}", n=1)))
    assert len(pool._last_served) <= 1


def test_closing_ends_everything(make_pool, tmp_path):
    pool = make_pool(2)
    tasks = [pool.submit(Noted("tidy", file=str(tmp_path / str(i)))) for i in range(4)]
    assert pool.wait_for(lambda: len(pool.processes()) == 2, ENOUGH)
    pids = pool.processes()
    pool.close()
    assert {task.state for task in tasks} == {"stopped"}
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_end_with_their_parent(tmp_path):
    """Also when it is killed and can tell nobody."""
    (tmp_path / "tasks_of_the_tests.py").write_text(TASKS)
    script = """
        import time
        from nnlib.workers import Pool, Task
        pool = Pool(1)
        pool.submit(Task("tasks_of_the_tests:count", {"n": 10**6, "pause": 0.01}))
        while not pool.processes():
            time.sleep(0.01)
        print(*pool.processes(), flush=True)
        time.sleep(1000)
    """
    root = str(ROOT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([root, str(tmp_path)])}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        os.kill(pid, 0)
        parent.kill()
    poll(lambda: not is_alive(pid))


def poll(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ENOUGH
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether it runs; what nobody has waited for (a zombie) does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "2", float("nan")])
def test_a_pool_has_a_whole_number_of_workers(size: Any):
    with pytest.raises(ValueError, match=r"size is .* whole number"):
        Pool(size)


@pytest.mark.parametrize("call", ["", "module", "module:", ":function", "os.system('x'):f", None, 3])
def test_a_task_must_name_a_function(call: Any):
    with pytest.raises(ValueError, match=r"package\.module:function"):
        Task(call, {})


@pytest.mark.parametrize("arguments", [None, [], {"x": object()}, {1: 2}, {"x": b"secret"}])
def test_a_task_takes_what_json_can_hold(arguments: Any):
    with pytest.raises(ValueError, match="what JSON can hold") as raised:
        Task("module:function", arguments)
    assert "secret" not in str(raised.value)


def test_nothing_waits_for_a_pool_that_is_closed():
    pool = Pool(1)
    pool.close()
    assert pool.submit(Task("module:function", {})).state == "stopped"
