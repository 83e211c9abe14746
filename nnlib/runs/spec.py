"""One training run as a frozen description: data, network, update rule, seed in; a `Solver` ready to step out."""

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Self

import numpy as np

from nnlib.checks import MOST, require_names, require_whole
from nnlib.data import DATASETS, Dataset
from nnlib.fc_net import FullyConnectedNet
from nnlib.numerals import whole
from nnlib.optim import DEFAULTS
from nnlib.runs.settings import SETTINGS
from nnlib.solver import Solver


@dataclass(frozen=True)
class RunSpec:
    """Everything a run depends on; two runs of equal specs give equal numbers.

    What each setting can be, `SETTINGS` says. data: a name of `DATASETS`; num_train: training examples used, 0 for all.
    depth: hidden layers; width: units in the first; taper: each further layer has so many times the units of the one
    before. weight_decay: for the rules that have it (adamw). The other fields are those of `FullyConnectedNet` and
    `Solver`.

    Raises:
        ValueError: a setting is out of its bounds, or there is none of this name, in one sentence.
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

    def __new__(cls, *args: Any, **settings: Any) -> Self:
        require_names(cls.__name__, settings, cls.__dataclass_fields__)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            SETTINGS[field.name].check(field.name, value)
            if isinstance(value, np.generic):  # as it comes out of np.logspace
                object.__setattr__(self, field.name, value.item())

    @property
    def hidden_dims(self) -> list[int]:
        """Units in each hidden layer, at least one."""
        return [max(1, round(self.width * self.taper**i)) for i in range(self.depth)]

    @property
    def optim_config(self) -> dict[str, float]:
        """The update rule's settings that a run chooses."""
        chosen = {"learning_rate": self.learning_rate, "weight_decay": self.weight_decay}
        return {name: value for name, value in chosen.items() if name in DEFAULTS[self.update_rule]}

    @property
    def num_examples(self) -> int:
        """Training examples used: as many as are wanted and there."""
        whole = DATASETS[self.data].num_train
        return min(self.num_train or whole, whole)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in one pass through the training examples."""
        return self.num_examples // min(self.batch_size, self.num_examples)

    def load_data(self) -> Dataset:
        """The data set, cut to num_train.

        Raises:
            nnlib.data.DataError: it is not here.
        """
        dataset = DATASETS[self.data].load(self.seed)
        return dataset.subset(min(self.num_train, len(dataset.y_train))) if self.num_train else dataset

    def make_model(self, input_dim: int, num_classes: int, own_generator: bool = True) -> FullyConnectedNet:
        """A network with its initial weights; arguments and errors as for `make_solver`."""
        require_whole("input_dim", input_dim, most=MOST)
        require_whole("num_classes", num_classes, most=MOST)
        sizes = [input_dim, *self.hidden_dims, num_classes]
        if (count := sum(D * H for D, H in pairwise(sizes))) > MOST:
            most = f"at most {whole(MOST)} fit: take fewer or narrower layers"
            raise ValueError(f"width {self.width} and depth {self.depth} make {whole(count)} weights, but {most}.")
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
            ValueError: the data do not fit the settings, in one sentence.
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
