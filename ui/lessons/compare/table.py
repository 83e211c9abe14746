"""The table of a session's runs: on the page, where rows are ticked, and as CSV."""

from collections.abc import Sequence
from dataclasses import fields

import pandas as pd
import streamlit as st

from nnlib.numerals import percent, plain
from nnlib.runs import SETTINGS, RunSpec
from ui.runs.log import Entry, RunLog
from ui.widgets.words import value, varied

NUMBER = st.column_config.NumberColumn
FIGURES = {  # heading: what of an entry, times what, and how it is shown
    "Best validation": ("best_val_acc", 100, NUMBER(format="%.1f %%")),
    "at epoch": ("best_epoch", 1, NUMBER(help="After which epoch that was.")),
    "Training": ("train_acc", 100, NUMBER(format="%.1f %%", help="The last training accuracy.")),
    "Loss": ("final_loss", 1, NUMBER(format="%.3g", help="Mean of the last 100 losses, in nats.")),
    "Epochs": ("epochs", 1, NUMBER(format="%.1f", help="Passes through the training data so far.")),
    "Steps": ("iteration", 1, NUMBER(format="localized")),
    "Time": ("seconds", 1, NUMBER(format="%.1f s", help="Spent on training.")),
}
CONFIG = {heading: column for heading, (_, _, column) in FIGURES.items()}
IN_CSV = {"iteration": "steps", "epochs": "epochs_done"}  # where a setting has the name already, or a reader would ask


def status(entry: Entry, live: bool) -> str:
    """In words: "finished", "running, 42 %", "left at 42 %"."""
    share = percent(entry.iteration / entry.num_iterations, 0)
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
            | {SETTINGS[name].label.capitalize(): _cell(entries, entry.spec, name) for name in names}
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
    return isinstance(here, int | float) and value(spec, name).replace(",", "") == plain(here)


def _figures(entry: Entry) -> dict[str, float | int | None]:
    found = {heading: (getattr(entry, name), factor) for heading, (name, factor, _) in FIGURES.items()}
    return {heading: None if figure is None else factor * figure for heading, (figure, factor) in found.items()}


def to_csv(log: RunLog) -> str:
    """All runs with all settings, one a line."""
    lines = [
        {"run": entry.number, "page": entry.page}
        | {field.name: getattr(entry.spec, field.name) for field in fields(RunSpec)}
        | {"status": status(entry, log.is_live(entry))}
        | {IN_CSV.get(name, name): getattr(entry, name) for name, _, _ in FIGURES.values()}
        for entry in log.entries()
    ]
    return pd.DataFrame(lines).to_csv(index=False, lineterminator="\n")
