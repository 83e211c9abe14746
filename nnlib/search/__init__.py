"""Hyper-parameter search on Optuna: a study in a database, and any number of processes that work on it.

>>> plan = SearchPlan(RunSpec(num_epochs=10), {"learning_rate": Interval(1e-4, 1), "weight_scale": Interval(1e-3, 1)})
>>> studies = open_studies()                                 # imports Optuna, which takes a moment
>>> studies.create(url, "first try", plan)                   # url: of the database, `storage_url()` by default
>>> pool.submit(SearchTask("first try", url))
>>> studies.read(url, "first try").best                      # at any time, from any process

From the command line, on this or another machine: `python -m nnlib.search --study NAME`.

`plan`: what is searched, and how. `state`: a study as it stands. `address`: where studies live. `connection`: to that
place, also while it is away. `faults`: what goes wrong there. `storage`: the two together. `studies`: make, read and
delete them. `claims`: whose turn it is, and what dead workers left. `work`: what a worker does. `task`: for a pool.
`arguments`: of the command line.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import ModuleType

from nnlib.search.address import shown_url, storage_url
from nnlib.search.plan import Choice, Interval, SearchError, SearchPlan
from nnlib.search.state import StudyState, TrialState
from nnlib.search.storage import Unreachable
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
    "open_studies",
    "shown_url",
    "storage_url",
]


def open_studies(module: str = "studies") -> ModuleType:
    """`nnlib.search.studies`, or another module of this package that stands on Optuna.

    A thread of its own imports it: of what Optuna looks for in vain it keeps an error, and with it the stack of whoever
    looked, in the app a visitor's.

    Raises:
        SearchError: Optuna is not installed.
    """
    name = f"{__name__}.{module}"
    if name in sys.modules:
        return import_module(name)
    try:
        with ThreadPoolExecutor(1) as other:
            return other.submit(import_module, name).result()
    except ModuleNotFoundError as error:
        raise SearchError(f"a search needs the package {error.name}, not installed here: pip install optuna") from None
