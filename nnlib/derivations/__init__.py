"""Each layer and update rule as a graph of named nodes, tied to the lines of source that compute the same numbers."""

from nnlib.derivations.derivation import Derivation, Line, assignments
from nnlib.derivations.layers import affine, batchnorm, dropout, layernorm, normalized, relu, softmax_loss
from nnlib.derivations.networks import affine_batchnorm_relu, affine_relu, two_layer_net
from nnlib.derivations.rules import update

__all__ = [
    "Derivation",
    "Line",
    "affine",
    "affine_batchnorm_relu",
    "affine_relu",
    "assignments",
    "batchnorm",
    "dropout",
    "layernorm",
    "normalized",
    "relu",
    "softmax_loss",
    "two_layer_net",
    "update",
]
