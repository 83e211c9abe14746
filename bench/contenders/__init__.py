"""Who takes part: each module has `build(workload)`, which gives a function that takes one step, or None if it cannot.

The function returns the step's loss, before the update (for the bare products, which have none, NaN).
"""

CONTENDERS = {  # module: its name in the tables, the package it needs
    "library": ("nnlib", "numpy"),
    "floor": ("floor", "numpy"),
    "pytorch": ("PyTorch", "torch"),
    "sklearn_mlp": ("scikit-learn", "sklearn"),
    "plain": ("plain style", "numpy"),
    "staged": ("nnlib staged", "numpy"),
}
