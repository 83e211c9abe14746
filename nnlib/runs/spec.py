"""One training run as a frozen description: data, network, update rule, seed in; a `Solver` ready to step out."""

from dataclasses import dataclass, fields
from typing import Any

from nnlib.data import DataError, Dataset, cifar10, digits, points
from nnlib.fc_net import FullyConnectedNet
from nnlib.optim import DEFAULTS
from nnlib.solver import Solver

POINTS = tuple(points.FIGURES)


@dataclass(frozen=True)
class RunSpec:
    """Everything a run depends on; two runs of equal specs give equal numbers.

    data: "digits", "cifar10" or one of `POINTS`; num_train: training examples used, 0 for all.
    depth: hidden layers; width: units in the first; taper: each further layer has so many times the units of the one
    before. weight_decay: for the rules that have it (adamw). The other fields are those of `FullyConnectedNet` and
    `Solver`.
    """

    data: str = "digits"
    num_train: int = 0
    depth: int = 2
    width: int = 64
    taper: float = 1.0
    normalization: str | None = None
    dropout_keep_ratio: float = 1.0
    weight_scale: float | str = "he"
    reg: float = 0.0
    update_rule: str = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    schedule: str = "constant"
    lr_decay: float = 0.95
    warmup: float = 0.0
    batch_size: int = 50
    num_epochs: int = 20
    augment: str | None = None
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.update_rule not in DEFAULTS:
            raise ValueError(f"there is no update rule {self.update_rule!r}: choose one of {', '.join(DEFAULTS)}.")
        if not (0 < self.learning_rate < float("inf")):
            raise ValueError(f"learning_rate is {self.learning_rate}, but must be a positive number.")
        if not (0 < self.taper <= 1):
            raise ValueError(f"taper is {self.taper}, but must be above 0 and at most 1.")

    @property
    def hidden_dims(self) -> list[int]:
        """Units in each hidden layer, at least one."""
        return [max(1, round(self.width * self.taper**i)) for i in range(self.depth)]

    @property
    def optim_config(self) -> dict[str, float]:
        """The update rule's settings that a run chooses."""
        chosen = {"learning_rate": self.learning_rate, "weight_decay": self.weight_decay}
        return {name: value for name, value in chosen.items() if name in DEFAULTS[self.update_rule]}

    def load_data(self) -> Dataset:
        """The data set, cut to num_train.

        Raises:
            nnlib.data.DataError: it is unknown, or not here.
        """
        if self.data in POINTS:
            dataset = points.FIGURES[self.data](seed=self.seed)
        elif self.data in ("digits", "cifar10"):
            dataset = (digits if self.data == "digits" else cifar10).load()
        else:
            known = ", ".join(("digits", "cifar10", *POINTS))
            raise DataError(f"There is no data set {self.data!r}: choose one of {known}.")
        return dataset.subset(min(self.num_train, len(dataset.y_train))) if self.num_train else dataset

    def make_model(self, input_dim: int, num_classes: int, own_generator: bool = True) -> FullyConnectedNet:
        """A network with its initial weights; arguments and errors as for `make_solver`."""
        return FullyConnectedNet(
            self.hidden_dims,
            input_dim=input_dim,
            num_classes=num_classes,
            dropout_keep_ratio=self.dropout_keep_ratio,
            normalization=self.normalization,
            reg=self.reg,
            weight_scale=self.weight_scale,
            seed=self.seed if own_generator else None,
        )

    def make_solver(self, dataset: Dataset, own_generator: bool = True) -> Solver:
        """A new model with its initial weights, and the solver that trains it.

        own_generator: False draws from NumPy's global state in place of the seed's generators, as the course does;
        threads share that state, so this is for a process that does nothing else.

        Raises:
            ValueError: a setting is out of range, in one sentence.
        """
        seed = self.seed if own_generator else None
        return Solver(
            self.make_model(int(dataset.X_train[:1].size), len(dataset.class_names), own_generator),
            dataset.as_dict(),
            update_rule=self.update_rule,
            optim_config=self.optim_config,
            lr_decay=self.lr_decay,
            batch_size=min(self.batch_size, len(dataset.y_train)),
            num_epochs=self.num_epochs,
            verbose=False,
            seed=seed,
            schedule=self.schedule,
            warmup=self.warmup,
            patience=self.patience,
            augment=self.augment,
        )

    def differences(self, other: "RunSpec") -> dict[str, tuple[Any, Any]]:
        """Settings in which another spec differs: name -> (here, there)."""
        pairs = {field.name: (getattr(self, field.name), getattr(other, field.name)) for field in fields(self)}
        return {name: (here, there) for name, (here, there) in pairs.items() if here != there}
