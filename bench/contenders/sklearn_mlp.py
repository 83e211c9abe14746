"""scikit-learn's MLPClassifier: `partial_fit` on the batch is one step; it has no normalization."""

from collections.abc import Callable

import numpy as np
from sklearn.neural_network import MLPClassifier

from bench.workloads import LEARNING_RATE, MOMENTUM, TrainingStep, Workload


def build(workload: Workload) -> Callable[[], float] | None:
    if not isinstance(workload, TrainingStep) or workload.normalization:
        return None
    X, y = workload.data()
    params, classes = workload.network().params, np.arange(workload.dims[-1])
    model = MLPClassifier(
        workload.dims[1:-1],
        solver="adam" if workload.rule == "adam" else "sgd",
        alpha=0,
        learning_rate_init=LEARNING_RATE,
        momentum=MOMENTUM,
        nesterovs_momentum=False,
        shuffle=False,
        random_state=0,
    )
    with_all_classes = np.resize(classes, len(X))
    model.partial_fit(X, with_all_classes, classes=classes)  # makes the arrays
    for i, (w, b) in enumerate(zip(model.coefs_, model.intercepts_, strict=True), start=1):
        W = params[f"W{i}"]
        w[...] = W if W.shape == w.shape else W[:, 1:] - W[:, :1]  # it gives two classes one logistic output
        b[...] = 0
    del model._optimizer  # the next step starts with a new one, as the others do

    def step() -> float:
        model.partial_fit(X, y)
        return model.loss_

    return step
