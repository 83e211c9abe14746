"""The table of a session's runs: on the page, where rows are ticked, and as CSV."""

from collections.abc import Sequence
from dataclasses import fields

import pandas as pd
import streamlit as st

from nnlib.runs.spec import RunSpec
from ui.runs.log import Entry, RunLog
from ui.widgets.words import LABELS, value, varied

PERCENT = st.column_config.NumberColumn(format="%.1f %%")
FIGURES = {
    "Best validation": PERCENT,
    "at epoch": st.column_config.NumberColumn(help="After which epoch that was."),
    "Training": st.column_config.NumberColumn(format="%.1f %%", help="The last training accuracy."),
    "Loss": st.column_config.NumberColumn(format="%.3g", help="Mean of the last 100 losses, in nats."),
    "Epochs": st.column_config.NumberColumn(format="%.1f", help="Passes through the training data so far."),
    "Steps": st.column_config.NumberColumn(format="localized"),
    "Time": st.column_config.NumberColumn(format="%.1f s", help="Spent on training."),
}


def status(entry: Entry, live: bool) -> str:
    """In words: "finished", "running, 42 %", "left at 42 %"."""
    share = f"{entry.iteration / entry.num_iterations:.0%}".replace("%", " %")
    if entry.status in ("finished", "stopped", "diverged"):
        return entry.status
    return f"{entry.status}, {share}" if live else f"left at {share}"


def rows(log: RunLog, entries: Sequence[Entry]) -> pd.DataFrame:
    """One row a run: number, page if there are several, the settings that differ, the figures."""
    names = varied(entry.spec for entry in entries) or ["data"]
    several_pages = len({entry.page for entry in entries}) > 1
    return pd.DataFrame(
        [
            {"Run": entry.number}
            | ({"Page": entry.page} if several_pages else {})
            | {LABELS[name].capitalize(): _cell(entries, entry.spec, name) for name in names}
            | {"Status": status(entry, log.is_live(entry))}
            | _figures(entry)
            for entry in entries
        ]
    )


def _cell(entries: Sequence[Entry], spec: RunSpec, name: str) -> object:
    """A number where all are, so that the column sorts by size; else a word."""
    plain = all(_is_number(entry.spec, name) for entry in entries)
    return getattr(spec, name) if plain else value(spec, name)


def _is_number(spec: RunSpec, name: str) -> bool:
    here = getattr(spec, name)
    return isinstance(here, int | float) and value(spec, name).replace(",", "") == f"{here:g}"


def _figures(entry: Entry) -> dict[str, float | int | None]:
    return {
        "Best validation": 100 * entry.best_val_acc,
        "at epoch": entry.best_epoch,
        "Training": None if entry.train_acc is None else 100 * entry.train_acc,
        "Loss": entry.final_loss,
        "Epochs": entry.epochs,
        "Steps": entry.iteration,
        "Time": entry.seconds,
    }


def to_csv(log: RunLog) -> str:
    """All runs with all settings, one a line."""
    entries = log.entries()
    lines = [
        {"run": entry.number, "page": entry.page}
        | {field.name: getattr(entry.spec, field.name) for field in fields(RunSpec)}
        | {
            "status": status(entry, log.is_live(entry)),
            "steps": entry.iteration,
            "epochs_done": entry.epochs,
            "best_val_acc": entry.best_val_acc,
            "best_epoch": entry.best_epoch,
            "train_acc": entry.train_acc,
            "final_loss": entry.final_loss,
            "seconds": entry.seconds,
        }
        for entry in entries
    ]
    return pd.DataFrame(lines).to_csv(index=False, lineterminator="\n")
