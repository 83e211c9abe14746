"""What a run that is over has reached: validation against the guess, accuracy on the test set; and its way out."""

import streamlit as st

from nnlib.examine import Accuracy
from nnlib.experiments import Experiment, Result
from ui import prose
from ui.keep_link import run_link
from ui.live import Run
from ui.take_home import take_home

PAGE = "train_best_model"


def result(run: Run, guess: int) -> None:
    """The outcome beside the prediction, and the test accuracy with its standard error."""
    solver, dataset = run.solver, run.dataset
    with st.container(border=True):
        prose.show(PAGE, "outcome", guess=guess, reached=100 * solver.best_val_acc)
        N = len(dataset.y_test)
        tested = Accuracy(round(N * solver.check_accuracy(dataset.X_test, dataset.y_test)), N)
        epoch, steps = f"after epoch {solver.best_epoch}", f"{solver.iteration:,} steps"
        figures = (
            ("Best validation accuracy", f"{solver.best_val_acc:.1%}", epoch),
            ("Test accuracy", f"{tested.share:.1%}", f"± {tested.standard_error:.1%}"),
            ("Training time", f"{run.seconds:.1f} s", steps),
        )
        for column, (label, value, note) in zip(st.columns(3), figures, strict=True):
            column.metric(label, value, note, delta_color="off", delta_arrow="off")
        low, high = tested.interval()
        st.caption(prose.text(PAGE, "test", count=f"{N:,}", low=f"{low:.1%}", high=f"{high:.1%}"))
        with st.container(horizontal=True):
            icon = ":material/search:"
            st.button(prose.text(PAGE, "examine it"), icon=icon, type="primary", key="run_examine", on_click=_examine)
            take_home(Experiment("my_run", (run.spec,)), [Result.of(run.spec, solver)], "run_home")
            with st.popover(prose.text(PAGE, "copy link"), icon=":material/link:"):
                run_link(run.spec)


def _examine() -> None:
    st.session_state["train_part"] = "Examine"
