"""The start page: it learns without a click and ends by itself; the data panel says what goes wrong, and stops."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from playwright.sync_api import expect

from bench.live_sessions import Visit, visit_all
from tests.browser.conftest import OpenPage, button, number, view, wait_until

A_CURVE = re.compile("^M.*L")
A_PICTURE = re.compile("^data:image/png;base64,.{200}")


def test_learns_without_a_click_and_ends_by_itself(open_page: OpenPage):
    page = open_page()
    expect(page.get_by_role("heading", level=1)).to_have_text("Layer by Layer")
    expect(view(page, status="running")).to_be_visible()
    wait_until(page, lambda: number(page, "latest") >= 10)
    expect(view(page).locator("[data-series=smooth]")).to_have_attribute("d", A_CURVE)
    expect(view(page).locator("img.picture")).to_have_attribute("src", A_PICTURE)
    expect(view(page, status="finished")).to_be_visible(timeout=60_000)
    assert number(page, "latest") == number(page, "iteration") == 720
    assert number(page, "frames") > 20


def test_pause_step_and_reset(open_page: OpenPage):
    page = open_page()
    button(page, "Pause").click()
    expect(view(page, status="paused")).to_be_visible()
    at = number(page, "latest")
    button(page, "One step").click()
    expect(view(page, latest=str(at + 1))).to_be_visible()
    button(page, "Reset").click()
    expect(view(page, status="ready", latest="0")).to_be_visible()
    button(page, "One step").click()
    expect(view(page, status="paused", iteration="1")).to_be_visible()
    button(page, "Play").click()
    expect(view(page, status="running")).to_be_visible()


def test_every_lesson_opens(open_page: OpenPage):
    page = open_page()
    home, title = (
        page.get_by_test_id("stSidebarNav").get_by_role("link", name="Home"),
        page.get_by_role("heading", level=1),
    )
    cards = page.get_by_test_id("stMain").get_by_test_id("stPageLink-NavLink").filter(visible=True)
    expect(cards.first).to_be_visible()
    for i in range(cards.count()):
        cards.nth(i).click()
        expect(title).to_be_visible()
        expect(title).not_to_have_text("Layer by Layer")
        home.click()
        expect(title).to_have_text("Layer by Layer")


def test_many_may_come_at_once(app: str):
    visits: list[Visit] = []
    for seconds in (3, 15, 60):  # a busy machine takes longer until all have seen a step
        with ThreadPoolExecutor(1) as other:  # in this one, Playwright's event loop runs
            visits = other.submit(visit_all, app, 12, timeout=seconds, apart=0).result()
        if all(visit.iteration > 0 for visit in visits):
            break
    assert [visit.faults for visit in visits] == [[]] * 12
    assert all(visit.status == "running" and visit.iteration > 0 for visit in visits)


class TestDownload:
    def test_offline_gives_one_sentence(self, open_page: OpenPage):
        page = open_page()
        button(page, "Download CIFAR-10 (170 MB)").click()
        alert = page.get_by_role("alert").filter(has_text="CIFAR-10 was not downloaded")
        expect(alert).to_be_visible()
        sentence = alert.inner_text()
        assert sentence.startswith("CIFAR-10 was not downloaded, since 127.0.0.1 cannot be reached")
        assert "Traceback" not in sentence and sentence.count(".") <= 12
        expect(button(page, "Download CIFAR-10 (170 MB)")).to_be_visible()

    def test_cancel_stops_it(self, open_page: OpenPage, download_port: int):
        page = open_page()
        with endless_archive(download_port):
            button(page, "Download CIFAR-10 (170 MB)").click()
            expect(page.get_by_text("of 170.1 MB")).to_be_visible()
            button(page, "Cancel").click()
            expect(page.get_by_text("The download was cancelled; nothing was kept of it.")).to_be_visible()
            expect(button(page, "Download CIFAR-10 (170 MB)")).to_be_visible()


@contextmanager
def endless_archive(port: int) -> Iterator[None]:
    """A server that sends CIFAR-10 slowly."""

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                while not stopped.wait(0.05):
                    self.wfile.write(bytes(2**16))
            except OSError:
                pass  # the other side has had enough

        def log_message(self, *_: object) -> None:
            pass

    stopped = threading.Event()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
