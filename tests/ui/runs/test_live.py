"""Live runs: whatever is clicked, the same numbers; slots, lease, history."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from nnlib.runs.spec import RunSpec
from ui.components.bundle import encode
from ui.runs import frames, live, sessions
from ui.runs.frames import FrameBudget
from ui.runs.live import Run
from ui.runs.painter import Painter
from ui.runs.sessions import Lease
from ui.runs.slots import Slots

SPEC = RunSpec(data="spiral", depth=2, width=8, learning_rate=1e-2, batch_size=40, num_epochs=4, seed=3)
ENDLESS = replace(SPEC, num_epochs=100_000)
DIVERGING = RunSpec(data="digits", update_rule="sgd", learning_rate=10)
Make = Callable[..., Run]


@dataclass(eq=False)
class Waiting:
    wanted: bool = True


def until(condition: Callable[[], object], seconds: float = 120) -> None:
    """Wait for a condition, and fail if it does not come true."""
    last = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < last, "the condition did not come true"
        time.sleep(0.002)


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes runs, and pauses them when the test is over."""
    made: list[Run] = []

    def make(spec: RunSpec = SPEC, **how) -> Run:
        dataset = spec.load_data()
        made.append(Run(spec, dataset, Painter(dataset), **how))
        return made[-1]

    yield make
    for run in made:
        run.pause()


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The sessions whose browsers are connected."""
    viewers: set[str] = set()
    monkeypatch.setattr(sessions, "is_connected", viewers.__contains__)
    return viewers


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time of live runs and of their viewers: `clock.now`, in seconds, which `clock.tick` moves at every look."""
    clock = SimpleNamespace(now=1000.0, tick=0.0)

    def monotonic() -> float:
        clock.now += clock.tick
        return clock.now

    fake = SimpleNamespace(monotonic=monotonic, sleep=time.sleep)
    monkeypatch.setattr(live, "time", fake)
    monkeypatch.setattr(sessions, "time", fake)
    return clock


def losses(spec: RunSpec = SPEC) -> list[float]:
    """What the solver alone finds."""
    solver = spec.make_solver(spec.load_data())
    solver.train()
    return solver.loss_history


def play_to_the_end(run: Run) -> None:
    run.play()
    until(lambda: run.over)


def step_to_the_end(run: Run) -> None:
    while not run.over:
        run.step()


def play_and_pause(run: Run) -> None:
    while not run.over:
        at = run.solver.iteration
        run.play()
        until(lambda at=at: run.over or run.solver.iteration > at)
        run.pause()


def play_and_step(run: Run) -> None:
    for steps in itertools.cycle([0, 1, 3]):
        if run.over:
            return
        run.play()
        run.pause()
        for _ in range(steps):
            run.step()


class TestTheSameNumbers:
    @pytest.mark.parametrize("way", [play_to_the_end, step_to_the_end, play_and_pause, play_and_step])
    def test_however_it_is_clicked(self, make: Make, way: Callable[[Run], None]):
        run = make(replace(SPEC, dropout_keep_ratio=0.8))
        way(run)
        assert run.status == "finished"
        assert run.solver.loss_history == losses(run.spec)

    def test_after_a_reset(self, make: Make):
        run = make()
        initial = run.solver.model.state()
        play_to_the_end(run)
        first, name = run.solver.loss_history, run.name
        run.reset()
        assert run.status == "ready" and run.solver.iteration == 0
        assert run.name != name  # the browser forgets the frames of the run before
        for key, value in run.solver.model.state().items():
            np.testing.assert_array_equal(value, initial[key])
        play_to_the_end(run)
        assert run.solver.loss_history == first

    def test_a_reset_in_mid_run(self, make: Make):
        run = make(ENDLESS)
        run.play()
        until(lambda: run.solver.iteration > 5)
        run.reset()
        assert (run.status, run.solver.iteration, run.seconds) == ("ready", 0, 0.0)
        run.step()
        assert run.solver.loss_history == losses()[:1]

    def test_the_model_ends_with_the_best_weights(self, make: Make):
        run = make()
        play_to_the_end(run)
        solver = run.solver
        assert solver.check_accuracy(solver.X_val, solver.y_val) == solver.best_val_acc


class TestControls:
    def test_a_step_is_one_iteration_with_a_frame(self, make: Make):
        run = make()
        for count in range(1, 4):
            run.step()
            assert (run.status, run.solver.iteration) == ("paused", count)
            assert run.snapshot()["frames"][-1]["iteration"] == count

    def test_a_step_pauses_a_run_that_plays(self, make: Make):
        run = make(ENDLESS)
        run.play()
        until(lambda: run.solver.iteration > 0)
        run.step()
        at = run.solver.iteration
        assert run.status == "paused"
        time.sleep(0.05)
        assert run.solver.iteration == at

    def test_pausing_ends_the_wait_between_slow_steps(self, make: Make):
        run = make(ENDLESS, rate=1e-3)
        run.play()
        until(lambda: run.solver.iteration == 1)
        run.pause()  # in 1000 seconds otherwise
        assert (run.status, run.solver.iteration) == ("paused", 1)

    def test_the_rate_limits_the_speed(self, make: Make):
        run = make(ENDLESS, rate=50)
        start = time.monotonic()
        run.play()
        until(lambda: run.solver.iteration >= 10)
        assert time.monotonic() - start > 9 / 50

    def test_a_stopped_run_is_over_and_keeps_the_best_weights(self, make: Make):
        run = make(ENDLESS)
        run.play()
        until(lambda: run.solver.epoch >= 2)
        run.stop()
        solver, at = run.solver, run.solver.iteration
        assert run.status == "stopped" and run.over
        assert solver.check_accuracy(solver.X_val, solver.y_val) == solver.best_val_acc
        run.play()
        run.step()
        run.stop()
        assert (run.status, run.solver.iteration) == ("stopped", at)

    def test_playing_twice_runs_once(self, make: Make):
        run = make()
        run.play()
        run.play()
        until(lambda: run.over)
        assert run.solver.loss_history == losses()

    def test_early_stopping_says_why(self, make: Make):
        run = make(replace(SPEC, learning_rate=1e-6, patience=2, num_epochs=50))
        play_to_the_end(run)
        assert run.status == "finished"
        assert run.note == "Stopped early: no better validation accuracy in 2 epochs after epoch 0."
        assert run.snapshot()["frames"][-1]["iteration"] == run.solver.iteration

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_run_whose_thread_breaks_does_not_seem_to_go_on(self, make: Make, monkeypatch: pytest.MonkeyPatch):
        run = make(ENDLESS)
        monkeypatch.setattr(run.solver, "steps", lambda: iter([None, 1 / 0]))
        run.play()
        until(lambda: not run.active)
        assert run.status == "paused"


class TestTimeLeft:
    def test_from_the_mean_speed_so_far(self, make: Make):
        run = make()  # 36 steps
        assert run.seconds_left is None
        for _ in range(9):
            run.step()
        run.seconds = 0.9
        assert run.seconds_left is None
        run.seconds = 4.5
        assert run.seconds_left == pytest.approx(13.5)
        run.rate = 1
        assert run.seconds_left == pytest.approx(27)
        run.stop()
        assert run.seconds_left is None


class TestDiverging:
    def test_it_explains_itself_and_keeps_its_curve(self, make: Make):
        run = make(DIVERGING)
        play_to_the_end(run)
        view = run.snapshot()
        assert run.status == view["status"] == "diverged"
        assert run.solver.diverged is not None
        assert run.note == run.solver.diverged.message
        assert "lower the learning rate (now 10)" in run.note
        assert view["loss"]["x"] == list(range(1, run.solver.diverged.iteration + 1))
        assert view["loss"]["raw"][0] is not None and view["loss"]["raw"][-1] is None
        assert len(view["frames"]) > 0

    def test_whatever_overflows_can_be_drawn(self, make: Make):
        run = make(DIVERGING)
        while not run.over:
            run.step()
            assert b"Infinity" not in encode(run.snapshot()) and b"NaN" not in encode(run.snapshot())

    def test_a_reset_forgets_it(self, make: Make):
        run = make(DIVERGING)
        play_to_the_end(run)
        run.reset()
        assert (run.status, run.note, run.snapshot()["loss"]["x"]) == ("ready", "", [])


class TestSnapshot:
    def test_before_the_first_step(self, make: Make):
        view = make().snapshot()
        assert (view["status"], view["iteration"], view["epochs"]) == ("ready", 0, 4)
        assert view["loss"] == {"x": [], "raw": [], "smooth": []}
        assert view["chance"] == {"loss": pytest.approx(np.log(3)), "accuracy": pytest.approx(1 / 3)}
        (frame,) = view["frames"]
        assert (frame["iteration"], frame["loss"]) == (0, None)
        assert frame["picture"].startswith("data:image/png;base64,")
        assert [layer["name"] for layer in frame["layers"]] == ["layer 1", "layer 2", "scores"]

    def test_the_curves_are_the_run(self, make: Make):
        run = make()
        play_to_the_end(run)
        view, solver = run.snapshot(), run.solver
        assert view["loss"]["x"] == list(range(1, solver.num_iterations + 1))
        np.testing.assert_allclose(view["loss"]["raw"], solver.loss_history, rtol=1e-4)
        assert view["accuracy"]["x"] == [1, *range(9, 37, 9)]
        np.testing.assert_allclose(view["accuracy"]["train"], solver.train_acc_history, rtol=1e-4)
        np.testing.assert_allclose(view["accuracy"]["val"], solver.val_acc_history, rtol=1e-4)
        assert (view["iteration"], view["iterations"], view["epoch"]) == (36, 36, 4.0)
        assert view["frames"][-1]["iteration"] == 36

    def test_a_short_run_has_many_frames(self, make: Make, clock: SimpleNamespace):
        clock.tick = 1e-6  # no time for frames to cost, however busy the machine is
        run = make(replace(SPEC, num_epochs=40))
        play_to_the_end(run)
        assert frames.WANTED <= len(run.snapshot()["frames"]) <= frames.WANTED + 2

    def test_a_long_run_is_thinned_out_and_never_cut_off(self, make: Make, monkeypatch: pytest.MonkeyPatch):
        run = make(replace(SPEC, num_epochs=400))
        play_to_the_end(run)
        x = run.snapshot()["loss"]["x"]
        assert x[0] == 1 and x[-1] == 3600
        assert len(x) <= 302
        assert max(np.diff(x[:-1])) == min(np.diff(x[:-1]))

    def test_only_the_frames_after_an_iteration(self, make: Make):
        run = make()
        for _ in range(5):
            run.step()
        assert [frame["iteration"] for frame in run.snapshot(after=2)["frames"]] == [3, 4, 5]
        assert run.snapshot(after=2)["partial"] and not run.snapshot()["partial"]
        assert [frame["iteration"] for frame in run.snapshot()["frames"]] == [0, 1, 2, 3, 4, 5]

    def test_frames_cost_a_small_share_of_the_time(self, make: Make, clock: SimpleNamespace):
        solver, budget, framed = make(ENDLESS).solver, FrameBudget(), 0
        for _ in range(10_000):
            due = budget.is_due(clock.now, solver)
            seconds = 0.021 if due else 0.001
            budget.spend(clock.now, seconds, solver.iteration, due)
            clock.now += seconds
            framed += due
        spent = 0.02 * framed
        assert frames.CREDIT < spent < frames.CREDIT + frames.SHARE * (clock.now - 1000) + 0.02


class TestSlots:
    @pytest.fixture(autouse=True)
    def one_core(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(live, "SLOTS", Slots(1))

    def test_the_others_queue_and_start_by_themselves(self, make: Make):
        first, second, third = make(ENDLESS), make(ENDLESS), make()
        first.play()
        until(lambda: first.status == "running")
        for run in (second, third):
            run.play()
            until(lambda run=run: run in live.SLOTS._line)
        assert (second.status, third.status) == ("queued", "queued")
        assert (live.SLOTS.ahead_of(second), live.SLOTS.ahead_of(third)) == (0, 1)
        assert second.active and second.solver.iteration == 0
        first.pause()
        until(lambda: second.status == "running")
        assert third.status == "queued"
        second.stop()
        until(lambda: third.status == "finished")
        assert third.solver.loss_history == losses()

    def test_one_that_gives_up_leaves_the_line(self, make: Make):
        first, second, third = make(ENDLESS), make(ENDLESS), make(ENDLESS)
        first.play()
        until(lambda: first.status == "running")
        for run in (second, third):
            run.play()
            until(lambda run=run: run in live.SLOTS._line)
        second.pause()
        assert (second.status, second.solver.iteration) == ("paused", 0)
        assert live.SLOTS.ahead_of(third) == 0
        first.pause()
        until(lambda: third.status == "running")

    def test_light_runs_do_not_wait(self, make: Make):
        first, light = make(ENDLESS), make(light=True)
        first.play()
        until(lambda: first.status == "running")
        play_to_the_end(light)
        assert light.status == "finished" and first.status == "running"

    def test_never_more_at_once_than_slots(self):
        slots, inside, most = Slots(2), [], []
        barrier = threading.Barrier(8)

        def work() -> None:
            waiting = Waiting()
            barrier.wait()
            for _ in range(20):
                with slots.held(waiting) as got:
                    assert got
                    inside.append(1)
                    most.append(len(inside))
                    time.sleep(0.0005)
                    inside.pop()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(most) == 160 and max(most) == 2


class TestLease:
    def test_a_run_whose_viewer_is_gone_pauses(self, make: Make, clock: SimpleNamespace, connected: set[str]):
        run = make(ENDLESS, lease=Lease("gone"))
        clock.tick = 0.1
        run.play()
        until(lambda: not run.active)
        assert (run.status, run.unwatched) == ("paused", True)
        assert run.solver.iteration > 0
        at = run.solver.iteration
        clock.tick = 0
        run.seen()
        until(lambda: run.solver.iteration > at)
        assert run.note == "It was paused meanwhile, since nobody was watching."
        run.play()
        assert run.note == ""

    def test_a_run_that_was_paused_by_hand_stays_so(self, make: Make, clock: SimpleNamespace, connected: set[str]):
        run = make(ENDLESS, lease=Lease("gone"))
        clock.tick = 0.1
        run.play()
        until(lambda: not run.active)
        run.pause()
        run.seen()
        assert not run.active

    @pytest.mark.parametrize("still", ["connected", "polling"])
    def test_a_run_with_a_viewer_goes_on(self, make: Make, clock: SimpleNamespace, connected: set[str], still: str):
        run = make(replace(SPEC, num_epochs=40), lease=Lease("viewer"))
        clock.tick = 0.1
        if still == "connected":  # on another page, say
            connected.add("viewer")
        else:
            original = run._advance

            def advance(framed: bool) -> None:
                original(framed)
                run.snapshot()

            run._advance = advance  # type: ignore[method-assign]
        play_to_the_end(run)
        assert run.status == "finished"


def test_two_minutes_and_ten_seconds():
    assert (sessions.END_AFTER, live.PAUSE_AFTER) == (120, 10)
