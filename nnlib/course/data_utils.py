"""CIFAR-10 as the course prepares it, out of nnlib's cache."""

from numpy import ndarray

from nnlib.data import load_cifar10

__all__ = ["get_CIFAR10_data"]


def get_CIFAR10_data(
    num_training: int = 49_000, num_validation: int = 1000, num_test: int = 1000, subtract_mean: bool = True
) -> dict[str, ndarray]:
    """X_train, y_train, X_val, y_val, X_test, y_test: each X (N, 3, 32, 32) float64, each y (N,).

    Raises:
        DataError: the data are not here, or so many images cannot be had (`nnlib.data.load_cifar10`).
    """
    return load_cifar10(None, num_training, num_validation, num_test, subtract_mean)
