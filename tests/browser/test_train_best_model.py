"""Train your best model, as a person uses it: links, buttons, sliders, arrow keys, pages, reloads, a second browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenPage, button, free_port, number, serve, settle, view, wait_until

LONG = "train_best_model?batch_size=5&num_epochs=500"  # half a minute at full speed
SHORT = "train_best_model?num_epochs=5"  # a tenth of a second
TITLE = "Train your best model"
SETTINGS = ("data", "seed", "num_train", "depth", "width", "normalization", "weight_scale", "dropout_keep_ratio", "reg")
SETTINGS += ("update_rule", "learning_rate", "schedule", "lr_decay", "warmup", "batch_size", "num_epochs", "patience")


def ready(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(view(page)).to_be_visible()


def kill(port: int) -> None:
    """Kill the server on this port, as one that runs out of memory is killed."""
    found = subprocess.run(["pgrep", "-f", "--", f"--server.port={port}"], capture_output=True, text=True, check=True)
    os.kill(int(found.stdout.split()[0]), signal.SIGKILL)


def settled(page: Page, sent: list[int]) -> int:
    """How many messages had been sent when the page had come to rest."""
    before = -1
    while before != len(sent):
        before = len(sent)
        settle(page)
    return before


def parameters(page: Page) -> dict[str, str]:
    """What the address bar holds."""
    return dict(parse_qsl(urlsplit(page.url).query))


def shown(page: Page, key: str) -> str:
    """What a control shows."""
    return page.locator(f".st-key-{key}").evaluate(
        """(node) => {
            const pressed = node.querySelector("[aria-checked=true], [aria-pressed=true]");
            const field = node.querySelector("input[type=number], input[role=combobox]");
            return (pressed ?? node).innerText + (field?.value ?? "");
        }"""
    )


def slide(page: Page, key: str, steps: int) -> None:
    """Move a slider by the arrow keys, and wait until the address holds its value."""
    slider = page.locator(f".st-key-{key}").get_by_role("slider")
    slider.focus()
    for _ in range(abs(steps)):
        page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
    value = slider.get_attribute("aria-valuetext") or ""
    wait_until(page, lambda: is_same(parameters(page).get(key, ""), value))


def is_same(one: str, other: str) -> bool:
    """Whether two texts are equal, or equal as numbers."""
    try:
        return float(one) == float(other)
    except ValueError:
        return one == other


def choose(page: Page, key: str, option: str) -> None:
    page.locator(f".st-key-{key} input").click()
    page.get_by_role("option", name=option, exact=True).click()
    wait_until(page, lambda: parameters(page).get(key) == option)


def press(page: Page, key: str, option: str) -> None:
    page.locator(f".st-key-{key}").get_by_text(option, exact=True).click()
    wait_until(page, lambda: parameters(page).get(key) == option)


class TestLinks:
    def test_a_deep_link_may_be_the_first_request(
        self, browser: Browser, open_page: OpenPage, tmp_path: Path, download_port: int
    ):
        with serve(tmp_path, download_port) as url:
            page = open_page("train_best_model?depth=4", base=url)
            ready(page)
            expect(page.locator(".st-key-depth")).to_contain_text("4")
            expect(page.get_by_test_id("stSidebarNav").get_by_role("link")).not_to_have_count(0)
            page.goto("about:blank")

    def test_every_setting_lands_in_the_link_which_brings_it_back(self, open_page: OpenPage):
        page = open_page("train_best_model")
        ready(page)
        choose(page, "data", "Moons")
        page.locator(".st-key-seed input").fill("42")
        page.keyboard.press("Enter")
        wait_until(page, lambda: parameters(page).get("seed") == "42")
        for key, steps in {"depth": 2, "width": -3, "dropout_keep_ratio": -4, "weight_scale": 3, "reg": 5}.items():
            slide(page, key, steps)
        press(page, "normalization", "layernorm")
        choose(page, "update_rule", "rmsprop")
        press(page, "schedule", "step")
        for key, steps in {"learning_rate": 2, "warmup": 3, "batch_size": 2, "num_epochs": -1, "patience": 5}.items():
            slide(page, key, steps)
        slide(page, "lr_decay", -5)
        link = parameters(page)
        assert set(link) == set(SETTINGS) - {"num_train"} | {"run"}
        del link["run"]
        keys = [key for key in SETTINGS if key != "num_train"]
        other = open_page(f"train_best_model?{urlencode(link)}")
        ready(other)
        assert {key: shown(page, key) for key in keys} == {key: shown(other, key) for key in keys}
        expect(page.get_by_text("These settings are not those of the run")).to_have_count(0)

    def test_an_infinite_number_in_the_address_is_dropped(self, open_page: OpenPage):
        page = open_page("train_best_model?seed=1e999&depth=3")
        ready(page)
        wait_until(page, lambda: "seed" not in parameters(page))
        expect(page.locator(".st-key-seed input")).to_have_value("0")
        expect(page.locator(".st-key-depth")).to_contain_text("3")


class TestButtons:
    def test_play_pause_step_stop_reset(self, open_page: OpenPage):
        page = open_page(LONG)
        ready(page)
        expect(view(page, status="ready", latest="0")).to_be_visible()
        button(page, "Play").click()
        expect(view(page, status="running")).to_be_visible()
        wait_until(page, lambda: number(page, "latest") > 100)
        button(page, "Pause").click()
        expect(view(page, status="paused")).to_be_visible()
        at = number(page, "latest")
        for count in (1, 2):
            button(page, "One step").click()
            expect(view(page, status="paused", latest=str(at + count), iteration=str(at + count))).to_be_visible()
        button(page, "Play").click()
        wait_until(page, lambda: number(page, "latest") > at + 2)
        button(page, "Stop").click()
        expect(view(page, status="stopped")).to_be_visible()
        expect(button(page, "Play")).to_be_disabled()
        expect(page.get_by_text("Test accuracy")).to_be_visible()
        button(page, "Reset").click()
        expect(view(page, status="ready", latest="0", frames="1")).to_be_visible()
        expect(page.get_by_text("Test accuracy")).to_have_count(0)
        expect(button(page, "Play")).to_be_enabled()

    def test_the_view_stays_in_place_through_pauses(self, open_page: OpenPage):
        page = open_page(LONG)
        ready(page)
        button(page, "Play").click()
        expect(view(page, status="running")).to_be_visible()
        view(page).evaluate("(node) => { node.dataset.mark = 'same'; }")
        for _ in range(8):
            button(page, "Pause").click()
            expect(view(page, status="paused", mark="same")).to_be_visible()
            button(page, "Play").click()
            expect(view(page, status="running", mark="same")).to_be_visible()

    def test_speed(self, open_page: OpenPage):
        page = open_page(f"{LONG}&train_speed=1+%2F+s")
        ready(page)
        button(page, "Play").click()
        wait_until(page, lambda: number(page, "latest") >= 1)
        at, started = number(page, "latest"), time.monotonic()
        wait_until(page, lambda: number(page, "latest") > at)
        assert number(page, "latest") <= at + 3 + (time.monotonic() - started)  # one a second, and what was on its way
        page.locator(".st-key-train_speed").get_by_role("slider").focus()
        page.keyboard.press("End")
        wait_until(page, lambda: number(page, "latest") > 200)
        wait_until(page, lambda: "train_speed" not in parameters(page))

    def test_the_same_seed_gives_the_same_curve(self, open_page: OpenPage):
        page = open_page(SHORT)
        ready(page)
        curves = []
        for _ in range(2):
            button(page, "Play").click()
            expect(view(page, status="finished")).to_be_visible()
            curves.append(view(page).locator("[data-series=raw]").get_attribute("d"))
            button(page, "Reset").click()
            expect(view(page, status="ready")).to_be_visible()
        assert curves[0] == curves[1] and len(curves[0] or "") > 200


class TestHistory:
    def test_scrubbing_needs_no_rerun(self, open_page: OpenPage):
        page = open_page(SHORT)
        sent: list[int] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(1)))
        page.reload()
        ready(page)
        button(page, "Play").click()
        expect(view(page, status="finished", iteration="135")).to_be_visible()
        before = settled(page, sent)
        frames = number(page, "frames")
        assert frames > 10
        slider = view(page).get_by_role("slider", name="Recorded step")
        slider.focus()
        page.keyboard.press("Home")
        expect(view(page, iteration="0", following="false")).to_be_visible()
        picture = view(page).locator("img.picture").get_attribute("src")
        page.keyboard.press("ArrowRight")
        wait_until(page, lambda: number(page, "iteration") > 0)
        first = number(page, "iteration")
        page.keyboard.press("ArrowRight")
        wait_until(page, lambda: number(page, "iteration") > first)
        assert view(page).locator("img.picture").get_attribute("src") != picture
        box = slider.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        wait_until(page, lambda: 27 < number(page, "iteration") < 108)
        page.keyboard.press("End")
        expect(view(page, iteration="135", following="true")).to_be_visible()
        assert len(sent) == before

    def test_scrubbing_back_while_it_runs_leaves_it_running(self, open_page: OpenPage):
        page = open_page(LONG)
        ready(page)
        button(page, "Play").click()
        wait_until(page, lambda: number(page, "frames") > 5)
        view(page).get_by_role("slider", name="Recorded step").focus()
        page.keyboard.press("Home")
        expect(view(page, status="running", iteration="0", following="false")).to_be_visible()
        at = number(page, "latest")
        wait_until(page, lambda: number(page, "latest") > at)
        assert number(page, "iteration") == 0


class TestComingAndGoing:
    def test_another_page_in_mid_run_and_back(self, open_page: OpenPage):
        page = open_page(LONG)
        ready(page)
        button(page, "Play").click()
        wait_until(page, lambda: number(page, "frames") > 5)
        run, at = view(page).get_attribute("data-run"), number(page, "latest")
        sidebar = page.get_by_test_id("stSidebarNav")
        sidebar.get_by_role("link", name="Home").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Layer by Layer")
        expect(view(page, status="running")).to_be_visible()
        assert view(page).get_attribute("data-run") != run
        sidebar.get_by_role("link", name=TITLE).click()
        ready(page)
        expect(view(page, run=run or "", status="running")).to_be_visible()
        assert number(page, "latest") > at
        wait_until(page, lambda: number(page, "frames") > 5)
        expect(page.locator(".st-key-batch_size")).to_contain_text("5")
        expect(page.get_by_text("These settings are not those of the run")).to_have_count(0)

    def test_a_reload_finds_the_run(self, open_page: OpenPage):
        page = open_page(LONG)
        ready(page)
        button(page, "Play").click()
        wait_until(page, lambda: number(page, "frames") > 5)
        run, at, frames = view(page).get_attribute("data-run"), number(page, "latest"), number(page, "frames")
        page.reload()
        ready(page)
        expect(view(page, run=run or "")).to_be_visible()
        wait_until(page, lambda: number(page, "latest") > at)
        wait_until(page, lambda: number(page, "frames") >= frames)

    def test_a_copied_link_leaves_a_live_run_to_its_owner(self, open_page: OpenPage):
        page = open_page(LONG)
        ready(page)
        button(page, "Play").click()
        expect(view(page, status="running")).to_be_visible()
        address = urlsplit(page.url)
        other = open_page(f"{address.path.lstrip('/')}?{address.query}")
        ready(other)
        expect(view(other, status="ready", latest="0")).to_be_visible()
        assert parameters(other)["run"] != parameters(page)["run"]
        assert {**parameters(other), "run": ""} == {**parameters(page), "run": ""}
        expect(other.get_by_text("open in another tab or browser")).to_be_visible()
        expect(page.get_by_text("open in another tab or browser")).to_have_count(0)
        button(other, "One step").click()
        expect(view(other, status="paused", latest="1")).to_be_visible()
        at = number(page, "latest")
        wait_until(page, lambda: number(page, "latest") > at)
        expect(view(page, status="running")).to_be_visible()

    def test_a_killed_server_is_told_to_who_looks_at_a_run_that_is_over(
        self, browser: Browser, tmp_path: Path, download_port: int
    ):
        port, page = free_port(), browser.new_page()
        with serve(tmp_path, download_port, port) as url:
            page.goto(f"{url}/train_best_model")
            ready(page)
            button(page, "Play").click()
            expect(view(page, status="finished")).to_be_visible()
            settle(page)
            kill(port)
            expect(page.locator("[data-test-connection-state=CONNECTED]")).to_have_count(0)
        with serve(tmp_path, download_port, port):
            expect(page.get_by_text("no longer here")).to_be_visible()  # nothing polls that would bring it
            page.close()

    def test_a_killed_server_is_told_to_who_is_still_there(self, browser: Browser, tmp_path: Path, download_port: int):
        port, page = free_port(), browser.new_page()
        with serve(tmp_path, download_port, port) as url:
            page.goto(f"{url}/{LONG}")
            ready(page)
            button(page, "Play").click()
            wait_until(page, lambda: number(page, "latest") > 100)
            kill(port)
            expect(page.locator("[data-test-connection-state=CONNECTED]")).to_have_count(0)
        with serve(tmp_path, download_port, port):
            expect(page.get_by_text("no longer here")).to_be_visible()  # it comes back by itself
            assert {"batch_size": "5", "num_epochs": "500"}.items() <= parameters(page).items()
            expect(view(page, status="ready", latest="0")).to_be_visible()
            button(page, "Play").click()
            wait_until(page, lambda: number(page, "latest") > 100)
            expect(page.get_by_text("no longer here")).to_have_count(0)
            page.close()

    def test_it_waits_for_its_viewer_and_goes_on(self, open_page: OpenPage):
        page = open_page(LONG)
        ready(page)
        button(page, "Play").click()
        expect(view(page, status="running")).to_be_visible()
        wait_until(page, lambda: "run" in parameters(page))
        address = urlsplit(page.url)
        paused = page.get_by_text("It was paused meanwhile, since nobody was watching.")
        for seconds in (6, 12, 24, 48):  # from without nobody can see when it pauses; a busy machine takes longer
            page.goto("about:blank")
            page.wait_for_timeout(1000 * seconds)
            page.goto(address.geturl())
            ready(page)
            expect(view(page, status="running")).to_be_visible()
            settle(page)
            if paused.is_visible():
                break
        expect(paused).to_be_visible()


class TestOutcome:
    def test_a_diverged_run_explains_itself_and_keeps_its_curve(self, open_page: OpenPage):
        page = open_page("train_best_model?preset=Bad%3A+learning+rate+too+high")
        ready(page)
        button(page, "Play").click()
        expect(view(page, status="diverged")).to_be_visible()
        alert = page.get_by_role("alert").filter(has_text="Diverged:")
        expect(alert).to_have_text(re.compile(r"is no longer finite; lower the learning rate \(now 10\)"))
        expect(view(page).locator("[data-series=raw]")).to_have_attribute("d", re.compile("^M.*L"))
        expect(view(page).get_by_text(re.compile("diverged at step"))).to_be_visible()
        button(page, "Reset").click()
        expect(view(page, status="ready", latest="0")).to_be_visible()
        expect(alert).to_have_count(0)

    def test_changed_settings_are_named(self, open_page: OpenPage):
        page = open_page(LONG)
        ready(page)
        button(page, "One step").click()
        expect(view(page, status="paused", latest="1")).to_be_visible()
        run = view(page).get_attribute("data-run")
        slide(page, "depth", 1)
        notice = page.get_by_text("These settings are not those of the run you see: hidden layers 2 → 3.")
        expect(notice).to_be_visible()
        expect(view(page, run=run or "")).to_be_visible()
        expect(view(page).locator("dl").first).to_have_css("display", "grid")  # moved down, it keeps its style sheet
        button(page, "Start over with these").click()
        expect(notice).to_have_count(0)
        expect(view(page, status="ready", latest="0")).to_be_visible()
        assert view(page).get_attribute("data-run") != run

    def test_the_end_brings_the_test_accuracy(self, open_page: OpenPage):
        page = open_page(f"{SHORT}&guess=85")
        ready(page)
        expect(page.get_by_test_id("stMetric")).to_have_count(0)
        button(page, "Play").click()
        expect(view(page, status="finished")).to_be_visible()
        expect(page.get_by_text("You expected 85 %")).to_be_visible()
        test = page.get_by_test_id("stMetric").filter(has_text="Test accuracy")
        expect(test).to_contain_text(re.compile(r"9\d\.\d %"))
        expect(test).to_contain_text(re.compile(r"± \d\.\d %"))

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_readable_on_a_phone(self, open_page: OpenPage, scheme: str):
        page = open_page(SHORT)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": 390, "height": 800})
        ready(page)
        button(page, "Play").click()
        expect(view(page, status="finished")).to_be_visible()

        def fits() -> bool:
            box = view(page).bounding_box()
            return box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390

        wait_until(page, fits)
