"""The update rules by name; a rule of your own that is put here (`optim.mine = mine`) is found by the Solver too."""

from nnlib.optim import adagrad, adam, adamw, nesterov_momentum, rmsprop, sgd, sgd_momentum

__all__ = ["adagrad", "adam", "adamw", "nesterov_momentum", "rmsprop", "sgd", "sgd_momentum"]
