"""Works on a study from the command line: `python -m nnlib.search --study NAME`.

The studies are those of the app, in its cache folder or in the database that NNLIB_STORAGE names; with the latter any
number of machines can work on one study. Ctrl-C stops; the trials under way are put in line again.
"""

import argparse
import os
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from nnlib.experiments import describe
from nnlib.experiments.running import load_data
from nnlib.runs import SETTINGS, RunSpec
from nnlib.search import open_studies
from nnlib.search.address import shown_url, storage_url
from nnlib.search.plan import METHODS, MOST_TRIALS, PRUNINGS, Choice, Interval, SearchError, SearchPlan, searchable
from nnlib.search.state import StudyState, TrialState
from nnlib.search.storage import Unreachable
from nnlib.search.task import SearchTask
from nnlib.terminal import INTERRUPTED, WORKERS, Parser, advised, run_program, whole
from nnlib.workers import Pool
from nnlib.workers.faults import sentence

LOOK_EVERY = 0.5  # seconds
DEFAULT_SPACE = {"learning_rate": Interval(1e-5, 1), "weight_scale": Interval(1e-4, 1)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Work on a study.

    Returns:
        0: it has all its trials; 1: it has not; 2: what was asked for cannot be done; 130: Ctrl-C.
    """
    options = parse(arguments)
    try:
        url, studies = storage_url(), open_studies()
        if options.study is None:
            return print_list(url)
        if options.new:
            new = plan(options)
            new.base.make_solver(load_data(new.base))  # what cannot be run must not take the name
            studies.create(url, options.study, new)
        elif options.study not in (known := studies.names(url)):
            fault = f"there is no study {options.study!r:.60} in {shown_url(url)}"
            raise SearchError(advised(fault, options.study, known) if known else f"{fault}, nor any other: add --new.")
        _, found = studies.load(url, options.study)
        if options.trials is not None and not options.new:
            if found.method == "grid":
                raise SearchError("a grid has as many trials as points: leave --trials out.")
            studies.prolong(url, options.study, options.trials)
    except (ValueError, MemoryError) as error:
        print(sentence(error), file=sys.stderr)
        return 2
    try:
        state, stopped = do(url, options.study, options.workers)
    except ValueError as error:  # deleted meanwhile, perhaps
        print(error, file=sys.stderr)
        return 1
    if state.best is not None:
        print(f"Best of {len(state.ended)}: {line(state.best)}")
    if stopped:
        print(f"Stopped: {len(state.ended)} trials are done and kept, those under way are in line again.")
        return INTERRUPTED
    return 0 if state.over else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    example = '--new --study "first try" --vary learning_rate=1e-4:1 --set num_epochs=5'
    parser = Parser("python -m nnlib.search", __doc__, example)
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
    try:
        return Interval(float(low), float(high))
    except ValueError:
        raise SearchError(f"{name} needs LOW:HIGH, two numbers, but got {text!r}.") from None


def value(name: str, text: str) -> Any:
    """A setting's value from its text."""
    if text == "none" and name in SETTINGS and SETTINGS[name].optional:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def print_list(url: str) -> int:
    studies = open_studies()
    found = studies.names(url)
    for name in found:
        try:
            state = studies.read(url, name)
        except Unreachable:
            raise
        except SearchError as fault:
            print(f"{name:32} cannot be read: {fault}")
            continue
        best = "" if state.best is None else f"  best {state.best.value:.1%}"
        print(f"{name:32} {len(state.ended):4} of {state.plan.wanted} trials  {state.plan.base.data}{best}")
    if not found:
        print(f"There are no studies in {shown_url(url)} yet.")
    return 0


def do(url: str, name: str, workers: int | None) -> tuple[StudyState, bool]:
    """Work until the study has its trials, or Ctrl-C (True); a line for each trial that ends, whoever did it."""
    studies = open_studies()
    study, _ = studies.load(url, name)
    state = studies.read(url, name, study)
    said: set[int] = {trial.number for trial in state.ended}
    print(f"{name}: {len(said)} trials were done before.", flush=True)
    pool = Pool(workers)
    try:
        tasks = [pool.submit(SearchTask(name, url)) for _ in range(pool.size)]
        while True:
            ended = all(task.over for task in tasks)  # before reading, so that nothing is missed
            state = look(url, name, study)
            for trial in state.ended:
                if trial.number not in said:
                    said.add(trial.number)
                    print(line(trial), flush=True)
            if ended:
                break
            time.sleep(LOOK_EVERY)
        for message in dict.fromkeys(task.error for task in tasks if task.error):
            print(message, file=sys.stderr)
        return state, False
    except KeyboardInterrupt:
        return state, True
    finally:
        pool.close()


def look(url: str, name: str, study: Any) -> StudyState:
    """The study as it stands, as soon as the database can be used."""
    waiting = False
    while True:
        try:
            state = open_studies().read(url, name, study, recover=True, working=True)
        except Unreachable as away:
            if not waiting:
                print(f"{away} Trying again: nothing is lost meanwhile.", file=sys.stderr, flush=True)
            waiting = True
            time.sleep(LOOK_EVERY)
        else:
            if waiting:
                print("The database can be used again.", file=sys.stderr, flush=True)
            return state


def line(trial: TrialState) -> str:
    settings = ", ".join(describe(name, value) for name, value in trial.settings.items())
    reached = "      " if trial.value is None else f"{trial.value:6.1%}"
    why = f"  {trial.message}" if trial.state == "failed" else ""
    return f"trial {trial.number:4}  {trial.state:9} {reached}  {settings}  ({trial.worker}){why}"


if __name__ == "__main__":
    run_program(main)
