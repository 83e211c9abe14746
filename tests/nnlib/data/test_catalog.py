"""The catalog says what the data sets are; one more, added in memory, is seen wherever it should be."""

import io
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnlib.data import DATASETS, Dataset, Status, digits
from nnlib.experiments import Experiment
from nnlib.experiments.export import script
from nnlib.runs import RunSpec, load_model, save_model
from nnlib.runs.models import of_state
from ui.lessons.search import controls as search
from ui.widgets import controls, datasets, words


@pytest.mark.parametrize("name", DATASETS)
def test_the_catalog_tells_the_truth(name: str, real_cifar10):
    facts = DATASETS[name]
    dataset = facts.load(3)
    assert (dataset.name, dataset.class_names) == (name, facts.class_names)
    assert (dataset.image_shape, dataset.white) == (facts.image_shape, facts.white)
    assert tuple(len(getattr(dataset, f"y_{part}")) for part in ("train", "val", "test")) == facts.sizes
    assert int(np.asarray(dataset.X_train[:1]).size) == facts.num_features
    assert facts.here and hasattr(dataset.X_train, "exact") == facts.pixels
    again = facts.load(4)
    assert np.array_equal(np.asarray(dataset.X_train[:9]), np.asarray(again.X_train[:9])) != facts.drawn


class TestOneMore:
    """Digits in white on black: a function that loads them and a row, and nothing else."""

    @pytest.fixture(autouse=True)
    def row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        facts = replace(
            DATASETS["digits"],
            title="White digits",
            load=lambda seed: self.load(),
            status=lambda: Status("white", "ready"),
            code="white.load()",
            augmentable=True,
        )
        monkeypatch.setitem(DATASETS, "white", facts)

    @staticmethod
    def load() -> Dataset:
        return replace(digits.load(), name="white")

    def test_a_run_trains_on_it_and_its_model_is_kept(self):
        spec = RunSpec(data="white", depth=1, width=4, num_epochs=1)
        solver = spec.make_solver(spec.load_data())
        solver.train()
        file = io.BytesIO()
        save_model(file, of_state(spec, spec.load_data(), solver.model.state(), 1, {}))
        file.seek(0)
        saved = load_model(file)
        assert saved.spec == spec and saved.image_shape == (1, 8, 8)
        assert saved.class_names == digits.CLASSES

    def test_it_is_taken_home(self):
        source = script(Experiment("mine", (RunSpec(data="white", batch_size=10_000),)))
        assert "from nnlib.data import white" in source and "dataset = white.load()" in source
        assert "input_dim=64" in source and "batch_size=1397" in source

    def test_it_has_a_title_and_a_place_in_the_controls(self):
        spec = RunSpec(data="white", augment="flip", num_train=500)
        assert "white" in datasets.available() and words.value(spec, "data") == "White digits"
        assert controls.beyond(spec) == []
        link = controls.address(spec)
        assert (link["data"], link["augment"], link["num_train"]) == ("White digits", "flip", "500")
        assert search.summary(spec).startswith("White digits, ")

    def test_train_offers_it(self):
        def page() -> None:
            import streamlit as st

            from nnlib.runs import RunSpec
            from ui.widgets import controls

            st.session_state["drawn"] = controls.draw("data", RunSpec())

        app = AppTest.from_function(page)
        app.query_params["data"], app.query_params["augment"] = "White digits", "flip"
        app.run(timeout=30)
        assert not app.exception
        assert "White digits" in app.selectbox(key="data").options
        assert app.session_state["drawn"] == RunSpec(data="white", augment="flip")

    def test_search_varies_what_it_offers(self):
        def page() -> None:
            import streamlit as st

            from nnlib.runs import RunSpec
            from ui.lessons.search import controls

            st.session_state["space"] = controls._space(RunSpec(data="white"))

        app = AppTest.from_function(page).run(timeout=30)
        assert "random changes" in app.multiselect(key="search_vary").options
