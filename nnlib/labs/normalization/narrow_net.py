"""How well a network with one narrow hidden layer learns the digits, by its normalization and its width."""

from typing import NamedTuple

from nnlib.data import Dataset
from nnlib.fc_net import FullyConnectedNet
from nnlib.solver import Solver

WIDTHS = (1, 2, 3, 4, 6, 8, 16, 32)
NORMALIZATIONS = (None, "batchnorm", "layernorm")


class NarrowRun(NamedTuple):
    """The outcome of one run: accuracy on the test examples, 0 to 1."""

    normalization: str | None
    width: int
    seed: int
    accuracy: float


def train_narrow(
    dataset: Dataset, normalization: str | None, width: int, seed: int = 0, num_epochs: int = 8
) -> NarrowRun:
    """Train with Adam (learning rate 0.01, batches of 50), keep the weights best on the validation examples, test.

    Args:
        dataset: examples with labels.
        normalization: None, "batchnorm" or "layernorm", before the ReLU of the hidden layer.
        width: D, the number of features that are normalized.
        seed: of weights and batches.
    """
    inputs = int(dataset.X_train[:1].size)
    model = FullyConnectedNet(
        [width], inputs, len(dataset.class_names), normalization=normalization, weight_scale="he", seed=seed
    )
    solver = Solver(
        model,
        dataset.as_dict(),
        "adam",
        {"learning_rate": 1e-2},
        batch_size=50,
        num_epochs=num_epochs,
        verbose=False,
        seed=seed,
    )
    solver.train()
    accuracy = solver.check_accuracy(dataset.X_test, dataset.y_test)
    return NarrowRun(normalization, width, seed, float(accuracy))
