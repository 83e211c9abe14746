"""What is the same wherever normalizations and update rules are drawn: names and dashes, in the order of colours."""

from nnlib.normalization import NORMALIZATIONS

NORM_NAMES = {None: "none"} | {name: norm.short for name, norm in NORMALIZATIONS.items()}
# Of update rules, in the order of `nnlib.optim.RULES`: colours alone would not do.
RULE_DASHES = [[1, 0], [12, 5], [5, 4, 1.5, 4], [15, 4, 4, 4], [6, 3], [20, 4], [2.5, 3]]
