"""nnlib: fully connected networks in plain NumPy, to be read beside the formulas.

The book, in reading order: layers, normalization, gradient_check, optim, schedules, params, fc_net, augmentation,
own, progress, resuming, solver, health. The chapters stand on checks, numerals, speed, examples, files and checkpoints,
and on data, which brings the data sets. derivations writes the book once more, as graphs that can be walked.

Then what is done with it: runs (one run, described and kept), experiments (many runs, compared), labs (what the lessons
measure, a room a lesson), workers (processes for long work) and search (for better settings, on Optuna). terminal is
what their command lines share. course has the book's names where notebooks of CS231n look for them.
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
