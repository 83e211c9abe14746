"""Hyper-parameter search on Optuna: a study in a database, and any number of processes that work on it.

>>> plan = SearchPlan(RunSpec(num_epochs=10), {"learning_rate": Interval(1e-4, 1), "weight_scale": Interval(1e-3, 1)})
>>> from nnlib.search import studies                         # imports Optuna, which takes a moment
>>> studies.create(url, "first try", plan)                   # url: of the database, `storage_url()` by default
>>> pool.submit(SearchTask("first try", url))
>>> studies.read(url, "first try").best                      # at any time, from any process

From the command line, on this or another machine: `python -m nnlib.search --study NAME`.

`plan`: what is searched, and how. `state`: a study as it stands. `storage`: where studies live. `connection`: to that
place, also while it is away. `studies`: make, read and delete them. `claims`: whose turn it is, and what dead workers
left. `work`: what a worker does. `task`: that, for a pool.
"""

from nnlib.search.plan import Choice, Interval, SearchError, SearchPlan
from nnlib.search.state import StudyState, TrialState
from nnlib.search.storage import Unreachable, shown_url, storage_url
from nnlib.search.task import SearchTask

__all__ = [
    "Choice",
    "Interval",
    "SearchError",
    "SearchPlan",
    "SearchTask",
    "StudyState",
    "TrialState",
    "Unreachable",
    "shown_url",
    "storage_url",
]
