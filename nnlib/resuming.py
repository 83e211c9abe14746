"""A run left and taken up again: all that the rest of it depends on, and what shaped it, compared before it goes on."""

import os
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np
from numpy import ndarray

from nnlib import checkpoints
from nnlib.checks import shown
from nnlib.examples import NEEDED, digest
from nnlib.fc_net import FullyConnectedNet
from nnlib.optim import Rule
from nnlib.own import RUNNING, OwnNetwork, record_of
from nnlib.progress import Progress, Record

VERSION = 3  # of what `state` gives
# Parameters of the constructor that `settings` does not name: what is compared otherwise, or changes no number.
_APART = ("model", "data", "optim_config", "print_every", "verbose", "checkpoint_name", "checkpoint_every", "unknown")
_OF_NETWORK = (*signature(FullyConnectedNet).parameters, "use_dropout")
MOST = 50  # differences that are named


class Resumable(Progress):
    """A run's progress, which can be left as arrays and facts, and taken up from them."""

    # What the run is, beside what `Progress` asks; see `Solver`.
    seed: int | None
    y_train: ndarray
    y_val: ndarray

    def save(self, path: str | os.PathLike) -> None:
        """Write a checkpoint (.npz): everything that the rest of the run depends on.

        Data are known again by a digest, which the first call makes: about a second for each GB of them.

        Raises:
            ValueError: nothing can be written there; what was there stays.
        """
        checkpoints.write(path, *self.state())

    def resume(self, path: str | os.PathLike) -> None:
        """Take over a checkpoint of a run with the same settings; `steps` then goes on as that run would have.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is no checkpoint, is damaged, or belongs to other settings or data, which are named. Nothing
                is changed then.
        """
        self.load_state(*checkpoints.read(path))

    @property
    def settings(self) -> dict[str, Any]:
        """All that the run's numbers depend on, as JSON has it: what solver, rule and model were told, and the data.

        Each parameter of the two constructors is an attribute of the same name, so none can be forgotten here.
        """
        told = {name: getattr(self, name) for name in signature(type(self)).parameters if name not in _APART}
        self._take_up_changes()
        config, model = self._blocks.config, self.model
        rule = {name: config[name] for name in self._record_of_rule.defaults}
        shaped = {name: getattr(model, name, None) for name in _OF_NETWORK} | {"class": type(model).__name__}
        norms = [bn for bn in getattr(model, "bn_params", ()) if isinstance(bn, dict)]
        shaped["bn_params"] = [{name: bn[name] for name in ("eps", "momentum") if name in bn} for bn in norms]
        shaped["shapes"] = {name: np.shape(w) for name, w in model.params.items()}
        network = {f"the model's {name}": value for name, value in shaped.items()}
        data = {"num_train": len(self.y_train), "num_val": len(self.y_val), **self._digests}
        return checkpoints.plain({**told, **rule, "learning_rate": self.base_learning_rate, **network, **data})

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {name: digest(getattr(self, name)) for name in NEEDED}

    def state(self) -> tuple[dict[str, ndarray], dict[str, Any]]:
        """Copies of the arrays, and facts as JSON has them, that the rest of the run depends on."""
        self._take_up_changes()
        config, memory = self._blocks.config, self._record_of_rule.memory
        vectors = {name: config[name] for name in memory if name in config}
        numbers = {"t": config["t"]} if "t" in config else {}
        rows = np.array([(r.loss, r.train_acc, r.val_acc) for r in self.records], np.float64)  # NaN: not measured
        arrays = _named(model=self.network.state(), best=self.best_state or {}, optim=vectors)
        arrays["records"] = rows.reshape(-1, 3)
        if isinstance(self.network, OwnNetwork):
            arrays |= _named(running=self.network.running())
        facts = {"version": VERSION, "settings": self.settings, "iteration": len(rows), "optim_config": numbers}
        if self._draws_globally:
            _, keys, *rest = np.random.get_state(legacy=True)
            arrays["global_state"], facts["global_state"] = np.asarray(keys), rest
        return arrays, facts

    def load_state(self, arrays: dict[str, ndarray], facts: dict[str, Any]) -> None:
        """Take over what `state` gave, believing none of it; nothing changes unless all of it fits.

        Raises:
            ValueError: the run had other settings, or a part is missing or cannot be.
        """
        self._refuse_other_settings(facts)
        try:
            self._refuse_impossible(arrays, facts)
            records = [self._record(t, *row) for t, row in enumerate(arrays["records"].tolist())]
        except (KeyError, TypeError, AttributeError, ValueError) as e:
            raise ValueError("the checkpoint lacks a part, or holds what cannot be: choose another.") from e
        self.network.load_state(_part(arrays, "model"))
        if isinstance(self.network, OwnNetwork):
            self.network.load_running(_part(arrays, "running"))
        self.records, self.iteration, self.diverged, self._order = records, len(records), None, None
        self.epoch = records[-1].epoch if records else 0
        best = max((r for r in records if r.val_acc is not None), key=lambda r: r.val_acc or 0, default=None)
        self.best_val_acc, self.best_epoch = (best.val_acc or 0.0, best.epoch) if best else (0.0, 0)
        self.best_state = _part(arrays, "best") or None
        each = self.num_epochs * self.iterations_per_epoch
        self._begun, self._ended = max(self.iteration - 1, 0) // each * each, False
        self.num_iterations = self._begun + each
        rate = records[-1].learning_rate if records else self.base_learning_rate
        config = self._blocks.config | {"learning_rate": rate} | _part(arrays, "optim") | facts["optim_config"]
        self._blocks, self._handed = self._stepping(config), None
        if self._draws_globally:
            np.random.set_state(("MT19937", arrays["global_state"], *facts["global_state"]))

    def _refuse_other_settings(self, facts: dict[str, Any]) -> None:
        if facts.get("version") != VERSION:
            raise ValueError("the checkpoint was written by another version of nnlib: begin the run anew.")
        there, here = facts.get("settings"), self.settings
        there = there if isinstance(there, dict) else {}
        names = [name for name in here | there if there.get(name) != here.get(name)]
        if names:
            others = (f"{name:.60} {shown(there.get(name))} (here {shown(here.get(name))})" for name in names[:MOST])
            raise ValueError(f"the checkpoint has {', '.join(others)}: use the same settings and data.")

    def _refuse_impossible(self, arrays: dict[str, ndarray], facts: dict[str, Any]) -> None:
        """One of several errors unless a run of these settings can have left this behind."""
        count, numbers = facts["iteration"], facts["optim_config"]
        _require(type(count) is int and count == len(arrays["records"]))
        rule, model = self._record_of_rule, self.network.state()

        # Just these arrays, each of its shape and dtype.
        vector = np.concatenate([np.ravel(w) for w in self.network.params.values()])
        vectors = dict.fromkeys(rule.memory if count else (), vector)
        expected = _named(model=model, best=model if count else {}, optim=vectors) | {"records": np.empty((count, 3))}
        if self._draws_globally:
            expected["global_state"] = np.empty(624, np.uint32)
        if isinstance(self.network, OwnNetwork):  # whose shapes a new network does not know yet
            norms = range(len(getattr(self.model, "bn_params", ())))
            names = [f"running.{i}.{name}" for i in norms for name in RUNNING]
            averages = {name: arrays[name] for name in names if name in arrays}
            _require(all(array.ndim == 1 and np.isfinite(array).all() for array in averages.values()))
            expected |= averages
        shapes, right = ({k: (a.shape, a.dtype) for k, a in each.items()} for each in (arrays, expected))
        _require(shapes == right)

        # Accuracies after the first iteration of each call of `train` and after each epoch, and nowhere else.
        iterations, each = np.arange(1, count + 1), self.num_epochs * self.iterations_per_epoch
        measured = ((iterations - 1) % each == 0) | (iterations % self.iterations_per_epoch == 0)
        losses, accuracies = arrays["records"][:, 0], arrays["records"][:, 1:]
        possible = (accuracies >= 0) & (accuracies <= 1)
        _require(np.isfinite(losses).all())
        _require(np.where(measured[:, None], possible, np.isnan(accuracies)).all())

        # The rule's count of its steps.
        _require(numbers.keys() == ({"t"} if count and rule.counts else set()))
        _require(all(type(number) is int and count <= number < 2**53 for number in numbers.values()))

        if self._draws_globally:
            position, has_gauss, gauss = facts["global_state"]
            _require(type(position) is int and 0 <= position <= 624)  # NumPy does not look, and reads beyond the keys
            _require(has_gauss in (0, 1) and type(gauss) is float)

    def _record(self, t: int, loss: float, train_acc: float, val_acc: float) -> Record:
        """The record of iteration t, counted from 0; its accuracies are NaN where none were measured."""
        accuracies = (None, None) if np.isnan(val_acc) else (train_acc, val_acc)
        return Record(t + 1, (t + 1) // self.iterations_per_epoch, loss, self.learning_rate_at(t), *accuracies)

    @property
    def _record_of_rule(self) -> Rule:
        record = record_of(self._rule)
        if record is None:
            raise ValueError(
                f"a checkpoint holds the memory of nnlib's rules, not of {self.update_rule}: keep no checkpoint."
            )
        return record

    @property
    def _draws_globally(self) -> bool:
        """Whether batches or masks come from NumPy's global state, which a checkpoint then holds too."""
        return self.seed is None or self.network.seed is None


def _named(**parts: dict[str, ndarray]) -> dict[str, ndarray]:
    """Arrays of several parts in one dict: "part.name"."""
    return {f"{part}.{name}": array for part, arrays in parts.items() for name, array in arrays.items()}


def _part(arrays: dict[str, ndarray], part: str) -> dict[str, ndarray]:
    """Copies of the arrays of one of those parts."""
    start = f"{part}."
    return {name.removeprefix(start): array.copy() for name, array in arrays.items() if name.startswith(start)}


def _require(condition: object) -> None:
    if not condition:
        raise ValueError
