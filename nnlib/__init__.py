"""nnlib: fully connected networks in plain NumPy, to be read beside the formulas.

Read in this order: layers, normalization, gradient_check, optim, schedules, params, fc_net, augmentation, solver,
health; then graph and derivations, which write the same once more as graphs; data; and what the lessons compute:
depth_and_scale, norm_labs, surfaces, effective_step, batched_check, bug_zoo, experiments, best_models, examine,
drawn_digits; model_files, which keeps what was trained; search, on Optuna.
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
