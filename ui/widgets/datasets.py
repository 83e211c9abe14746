"""The data sets as pages see them: which are here, and each loaded once for all sessions."""

import streamlit as st

from nnlib.data import DATASETS, Dataset
from nnlib.experiments.presets import COURSE
from nnlib.runs import RunSpec


def title(name: str) -> str:
    """Its name for people."""
    return DATASETS[name].title


def available() -> list[str]:
    """Names of the data sets that can be chosen now."""
    return [name for name, facts in DATASETS.items() if facts.here]


def of_course() -> list[str]:
    """Those of them on which the course's experiments can be done, the course's own first."""
    return [name for name in COURSE if DATASETS[name].here]


def load(spec: RunSpec) -> Dataset:
    """The data of a spec; the full sets are kept in memory once (CIFAR-10 as a memory map).

    Raises:
        nnlib.data.DataError: in one sentence.
    """
    dataset = _whole(spec.data, spec.seed if DATASETS[spec.data].drawn else 0)
    return dataset.subset(spec.num_examples) if spec.num_train else dataset


@st.cache_resource(max_entries=20, show_spinner="Preparing the data…")
def _whole(name: str, seed: int) -> Dataset:
    return DATASETS[name].load(seed)
