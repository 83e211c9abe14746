"""The data sets as pages see them: which are here, their names for people, loaded once for all sessions."""

import streamlit as st

from nnlib import data
from nnlib.data import Dataset
from nnlib.runs.spec import POINTS, RunSpec

TITLES = {
    "digits": "Digits 8×8",
    "cifar10": "CIFAR-10",
    "spiral": "Spiral",
    "moons": "Moons",
    "circles": "Circles",
    "xor": "XOR",
    "blobs": "Blobs",
}


def available() -> list[str]:
    """Names of the data sets that can be chosen now."""
    pictures = [name for name in ("digits", "cifar10") if getattr(data, name).status().state in ("ready", "found")]
    return [*pictures, *POINTS]


def load(spec: RunSpec) -> Dataset:
    """The data of a spec; the full sets are kept in memory once (CIFAR-10 as a memory map).

    Raises:
        nnlib.data.DataError: in one sentence.
    """
    seed = spec.seed if spec.data in POINTS else 0
    dataset = _whole(spec.data, seed)
    return dataset.subset(min(spec.num_train, len(dataset.y_train))) if spec.num_train else dataset


@st.cache_resource(max_entries=20, show_spinner="Preparing the data…")
def _whole(name: str, seed: int) -> Dataset:
    return RunSpec(data=name, seed=seed).load_data()
