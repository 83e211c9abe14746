"""What the command line of a search is told: its options, and the plan of a new study."""

import argparse
import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from nnlib.runs import SETTINGS, RunSpec
from nnlib.search.plan import METHODS, MOST_TRIALS, PRUNINGS, Choice, Interval, SearchError, SearchPlan, searchable
from nnlib.terminal import WORKERS, Parser, advised, number, whole

DEFAULT_SPACE = {"learning_rate": Interval(1e-5, 1), "weight_scale": Interval(1e-4, 1)}


def parse(about: str | None, arguments: Sequence[str] | None) -> argparse.Namespace:
    example = '--new --study "first try" --vary learning_rate=1e-4:1 --set num_epochs=5'
    parser = Parser("python -m nnlib.search", about, example)
    trials, cores = whole(1, MOST_TRIALS), os.cpu_count()
    parser.add_argument("--study", metavar="NAME", help="the study to work on; without it, list all")
    parser.add_argument("--workers", type=WORKERS, metavar="N", help=f"processes (default one a core: {cores})")
    parser.add_argument("--trials", type=trials, metavar="N", help="wanted in all (default: as the study was made)")
    new = parser.add_argument_group("for a new study")
    new.add_argument("--new", action="store_true", help="make the study")
    new.add_argument("--vary", action="append", default=[], metavar="SETTING=LOW:HIGH or SETTING=A,B,C")
    new.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE", help="one that is not varied")
    new.add_argument("--method", choices=METHODS, default="tpe")
    new.add_argument("--pruning", choices=PRUNINGS, default="median")
    new.add_argument(
        "--points", type=whole(1, 50), default=5, metavar="N", help="of a grid, for each interval (default 5)"
    )
    new.add_argument("--seed", type=whole(0, 2**31), default=0, metavar="N", help="of the choices (default 0)")
    options = parser.parse_args(arguments)
    given = getattr(options, "given", set()) | {name for name in ("new", "vary", "set") if getattr(options, name)}
    if options.study is None and given:
        parser.error(f"--{min(given)} needs the study's name: --study NAME")
    if (only := given - {"study", "workers", "trials"}) and not options.new:
        parser.error(f"--{min(only)} is for a new study: add --new, or leave it out")
    if options.new and options.method == "grid" and options.trials is not None:
        parser.error("a grid has as many trials as points: give --points in place of --trials")
    if "points" in given and options.method != "grid":
        parser.error("--points is for --method grid")
    return options


def plan(options: argparse.Namespace) -> SearchPlan:
    """The plan of a new study."""
    stays, varied = pairs(options.set, SETTINGS, "set"), pairs(options.vary, searchable(), "searched")
    if both := [name for name in stays if name in varied]:
        raise SearchError(f"{both[0]} is both set and varied: leave one of the two out.")
    settings = {name: value(name, text) for name, text in stays.items()}
    space = {name: domain(name, text) for name, text in varied.items()}
    trials = {} if options.trials is None else {"num_trials": options.trials}
    how = {"method": options.method, "pruning": options.pruning, "points": options.points, "seed": options.seed}
    if not space:
        space = {name: domain for name, domain in DEFAULT_SPACE.items() if name not in settings}
    return SearchPlan(replace(RunSpec(), **settings), space, **how, **trials)


def pairs(texts: list[str], known: Collection[str], to_be: str) -> dict[str, str]:
    """SETTING=TEXT, each once."""
    found: dict[str, str] = {}
    for name, equals, text in (pair.partition("=") for pair in texts):
        if name not in known:
            fault = f"{name!r:.60} cannot be {to_be}" if name in SETTINGS else f"there is no setting {name!r:.60}"
            raise SearchError(advised(fault, name, known))
        if not equals:
            raise SearchError(f"{name} needs a value: write {name}=VALUE.")
        if name in found:
            raise SearchError(f"{name} is given twice: leave one of the two out.")
        found[name] = text
    return found


def domain(name: str, text: str) -> Interval | Choice:
    """LOW:HIGH or A,B,C."""
    low, colon, high = text.partition(":")
    if not colon:
        return Choice(tuple(value(name, part) for part in text.split(",") if part))
    ends = number(low), number(high)
    if any(isinstance(end, str) for end in ends):
        raise SearchError(f"{name} needs LOW:HIGH, two numbers, but got {text!r:.60}.")
    return Interval(*map(float, ends))


def value(name: str, text: str) -> Any:
    """A setting's value from its text."""
    if text == "none" and name in SETTINGS and SETTINGS[name].optional:
        return None
    return number(text)
