"""Shows a gradient check cell by cell: one component, a heat map a parameter; the cell pointed at tells its numbers."""

from math import isfinite
from typing import Any

import numpy as np
from numpy import ndarray

from nnlib.labs.gradient_check.report import DIFFERS, VERDICTS, Report
from nnlib.numerals import plain, rounded, whole
from nnlib.params import layer_of
from ui import lesson
from ui.components.bundle import mount

MOST_KINKS = 4  # named for a single cell


def error_map(report: Report, key: str) -> None:
    """Draw a report; `key` is the component's name on its page.

    The cell that was chosen last stays chosen for as long as the shapes stay the same.
    """
    _component(data=encode(report), key=key, height="content")


def encode(report: Report) -> dict[str, Any]:
    """The report as JSON can hold it, with the sentences of assets/prose/error_map.md; not finite becomes None."""
    blocks = [_block(report, name) for name in report.analytic]
    verdicts = np.concatenate([v.ravel() for v in report.verdicts.values()])
    return {
        "note": lesson.text("error_map", "note"),
        "limit": report.limit,
        "verdicts": [
            {"name": verdict, "text": lesson.text("error_map", verdict), "count": int((verdicts == i).sum())}
            for i, verdict in enumerate(VERDICTS)
        ],
        "blocks": blocks,
        "start": _worst(report),
    }


def _block(report: Report, name: str) -> dict[str, Any]:
    a, n, errors = report.analytic[name], report.numerical[name], report.errors[name]
    return {
        "name": name,
        "layer": layer_of(name),
        "rows": a.size // a.shape[-1],
        "columns": a.shape[-1],
        "matrix": a.ndim == 2,
        "largest": _number(errors.max(), 2),
        "over": int((errors > report.limit).sum()),
        "ratio": ratio(a, n, report.verdicts[name] == VERDICTS.index(DIFFERS)),
        "analytic": [_number(v, 10) for v in a.ravel()],
        "numerical": [_number(v, 10) for v in n.ravel()],
        "errors": [_number(v, 2) for v in errors.ravel()],
        "verdicts": report.verdicts[name].ravel().tolist(),
        "kinks": _kinks(report.kinks[name]),
    }


def ratio(a: ndarray, n: ndarray, where: ndarray) -> str:
    """analytic / numerical over these cells: one number if it is the same in all, else from and to; "" if undefined."""
    where = where & (np.abs(n) > 1e-8)
    if not where.any():
        return ""
    quotients = a[where].astype(float) / n[where]
    low, high = quotients.min(), quotients.max()
    first, last = (plain(q, 2) if abs(q) < 100 else whole(q) for q in (float(low), float(high)))
    return first if abs(high - low) <= 0.01 * abs(low) else f"{first} … {last}"


def _worst(report: Report) -> tuple[int, int]:
    """Block and cell to begin with: the largest error among those that differ; if none does, among all."""
    candidates = []
    for block, (name, errors) in enumerate(report.errors.items()):
        badness = np.nan_to_num(errors, nan=np.inf).ravel() + 2 * (
            report.verdicts[name].ravel() == VERDICTS.index(DIFFERS)
        )
        candidates.append((badness.max(), block, int(badness.argmax())))
    _, block, cell = max(candidates, key=lambda candidate: candidate[0])
    return block, cell


def _kinks(kinks: ndarray) -> dict[str, list[str]]:
    """Flat index of a cell -> the ReLUs that its move switches, at most a few of them by name."""
    found: dict[str, list[str]] = {}
    for cell, layer, example, unit in kinks.tolist():
        found.setdefault(str(cell), []).append(f"layer {layer}, example {example}, unit {unit}")
    return {
        cell: names if len(names) <= MOST_KINKS else [*names[:MOST_KINKS], f"{len(names) - MOST_KINKS} more"]
        for cell, names in found.items()
    }


def _number(value: Any, digits: int) -> float | None:
    return rounded(value, digits) if isfinite(value) else None


_component = mount("error_map", __file__)
