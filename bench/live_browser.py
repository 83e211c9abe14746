"""What a learner in front of a live run feels, measured in Chromium: renewals, Pause, changes of page, kept speed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, sync_playwright

from bench.app_server import AppServer

CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
SETTLE = 1.0  # seconds after a page came up or went, before anything is measured

# Long runs on the digits at full speed: steps as short as they get, and of a usual size.
WORKLOADS = {
    "small": {"data": "digits", "depth": 2, "width": 64, "batch_size": 2, "num_epochs": 500},
    "large": {"data": "digits", "depth": 5, "width": 200, "batch_size": 20, "num_epochs": 500},
}
HOME, TRAIN = "Home", "Train your best model"  # the links
TITLES = {HOME: "Layer by Layer", TRAIN: "Train your best model"}

COUNT_RENEWALS = """(view, milliseconds) => new Promise((resolve) => {
    const curve = view.querySelector("[data-series=smooth]");
    let renewals = 0;
    const observer = new MutationObserver(() => { renewals += 1; });
    observer.observe(curve, { attributes: true, attributeFilter: ["d"] });
    setTimeout(() => { observer.disconnect(); resolve(renewals); }, milliseconds);
})"""
# From the next click to the frame in which `there()` is true.
TIME_CLICK = """window.measured = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("not there after 10 s")), 10000);
    document.addEventListener("click", () => {
        const clicked = performance.now();
        const look = () => (there() ? resolve(performance.now() - clicked) : requestAnimationFrame(look));
        requestAnimationFrame(look);
    }, { capture: true, once: true });
});"""
PAUSED = '() => view.dataset.status === "paused"'
# Its title and its run's buttons, and no longer those of the page before.
ON_PAGE = """() => document.querySelector("h1")?.innerText === "%s" && document.querySelector(".st-key-%s_buttons")
    && document.querySelectorAll("[class*=st-key][class*=_buttons]").length === 1"""


@contextmanager
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        finally:
            browser.close()


def train_url(server: AppServer, workload: str, **more: str) -> str:
    return f"{server.url}/train_best_model?{urlencode(WORKLOADS[workload] | more)}"


def view_of(page: Page, status: str | None = None) -> Locator:
    """The live view, as soon as it is there and in that status."""
    chosen = f"[data-testid=run-view][data-status={status}]" if status else "[data-testid=run-view]"
    view = page.locator(chosen)
    view.wait_for()
    return view


def play(page: Page, server: AppServer, workload: str) -> None:
    """A new run at full speed."""
    page.goto(train_url(server, workload), wait_until="domcontentloaded")
    view_of(page, "ready")
    page.locator(".st-key-train_play button").click()
    view_of(page, "running")
    sleep(SETTLE)


def renewals(page: Page, seconds: float) -> float:
    """How often a second the loss curve changes."""
    return view_of(page, "running").evaluate(COUNT_RENEWALS, 1000 * seconds) / seconds


def pause(page: Page) -> float:
    """Milliseconds from the click on Pause to the status Paused; the run goes on afterwards."""
    play_button = page.locator(".st-key-train_play button")
    duration = timed_click(view_of(page, "running"), play_button, PAUSED)
    play_button.click()
    view_of(page, "running")
    sleep(SETTLE / 2)
    return duration


def change_page(page: Page, link: str) -> float:
    """Milliseconds from the click on the link to the page's title and its run's buttons."""
    there = ON_PAGE % (TITLES[link], "home" if link == HOME else "train")
    duration = timed_click(page, page.get_by_test_id("stSidebarNav").get_by_role("link", name=link, exact=True), there)
    sleep(SETTLE / 2)
    return duration


def timed_click(where: Page | Locator, button: Locator, there: str) -> float:
    """Milliseconds from a click to the frame in which a function, in JavaScript, is true; `where` is its view."""
    where.evaluate(f"(view) => {{ const there = {there}; {TIME_CLICK} }}")
    button.click()
    return button.page.evaluate("window.measured")


def speeds(page: Page, server: AppServer, workload: str, rounds: int, seconds: float) -> list[tuple[float, float]]:
    """Steps a second with a viewer and without, in turns; without one, the page that polled is gone."""
    found: list[tuple[float, float]] = []
    while len(found) < rounds:
        play(page, server, workload)
        run = server.runs()[-1]["id"]
        while len(found) < rounds:
            watched = speed(server, run, seconds)
            page.goto("about:blank")
            sleep(SETTLE)
            alone = speed(server, run, seconds)
            page.goto(train_url(server, workload, run=run), wait_until="domcontentloaded")
            view_of(page)
            sleep(2 * SETTLE)
            if watched is None or alone is None:
                break  # the run has ended; go on with a new one
            found.append((watched, alone))
    page.goto("about:blank")
    return found


def speed(server: AppServer, run: str, seconds: float) -> float | None:
    """Steps a second; None if the run did not go on all the time."""
    before = state(server, run)
    sleep(seconds)
    after = state(server, run)
    if before["status"] != "running" or after["status"] != "running":
        return None
    return (after["iteration"] - before["iteration"]) / (after["clock"] - before["clock"])


def state(server: AppServer, run: str) -> dict:
    return next(state for state in server.runs() if state["id"] == run)
