"""The app while networks train live: what one learner's browser feels, and how a full class is served."""

import argparse
from collections.abc import Callable, Sequence
from statistics import median

import numpy as np

from bench.app_server import AppServer
from bench.live_browser import HOME, TRAIN, WORKLOADS, browser_page, change_page, pause, play, renewals, speeds
from bench.live_sessions import OVER, visit_all
from bench.table import AT_LEAST, AT_MOST, print_conditions, print_row, spread, verdict
from nnlib.terminal import COUNT, Parser, positive

Row = tuple[str, str, str, str]  # what, measured, target, whether it is met


def main(arguments: list[str]) -> int:
    parser = Parser("python -m bench live", __doc__, "--only class --sessions 10")
    parser.add_argument("--rounds", type=COUNT, default=9, help="repeats of each measurement (default 9)")
    parser.add_argument("--seconds", type=positive, default=2.0, help="of each measurement of a speed (default 2)")
    parser.add_argument("--sessions", type=COUNT, default=30, help="visitors at once (default 30)")
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part; may be given more than once")
    options = parser.parse_args(arguments)
    print_conditions("Medians (least to greatest).")
    print_row("", "measured", "target", "")
    print_row(*["---"] * 4)
    for part in options.only or PARTS:
        with AppServer() as server:
            for row in PARTS[part](server, options):
                print_row(*row)
    return 0


def one_learner(server: AppServer, options: argparse.Namespace) -> list[Row]:
    """Digits at full speed, one browser."""
    rows: list[Row] = []
    with browser_page() as page:
        for workload in WORKLOADS:
            play(page, server, workload)
            rates = [renewals(page, options.seconds) for _ in range(3)]
            pauses = [pause(page) for _ in range(options.rounds)]
            play(page, server, workload)
            pairs = [(change_page(page, HOME), change_page(page, TRAIN)) for _ in range(options.rounds)]
            there, back = zip(*pairs, strict=True)
            who = f"{workload} network"
            rows += [
                held(f"{who}: renewals of the curve a second", rates, AT_LEAST, 5),
                held(f"{who}: Pause, click to Paused", pauses, AT_MOST, 300, " ms"),
                held(f"{who}: to the start page", there, AT_MOST, 500, " ms"),
                held(f"{who}: back to the run", back, AT_MOST, 500, " ms"),
            ]
    return rows


def kept_speed(server: AppServer, options: argparse.Namespace) -> list[Row]:
    """The same run with a viewer and without, in turns."""
    rows: list[Row] = []
    for workload in WORKLOADS:
        with browser_page() as page:
            pairs = speeds(page, server, workload, options.rounds, options.seconds)
        watched, alone = (f"{median(speeds):,.0f}" for speeds in zip(*pairs, strict=True))
        shares = [with_viewer / without for with_viewer, without in pairs]
        what = f"{workload} network: speed kept with a viewer ({watched} of {alone} steps/s)"
        rows.append((what, spread(shares, ".1%"), "at least 95 %", verdict(median(shares), AT_LEAST, 0.95)))
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
        (f"{who}: whose run ended", f"{ended}, {took}", "all", verdict(ended, AT_LEAST, len(visits))),
        (f"{who}: first drawing, p50 / p95", percentiles([1000 * visit.first for visit in visits]), "", ""),
        (f"{who}: answers to polls, p50 / p95", percentiles(answers), "", ""),
        (f"{who}: polls, traffic", f"{len(answers) / seconds:.0f} / s, {traffic:.1f} MB/s", "", ""),
    ]


def held(what: str, values: Sequence[float], limit: str, bound: float, unit: str = "") -> Row:
    """Values and whether their median meets the target."""
    form = ".1f" if max(values) < 100 else ".0f"
    return what, spread(values, form, unit), f"{limit} {bound:g}{unit}", verdict(median(values), limit, bound)


def percentiles(milliseconds: list[float]) -> str:
    half, most = np.percentile(milliseconds, [50, 95], method="inverted_cdf")
    return f"{half:.0f} / {most:.0f} ms"


PARTS: dict[str, Callable[[AppServer, argparse.Namespace], list[Row]]] = {
    "learner": one_learner,
    "speed": kept_speed,
    "class": full_class,
}
