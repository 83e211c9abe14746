"""What a run gave: its records, how it ended, and the figures that experiments compare."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from nnlib.experiments.description import Experiment
from nnlib.runs.spec import RunSpec
from nnlib.solver import Record, Solver

# Of a record, health left out; "learning_rate" is what a run was given, from which a schedule departs.
COLUMNS = ("iteration", "epoch", "loss", "learning_rate_now", "train_acc", "val_acc")
STATUSES = ("running", "finished", "diverged", "stopped", "failed")
FINAL = 100  # the final loss is the mean of so many


@dataclass(frozen=True)
class Result:
    """One run's records so far (one an iteration, without health).

    status: "running", "finished", "diverged" (then `message` explains it), "stopped" or "failed".
    seconds_per_step: mean time of an iteration, measuring accuracies left out; not part of what makes results equal.
    """

    spec: RunSpec
    records: tuple[Record, ...]
    status: str = "finished"
    message: str = ""
    seconds_per_step: float | None = field(default=None, compare=False)

    def continued(self, event: dict[str, Any]) -> "Result":
        """With what an event of `running.train_group` tells."""
        records = (*self.records, *(Record(*row) for row in event["records"]))
        state = {name: event[name] for name in ("status", "message", "seconds_per_step")}
        return replace(self, records=records, **state)

    @property
    def losses(self) -> list[float]:
        """In nats, one an iteration."""
        return [record.loss for record in self.records]

    @property
    def measured(self) -> list[Record]:
        """The records that carry accuracies: after the first iteration, then after every epoch."""
        return [record for record in self.records if record.val_acc is not None]

    @property
    def train_acc(self) -> float | None:
        """The last training accuracy, 0 to 1."""
        return self.measured[-1].train_acc if self.measured else None

    @property
    def val_acc(self) -> float | None:
        """The last validation accuracy, 0 to 1."""
        return self.measured[-1].val_acc if self.measured else None

    @property
    def best_train_acc(self) -> float | None:
        return max((r.train_acc for r in self.measured if r.train_acc is not None), default=None)

    @property
    def best_val_acc(self) -> float | None:
        return max((r.val_acc for r in self.measured if r.val_acc is not None), default=None)

    @property
    def final_loss(self) -> float | None:
        """Mean of the last 100 losses, in nats; None for a run that diverged or has no records."""
        if self.status == "diverged" or not self.records:
            return None
        return float(np.mean(self.losses[-FINAL:]))

    def first_epoch_at(self, train_acc: float) -> int | None:
        """The first epoch after which the training accuracy was at least this; None: none was."""
        epochs = (r.epoch for r in self.measured if r.train_acc is not None and r.train_acc >= train_acc)
        return next(epochs, None)

    def as_data(self) -> dict[str, Any]:
        """As JSON can hold it."""
        rows = [list(record[: len(COLUMNS)]) for record in self.records]
        others = {f.name: getattr(self, f.name) for f in fields(self)}
        return others | {"spec": asdict(self.spec), "records": rows}

    @staticmethod
    def from_data(data: dict[str, Any]) -> "Result":
        """What `as_data` gave.

        Raises:
            ValueError: it did not give this: it is damaged, or another's.
        """
        try:
            named = {f.name: data[f.name] for f in fields(Result)}
            records = tuple(Record(*row) for row in data["records"])
            seconds = data["seconds_per_step"] is None or type(data["seconds_per_step"]) is float
            if not all(map(_is_record, records)) or data["status"] not in STATUSES or not seconds:
                raise TypeError
            return Result(**named | {"spec": RunSpec(**data["spec"]), "records": records})
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ValueError("these are no results of an experiment, or they are damaged: do it anew.") from error

    @staticmethod
    def of(spec: RunSpec, solver: Solver) -> "Result":
        """The result of a solver of this spec that was stepped by somebody else."""
        records = tuple(solver.records)
        if solver.diverged is not None:
            return Result(spec, records, "diverged", solver.diverged.message)
        return Result(spec, records, "finished" if solver.over else "stopped")


def _is_record(record: Record) -> bool:
    iteration, epoch, *numbers, train_acc, val_acc = record[: len(COLUMNS)]
    kinds = {type(iteration), type(epoch)} == {int} and {type(number) for number in numbers} <= {int, float}
    return kinds and all(acc is None or (type(acc) is float and 0 <= acc <= 1) for acc in (train_acc, val_acc))


def summary(experiment: Experiment, results: Sequence[Result | None]) -> list[dict[str, Any]]:
    """One row a run that has records: the settings that vary, and the figures to compare."""
    return [
        {name: getattr(result.spec, name) for name in experiment.varied}
        | {
            "label": experiment.label(result.spec),
            "status": result.status,
            "first_loss": result.losses[0],
            "best_train_acc": result.best_train_acc,
            "best_val_acc": result.best_val_acc,
            "train_acc": result.train_acc,
            "val_acc": result.val_acc,
            "final_loss": result.final_loss,
            "first_epoch_at_100": result.first_epoch_at(1.0),
            "seconds_per_step": result.seconds_per_step,
        }
        for result in results
        if result is not None and result.records
    ]


def to_csv(experiment: Experiment, results: Sequence[Result | None]) -> str:
    """All records, a line each: the settings that vary, then iteration, epoch, loss, learning rate, accuracies."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*experiment.varied, *COLUMNS])
    for result in results:
        if result is not None:
            settings = [getattr(result.spec, name) for name in experiment.varied]
            writer.writerows([*settings, *record[: len(COLUMNS)]] for record in result.records)
    return text.getvalue()
