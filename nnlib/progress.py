"""How far a run has come: its records, its rates, and the rule's config as learners change it."""

from typing import Any, NamedTuple

from numpy import ndarray

from nnlib.checks import require_number
from nnlib.fc_net import FullyConnectedNet
from nnlib.health import LayerHealth
from nnlib.optim import Blocks, Config, Step
from nnlib.own import EachParameter, OwnNetwork, complete_config, record_of
from nnlib.schedules import learning_rate


class Record(NamedTuple):
    """One iteration. The accuracies (0 to 1) are there after the first and last one and after every epoch."""

    iteration: int  # counted from 1
    epoch: int  # epochs completed
    loss: float  # nats; of this iteration's batch, before its update
    learning_rate: float
    train_acc: float | None = None
    val_acc: float | None = None
    health: list[LayerHealth] | None = None  # there if `measure_next` was set


class Diverged(NamedTuple):
    """The last item of a run whose loss became infinite or not a number."""

    iteration: int
    loss: float
    layer: str  # the first layer that overflowed
    quantity: str  # what in it, by the formula's name
    advice: str  # what to change
    message: str  # all of it in one sentence


class Progress:
    """How far a run has come, of which a `Solver` takes the steps."""

    # What the run is; see `Solver`.
    model: Any
    network: FullyConnectedNet | OwnNetwork  # the model, or one of the learner's own made to answer as ours does
    update_rule: str
    _rule: Step
    base_learning_rate: float
    num_epochs: int
    _blocks: Blocks | EachParameter
    schedule: str
    lr_decay: float
    warmup: float
    iterations_per_epoch: int
    num_iterations: int

    def __init__(self) -> None:
        self.iteration = self.epoch = self._begun = 0  # begun: the iteration at which this call of `train` set out
        self._ended = False  # whether `steps` came to its end here: a finished run that is resumed is not trained on
        self.records: list[Record] = []  # of all iterations so far, without health
        self.best_val_acc, self.best_epoch = 0.0, 0
        self.best_state: dict[str, ndarray] | None = None  # as `model.state()`
        self.diverged: Diverged | None = None
        self._order: ndarray | None = None  # of the examples in this epoch
        self._handed: Config | None = None  # the rule's config as somebody got it, and may have changed it

    @property
    def optim_config(self) -> Config:
        """The rule's settings, and copies of what it remembers. A setting that you change counts from the next step."""
        if self._handed is None:
            self._handed = self._blocks.config
        return self._handed

    @optim_config.setter
    def optim_config(self, told: Config) -> None:
        self._handed = self._blocks.config | complete_config(self.update_rule, self._rule, self.optim_config | told)

    @property
    def optim_configs(self) -> dict[str, Config]:
        """The config of each parameter, as the course has it, to be read and changed."""
        self._take_up_changes()
        if isinstance(self._blocks, Blocks):
            self._blocks = EachParameter(self._rule, self._blocks.config, self.network.params)
        self._blocks.follow(self.learning_rate_at(self.iteration) or self._blocks.learning_rate)
        return self._blocks.configs

    def _take_up_changes(self) -> None:
        if self._handed is None:
            return
        config, handed, self._handed = self._blocks.config, self._handed, None
        changed = {k: v for k, v in handed.items() if not isinstance(v, ndarray) and config.get(k) != v}
        if "learning_rate" in changed:  # it is the rate from now on, whatever the schedule has made of the first one
            rate = require_number("learning_rate", changed["learning_rate"], least=0)
            decayed = self.lr_decay ** (self.iteration // self.iterations_per_epoch) if self.schedule == "step" else 1
            self.base_learning_rate = rate / (decayed or 1)
        self._blocks.change(changed)

    def _stepping(self, config: Config) -> Blocks | EachParameter:
        """The rule over the whole vector if network and rule are nnlib's, else from parameter to parameter."""
        whole = type(self.network).loss is FullyConnectedNet.loss and record_of(self._rule)
        if whole and isinstance(self.network, FullyConnectedNet):
            return Blocks(self.update_rule, config, self.network.params.vector.size)
        return EachParameter(self._rule, config, self.network.params)

    @property
    def best_params(self) -> dict[str, ndarray]:
        """The parameters with the highest validation accuracy so far (empty before the first measurement)."""
        return {} if self.best_state is None else {name: self.best_state[name] for name in self.model.params}

    @property
    def loss_history(self) -> list[float]:
        """The loss of every iteration so far, also of the one that diverged."""
        return [record.loss for record in self.records] + ([self.diverged.loss] if self.diverged else [])

    @property
    def train_acc_history(self) -> list[float]:
        """The training accuracies measured so far."""
        return [record.train_acc for record in self.records if record.train_acc is not None]

    @property
    def val_acc_history(self) -> list[float]:
        """The validation accuracies measured so far."""
        return [record.val_acc for record in self.records if record.val_acc is not None]

    def learning_rate_at(self, t: int) -> float:
        """Of iteration t, counted from 0."""
        base, each, warmup = self.base_learning_rate, self.iterations_per_epoch, self.warmup
        return learning_rate(self.schedule, base, t, self.num_iterations, each, self.lr_decay, warmup)

    def restore_best(self) -> None:
        """Give the model the parameters that did best on the validation data, if any were measured."""
        if self.best_state is not None:
            self.network.load_state(self.best_state)
