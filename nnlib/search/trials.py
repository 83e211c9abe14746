"""What is known of a trial whatever its state: its settings, and how they are put in line again."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial


def again(study: "Study", trial: "FrozenTrial") -> None:
    """Put a failed trial's settings in line."""
    if chosen := settings(trial):
        study.enqueue_trial(chosen)


def settings(trial: "FrozenTrial") -> dict[str, Any]:
    """What has been chosen for a trial, also before it began."""
    return trial.system_attrs.get("fixed_params", {}) | trial.params
