"""The lessons in their order: file, title, and what one learns there."""

from pathlib import Path

import streamlit as st

_PAGES = Path(__file__).parent.parent / "pages"


def _page(name: str, title: str, icon: str, about: str, **how) -> st.Page:
    return st.Page(_PAGES / f"{name}.py", title=title, icon=f":material/{icon}:", help=about, url_path=name, **how)


PAGES = [
    _page("home", "Home", "home", "What this is, a network that learns, and all lessons.", default=True),
    _page("layers", "Layers", "layers", "Walk through any layer, forward and back, and redo every number."),
    _page(
        "gradient_check",
        "Gradient check",
        "fact_check",
        "Compare every gradient with the loss itself; find planted faults from the evidence.",
    ),
    _page(
        "overfit",
        "Overfit a small set",
        "grid_on",
        "Find the weight scale and the learning rate with which fifty pictures are learnt by heart.",
    ),
    _page("optimizers", "Optimizers", "speed", "Step through each update rule, see its effective step, race them all."),
    _page("batchnorm", "Batch normalization", "view_column", "One batch, train and test mode, both backward passes."),
    _page(
        "batchnorm_deep",
        "Batchnorm in deep networks",
        "stacked_line_chart",
        "With and without, over weight scales and batch sizes: the course's experiments, live.",
    ),
    _page("layernorm", "Layer normalization", "table_rows", "The same along the other axis, and where it fails."),
    _page(
        "train_best_model",
        "Train your best model",
        "trophy",
        "Choose data, network and update rule; watch every layer while it trains; test it.",
    ),
]
LESSONS = PAGES[1:]
