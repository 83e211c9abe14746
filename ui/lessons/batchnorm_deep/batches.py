"""The batch-size experiment: batches of 5, 10 and 50 with one normalization, or two side by side, and 5 without."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from nnlib.experiments import EXPERIMENTS, Experiment, RunState, Snapshot
from nnlib.experiments.presets import batch_sizes
from nnlib.numerals import percent, whole
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.lessons.batchnorm_deep import setup
from ui.lessons.batchnorm_deep.charts import accuracy_rows, accuracy_top, curves
from ui.runs.sweeps import find, sweep_panel
from ui.runs.take_home import take_home
from ui.widgets.looks import NORM_NAMES

DEEP = "batchnorm_deep"  # the two pages, and their prose
LAYER = "layernorm"
SIZES = (5, 10, 50)
OWN = ("depth", "width", "weight_scale", "learning_rate", "num_epochs")
QUICK_EPOCHS = 3


def name_of(spec: RunSpec) -> str:
    """What tells a run from the others: "batch norm, 5"."""
    return f"{NORM_NAMES[spec.normalization]}, {spec.batch_size}"


def batches_panel() -> None:
    """Batch norm's experiment, the whole part of its page."""
    _panel(DEEP, "bb", ("batchnorm",), lambda experiment: [name_of(run) for run in experiment.runs], _lowest)


def norms_and_batches_panel() -> None:
    """Layer norm's experiment beside batch norm's, the whole part of its page."""
    options = lesson.text(LAYER, "batches options").split("; ")
    _panel(LAYER, "lb", ("layernorm", "batchnorm"), lambda _: options, _points_lost)


def _panel(
    page: str,
    prefix: str,
    norms: Sequence[str],
    options: Callable[[Experiment], Sequence[str]],
    outcome: Callable[[Sequence[RunState]], dict[str, Any]],
) -> None:
    """Asks which of the options it will be, runs the experiment, and says what came out with `outcome`'s values."""
    lesson.show(page, "batches about")
    experiment, sweep_name = _choose(prefix, norms), f"{prefix}_sweep"
    if guess := lesson.predict(page, "predict batches", options(experiment), f"{prefix}_guess"):
        snapshot = sweep_panel(sweep_name, experiment, _draw, lesson.text(DEEP, "run batches"))
        if snapshot is not None and snapshot.state == "finished":
            lesson.show(page, "batches outcome", guess=guess, **outcome(snapshot.runs))
            lesson.look_for(page, "batches look for")
        if snapshot is not None and (sweep := find(sweep_name)) is not None:
            take_home(sweep.experiment, snapshot.results, f"{sweep_name}_home")
    lesson.ask(page, "question batches")
    lesson.source(batch_sizes)


def _lowest(runs: Sequence[RunState]) -> dict[str, Any]:
    """The run with the lowest training accuracy, and all accuracies."""
    accuracies = {name_of(run.spec): run.result.train_acc or 0.0 for run in runs if run.result}
    told = "; ".join(f"{name}: {percent(accuracy)}" for name, accuracy in accuracies.items())
    return {"lowest": min(accuracies, key=accuracies.__getitem__), "accuracies": told}


def _points_lost(runs: Sequence[RunState]) -> dict[str, Any]:
    layer, batch = (points_lost(runs, norm) for norm in ("layernorm", "batchnorm"))
    return {"layer": layer, "batch": batch, "small": SIZES[0], "large": SIZES[-1]}


def points_lost(runs: Sequence[RunState], norm: str) -> str:
    """Training accuracy with the largest batches less that with the smallest, in points."""
    by_size = {run.spec.batch_size: run.result for run in runs if run.spec.normalization == norm}
    small, large = by_size[SIZES[0]], by_size[SIZES[-1]]
    if small is None or large is None or small.train_acc is None or large.train_acc is None:
        return "–"
    return whole(100 * (large.train_acc - small.train_acc))


def _choose(prefix: str, norms: Sequence[str]) -> Experiment:
    def quick(published: Experiment) -> Experiment:
        return published.with_settings(num_epochs=QUICK_EPOCHS)

    def own(base: RunSpec) -> Experiment:
        spec = replace(base, **setup.settings(prefix, base, OWN))
        return together("my_batch_sizes", *(batch_sizes("", spec, norm, SIZES) for norm in norms))

    experiment = setup.choose(prefix, f"{norms[0]}_batch_size", quick, own)
    others = [experiment.name.replace(norms[0], norm) for norm in norms[1:]]
    epochs = experiment.runs[0].num_epochs
    beside = [EXPERIMENTS[name].with_settings(num_epochs=epochs) for name in others if name in EXPERIMENTS]
    return together(experiment.name, experiment, *beside)


def together(name: str, *experiments: Experiment) -> Experiment:
    """One experiment of the runs of several, each run once."""
    return Experiment(name, tuple(dict.fromkeys(run for experiment in experiments for run in experiment.runs)))


def _draw(snapshot: Snapshot) -> None:
    """A column for each normalization, or for one its charts side by side; colours go by the batch size."""
    norms = [n for n in dict.fromkeys(run.spec.normalization for run in snapshot.runs) if n is not None]
    data, epochs = snapshot.runs[0].spec.data, snapshot.runs[0].spec.num_epochs
    columns = st.columns(2)
    for i, norm in enumerate(norms):
        runs = [(name_of(run.spec), run.result) for run in snapshot.runs if run.spec.normalization in (norm, None)]
        runs.sort(key=lambda run: run[0].startswith(NORM_NAMES[None]))
        names, rows = tuple(name for name, _ in runs), accuracy_rows(runs)
        for k, quantity in enumerate(("train_acc", "val_acc")):
            spec = curves(quantity, names, names, epochs, accuracy_top(quantity, data))
            column = columns[i if len(norms) > 1 else k]
            column.vega_lite_chart(rows, spec, key=f"batches_{norm}_{quantity}_{data}")
