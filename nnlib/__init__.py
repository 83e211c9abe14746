"""nnlib: fully connected networks in plain NumPy, to be read beside the formulas.

The chapters, in this order: layers, normalization, gradient_check, optim, schedules, params, fc_net, augmentation,
solver, health. They stand on checks (what is refused), speed, progress (a run's records, and how it is left and taken
up again), checkpoints (arrays and facts in a file) and numerals (how numbers are written).

The rooms: derivations writes the chapters once more, as graphs; data; runs describes a run, and keeps what it trained;
experiments compares many runs, which workers do side by side; labs measures what lessons show; search looks for
settings, on Optuna.
"""

from nnlib.fc_net import FullyConnectedNet
from nnlib.gradient_check import check_network, eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from nnlib.health import LayerHealth, diagnose, measure
from nnlib.layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    dropout_backward,
    dropout_forward,
    layernorm_backward,
    layernorm_forward,
    relu_backward,
    relu_forward,
    softmax_loss,
)
from nnlib.optim import adagrad, adam, adamw, nesterov_momentum, rmsprop, sgd, sgd_momentum
from nnlib.solver import Diverged, Record, Solver
from nnlib.speed import keep_freed_memory

__all__ = [
    "Diverged",
    "FullyConnectedNet",
    "LayerHealth",
    "Record",
    "Solver",
    "adagrad",
    "adam",
    "adamw",
    "affine_backward",
    "affine_forward",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_forward",
    "check_network",
    "diagnose",
    "dropout_backward",
    "dropout_forward",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "layernorm_backward",
    "layernorm_forward",
    "measure",
    "nesterov_momentum",
    "rel_error",
    "relu_backward",
    "relu_forward",
    "rmsprop",
    "sgd",
    "sgd_momentum",
    "softmax_loss",
]

keep_freed_memory()
