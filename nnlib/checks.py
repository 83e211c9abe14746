"""What layers and update rules ask of their arguments, where NumPy would go on with something else."""

from numpy import ndarray


def require_mode(mode: str) -> None:
    """ValueError unless mode is "train" or "test"."""
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, but a layer knows two: set it to 'train' or 'test'.")


def require_like(name: str, array: ndarray, shape: tuple[int, ...]) -> None:
    """ValueError unless the array has this shape: broadcasting would hide the mistake."""
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, but must have {shape}, a number for each it belongs to.")
