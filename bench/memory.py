"""Memory of the whole app, server and workers, while CIFAR-10 trains live and a search on CIFAR-10 runs."""

import os
import tempfile
import time
from urllib.parse import urlencode

from bench.app_server import AppServer
from bench.live_browser import browser_page, view_of
from bench.processes import below, pss
from bench.table import AT_MOST, print_conditions, print_head, print_row, verdict
from nnlib.data import cifar10
from nnlib.terminal import Parser, positive

MOST = 1500  # MB
EVERY = 0.5  # seconds between looks
PRESET = "CIFAR-10: a good start"
TRAIN = {"preset": PRESET, "data": "CIFAR-10", "width": "1024", "depth": "3", "num_epochs": "100"}
SEARCH = {
    "train_part": "Search",
    "search_guess": "hidden layers",
    "search_base": PRESET,
    "search_epochs": "5",
    "search_trials": "50",
    "search_vary": ["learning rate", "weight scale", "hidden layers", "units in the first"],
    "vary_width": ["256", "1024"],
}


def main(arguments: list[str]) -> int:
    parser = Parser("python -m bench memory", __doc__, "--seconds 30")
    parser.add_argument("--seconds", type=positive, default=60.0, help="of the search (default 60)")
    options = parser.parse_args(arguments)
    if cifar10.status().state not in ("ready", "found"):
        print("CIFAR-10 is not here: set CIFAR10_DIR, or get it with nnlib.data.download().")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NNLIB_STORAGE"] = f"sqlite:///{folder}/studies.sqlite3"
        with AppServer() as server, browser_page() as page:
            page.set_default_timeout(300_000)  # ms: the data may have to be prepared
            page.goto(f"{server.url}/home")
            page.get_by_role("heading", level=1).wait_for()
            alone = largest(server.process.pid, 3.0)
            page.goto(f"{server.url}/train_best_model?{urlencode(TRAIN)}")
            view_of(page, "ready")
            page.locator(".st-key-train_play").get_by_role("button").click()
            view_of(page, "running")
            open_only = largest(server.process.pid, 10.0)
            page.goto(f"{server.url}/train_best_model?{urlencode(SEARCH, doseq=True)}")
            page.locator(".st-key-search_start").get_by_role("button").click()
            page.get_by_text("2 running" if (os.cpu_count() or 1) > 1 else "1 running").first.wait_for()
            searching = largest(server.process.pid, options.seconds)
    print_conditions()
    print_head("memory (PSS, most at one moment)", "server", "workers", "in all")
    for what, (parent, children) in (
        ("the start page", alone),
        ("CIFAR-10 open, a 1024-1024-1024 network trains live", open_only),
        (f"and a search on CIFAR-10 runs, for {options.seconds:.0f} s", searching),
    ):
        total = parent + sum(children)
        print_row(what, f"{parent:.0f} MB", f"{sum(children):.0f} MB in {len(children)}", f"{total:.0f} MB")
    print(f"At most {MOST} MB: {verdict(total, AT_MOST, MOST)}.")
    return 0


def largest(process: int, seconds: float) -> tuple[float, list[float]]:
    """Memory of a process and of each process below it in MB, when it was most within so many seconds."""
    most: tuple[float, list[float]] = (0.0, [])
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        now = (pss(process), [pss(child) for child in below(process)])
        most = max(most, now, key=lambda sizes: sizes[0] + sum(sizes[1]))
        time.sleep(EVERY)
    return most
