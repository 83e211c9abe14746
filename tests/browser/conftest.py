"""The app on a free port, and pages of a real Chromium that may neither complain nor ask anybody else for anything."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect, sync_playwright

from tests.places import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
OWN_404 = ("_stcore/health", "_stcore/host-config")  # Streamlit looks for them beside a deep link first
OpenPage = Callable[..., Page]
ENOUGH = 90.0  # seconds after which a test fails rather than hangs: for a machine that does much else
expect.set_options(timeout=1000 * ENOUGH)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="session")
def download_port() -> int:
    """Where the app looks for CIFAR-10; nobody listens there, unless a test does."""
    return free_port()


@contextmanager
def serve(cache: Path, download_port: int, port: int | None = None) -> Iterator[str]:
    """The app in a process of its own; gives its address."""
    port = port or free_port()
    place = ("--server.address=127.0.0.1", f"--server.port={port}")
    options = ("--server.headless=true", *place)
    command = [sys.executable, str(Path(__file__).with_name("launch.py")), "run", str(ROOT / "app.py"), *options]
    download = f"http://127.0.0.1:{download_port}/cifar-10-binary.tar.gz"
    paths = {"NNLIB_CACHE": str(cache), "PYTHONPATH": str(ROOT), "DOWNLOAD_URL": download}
    environment = {key: value for key, value in os.environ.items() if key != "CIFAR10_DIR"} | paths
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, "the app ended before it answered"
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()  # noqa: S310 - our own server
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, download_port: int) -> Iterator[str]:
    """The address of the app that all tests share."""
    with serve(tmp_path_factory.mktemp("app-cache"), download_port) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        pytest.fail("No Chromium found: install one (Debian: apt-get install chromium) or give CHROMIUM=/path/to/it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(app: str, browser: Browser) -> Iterator[OpenPage]:
    """Opens an address of the app in a browser of its own; at the end, nothing may have gone wrong in any of them."""
    faults: list[str] = []
    contexts = []

    def on_request(request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host not in (None, "127.0.0.1"):
            faults.append(f"asked {host} for {request.url}")

    def open_page(address: str = "", base: str = app) -> Page:
        context = browser.new_context(viewport={"width": 1600, "height": 1000})
        contexts.append(context)
        context.on("request", on_request)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on(
            "console",
            lambda message: (
                faults.append(f"console: {message.text} ({message.location.get('url')})")
                if message.type == "error" and not str(message.location.get("url")).endswith(OWN_404)
                else None
            ),
        )
        page.set_default_timeout(1000 * ENOUGH)
        page.goto(f"{base}/{address}", wait_until="domcontentloaded")
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            shown = page.get_by_test_id("stException")
            faults += [f"exception: {text}" for text in shown.all_inner_texts()]
        context.close()
    assert faults == []


def view(page: Page, **state: str) -> Locator:
    """The live view, in that state: view(page, status="running")."""
    attributes = "".join(f'[data-{name}="{value}"]' for name, value in state.items())
    return page.locator(f"[data-testid=run-view]{attributes}")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def number(page: Page, name: str) -> int:
    """One of the live view's numbers: latest, iteration, frames or updates."""
    return int(view(page).get_attribute(f"data-{name}") or 0)


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    last = time.monotonic() + ENOUGH
    while not condition():
        assert time.monotonic() < last, "the condition did not come true"
        page.wait_for_timeout(50)


def settle(page: Page) -> None:
    """Wait until no script runs for the page, and none has begun for half a second."""
    idle = page.locator("[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]")
    for _ in range(2):
        expect(idle).to_be_attached()
        page.wait_for_timeout(500)
    expect(idle).to_be_attached()
