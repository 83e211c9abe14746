"""Small matrices side by side as numbered tables: cells coloured around zero, a group lit, changes written below."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st
from numpy import ndarray

from nnlib.numerals import fixed, scientific
from ui.components.bundle import mount
from ui.widgets.pictures import diverging

Pick = Callable[[int, int], None]


@dataclass
class Grid:
    """One matrix, (R, C).

    Attributes:
        title, note: above and below it.
        values: (R, C); rows, columns: their names, by default example 1, 2, ... and feature 1, 2, ...
        lit: (R, C) bool, cells with a frame; before: (R, C), the values that these replaced: differences are written.
        below: name -> a number a column; beside: name -> a number a row.
        limit: the number that gets the full colour, by default the largest.
        pick: cells can be clicked.
        texts: (R, C) of what is written in the cells; by default the values.
    """

    title: str
    values: ndarray
    note: str = ""
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    lit: ndarray | None = None
    before: ndarray | None = None
    below: dict[str, ndarray] = field(default_factory=dict)
    beside: dict[str, ndarray] = field(default_factory=dict)
    limit: float | None = None
    pick: bool = False
    texts: Sequence[Sequence[str]] | None = None


def number_grids(grids: Sequence[Grid], key: str, on_pick: Pick | None = None) -> None:
    """Draw matrices; `on_pick` gets row and column, from 0, of a clicked cell of a grid with `pick`."""

    def picked() -> None:
        cell = st.session_state[key].pick
        if on_pick and cell:
            on_pick(int(cell[0]), int(cell[1]))

    _component(data={"grids": [encode(grid) for grid in grids]}, key=key, height="content", on_pick_change=picked)


def encode(grid: Grid) -> dict[str, Any]:
    """A grid as JSON, all numbers written out."""
    R, C = grid.values.shape
    colours = diverging(grid.values, grid.limit)
    bright = colours.astype(float) @ [0.299, 0.587, 0.114] > 140  # dark digits on bright cells
    lit = np.zeros((R, C), bool) if grid.lit is None else grid.lit
    moved = np.zeros((R, C)) if grid.before is None else grid.values - grid.before
    changed = np.abs(moved) > 1e-9
    return {
        "title": grid.title,
        "note": grid.note,
        "rows": list(grid.rows) or [f"example {i + 1}" for i in range(R)],
        "columns": list(grid.columns) or [f"feature {j + 1}" for j in range(C)],
        "below": [[name, [write(v) for v in values]] for name, values in grid.below.items()],
        "beside": [[name, [write(v) for v in values]] for name, values in grid.beside.items()],
        "pick": grid.pick,
        "cells": [
            [
                {
                    "text": write(grid.values[i, j]) if grid.texts is None else grid.texts[i][j],
                    "colour": f"#{bytes(colours[i, j]).hex()}",
                    "ink": "#17212e" if bright[i, j] else "#ffffff",
                    "lit": bool(lit[i, j]),
                    "change": write(moved[i, j], sign=True) if changed[i, j] else "",
                }
                for j in range(C)
            ]
            for i in range(R)
        ],
    }


def write(value: float, sign: bool = False) -> str:
    """Two decimals with a proper minus; what is too large for them with three digits, tiny changes as such."""
    if not np.isfinite(value):
        return "not finite"
    if sign and abs(value) < 0.005:
        return "≈ +0" if value > 0 else "≈ −0"
    return ("+" if sign and value > 0 else "") + (fixed(value, 2) if abs(value) < 1000 else scientific(value, 3))


_component = mount("number_grid", __file__)
