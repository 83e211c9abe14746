"""What layers and update rules ask of their arguments, where NumPy would go on with something else."""

import numpy as np
from numpy import ndarray


def require_mode(mode: str) -> None:
    """ValueError unless mode is "train" or "test"."""
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, but a layer knows two: set it to 'train' or 'test'.")


def require_like(name: str, array: ndarray, shape: tuple[int, ...]) -> None:
    """ValueError unless the array has this shape: broadcasting would hide the mistake."""
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, but must have {shape}, a number for each it belongs to.")


def require_whole(name: str, value: object, least: int = 1) -> None:
    """ValueError unless the value is an int of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} is {value}, but must be a whole number of at least {least}.")


def require_labels(name: str, y: ndarray, num_classes: int) -> None:
    """ValueError unless y holds ints from 0 to num_classes - 1."""
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= num_classes:
        what = f"{name} holds {y.dtype} from {y.min()} to {y.max()}"
        raise ValueError(f"labels are ints from 0 to {num_classes - 1}, but {what}.")
