"""What is measured: networks, batches and update rules, the same for every contender."""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from nnlib.fc_net import FullyConnectedNet

LEARNING_RATE = 1e-4
MOMENTUM = 0.9


@dataclass(frozen=True)
class TrainingStep:
    """One step of a fully connected network: forward, backward, update; float32."""

    dims: tuple[int, ...]  # inputs, hidden units, classes
    batch: int
    rule: str  # "sgd_momentum" or "adam"
    normalization: str | None = None

    def network(self) -> FullyConnectedNet:
        """nnlib's network, whose initial weights the other contenders take over."""
        D, *hidden, C = self.dims
        return FullyConnectedNet(hidden, D, C, normalization=self.normalization, weight_scale="he", seed=0)

    def data(self) -> tuple[ndarray, ndarray]:
        """X (batch, D) float32, y (batch,) ints."""
        rng = np.random.default_rng(1)
        X = rng.standard_normal((self.batch, self.dims[0]), np.float32)
        return X, rng.integers(self.dims[-1], size=self.batch)

    def __str__(self) -> str:
        shape = "-".join(map(str, self.dims))
        rule = {"sgd_momentum": "momentum", "adam": "Adam"}[self.rule]
        return f"{shape}, batch {self.batch}, {rule}{f', {self.normalization}' if self.normalization else ''}"


@dataclass(frozen=True)
class BatchnormBackward:
    """Batch normalization's backward pass alone, float32."""

    N: int
    D: int

    def data(self) -> tuple[ndarray, ndarray]:
        """x and dout, both (N, D) float32."""
        rng = np.random.default_rng(1)
        return rng.standard_normal((self.N, self.D), np.float32), rng.standard_normal((self.N, self.D), np.float32)

    def __str__(self) -> str:
        return f"batchnorm backward alone, N={self.N}, D={self.D}"


Workload = TrainingStep | BatchnormBackward

WORKLOADS: dict[str, Workload] = {
    "W1 momentum": TrainingStep((3072, *5 * [100], 10), 100, "sgd_momentum"),
    "W1 adam": TrainingStep((3072, *5 * [100], 10), 100, "adam"),
    "W2 batchnorm": TrainingStep((3072, *4 * [100], 10), 50, "adam", "batchnorm"),
    "W2 layernorm": TrainingStep((3072, *4 * [100], 10), 50, "adam", "layernorm"),
    "W3": TrainingStep((64, *7 * [50], 10), 50, "adam", "batchnorm"),
    "W4": TrainingStep((3072, 512, 256, 128, 10), 256, "adam", "batchnorm"),
    "W5": TrainingStep((2, 8, 8, 2), 32, "sgd_momentum"),
    "BN": BatchnormBackward(100, 500),
}
