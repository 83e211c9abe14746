"""The training loop: a `Solver` takes a model through its data, one minibatch a step, and records what happens.

At its heart it is this; the rest chooses rule, learning rate and batches, and watches how the run fares:

>>> for t in range(num_iterations):
...     rows = np.random.choice(len(y_train), batch_size)
...     X, y = X_train[rows], y_train[rows]
...     loss, grads = model.loss(X, y)
...     for name in model.params:
...         w, dw = model.params[name], grads[name]
...         model.params[name] = w - learning_rate * dw
...     losses.append(loss)
"""

from collections.abc import Iterator
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from nnlib.augmentation import AUGMENTATIONS
from nnlib.checkpoints import SUFFIX
from nnlib.checks import ieee, require_names, require_whole, shown
from nnlib.examples import NEEDED, predictions, take_data, take_examples
from nnlib.fc_net import FullyConnectedNet
from nnlib.files import file_path, try_out
from nnlib.health import find_overflow, measure
from nnlib.optim import Blocks, Step
from nnlib.own import OwnNetwork, complete_config, named_rule
from nnlib.progress import Diverged, Record
from nnlib.resuming import Resumable
from nnlib.schedules import learning_rate

if TYPE_CHECKING:
    from nnlib.data import Dataset


class Solver(Resumable):
    """Trains a model by minibatch descent and keeps the parameters that do best on the validation data.

    >>> solver = Solver(model, data, update_rule="adam", optim_config={"learning_rate": 1e-3}, seed=0)
    >>> for record in solver.steps(): ...       # one iteration at a time; or solver.train(), all at once

    Args:
        model: a `FullyConnectedNet`, or a network of your own (`nnlib.own.OwnNetwork` says what it must have).
        data: a dict of "X_train", "y_train", "X_val", "y_val", or a `Dataset`; X (N, ...) may be what NumPy makes
            arrays of, or whatever has a shape and gives arrays for `X[indices]`.
        update_rule: a name in `nnlib.optim.RULES`, or a function `(w, dw, config) -> next_w, config`; optim_config: its
            settings, "learning_rate" first of all.
        lr_decay: factor on the learning rate after every epoch (for the schedule "step").
        batch_size: examples a step.
        num_epochs: passes through the training data, of max(N // batch_size, 1) steps each.
        num_train_samples, num_val_samples: accuracies are measured on this many examples; None: on all.
        print_every: iterations between lines that `train` prints, if verbose.
        checkpoint_name: a file (.npz is added) to `save` to after every epoch, and every `checkpoint_every` iterations.
        seed: makes batches and flips from generators of the run's own, each epoch in a new order without repeats.
            Without it batches are drawn with replacement from NumPy's global state, as the course does.
        schedule, warmup: see `nnlib.schedules.learning_rate`.
        patience: stop when the validation accuracy has not risen for so many epochs; None: never.
        augment: "flip", "shift" or "flip and shift" changes the pictures (N, C, height, width) of each batch at random
            (`nnlib.augmentation`).

    Raises:
        ValueError: a name or number cannot be, data are not finite or do not fit, `checkpoint_name` cannot be written.
    """

    def __init__(
        self,
        model: FullyConnectedNet | Any,
        data: "dict[str, Any] | Dataset",
        update_rule: str | Step = "sgd",
        optim_config: dict[str, Any] | None = None,
        lr_decay: float = 1.0,
        batch_size: int = 100,
        num_epochs: int = 10,
        num_train_samples: int | None = 1000,
        num_val_samples: int | None = None,
        print_every: int = 10,
        verbose: bool = True,
        checkpoint_name: str | None = None,
        *,
        seed: int | None = None,
        schedule: str = "step",
        warmup: float = 0.0,
        patience: int | None = None,
        augment: str | None = None,
        checkpoint_every: int | None = None,
        **unknown: Any,
    ):
        require_names("the Solver", unknown, [name for name in signature(Solver).parameters if name != "unknown"])
        self.model = model
        self.network = model if isinstance(model, FullyConnectedNet) else OwnNetwork(model)
        self.update_rule, self._rule = self._find_rule(update_rule)
        taken = take_data(data, self.network)
        self.X_train, self.y_train, self.X_val, self.y_val = (taken[name] for name in NEEDED)
        config = complete_config(self.update_rule, self._rule, {} if optim_config is None else optim_config)
        self.base_learning_rate = config["learning_rate"]
        self._blocks = self._stepping(config)
        self.lr_decay, self.schedule, self.warmup, self.patience = lr_decay, schedule, warmup, patience
        self.batch_size, self.num_epochs, self.augment, self.seed = batch_size, num_epochs, augment, seed
        self.num_train_samples, self.num_val_samples = num_train_samples, num_val_samples
        self.print_every, self.verbose = print_every, verbose
        self.checkpoint_name, self.checkpoint_every = checkpoint_name, checkpoint_every
        self._validate()

        self.iterations_per_epoch = max(len(self.y_train) // batch_size, 1)
        self.num_iterations = num_epochs * self.iterations_per_epoch

        super().__init__()
        self.measure_next = False  # set it, and the next record carries the model's health

    def _find_rule(self, update_rule: str | Step) -> tuple[str, Step]:
        return named_rule(update_rule)

    def _validate(self) -> None:
        for name, (least, most) in _WHOLE.items():
            if getattr(self, name) is not None or name in ("batch_size", "num_epochs", "print_every"):
                require_whole(name, getattr(self, name), least, most)
        known, shape = ", ".join(AUGMENTATIONS), self.X_train.shape
        if self.augment is not None and not (isinstance(self.augment, str) and self.augment in AUGMENTATIONS):
            raise ValueError(f"there is no augmentation {shown(self.augment)}: choose None or {known}.")
        if self.augment is not None and len(shape) != 4:
            raise ValueError(f"only pictures (N, C, height, width) can be augmented, but X_train is {shape}.")
        if self.checkpoint_name is not None and self._record_of_rule:  # no rule of one's own
            try_out(file_path(self.checkpoint_name, SUFFIX))
        learning_rate(self.schedule, self.base_learning_rate, 0, 1, 1, self.lr_decay, self.warmup)  # refuses

    def steps(self) -> Iterator[Record | Diverged]:
        """One record an iteration, from where the run stands to its end; then the model has the best parameters.

        Stopping in between loses nothing: a new call goes on from there.
        """
        while not self.over:
            yield self._step()
        self.restore_best()
        self._ended = True

    def train(self) -> None:
        """Run all steps that are left, or, if this Solver has come to the end already, `num_epochs` more.

        If verbose, print the loss every `print_every` iterations, and every measured accuracy.
        """
        if self._ended and self.iteration >= self.num_iterations:
            self._begun, self._ended = self.iteration, False
            self.num_iterations += require_whole("num_epochs", self.num_epochs) * self.iterations_per_epoch
        for record in self.steps():
            if not self.verbose:
                continue
            if isinstance(record, Diverged):
                print(record.message)
                continue
            t, num_iterations = record.iteration - self._begun, self.num_iterations - self._begun
            if (t - 1) % self.print_every == 0:
                print(f"(Iteration {t} / {num_iterations}) loss: {record.loss:f}")
            if record.val_acc is not None:
                accuracies = f"train acc: {record.train_acc:f}; val_acc: {record.val_acc:f}"
                print(f"(Epoch {record.epoch} / {self.num_epochs}) {accuracies}")

    @ieee  # overflow is found and explained
    def _step(self) -> Record | Diverged:
        t, model = self.iteration, self.network
        self._take_up_changes()
        X, y = self._batch(t)
        rate = self.learning_rate_at(t)
        model.iteration = t
        loss, grads = model.loss(X, y)
        self.iteration = t + 1
        if not np.isfinite(loss):
            self.diverged = Diverged(t + 1, loss, *find_overflow(model, X, y, rate, first=t == 0))
            return self.diverged
        shown = model if self.measure_next and isinstance(model, FullyConnectedNet) else None
        before = None if shown is None else shown.params.vector.copy()
        self._update(grads, rate)
        health = None if shown is None else measure(shown, X, y, shown.params.vector - before)
        self.measure_next = False

        train_acc = val_acc = None
        ended = self.iteration % self.iterations_per_epoch == 0
        self.epoch += ended
        if t == self._begun or ended:
            train_acc, val_acc = self._measure_accuracies()
        record = Record(self.iteration, self.epoch, loss, rate, train_acc, val_acc)
        self.records.append(record)
        if self.checkpoint_name and (ended or (self.checkpoint_every and self.iteration % self.checkpoint_every == 0)):
            self.save(self.checkpoint_name)
        return record if health is None else record._replace(health=health)

    def _update(self, grads: Any, rate: float) -> None:
        if isinstance(self._blocks, Blocks):
            self._blocks.step(self.model.params.vector, grads.vector, rate)
        else:
            self._blocks.step(self.network.params, grads, rate)

    def _batch(self, t: int) -> tuple[ndarray, ndarray]:
        N = len(self.y_train)
        if self.seed is None:
            rows = np.random.choice(N, self.batch_size)
        else:
            epoch, i = divmod(t, self.iterations_per_epoch)
            if i == 0 or self._order is None:
                self._order = self._generator(_BATCHES, epoch).permutation(N)
            rows = self._order[i * self.batch_size : (i + 1) * self.batch_size]
        X, y = self.X_train[rows], self.y_train[rows]
        if self.augment is not None:
            random = np.random.random if self.seed is None else self._generator(_AUGMENTATION, t).random
            X = AUGMENTATIONS[self.augment](X, random)
        return X, y

    def _generator(self, purpose: int, number: int) -> np.random.Generator:
        """A generator that depends on the seed and on where the run stands only, so a resumed run meets it again."""
        return np.random.default_rng([self.seed or 0, purpose, number])

    def _measure_accuracies(self) -> tuple[float, float]:
        train_acc = self.check_accuracy(self.X_train, self.y_train, self.num_train_samples)
        val_acc = self.check_accuracy(self.X_val, self.y_val, self.num_val_samples)
        if self.best_state is None or val_acc > self.best_val_acc:
            self.best_val_acc, self.best_epoch, self.best_state = val_acc, self.epoch, self.network.state()
        return train_acc, val_acc

    def check_accuracy(self, X: Any, y: Any, num_samples: int | None = None, batch_size: int = 100) -> float:
        """Share of examples (or of num_samples drawn from them) whose highest score is at their label; 0 to 1.

        Raises:
            ValueError: the examples are not numbers, or not finite, or lack labels.
        """
        X, y = take_examples(X, y, self.network.num_classes)
        N = len(y)
        require_whole("batch_size", batch_size)
        rows = np.arange(N)
        if num_samples is not None and require_whole("num_samples", num_samples) < N:
            if self.seed is None:
                rows = np.random.choice(N, num_samples)
            else:
                rows = self._generator(_SAMPLES, self.iteration).choice(N, num_samples, replace=False)
        batches = [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
        right = sum(int(np.sum(predictions(self.network, X[batch]) == y[batch])) for batch in batches)
        return right / len(rows)

    @property
    def over(self) -> bool:
        """Whether all iterations are done, the loss diverged, or `patience` ran out."""
        hopeless = self.patience is not None and self.epoch - self.best_epoch >= self.patience
        return hopeless or self.diverged is not None or self.iteration >= self.num_iterations


# Whole numbers and their bounds.
_WHOLE = {"batch_size": (1, 10**7), "seed": (0, 2**63 - 1)} | dict.fromkeys(
    ("num_epochs", "print_every", "num_train_samples", "num_val_samples", "patience", "checkpoint_every"), (1, 2**31)
)
_BATCHES, _AUGMENTATION, _SAMPLES = 2**31, 2**31 + 1, 2**31 + 2  # far from the iterations that number dropout's masks
