"""Names, and what is the same wherever it is drawn, of normalizations and update rules."""

NORM_NAMES = {None: "none", "batchnorm": "batch norm", "layernorm": "layer norm"}  # in the order of their colours

# Of update rules, in the order of `nnlib.optim.RULES`; the same in the race on a surface.
RULE_DASHES = [[1, 0], [12, 5], [5, 4, 1.5, 4], [15, 4, 4, 4], [6, 3], [20, 4], [2.5, 3]]
