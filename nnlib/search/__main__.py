"""Works on a study from the command line: `python -m nnlib.search --study NAME`.

The studies are those of the app, in its cache folder or in the database that NNLIB_STORAGE names; with the latter any
number of machines can work on one study. Ctrl-C stops; the trials under way are put in line again.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from nnlib.experiments import describe
from nnlib.runs import SETTINGS, RunSpec
from nnlib.search import studies
from nnlib.search.plan import METHODS, PRUNINGS, Choice, Interval, SearchError, SearchPlan
from nnlib.search.state import StudyState, TrialState
from nnlib.search.storage import Unreachable, shown_url, storage_url
from nnlib.search.task import SearchTask
from nnlib.workers import Pool

LOOK_EVERY = 0.5  # seconds
DEFAULT_SPACE = {"learning_rate": Interval(1e-5, 1), "weight_scale": Interval(1e-4, 1)}


def main(arguments: Sequence[str] | None = None) -> int:
    """0: the study has all its trials; 1: it has not."""
    options = parse(arguments)
    url = storage_url()
    try:
        if options.study is None:
            return print_list(url)
        if options.new:
            studies.create(url, options.study, plan(options))
        elif options.trials is not None:
            studies.prolong(url, options.study, options.trials)
        state = do(url, options.study, options.workers)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if state.best is not None:
        print(f"Best of {len(state.ended)}: {line(state.best)}")
    return 0 if state.over else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m nnlib.search", description=__doc__)
    parser.add_argument("--study", metavar="NAME", help="the study to work on; without it, list all")
    parser.add_argument("--workers", type=int, metavar="N", help=f"processes (default one a core: {os.cpu_count()})")
    parser.add_argument("--trials", type=int, metavar="N", help="wanted in all (default: as the study was made)")
    new = parser.add_argument_group("for a new study")
    new.add_argument("--new", action="store_true", help="make the study")
    new.add_argument("--vary", action="append", default=[], metavar="SETTING=LOW:HIGH or SETTING=A,B,C")
    new.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE", help="one that is not varied")
    new.add_argument("--method", choices=METHODS, default="tpe")
    new.add_argument("--pruning", choices=PRUNINGS, default="median")
    new.add_argument("--points", type=int, default=5, metavar="N", help="of a grid, for each interval (default 5)")
    new.add_argument("--seed", type=int, default=0, metavar="N", help="of the choices (default 0)")
    return parser.parse_args(arguments)


def plan(options: argparse.Namespace) -> SearchPlan:
    """The plan of a new study."""
    types = {field.name: type(field.default) for field in fields(RunSpec)}
    settings: dict[str, Any] = {}
    for pair in options.set:
        name, _, text = pair.partition("=")
        if name not in types:
            raise SearchError(f"there is no setting {name!r}: choose from {', '.join(types)}.")
        settings[name] = value(name, text)
    space = {name: domain(name, text) for name, _, text in (pair.partition("=") for pair in options.vary)}
    trials = {} if options.trials is None else {"num_trials": options.trials}
    how = {"method": options.method, "pruning": options.pruning, "points": options.points, "seed": options.seed}
    return SearchPlan(replace(RunSpec(), **settings), space or DEFAULT_SPACE, **how, **trials)


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


def do(url: str, name: str, workers: int | None) -> StudyState:
    """Work until the study has its trials, or Ctrl-C; a line for each trial that ends, whoever did it."""
    study, _ = studies.load(url, name)
    said: set[int] = {trial.number for trial in studies.read(url, name, study).ended}
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
        return state
    except KeyboardInterrupt:
        return studies.read(url, name, study)
    finally:
        pool.close()


def look(url: str, name: str, study: Any) -> StudyState:
    """The study as it stands, as soon as the database can be used."""
    waiting = False
    while True:
        try:
            state = studies.read(url, name, study, recover=True, working=True)
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
    sys.exit(main())
