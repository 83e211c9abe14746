"""Small runs for the tests of the training loop: data that can be learned, a network, a solver."""

import json
from typing import Any

import numpy as np

from nnlib.fc_net import FullyConnectedNet
from nnlib.solver import Diverged, Record, Solver


def pictures(num_train: int = 48, num_val: int = 24, seed: int = 0) -> dict[str, Any]:
    """Pictures (2, 3, 4) of 4 classes, each a pattern of its class under noise."""
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(4, 2, 3, 4))
    data: dict[str, Any] = {}
    for part, N in (("train", num_train), ("val", num_val)):
        y = rng.integers(0, 4, N)
        data[f"X_{part}"], data[f"y_{part}"] = (patterns[y] + rng.normal(size=(N, 2, 3, 4))).astype(np.float32), y
    return data


def network(seed: int | None = 1, normalization: str | None = None, keep: float = 1, **settings: Any):
    settings = {"weight_scale": "he", "reg": 0.01} | settings
    return FullyConnectedNet([10, 8], 24, 4, keep, normalization, seed=seed, **settings)


def random_network(hidden_dims, normalization=None, keep=1.0, reg=0.0, D=5, C=3, dtype=np.float64, seed=0):
    """A network all of whose parameters are random, so that no ReLU stands exactly at its kink."""
    model = FullyConnectedNet(hidden_dims, D, C, keep, normalization, reg, "he", dtype, seed)
    rng = np.random.default_rng([seed, 1])
    model.params.vector += 0.3 * rng.normal(size=model.params.vector.size).astype(dtype)
    return model, rng


def solver(model: Any = None, data: dict[str, Any] | None = None, **settings: Any) -> Solver:
    """A quiet seeded run of 4 epochs of 6 iterations, unless told otherwise."""
    learning_rate = settings.pop("learning_rate", 0.02)
    settings = {"batch_size": 8, "num_epochs": 4, "verbose": False, "seed": 7} | settings
    settings = {"optim_config": {"learning_rate": learning_rate}} | settings
    return Solver(model or network(), data or pictures(), **settings)


def records(run: Solver) -> list[Record]:
    """All that is left of a run that does not diverge."""
    found = list(run.steps())
    assert not any(isinstance(item, Diverged) for item in found)
    return found  # type: ignore[return-value]


def histories(run: Solver) -> tuple[list[float], list[float], list[float]]:
    return run.loss_history, run.train_acc_history, run.val_acc_history


def accuracy(model: FullyConnectedNet, X: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(np.argmax(model.loss(X), axis=1) == y))


def full_run(seed: int | None = 7, **settings: Any) -> Solver:
    """A run with all that a checkpoint must hold: batchnorm, dropout, Adam, a cosine, flips, sampled accuracies."""
    model = settings.pop("model", None) or network(seed, "batchnorm", 0.7)
    everything = {
        "update_rule": "adam",
        "schedule": "cosine",
        "warmup": 0.1,
        "augment": "flip",
        "num_train_samples": 20,
    }
    return solver(model, **(everything | {"seed": seed, "num_val_samples": 10} | settings))


def everything_in(run: Solver) -> str:
    """All that a run consists of, as text that is equal only if every bit is."""

    def text(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return [str(value.dtype), value.shape, value.tobytes().hex()]
        if isinstance(value, dict):
            return {name: text(part) for name, part in sorted(value.items())}
        return repr(value)

    parts = [run.model.state(), run.optim_config, run.best_params, run.best_val_acc, run.iteration, run.epoch]
    return json.dumps([text(part) for part in (*parts, *histories(run))])


def go(run: Solver, steps: int) -> Solver:
    """Take so many steps and leave off."""
    for _, _ in zip(range(steps), run.steps(), strict=False):
        pass
    return run


def global_state() -> tuple[Any, ...]:
    """NumPy's legacy global random state, to be compared with ==."""
    name, key, *rest = np.random.get_state(legacy=True)
    return name, np.asarray(key).tolist(), *rest
