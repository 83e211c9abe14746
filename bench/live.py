"""The app while networks train live: what one learner's browser feels, and how a full class is served."""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from statistics import median

from bench.app_server import AppServer
from bench.live_browser import HOME, TRAIN, WORKLOADS, browser_page, change_page, pause, play, renewals, speeds
from bench.live_sessions import OVER, percentile, visit_all

Row = tuple[str, str, str, bool | None]  # what, measured, target, whether it is met


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m bench live", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="repeats of each measurement (default 9)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement of a speed (default 2)")
    parser.add_argument("--sessions", type=int, default=30, help="visitors at once (default 30)")
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part; may be given more than once")
    options = parser.parse_args(arguments)
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f} before the start."
    )
    print("Medians (least to greatest).\n\n| | measured | target | |\n| --- | --- | --- | --- |")
    for part in options.only or PARTS:
        with AppServer() as server:
            for what, measured, target, met in PARTS[part](server, options):
                verdict = "" if met is None else "met" if met else "NOT met"
                print(f"| {what} | {measured} | {target} | {verdict} |", flush=True)
    return 0


def one_learner(server: AppServer, options: argparse.Namespace) -> list[Row]:
    """Digits at full speed, one browser."""
    rows: list[Row] = []
    with browser_page() as page:
        for workload in WORKLOADS:
            play(page, server, workload)
            rates = [renewals(page, options.seconds) for _ in range(3)]
            pauses = [pause(page) for _ in range(options.rounds)]
            rows.append(row(f"{workload} network: renewals of the curve a second", rates, "", 5, at_least=True))
            rows.append(row(f"{workload} network: Pause, click to Paused", pauses, " ms", 300))
            play(page, server, workload)
            pairs = [(change_page(page, HOME), change_page(page, TRAIN)) for _ in range(options.rounds)]
            rows.append(row(f"{workload} network: to the start page", [there for there, _ in pairs], " ms", 500))
            rows.append(row(f"{workload} network: back to the run", [back for _, back in pairs], " ms", 500))
    return rows


def kept_speed(server: AppServer, options: argparse.Namespace) -> list[Row]:
    """The same run with a viewer and without, in turns."""
    rows: list[Row] = []
    for workload in WORKLOADS:
        with browser_page() as page:
            pairs = speeds(page, server, workload, options.rounds, options.seconds)
        watched, alone = (f"{median(speeds):,.0f}" for speeds in zip(*pairs, strict=True))
        shares = [w / a for w, a in pairs]
        what = f"{workload} network: speed kept with a viewer ({watched} of {alone} steps/s)"
        spread = f"{median(shares):.1%} ({min(shares):.1%} to {max(shares):.1%})"
        rows.append((what, spread, "at least 95 %", median(shares) >= 0.95))
    return rows


def full_class(server: AppServer, options: argparse.Namespace) -> list[Row]:
    """Many visitors of the start page at once."""
    visits = visit_all(server.url, options.sessions, timeout=90)
    ended = sum(visit.status in OVER for visit in visits)
    seconds = max(visit.seconds for visit in visits)
    answers = [1000 * answer for visit in visits for answer in visit.answers]
    traffic = sum(visit.received for visit in visits) / seconds / 1e6
    took = f"after {median(visit.seconds for visit in visits):.0f} s"
    who = f"{options.sessions} visitors of the start page"
    return [
        (f"{who}: whose run ended", f"{ended}, {took}", "all", ended == len(visits)),
        (f"{who}: first drawing, p50 / p95", percentiles([1000 * visit.first for visit in visits]), "", None),
        (f"{who}: answers to polls, p50 / p95", percentiles(answers), "", None),
        (f"{who}: polls, traffic", f"{len(answers) / seconds:.0f} / s, {traffic:.1f} MB/s", "", None),
    ]


def row(what: str, values: list[float], unit: str, bound: float, at_least: bool = False) -> Row:
    middle = median(values)
    digits = 1 if max(values) < 100 else 0
    measured = f"{middle:.{digits}f}{unit} ({min(values):.{digits}f} to {max(values):.{digits}f})"
    met = middle >= bound if at_least else middle <= bound
    return what, measured, f"at {'least' if at_least else 'most'} {bound:g}{unit}", met


def percentiles(milliseconds: list[float]) -> str:
    return f"{percentile(milliseconds, 0.5):.0f} / {percentile(milliseconds, 0.95):.0f} ms"


PARTS: dict[str, Callable[[AppServer, argparse.Namespace], list[Row]]] = {
    "learner": one_learner,
    "speed": kept_speed,
    "class": full_class,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
