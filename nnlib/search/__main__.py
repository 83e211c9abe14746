"""Works on a study from the command line: `python -m nnlib.search --study NAME`.

The studies are those of the app, in its cache folder or in the database that NNLIB_STORAGE names; with the latter any
number of machines can work on one study. Ctrl-C stops; the trials under way are put in line again.
"""

import sys
import time
from collections.abc import Sequence
from typing import Any

from nnlib.experiments import describe
from nnlib.experiments.running import load_data
from nnlib.search import open_studies
from nnlib.search.address import shown_url, storage_url
from nnlib.search.arguments import parse, plan
from nnlib.search.plan import SearchError
from nnlib.search.state import StudyState, TrialState
from nnlib.search.storage import Unreachable
from nnlib.search.task import SearchTask
from nnlib.terminal import INTERRUPTED, advised, run_program
from nnlib.workers import Pool
from nnlib.workers.faults import sentence

LOOK_EVERY = 0.5  # seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Work on a study.

    Returns:
        0: it has all its trials; 1: it has not; 2: what was asked for cannot be done; 130: Ctrl-C.
    """
    options = parse(__doc__, arguments)
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
