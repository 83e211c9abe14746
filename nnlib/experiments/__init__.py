"""The course's experiments: settings in, records out. No plotting.

Here, one run after the other:

>>> experiment = EXPERIMENTS["digits_batchnorm_deep"]        # or of your own: Experiment("mine", (RunSpec(...), ...))
>>> results = run(experiment)                                # a Result each: .records, .best_val_acc, .final_loss, ...
>>> to_csv(experiment, results)

In worker processes: start, look how far it is as often as you like, stop.

>>> pool = Pool()
>>> sweep = Sweep(experiment, pool)                          # results from before are there at once
>>> snapshot = sweep.snapshot()                              # .state, .done, .seconds_left, .runs, .results: cheap
>>> for run in snapshot.runs: print(run.label, run.state, run.done, run.result and run.result.best_val_acc)
>>> sweep.stop()                                             # what is there stays

From the command line: `python -m nnlib.experiments NAME`. What was published, and how far it is met: `published`.
`export` gives an experiment back as a script or a notebook.
"""

from nnlib.experiments.description import Experiment, describe
from nnlib.experiments.estimate import expected_seconds
from nnlib.experiments.group import RunState
from nnlib.experiments.presets import EXPERIMENTS
from nnlib.experiments.published import Comparison, compare
from nnlib.experiments.results import Result, summary, to_csv
from nnlib.experiments.running import run
from nnlib.experiments.sweep import Snapshot, Sweep, cached_runs
from nnlib.workers import Pool

__all__ = [
    "EXPERIMENTS",
    "Comparison",
    "Experiment",
    "Pool",
    "Result",
    "RunState",
    "Snapshot",
    "Sweep",
    "cached_runs",
    "compare",
    "describe",
    "expected_seconds",
    "run",
    "summary",
    "to_csv",
]
