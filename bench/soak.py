"""The app over a long time: visitors come, do this and that, and leave; what it holds meanwhile and afterwards."""

import argparse
import asyncio
import math
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import numpy as np

from bench.app_server import AppServer
from bench.processes import below, open_files, pss, threads
from bench.table import AT_MOST, print_conditions, print_head, print_row, verdict
from bench.visitors import Seen, Visitors
from nnlib.terminal import COUNT, Parser, positive, whole

LOOK = 5.0  # seconds between looks at the memory
LAST = 0.2  # of a row: the part in whose looks the memory is told
GROWTH, SLOWER = 1.05, 1.25  # at most: memory, and p95 of the reruns, beside those of the first row
LEFT = {  # at most; Streamlit's loop has the name of the last session, emptied, until another comes
    "processes": 0,
    "threads": 0,
    "open files": 0,
    "open sockets": 0,
    "open pipes": 0,
    "sessions": 1,
    "runs and sweeps": 0,
}
HEAD = ("server", "workers", "threads", "files", "sockets", "pipes", "visits", "reruns", "p50 / p95 / max", "polls", "")
SHOWN = 20  # different lines of the log, and faults

Sizes = list[tuple[float, float]]  # MB: of the server, and of all its workers together
Row = tuple[float, float]  # memory in MB, p95 of the reruns in ms


def main(arguments: list[str]) -> int:
    parser = Parser("python -m bench soak", __doc__, "--minutes 10 --visitors 5")
    parser.add_argument("--minutes", type=positive, default=60.0, help="with visitors (default 60)")
    parser.add_argument("--visitors", type=COUNT, default=20, help="at once (default 20)")
    parser.add_argument("--quiet", type=whole(0, 60), default=3, help="minutes to wait when all have left (default 3)")
    parser.add_argument("--every", type=positive, default=10.0, help="minutes a row of the table (default 10)")
    parser.add_argument("--seed", type=whole(0, 2**31), default=0, help="of the visitors' script (default 0)")
    options = parser.parse_args(arguments)
    print_conditions(f"{options.visitors} visitors at once, seed {options.seed}.")
    with tempfile.TemporaryDirectory() as place:
        log, scratch = Path(place, "log"), Path(place, "scratch")
        scratch.mkdir()
        variables = {"NNLIB_CACHE": f"{place}/cache", "TMPDIR": str(scratch), "CIFAR10_DIR": "", "NNLIB_STORAGE": ""}
        with log.open("w") as file, AppServer("--logger.level=warning", log=file, variables=variables) as server:
            before = held(server)
            print_head("minute", *HEAD)
            rows, faults = asyncio.run(soak(server, options))
            time.sleep(60 * options.quiet)
            left = held(server)
            left.subtract(before)
            left["temporary files"] = len(list(scratch.rglob("*")))
            told = log.read_text(encoding="utf-8").splitlines()
    print_verdicts(options, rows, left)
    for what, lines in (("lines in the log", told), ("faults that visitors met", faults)):
        print_target(what, len(lines), 0)
    print("\nMore or fewer than before: ", ", ".join(f"{n:+d} {what}" for what, n in left.items() if n), ".", sep="")
    for line, times in Counter([*told, *faults]).most_common(SHOWN):
        print(f"{times} times: {line}")
    return 0


async def soak(server: AppServer, options: argparse.Namespace) -> tuple[list[Row], list[str]]:
    """What the table's rows, printed as their time is over, come to; all faults that visitors met."""
    began, rows, faults = time.monotonic(), list[Row](), list[str]()
    visitors = Visitors(server.url, options.visitors, 60 * options.minutes, options.seed)
    coming = asyncio.create_task(visitors.come())
    for row in range(math.ceil(options.minutes / options.every)):
        minutes, sizes = min(options.every * (row + 1), options.minutes), Sizes()
        while (left := began + 60 * minutes - time.monotonic()) > 0:
            if left < LAST * 60 * options.every:
                sizes.append((pss(server.process.pid), sum(map(pss, below(server.process.pid)))))
            await asyncio.sleep(min(LOOK, left))
        seen, visitors.seen = visitors.seen, Seen()
        faults += seen.faults
        rows.append((median(map(sum, sizes)), percentile(seen.reruns, 95)))
        print_row(f"{minutes:g}", *cells(server, sizes, seen))
    await coming
    return rows, faults + visitors.seen.faults


def cells(server: AppServer, sizes: Sizes, seen: Seen) -> Iterable[str]:
    """A row of the table."""
    process = server.process.pid
    own, workers = (f"{median(column):.0f} MB" for column in zip(*sizes, strict=True))
    half, slow, most = (f"{percentile(seen.reruns, share):.0f}" for share in (50, 95, 100))
    files = open_files(process)
    return [
        own,
        f"{workers} in {len(below(process))}",
        *map(str, (threads(process), files["files"], files["sockets"], files["pipes"], seen.visits, len(seen.reruns))),
        f"{half} / {slow} / {most} ms",
        f"{len(seen.polls)}",
        f"{percentile(seen.polls, 50):.0f} / {percentile(seen.polls, 95):.0f} ms",
    ]


def held(server: AppServer) -> Counter[str]:
    """What it has now of all that is to be gone when the last visitor is: `LEFT`, and more of it by name."""
    inside, process = server.held(), server.process.pid
    files, objects = open_files(process), Counter(inside["objects"])
    pool = sum(count for name, count in inside["threads"].items() if name.startswith("ThreadPoolExecutor"))
    own = threads(process) - pool  # the event loop's pool grows to its size, and stays
    every = {"processes": len(below(process)), "threads": own, "sessions": objects.pop("AppSession", 0)}
    every |= {f"open {kind}": files[kind] for kind in ("files", "sockets", "pipes")}
    every |= {"runs and sweeps": objects.total(), **objects}
    return Counter(every | {f"thread {name}": count for name, count in inside["threads"].items()})


def percentile(seconds: list[float], share: float) -> float:
    """In ms."""
    return 1000 * float(np.percentile(seconds, share, method="inverted_cdf")) if seconds else 0.0


def print_verdicts(options: argparse.Namespace, rows: list[Row], left: Counter[str]) -> None:
    print()
    print_head("target", "measured", "at most", "")
    (memory, p95), (last, _), slowest = rows[0], rows[-1], max(p95 for _, p95 in rows)
    print_target(f"memory in the end, beside that after {options.every:g} minutes", last / memory, GROWTH, ".1%")
    print_target("greatest p95 of a row's reruns, beside that of the first", slowest / (p95 or math.nan), SLOWER, ".1%")
    print_target("temporary files", left["temporary files"], 0)
    for what, most in LEFT.items():
        print_target(f"{what}, {options.quiet:g} minutes after the last has gone", left[what], most)


def print_target(what: str, measured: float, most: float, form: str = "d") -> None:
    print_row(what, f"{measured:{form}}", f"{most:{form}}", verdict(measured, AT_MOST, most))
