"""The six-layer network with and without normalization: live curves; the published figures beside those got."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from nnlib.experiments import Comparison, Experiment, RunState, Snapshot, compare
from nnlib.experiments.presets import with_and_without
from nnlib.experiments.published import SEEDS
from nnlib.fc_net import FullyConnectedNet
from nnlib.numerals import NOTHING, fixed, percent
from nnlib.runs.spec import RunSpec
from ui import lesson
from ui.lessons.batchnorm_deep import setup
from ui.lessons.batchnorm_deep.charts import NORMS, accuracy_rows, accuracy_top, curves, explodes, loss_rows
from ui.runs.sweeps import find, sweep_panel
from ui.runs.take_home import take_home
from ui.widgets.looks import NORM_NAMES

PAGE = "batchnorm_deep"
SWEEP = "bp_sweep"
OPTIONS = ["training accuracy", "validation accuracy", "both alike", "nothing"]
OWN = ("depth", "width", "weight_scale", "learning_rate", "batch_size", "num_epochs")
QUICK_EPOCHS = 3


def pair_panel() -> None:
    """The whole part of the page."""
    lesson.show(PAGE, "pair about")
    experiment = setup.choose("bp", "batchnorm_deep", _quick, _own)
    if guess := lesson.predict(PAGE, "predict pair", OPTIONS, "bp_guess"):
        snapshot = sweep_panel(SWEEP, experiment, _draw, lesson.text(PAGE, "run pair"))
        if snapshot is not None:
            _outcome(snapshot, guess)
    lesson.ask(PAGE, "question pair")
    lesson.source(with_and_without)
    lesson.source(FullyConnectedNet.loss)


def _quick(published: Experiment) -> Experiment:
    return published.with_settings(num_epochs=QUICK_EPOCHS)


def _own(base: RunSpec) -> Experiment:
    norm = setup.choose_norm("bp_norm")
    spec = replace(base, **setup.settings("bp", base, OWN))
    return Experiment("my_with_and_without", (replace(spec, normalization=norm), replace(spec, normalization=None)))


def draw_curves(states: Sequence[RunState], key: str) -> None:
    """Loss and both accuracies of a few runs that differ in their normalization, side by side."""
    runs = [(NORM_NAMES[run.spec.normalization], run.result) for run in states]
    data, epochs = states[0].spec.data, states[0].spec.num_epochs
    shown = tuple(name for name, _ in runs)
    loss, accuracies = loss_rows(runs), accuracy_rows(runs)
    for column, quantity in zip(st.columns(3), ("loss", "train_acc", "val_acc"), strict=True):
        rows = loss if quantity == "loss" else accuracies
        logarithmic = quantity == "loss" and explodes(runs)
        spec = curves(quantity, NORMS, shown, epochs, accuracy_top(quantity, data), logarithmic)
        column.vega_lite_chart(rows, spec, key=f"{key}_{quantity}_{data}_{logarithmic}")


def _draw(snapshot: Snapshot) -> None:
    if comparisons := _comparisons(snapshot):
        first = comparisons[0]
        part = "published met" if first.met else "published missed"
        text = lesson.text(PAGE, part, expected=fixed(first.figure.published, 6), got=fixed(first.here, 6))
        (st.success if first.met else st.error)(text)
    draw_curves(snapshot.runs, "bp")


def _comparisons(snapshot: Snapshot) -> list[Comparison]:
    sweep = find(SWEEP)
    return [] if sweep is None else compare(sweep.experiment, snapshot.results)


def _outcome(snapshot: Snapshot, guess: str) -> None:
    """What came out, beside the prediction and the published figures; the way home."""
    normalized, plain = snapshot.results
    if normalized is not None and plain is not None and snapshot.state == "finished":
        facts = {"train": percent(normalized.train_acc), "train_plain": percent(plain.train_acc)}
        facts |= {"val": percent(normalized.val_acc), "val_plain": percent(plain.val_acc)}
        norm, epochs = NORM_NAMES[normalized.spec.normalization], normalized.spec.num_epochs
        lesson.show(PAGE, "pair outcome", guess=guess, norm=norm, epochs=epochs, **facts)
        if comparisons := _comparisons(snapshot):
            st.subheader("Published, and got")
            st.table(comparison_table(comparisons))
            lesson.show(PAGE, "published about", seeds=SEEDS)
        lesson.look_for(PAGE, "pair look for")
    if (sweep := find(SWEEP)) is not None:
        take_home(sweep.experiment, snapshot.results, "bp_home")


def comparison_table(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """A line a published figure."""
    rows = []
    for c in comparisons:
        figure, write = c.figure, (partial(fixed, decimals=6) if c.figure.quantity == "loss" else percent)
        seeds = NOTHING if figure.mean is None else f"{write(figure.mean)} ± {write(figure.margin)}"
        rows.append((c.label, write(figure.published), write(c.here), seeds, "✓" if c.met else "✗"))
    columns = ["figure", "expected", "got", f"{SEEDS} seeds", "met"]
    return pd.DataFrame(rows, columns=columns).set_index("figure")
