"""A network or an update rule of the learner's own, so that the Solver trains with it as with nnlib's."""

from collections.abc import Callable, Mapping, MutableMapping
from inspect import signature
from math import prod
from typing import Any

import numpy as np
from numpy import ndarray

from nnlib.checks import require_names, require_number, shown
from nnlib.optim import RECORDS, Config, Rule, Step, get_rule

RUNNING = ("running_mean", "running_var")


class OwnNetwork:
    """What the Solver asks of a network, answered for any object with `params` and `loss`.

    Args:
        model: `params` maps names to arrays; `loss(X, y)` gives (loss, grads), the gradients by the same names, and
            `loss(X)` the scores (N, C).

    Raises:
        ValueError: it has no such attributes.
    """

    seed = input_dim = None  # not known: nothing is asked of it
    num_classes = 2**31

    def __init__(self, model: Any):
        params = getattr(model, "params", None)
        if not isinstance(params, MutableMapping) or not params or not callable(getattr(model, "loss", None)):
            expected = "`params`, a dict of its arrays by name, and `loss(X, y)`"
            raise ValueError(f"a network has {expected}, but got {type(model).__name__} without them: add both.")
        self.model, self.iteration = model, 0

    @property
    def params(self) -> MutableMapping[str, ndarray]:
        return self.model.params

    def loss(self, X: ndarray, y: ndarray | None = None) -> Any:
        if y is None:
            scores = np.asarray(self.model.loss(X))
            if scores.ndim != 2 or len(scores) != len(X) or scores.size == 0 or scores.dtype.kind not in "fiub":
                raise ValueError(f"loss(X) gives scores ({len(X)}, C), but gave {shown(scores)}: a row an example.")
            return scores
        given = self.model.loss(X, y)
        pair = isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], Mapping)
        if not pair or np.size(given[0]) != 1 or np.asarray(given[0]).dtype.kind not in "fiu":
            raise ValueError(
                f"loss(X, y) gives a number and a dict of gradients, but gave {shown(given)}: return both."
            )
        loss, grads = given
        for name, w in self.params.items():
            if name not in grads or np.shape(grads[name]) != np.shape(w):
                got = shown(grads.get(name))
                raise ValueError(f"the loss gives a gradient {np.shape(w)} for {name}, but gave {got}: one like it.")
        return float(np.asarray(loss).item()), grads

    def state(self) -> dict[str, ndarray]:
        return {name: np.array(w) for name, w in self.params.items()}

    def running(self) -> dict[str, ndarray]:
        """Copies of the running averages that batchnorm keeps in `bn_params`, a list of dicts, as the course has it."""
        norms = [bn if isinstance(bn, dict) else {} for bn in getattr(self.model, "bn_params", ())]
        return {f"{i}.{name}": np.array(bn[name]) for i, bn in enumerate(norms) for name in RUNNING if name in bn}

    def load_running(self, averages: Mapping[str, ndarray]) -> None:
        for key, array in averages.items():
            i, name = key.split(".")
            self.model.bn_params[int(i)][name] = array

    def load_state(self, state: Mapping[str, ndarray]) -> None:
        for name, w in state.items():
            self.params[name] = np.array(w)


class EachParameter:
    """An update rule that steps from parameter to parameter, each with a config of its own, as the course has it.

    Args:
        rule: `rule(w, dw, config) -> next_w, config`.
        config: its settings, and what it remembers of all parameters in one vector if it has taken steps.
        params: what it will step.
    """

    def __init__(self, rule: Step, config: Config, params: Mapping[str, ndarray]):
        self.rule, self.learning_rate = rule, config["learning_rate"]
        self.configs: dict[str, Config] = {name: dict(config) for name in params}
        self.shapes = {name: np.shape(w) for name, w in params.items()}
        stop = 0
        for name, shape in self.shapes.items():
            start, stop = stop, stop + prod(shape)
            for key in _memory(rule) & config.keys():
                self.configs[name][key] = config[key][start:stop].reshape(shape)

    def step(self, params: MutableMapping[str, ndarray], grads: Mapping[str, ndarray], learning_rate: float) -> None:
        """One step of every parameter."""
        self.follow(learning_rate)
        for name, w in list(params.items()):
            given = self.rule(w, grads[name], self.configs[name])
            pair = isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], dict)
            if not pair or np.shape(given[0]) != np.shape(w):
                what = f"next_w like w {np.shape(w)} and a dict, config"
                raise ValueError(f"a rule gives {what}, but gave {shown(given)} for {name}: return both.")
            params[name], self.configs[name] = given

    def follow(self, learning_rate: float) -> None:
        """Give all configs the run's learning rate; one that was changed keeps its ratio to it."""
        for config in self.configs.values():
            here = require_number("learning_rate", config.get("learning_rate"), least=0)
            ratio = here / self.learning_rate if self.learning_rate else 1
            config["learning_rate"] = learning_rate if ratio == 1 else learning_rate * ratio
        self.learning_rate = learning_rate

    def change(self, settings: Config) -> None:
        """Give all configs other settings."""
        for config in self.configs.values():
            config.update(settings)
        self.learning_rate = settings.get("learning_rate", self.learning_rate)

    @property
    def config(self) -> Config:
        """The settings, and copies of what the rule remembers, each in one vector over all parameters."""
        configs = list(self.configs.values())
        memory = _memory(self.rule) & configs[0].keys()
        return configs[0] | {key: np.concatenate([np.ravel(config[key]) for config in configs]) for key in memory}


def named_rule(rule: str | Step) -> tuple[str, Step]:
    """The name and the function of an update rule, which is a name in `nnlib.optim.RULES` or a function.

    Raises:
        ValueError: there is no such rule, or the function does not take w, dw and config.
    """
    if not callable(rule):
        return rule, get_rule(rule)
    if record := record_of(rule):
        return record.step.__name__, rule
    name = getattr(rule, "__name__", "a rule of your own")
    try:
        signature(rule).bind(None, None, {})
    except TypeError as e:
        raise ValueError(f"an update rule takes (w, dw, config), but {name} does not ({e}): let it take these.") from e
    return name, rule


def complete_config(name: str, rule: Step, told: Config) -> Config:
    """The settings of an update rule, with its defaults for what was not told.

    Raises:
        ValueError: one of nnlib's rules has no such setting, or the learning rate of a rule of one's own is not known.
    """
    record = record_of(rule)
    if record is None:
        require_names(name, told, told if isinstance(told, dict) else ["learning_rate"])
        return dict(told) if "learning_rate" in told else told | {"learning_rate": _own_learning_rate(rule, told)}
    _, known = rule(np.zeros(0), np.zeros(0))
    require_names(name, told, known)
    rule(np.zeros(0), np.zeros(0), {setting: told[setting] for setting in record.defaults if setting in told})
    return record.defaults | told


def record_of(rule: Callable) -> Rule | None:
    """What nnlib knows of an update rule; None if it is the learner's own."""
    return next((record for record in RECORDS.values() if record.step is rule), None)


def _memory(rule: Callable) -> set[str]:
    record = record_of(rule)
    return set(record.memory) if record else set()


def _own_learning_rate(rule: Step, told: Config) -> float:
    """What the rule takes where none is told, found by a step of one number."""
    try:
        return float(rule(np.zeros(1), np.zeros(1), dict(told))[1]["learning_rate"])
    except Exception as e:  # whatever a learner's code may raise
        raise ValueError("a rule of your own needs optim_config={'learning_rate': ...}: it has no default.") from e
