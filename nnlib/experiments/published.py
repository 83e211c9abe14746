"""Published figures of the course's experiments (a CS231n assignment 2 notebook, 2024), and how far they are met.

Only `batchnorm_deep` was seeded, so only it can be met digit for digit: the first loss to all six digits printed (give
or take one in the last, which matrix products of other CPUs round differently), the accuracies after the first
iteration exactly and after the first epoch to one picture of a thousand, the loss at iteration 21 to 1e-4. Later
figures drift apart, as any difference in the last bit does: CIFAR-10's mean image need not be the published one to
the last bit.

Beside all others stand the mean and the standard deviation of forty seeds, drawn as the course draws. The published
figure is met if it lies where a further seed would fall in 99 of 100 cases; all do. Measured by

    python -m nnlib.experiments NAME --seeds 40 --global-state
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

from nnlib.experiments.description import Experiment
from nnlib.experiments.presets import EXPERIMENTS
from nnlib.experiments.results import Result

SEEDS = 40
STUDENT_T = 2.708  # quantile 0.995 for SEEDS - 1 degrees of freedom


@dataclass(frozen=True)
class Figure:
    """A published number. at: the iteration for "loss", else the epoch.

    mean, sd: of forty seeds here; None: the run is seeded and must give the number itself, to `tolerance`.
    """

    run: int
    quantity: str  # "loss", "train_acc", "val_acc" or "first_epoch_at_100"
    at: int
    published: float
    mean: float | None = None
    sd: float | None = None
    tolerance: float = 0.0

    @property
    def margin(self) -> float:
        """How far from the mean a further seed falls at most, in 99 of 100 cases: the prediction interval's half."""
        return self.tolerance if self.sd is None else self.sd * STUDENT_T * sqrt(1 + 1 / SEEDS)

    def of(self, result: Result) -> float | None:
        """This number in a result; None if it is not there."""
        if self.quantity == "first_epoch_at_100":
            return result.first_epoch_at(1.0)
        if self.quantity == "loss":
            return result.losses[self.at - 1] if len(result.losses) >= self.at else None
        return next((getattr(r, self.quantity) for r in result.measured if r.epoch == self.at), None)


@dataclass(frozen=True)
class Comparison:
    """A published number beside this run's. met: see the top; it depends on `here` for seeded runs only."""

    label: str
    figure: Figure
    here: float

    @property
    def met(self) -> bool:
        figure = self.figure
        return abs(figure.published - (self.here if figure.mean is None else figure.mean)) <= figure.margin

    def __str__(self) -> str:
        figure, digits = self.figure, ".6f" if self.figure.quantity == "loss" else ".4g"
        seeds = "" if figure.mean is None else f", {SEEDS} seeds {figure.mean:{digits}} ± {figure.sd:.2g}"
        return f"{self.label}: published {figure.published:{digits}}{seeds}, this run {self.here:{digits}}"


def compare(experiment: Experiment, results: Sequence[Result | None]) -> list[Comparison]:
    """Each published figure of the experiment beside ours; none if its settings are not the published ones."""
    original = EXPERIMENTS.get(experiment.name)
    if original is None or [replace(run, seed=0) for run in experiment.runs] != list(original.runs):
        return []
    comparisons = []
    for figure in FIGURES.get(experiment.name, ()):
        result = results[figure.run] if figure.run < len(results) else None
        here = None if result is None else figure.of(result)
        if here is not None and (figure.mean is not None or experiment.global_seed == original.global_seed):
            label = f"{experiment.label(experiment.runs[figure.run])}, {WORDS[figure.quantity].format(at=figure.at)}"
            comparisons.append(Comparison(label, figure, here))
    return comparisons


WORDS = {
    "loss": "loss at iteration {at}",
    "train_acc": "training accuracy after epoch {at}",
    "val_acc": "validation accuracy after epoch {at}",
    "first_epoch_at_100": "first epoch at 100 % training accuracy",
}


PICTURE = 0.00101  # one of a thousand
LAST_DIGIT = 1.5e-6  # one in the sixth decimal

FIGURES = {
    "overfit_50_three_layer": (
        Figure(0, "loss", 1, 2.363364, 2.314, 0.035),
        Figure(0, "first_epoch_at_100", 0, 13, 14.4, 2.0),
    ),
    "overfit_50_five_layer": (
        Figure(0, "loss", 1, 3.971181, 4.49, 0.93),
        Figure(0, "first_epoch_at_100", 0, 15, 15.9, 2.1),
    ),
    "update_rule_race": (
        Figure(0, "train_acc", 5, 0.373, 0.372, 0.018),
        Figure(0, "val_acc", 5, 0.299, 0.310, 0.014),
        Figure(1, "train_acc", 5, 0.553, 0.540, 0.023),
        Figure(1, "val_acc", 5, 0.374, 0.354, 0.012),
        Figure(2, "train_acc", 5, 0.544, 0.535, 0.015),
        Figure(2, "val_acc", 5, 0.358, 0.359, 0.011),
        Figure(3, "train_acc", 5, 0.585, 0.583, 0.022),
        Figure(3, "val_acc", 5, 0.376, 0.373, 0.015),
    ),
    "batchnorm_deep": (
        Figure(0, "loss", 1, 2.340974, tolerance=LAST_DIGIT),
        Figure(0, "train_acc", 0, 0.107, tolerance=1e-9),
        Figure(0, "val_acc", 0, 0.115, tolerance=1e-9),
        Figure(0, "loss", 21, 2.039365, tolerance=2.04e-4),
        Figure(0, "train_acc", 1, 0.314, tolerance=PICTURE),
        Figure(0, "val_acc", 1, 0.266, tolerance=PICTURE),
        Figure(0, "train_acc", 10, 0.773, 0.803, 0.024),
        Figure(0, "val_acc", 10, 0.311, 0.323, 0.014),
        Figure(1, "train_acc", 10, 0.714, 0.629, 0.039),
        Figure(1, "val_acc", 10, 0.331, 0.318, 0.016),
    ),
}
