"""What is the same wherever normalizations and update rules are drawn: names and dashes, in the order of colours."""

from nnlib.normalization import NORMALIZATIONS
from nnlib.optim import RULES

NORM_NAMES = {None: "none"} | {name: norm.short for name, norm in NORMALIZATIONS.items()}

COLOURS = 7  # of the theme; an eighth rule takes the first again, with dashes of its own
_DASHES = {  # colours alone would not do
    "sgd": [1, 0],
    "sgd_momentum": [12, 5],
    "nesterov_momentum": [5, 4, 1.5, 4],
    "adagrad": [15, 4, 4, 4],
    "rmsprop": [6, 3],
    "adam": [20, 4],
    "adamw": [2.5, 3],
}
RULE_DASHES = [_DASHES.get(rule, [9, 3, 2, 3]) for rule in RULES]
