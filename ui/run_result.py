"""What a run that is over has reached: validation against the guess, and the accuracy on the test set."""

import math

import streamlit as st

from ui import prose
from ui.live import Run


def result(run: Run, guess: int) -> None:
    """The outcome beside the prediction, and the test accuracy with its standard error."""
    solver, dataset = run.solver, run.dataset
    with st.container(border=True):
        prose.show("train_best_model", "outcome", guess=guess, reached=100 * solver.best_val_acc)
        N = len(dataset.y_test)
        p = solver.check_accuracy(dataset.X_test, dataset.y_test)
        best, test, time = st.columns(3)
        best.metric(
            "Best validation accuracy",
            f"{solver.best_val_acc:.1%}",
            f"after epoch {solver.best_epoch}",
            delta_color="off",
            delta_arrow="off",
        )
        test.metric(
            "Test accuracy", f"{p:.1%}", f"± {math.sqrt(p * (1 - p) / N):.1%}", delta_color="off", delta_arrow="off"
        )
        time.metric(
            "Training time", f"{run.seconds:.1f} s", f"{solver.iteration:,} steps", delta_color="off", delta_arrow="off"
        )
        st.caption(prose.text("train_best_model", "test", count=f"{N:,}"))
