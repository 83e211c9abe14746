"""One run of the weight-scale experiment, opened: its curves, its settings, and a link that trains it anew."""

from collections.abc import Sequence

import streamlit as st

from nnlib.experiments import RunState
from ui import controls, deep_norm_setup, prose
from ui.deep_norm_charts import ended
from ui.deep_norm_pair import draw_curves

PAGE = "batchnorm_deep"
TRAIN = "../pages/train_best_model.py"  # seen from the router


def open_run(runs: Sequence[RunState], key: str) -> None:
    """A list of the runs that have ended, bound to the address under `key`; below it the one that is chosen."""
    by_label = {run.label: run for run in ended(runs)}
    label = st.selectbox(
        "Open a run", list(by_label), None, key=key, placeholder=prose.text(PAGE, "open"), width=520, **controls.BOUND
    )
    if label is None or label not in by_label:
        return
    run = by_label[label]
    spec = run.spec
    with st.container(border=True):
        st.subheader(prose.text(PAGE, "opened", label=label))
        pair = [r for r in by_label.values() if r.spec.weight_scale == spec.weight_scale]
        draw_curves(pair, "bs_run")
        if run.message:
            st.warning(run.message)
        st.caption(deep_norm_setup.in_words(spec))
        text = prose.text(PAGE, "train this")
        st.page_link(TRAIN, label=text, icon=":material/open_in_new:", query_params=controls.address(spec))
