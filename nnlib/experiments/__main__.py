"""Does an experiment from the command line: `python -m nnlib.experiments NAME`; records go to NAME.csv."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from nnlib.experiments import (
    EXPERIMENTS,
    Experiment,
    Pool,
    Result,
    RunState,
    Sweep,
    cached_runs,
    compare,
    store,
    summary,
    to_csv,
)
from nnlib.files import written_whole
from nnlib.terminal import COUNT, INTERRUPTED, WORKERS, Parser, one_of, run_program, whole, writable

BAR = 40  # characters
FIGURES = ("status", "best_train_acc", "best_val_acc", "train_acc", "val_acc", "final_loss", "first_epoch_at_100")
SPREAD = ("first_loss", "train_acc", "val_acc", "first_epoch_at_100")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one experiment.

    Returns:
        0: all its runs came to their end, also to a divergence; 1: some did not, or the records could not be written;
        130: Ctrl-C. What the arguments have wrong ends the program with 2.
    """
    options = parse(arguments)
    if options.name is None:
        for name, experiment in EXPERIMENTS.items():
            print(f"{name:34} {len(experiment.runs):4} runs on {experiment.runs[0].data}")
        return 0
    experiment = EXPERIMENTS[options.name]
    if options.epochs is not None:
        experiment = experiment.with_settings(num_epochs=options.epochs)
    seeds = range(1 if options.seeds is None else options.seeds)
    everything = experiment if options.seeds is None else experiment.with_seeds(seeds)
    parts = [replace(experiment, global_seed=seed) for seed in seeds] if options.global_state else [everything]

    pool = Pool(options.workers)
    try:
        states, stopped = follow([Sweep(part, pool, use_cache=not options.fresh) for part in parts])
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        pool.close()
    results = [s.result and replace(s.result, spec=run) for s, run in zip(states, everything.runs, strict=True)]
    saved = save(to_csv(everything, results), options.output, parts)
    with redirect_stdout(sys.stderr if options.output == "-" else sys.stdout):
        if stopped:
            kept = f"{sum(map(cached_runs, parts)) - store.unwritten()} of {len(states)} runs are done and kept"
            print(f"Stopped: {kept}, the same command does the others.")
        else:
            report(everything, results, states)
            if len(seeds) > 1:
                print_spread(experiment, summary(everything, results), len(seeds))
        if saved and options.output != "-":
            print(f"All records: {options.output}")
    if stopped:
        return INTERRUPTED
    return 0 if saved and all(state.state in ("finished", "diverged") for state in states) else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser("python -m nnlib.experiments", __doc__, "digits_batchnorm_deep --seeds 3 -o deep.csv")
    epochs, cores = whole(1, 10**6), os.cpu_count()
    parser.add_argument(
        "name", nargs="?", type=one_of("experiment", EXPERIMENTS), metavar="NAME", help="without one, list all"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="for the records (default NAME.csv; - prints them)")
    parser.add_argument("--seeds", type=COUNT, metavar="N", help="each run with the seeds 0 to N - 1, and their spread")
    parser.add_argument(
        "--global-state", action="store_true", help="draw from NumPy's global state, seeded so, as the course does"
    )
    parser.add_argument("--epochs", type=epochs, metavar="N", help="other than the experiment's")
    parser.add_argument("--workers", type=WORKERS, metavar="N", help=f"processes (default one a core: {cores})")
    parser.add_argument("--fresh", action="store_true", help="do it anew, even if the results are there from before")
    options = parser.parse_args(arguments)
    if options.name is None and (sys.argv[1:] if arguments is None else arguments):
        parser.error("these options need the NAME of an experiment")
    if options.output == "-" and getattr(sys.stdout, "name", None) == os.devnull:
        parser.error("argument -o/--output: the standard output is closed: name a file")
    if options.name is not None and options.output != "-":
        try:
            options.output = writable(f"{options.name}.csv" if options.output is None else options.output)
        except argparse.ArgumentTypeError as error:
            parser.error(f"argument -o/--output: {error}")
    return options


def follow(sweeps: list[Sweep]) -> tuple[list[RunState], bool]:
    """Draw a progress bar until all is done; Ctrl-C stops it (True) and keeps what is there."""
    started, stopped = time.monotonic(), False
    try:
        while not all(sweep.wait(0.2 / len(sweeps)) for sweep in sweeps):
            if sys.stderr.isatty():
                draw(sweeps, "")
    except KeyboardInterrupt:
        stopped = True
        for sweep in sweeps:
            sweep.stop()
        print(file=sys.stderr)  # below the bar, or "^C"
    else:
        draw(sweeps, f", {time.monotonic() - started:.1f} s\n")
    return [state for sweep in sweeps for state in sweep.snapshot().runs], stopped


def save(records: str, output: Path | str, parts: list[Experiment]) -> bool:
    """Write the records before anything else is printed; where that fails, say what is kept, or print them."""
    try:
        if output == "-":
            print(records, end="", flush=True)
        elif (path := Path(output)).exists() and not (path.is_file() and os.access(path.parent, os.W_OK)):
            path.write_text(records, encoding="utf-8")
        else:
            with written_whole(path.resolve()) as file:
                file.write(records.encode())
        return True
    except OSError as error:
        if output == "-":
            raise
        print(f"{output} cannot be written ({os.strerror(error.errno or 0)}): ", end="", file=sys.stderr)
    if all(cached_runs(part) == len(part.runs) for part in parts) and not store.unwritten():
        print("the records are kept, the same command with another -o writes them at once.", file=sys.stderr)
    else:
        print("the records follow on the standard output.", file=sys.stderr)
        print(records, end="", flush=True)
    return False


def draw(sweeps: list[Sweep], ending: str) -> None:
    snapshots = [sweep.snapshot() for sweep in sweeps]
    done = sum(snapshot.done for snapshot in snapshots) / len(snapshots)
    left = max((s.seconds_left for s in snapshots if s.seconds_left is not None), default=None)
    bar = ("#" * round(BAR * done)).ljust(BAR, ".")
    ended, total = sum(s.ended for s in snapshots), sum(len(s.runs) for s in snapshots)
    ending = ending or ("" if left is None else f", {left:.0f} s left").ljust(20)
    bar = f"\r[{bar}] " if sys.stderr.isatty() else ""
    with suppress(OSError):  # nobody reads it: the work goes on
        print(f"{bar}{ended} of {total} runs{ending}", end="", file=sys.stderr, flush=True)


def report(experiment: Experiment, results: list[Result | None], states: list[RunState]) -> None:
    """A line a run: what tells it from the others, and the figures to compare; then what was published."""
    rows = summary(experiment, results)
    width = max((len(row["label"]) for row in rows), default=0)
    print(" " * width, *(f"{name:>18}" for name in FIGURES))
    for row in rows:
        print(f"{row['label']:{width}}", *(f"{shown(row[name]):>18}" for name in FIGURES))
    for line in (*dict.fromkeys(s.message for s in states if s.message), *compare(experiment, results)):
        print(line)


def print_spread(experiment: Experiment, rows: list[dict[str, Any]], count: int) -> None:
    """Mean, standard deviation, lowest and highest over the seeds, for each run of the experiment."""
    n = len(experiment.runs)
    if len(rows) != n * count:  # some have no records
        return
    print(f"\nOver {count} seeds: mean ± standard deviation (lowest to highest)")
    for k, run in enumerate(experiment.runs):
        for name in SPREAD:
            known = [row[name] for row in rows[k::n] if row[name] is not None]
            if len(known) > 1:
                spread = f"{mean(known):.4g} ± {stdev(known):.2g} ({shown(min(known))} to {shown(max(known))})"
                print(f"{experiment.label(run)}: {name} {spread}")


def shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    run_program(main)
