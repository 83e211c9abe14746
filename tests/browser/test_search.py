"""Search, as a person uses it: predict, start, watch, stop, reload, look at charts, open in Train; a killed app."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import ROOT, OpenPage, button, serve, view, wait_until

SHORT = {"search_method": "random", "search_epochs": "5", "search_trials": "20"}
LONG = {"search_method": "random", "search_epochs": "500", "search_trials": "5", "search_pruning": "none"}
ENOUGH = 300_000  # ms, for all trials of a study
RUNNING = re.compile(r"[1-9]\d* running")


def link(**state: str) -> str:
    state = {"train_part": "Search", "search_guess": "hidden layers"} | state
    return "train_best_model?" + urlencode(state, quote_via=quote)


def control(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-search_{key}").get_by_role("button")


def chart(page: Page, text: str) -> Locator:
    return page.get_by_test_id("stVegaLiteChart").locator("svg.marks").filter(has_text=text).first


def show(page: Page, name: str) -> None:
    page.locator(".st-key-search_view").get_by_text(name, exact=True).click()


def test_from_the_prediction_to_the_best_trial_in_train(open_page: OpenPage):
    page = open_page(link(search_name="first", **SHORT).replace("search_guess=hidden%20layers&", ""))
    expect(page.get_by_text("Choose first")).to_be_visible()
    page.locator(".st-key-search_guess").get_by_text("learning rate", exact=True).click()
    expect(page.get_by_text("20 trials of 5 epochs")).to_be_visible()
    control(page, "start").click()
    expect(page).to_have_url(re.compile("study=first"))
    expect(page.get_by_text(re.compile(r"\d+ of 20 trials done, \d+ running"))).to_be_visible()
    expect(page.get_by_text("All 20 trials done")).to_be_visible(timeout=ENOUGH)
    expect(page.get_by_text("You expected learning rate.")).to_be_visible()
    expect(page.get_by_text("has the largest share")).to_be_visible()
    expect(chart(page, "validation accuracy")).to_be_visible()
    for name, title in {
        "Epochs": "epoch",
        "Map": "weight scale",
        "Lines": "hidden layers",
        "Importance": "share",
    }.items():
        show(page, name)
        expect(chart(page, title)).to_be_visible()
    found = page.get_by_text(re.compile("Best so far")).inner_text()
    control(page, "open").click()
    expect(view(page)).to_be_visible()
    rate, depth = re.findall(r"learning rate ([\d.e-]+), .*hidden layers (\d+)", found)[0]
    wait_until(page, lambda: f"learning_rate={rate}" in page.url or float(rate) == 0.002)
    expect(page.locator(".st-key-depth")).to_contain_text(depth)
    expect(button(page, "Play")).to_be_enabled()


def test_stop_reload_resume_and_delete(open_page: OpenPage):
    page = open_page(link(search_name="second", **LONG | {"search_trials": "200"}))  # never done before it is stopped
    some = re.compile(r"^\d+ of 200 trials done$")
    control(page, "start").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()  # with a trial whose settings are chosen
    control(page, "stop").click()
    expect(page.get_by_text(some)).to_be_visible()
    page.reload()
    expect(control(page, "resume")).to_be_visible()
    control(page, "resume").click()
    expect(page.get_by_text(RUNNING)).to_be_visible()
    expect(page.get_by_text(re.compile("trials were interrupted"))).to_be_visible()
    page.get_by_role("link", name="Layers").click()  # it goes on
    expect(page.get_by_role("heading", level=1)).to_have_text("Layers")
    page.goto(f"{page.url.rpartition('/')[0]}/{link(study='second')}")
    expect(control(page, "stop")).to_be_visible()
    control(page, "stop").click()
    expect(page.get_by_text(some)).to_be_visible()
    button(page, "Delete").click()
    button(page, "Delete it").click()
    expect(control(page, "start")).to_be_visible()
    expect(page).not_to_have_url(re.compile("study="))


def test_a_killed_app_loses_nothing_and_other_processes_go_on(
    browser: Browser, open_page: OpenPage, tmp_path: Path, download_port: int
):
    with serve(tmp_path, download_port) as url:
        page = open_page(link(search_name="third", **LONG | {"search_epochs": "60"}), base=url)
        control(page, "start").click()
        expect(page.get_by_text(RUNNING)).to_be_visible()
        expect(page.get_by_test_id("stDataFrame")).to_be_visible()  # with a trial whose settings are chosen
        page.context.close()
        port = f"--server.port={urlsplit(url).port}"
        found = subprocess.run(["pgrep", "-f", "--", port], capture_output=True, text=True, check=True)
        os.kill(int(found.stdout.split()[0]), signal.SIGKILL)
    with serve(tmp_path, download_port) as url:
        command = [sys.executable, "-m", "nnlib.search", "--study", "third", "--workers", "1"]
        here = os.environ | {"NNLIB_CACHE": str(tmp_path)}
        other = subprocess.Popen(command, cwd=ROOT, env=here, stdout=subprocess.PIPE, text=True)
        try:
            page = open_page(link(study="third"), base=url)
            expect(page.get_by_text("All 5 trials done")).to_be_visible(timeout=ENOUGH)
            page.context.close()  # before its server ends
            out, _ = other.communicate(timeout=ENOUGH / 1000)
        finally:
            other.kill()
    assert "Best of 5: trial" in out
