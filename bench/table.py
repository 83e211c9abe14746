"""What every benchmark prints: the conditions it ran under, rows of a table, and figures beside their targets."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

AT_MOST, AT_LEAST = "at most", "at least"


def print_conditions(*more: str) -> None:
    """The machine, its load, and what else is said of this benchmark."""
    where = f"Python {platform.python_version()}, NumPy {np.__version__}, {processor()}, {os.cpu_count()} cores"
    print(f"{where}, load {os.getloadavg()[0]:.1f} before the start.", *more, end="\n\n")


def processor() -> str:
    """The processor's name, where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def print_head(first: str, *columns: str) -> None:
    """A table's head: text in the first column, numbers in the others."""
    print_row(first, *columns)
    print_row("---", *["---:"] * len(columns))


def print_row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def spread(values: Sequence[float], form: str = ".0f", unit: str = "") -> str:
    """The median, and in brackets the least and the greatest."""
    middle, least, greatest = (f"{value:{form}}" for value in (median(values), min(values), max(values)))
    return f"{middle}{unit} ({least} to {greatest})"


def verdict(value: float, limit: str, bound: float) -> str:
    """Whether a target is met: limit is `AT_MOST` or `AT_LEAST`."""
    return "met" if (value <= bound if limit == AT_MOST else value >= bound) else "NOT met"
