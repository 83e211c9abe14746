"""A study at one moment, as plain data: what pages and the command line show."""

from dataclasses import dataclass
from typing import Any

from nnlib.runs.spec import RunSpec
from nnlib.search.plan import SearchPlan


@dataclass(frozen=True)
class TrialState:
    """One trial.

    state: "waiting", "running", "complete", "pruned", "diverged" or "failed" (its settings cannot be run).
    value: best validation accuracy, of pruned ones the last, 0 to 1; None before the end, and of failed ones.
    settings: the varied ones, as used. accuracies: on the validation data, after each epoch. seconds: it took, None
    before its end. worker: "host:process". message: why it diverged or failed.
    """

    number: int
    state: str
    value: float | None
    settings: dict[str, Any]
    accuracies: tuple[float, ...]
    seconds: float | None
    worker: str
    message: str

    @property
    def ended(self) -> bool:
        return self.state in ("complete", "pruned", "diverged", "failed")


@dataclass(frozen=True)
class StudyState:
    """A study: its plan and its trials, by number.

    interrupted: trials whose worker died or was stopped; they have been, or will be, done again.
    importances: setting -> share (0 to 1, all together 1) of what makes trials good; empty while there are too few.
    """

    name: str
    plan: SearchPlan
    trials: tuple[TrialState, ...]
    interrupted: int
    importances: dict[str, float]

    @property
    def ended(self) -> list[TrialState]:
        return [trial for trial in self.trials if trial.ended]

    @property
    def running(self) -> list[TrialState]:
        return [trial for trial in self.trials if trial.state == "running"]

    @property
    def over(self) -> bool:
        """Whether all the trials wanted have been done."""
        return len(self.ended) >= self.plan.wanted

    @property
    def claimable(self) -> int:
        """Trials that a worker could begin now."""
        return max(0, self.plan.wanted - len(self.ended) - len(self.running))

    @property
    def best(self) -> TrialState | None:
        """The trial with the highest value among those that ran to their end."""
        done = [trial for trial in self.trials if trial.state in ("complete", "diverged") and trial.value is not None]
        return max(done, key=lambda trial: trial.value or 0.0, default=None)

    def spec(self, trial: TrialState) -> RunSpec:
        """The run of a trial, all settings."""
        return self.plan.spec(trial.settings)
