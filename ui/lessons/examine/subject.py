"""The network under examination: the run of this session or a loaded file, and what has been computed of it so far."""

import re
from typing import Any

import streamlit as st
from numpy import ndarray

from nnlib.data import DataError, Dataset, cifar10
from nnlib.labs.examine import network
from nnlib.labs.examine.network import Components
from nnlib.numerals import whole
from nnlib.runs.accuracy import Accuracy
from nnlib.runs.models import SavedModel, of_state
from ui import lesson
from ui.runs.live import Run
from ui.widgets import datasets
from ui.widgets.options import one_of

PAGE = "examine"
RUN, FILE = "the run of this session", "the loaded file"  # as the choice has them
HELD = {RUN: "ex_subject_run", FILE: "ex_subject_file"}  # the session's names for both subjects
LOADED = "loaded_model"  # the session's name for (file's name, SavedModel)
EXAMPLES = 1000  # of which activations are kept
SLOW = 1.5e10  # multiplications; beyond them, about a second, there is a progress bar


class Examined:
    """A network of its own, which no training changes, and results by name."""

    def __init__(self, title: str, saved: SavedModel, dataset: Dataset | None, state: Any = None, run: str = ""):
        self.title, self.saved, self.dataset, self.state, self.run = title, saved, dataset, state, run
        self.model, self.spec, self.class_names = saved.model, saved.spec, saved.class_names
        self.num_hidden = self.model.num_layers - 1
        self._probabilities: dict[tuple[str, bool], tuple[ndarray, ndarray]] = {}
        self.components: dict[tuple[str, int], Components] = {}  # of (part, layer)
        self._activations: tuple[tuple[str, int, int], ndarray] | None = None

    @property
    def layers(self) -> list[str]:
        """Names of all layers, the input first."""
        return ["input", *(f"layer {i}" for i in range(1, self.num_hidden + 1)), "scores"]

    @property
    def data(self) -> Dataset:
        """The data set it was trained on, for the views that there are only if it is here."""
        if self.dataset is None:
            raise DataError(f"{self.spec.data} is not here; get it on the page Home.")
        return self.dataset

    def examples(self, part: str, every: bool = False) -> tuple[Any, ndarray]:
        """X and y of "train" (the first thousand), "val" or "test" (all); every: all 10,000 there are of CIFAR-10."""
        if part == "test" and every and self.spec.data == "cifar10":
            return _all_test_pictures()
        X, y = getattr(self.data, f"X_{part}"), getattr(self.data, f"y_{part}")
        return (X[:EXAMPLES], y[:EXAMPLES]) if part == "train" else (X, y)

    def probabilities(self, part: str, every: bool = False, quiet: bool = False) -> tuple[ndarray, ndarray]:
        """Softmax probabilities (N, C) and labels (N,); with a progress bar if it takes long, unless quiet."""
        key = (part, every)
        if key not in self._probabilities:
            X, y = self.examples(part, every)
            slow = len(y) * self.model.params.vector.size > SLOW and not quiet
            bar = st.progress(0.0, lesson.text(PAGE, "computing", count=whole(len(y)))) if slow else None
            p = network.probabilities(self.model, X, bar.progress if bar else None)
            if bar:
                bar.empty()
            self._probabilities[key] = p, y
        return self._probabilities[key]

    def accuracy(self, part: str, every: bool = False, quiet: bool = False) -> Accuracy:
        p, y = self.probabilities(part, every, quiet)
        return Accuracy(int((p.argmax(axis=1) == y).sum()), len(y))

    def activations(self, part: str, layer: int, count: int = EXAMPLES) -> ndarray:
        """Of the first examples of a part, (N, H); those asked for last are kept."""
        key = (part, layer, count)
        if self._activations is None or self._activations[0] != key:
            X, _ = self.examples(part)
            self._activations = key, network.activations(self.model, X[:count], layer)
        return self._activations[1]


def current() -> Examined | None:
    """The network chosen on the page, with a line that says which it is; None if there is none yet."""
    run, loaded = st.session_state.get("train_run"), st.session_state.get(LOADED)
    trained = run if run is not None and run.solver.best_state is not None else None
    sources = [name for name, there in ((RUN, trained), (FILE, loaded)) if there is not None]
    if not sources:
        return None
    chosen = one_of("Examine", sources, "ex_model") if len(sources) > 1 else sources[0]
    running = trained if chosen == RUN else None
    subject = _of_run(running) if running else _of_file(*st.session_state[LOADED])
    spec = subject.spec
    facts = {"title": subject.title, "data": datasets.title(spec.data), "epoch": subject.saved.epoch}
    facts |= {"normalization": spec.normalization or "no", "rule": spec.update_rule}
    hidden = ", ".join(map(str, subject.model.hidden_dims))
    lesson.show(PAGE, "subject run" if running else "subject file", hidden=hidden, **facts)
    if running and running.active:
        with st.container(horizontal=True, vertical_alignment="center"):
            lesson.show(PAGE, "training goes on")
            take, forget = lesson.text(PAGE, "newest"), lambda: st.session_state.pop(HELD[RUN], None)
            st.button(take, icon=":material/refresh:", key="ex_newest", on_click=forget)
    return subject


def _of_run(run: Run) -> Examined:
    """The best weights so far; while the run goes on, those first looked at stay until the newest are asked for."""
    held: Examined | None = st.session_state.get(HELD[RUN])
    solver = run.solver
    state, epoch = solver.best_state or {}, solver.best_epoch
    if held is None or (held.state is not state and not (run.active and held.run == run.name)):
        saved = of_state(run.spec, run.dataset, state, epoch, {})
        held = Examined(RUN, saved, run.dataset, state, run.name)
        st.session_state[HELD[RUN]] = held
    return held


def _of_file(name: str, saved: SavedModel) -> Examined:
    held: Examined | None = st.session_state.get(HELD[FILE])
    if held is None or held.saved is not saved:
        try:
            dataset = datasets.load(saved.spec) if saved.spec.data in datasets.available() else None
        except DataError:
            dataset = None
        held = Examined(re.sub(r"[^\w .-]+", "_", name)[:60], saved, dataset)
        st.session_state[HELD[FILE]] = held
    return held


@st.cache_resource(max_entries=1, show_spinner=False)
def _all_test_pictures() -> tuple[Any, ndarray]:
    dataset = cifar10.load(num_test=10_000)
    return dataset.X_test, dataset.y_test
