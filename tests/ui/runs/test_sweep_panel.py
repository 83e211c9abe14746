"""The panel of an experiment's runs: its buttons, what it says, reloads, and sweeps that nobody watches."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.experiments import Sweep
from ui.runs import sessions, sweeps
from ui.runs.sessions import Leases

ENOUGH = 60.0


@pytest.fixture(autouse=True)
def own_cache_and_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "cache"))
    yield
    sweeps.pool().close()
    sweeps.pool.cache_clear()


def page() -> None:
    from dataclasses import replace

    import streamlit as st

    from nnlib.experiments import Experiment
    from nnlib.runs.spec import RunSpec
    from ui.runs.sweeps import sweep_panel

    epochs = st.number_input("epochs", 1, 10**6, 2)
    data = st.text_input("data", "digits")
    spec = RunSpec(data=data, num_train=60, depth=1, width=8, batch_size=20, num_epochs=int(epochs))
    experiment = Experiment("pair", (spec, replace(spec, seed=1)))
    snapshot = sweep_panel("demo", experiment, lambda now: st.write(f"drawn: {now.ended} of {len(now.runs)}"))
    st.write("no sweep" if snapshot is None else f"page sees {snapshot.state}")


def words(app: AppTest) -> str:
    assert not app.exception
    progress = [element.proto.text for element in app.main if getattr(element, "type", "") == "progress"]
    return " | ".join(
        [*(element.value for element in (*app.markdown, *app.caption, *app.error, *app.info, *app.warning)), *progress]
    )


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=f"demo_{key}").click().run()


def ended(app: AppTest) -> AppTest:
    sweep: Sweep = app.session_state["demo"]
    assert sweep.wait(ENOUGH)
    return app.run()


def open_page() -> AppTest:
    return AppTest.from_function(page, default_timeout=ENOUGH).run()


def test_from_start_to_end_and_once_more():
    app = open_page()
    assert "2 runs, at most" in words(app) and "no sweep" in words(app)
    app = ended(press(app, "run"))
    assert "drawn: 2 of 2" in words(app) and "page sees finished" in words(app)
    assert [button.key for button in app.button] == ["demo_again"]
    first = app.session_state["demo"]
    app = ended(press(app, "again"))
    assert app.session_state["demo"] is not first
    assert app.session_state["demo"].snapshot().cached == 0
    assert app.session_state["demo"].snapshot().results == first.snapshot().results


def test_another_session_sees_what_was_done_before():
    ended(press(open_page(), "run"))
    app = open_page()
    assert "2 of 2 runs were done earlier" in words(app)
    app = press(app, "run")
    assert "page sees finished" in words(app)
    assert app.session_state["demo"].snapshot().cached == 2


def test_stopping():
    app = open_page()
    app.number_input[0].set_value(10**6).run()
    app = press(app, "run")
    assert "page sees running" in words(app)
    assert [button.key for button in app.button] == ["demo_stop"]
    app = press(app, "stop")
    assert "page sees stopped" in words(app)
    assert [button.key for button in app.button] == ["demo_run"]


def test_changed_settings_are_told():
    app = ended(press(open_page(), "run"))
    app.number_input[0].set_value(3).run()
    assert "this shows num epochs 2" in words(app)
    assert "drawn: 2 of 2" in words(app)
    app = ended(press(app, "run"))
    assert "this shows" not in words(app)


def test_absent_data_are_one_sentence():
    app = open_page()
    app.text_input[0].set_value("cifar10").run()
    assert "CIFAR-10 is not here" in words(app)
    assert app.button(key="demo_run").disabled


def test_a_reload_finds_the_sweep_and_a_stranger_does_not(monkeypatch):
    app = press(open_page(), "run")
    sweep = app.session_state["demo"]
    address = app.query_params["demo"]
    monkeypatch.setattr(sessions, "is_connected", lambda session: True)
    monkeypatch.setattr(sweeps, "session_id", lambda: "somebody else")
    stranger = AppTest.from_function(page, default_timeout=ENOUGH)
    stranger.query_params["demo"] = address
    assert "no sweep" in words(stranger.run()) and "in another tab or browser" in words(stranger.run())
    monkeypatch.setattr(sessions, "is_connected", lambda session: False)
    reloaded = AppTest.from_function(page, default_timeout=ENOUGH)
    reloaded.query_params["demo"] = address
    assert "page sees" in words(reloaded.run())
    assert reloaded.session_state["demo"] is sweep
    unknown = AppTest.from_function(page, default_timeout=ENOUGH)
    unknown.query_params["demo"] = "nonsense"
    assert "no sweep" in words(unknown.run()) and "have ended" in words(unknown.run())
    assert "have ended" not in words(press(unknown, "run"))


def test_a_disk_that_is_full_is_said_and_nothing_is_lost(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with monkeypatch.context() as patch:
        patch.setenv("NNLIB_CACHE", str(tmp_path / "file"))
        app = ended(press(open_page(), "run"))
        assert "drawn: 2 of 2" in words(app) and "results of 2 runs cannot be written" in words(app)
        assert "shown at once" in words(open_page())
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "room"))
    assert "cannot be written" not in words(app.run())
    assert len(list((tmp_path / "room" / "results").glob("*.json"))) == 2


def test_the_address_holds_the_sweep_again_after_a_visit_to_another_page():
    app = ended(press(open_page(), "run"))
    address = app.query_params["demo"]
    del app.query_params["demo"]
    assert app.run().query_params["demo"] == address


def test_a_sweep_that_nobody_watches_is_stopped(monkeypatch):
    monkeypatch.setattr(sessions, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(sweeps, "SWEEPS", Leases("sweeps", Sweep.stop, end_after=0.05))
    app = open_page()
    app.number_input[0].set_value(10**6).run()
    app = press(app, "run")
    assert app.session_state["demo"].wait(ENOUGH)
    assert app.session_state["demo"].snapshot().state == "stopped"
