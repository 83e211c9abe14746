"""The course's published check of a fresh network's loss, as expected values and the networks that must give them."""

import numpy as np
from numpy import ndarray

from nnlib.fc_net import FullyConnectedNet

# (normalization, reg) -> initial loss in nats, as the course's notebook prints it, to all digits of a float64.
EXPECTED_LOSS: dict[tuple[str | None, float], float] = {
    (None, 0.0): 2.3004790897684924,
    (None, 3.14): 7.052114776533016,
    ("batchnorm", 0.0): 2.2611955101340957,
    ("batchnorm", 3.14): 6.996533220108303,
}
SEED, WEIGHT_SCALE = 231, 5e-2


def published_network(normalization: str | None, reg: float) -> tuple[FullyConnectedNet, ndarray, ndarray]:
    """The 15-20-30-10 network of `EXPECTED_LOSS`, and its batch of two: model, X (2, 15), y (2,).

    All comes from one stream of NumPy's legacy generator, which here is an object of its own, so that nothing else in
    the process draws from it: X, y, then the weights of the network with reg 0, then those of the network with 3.14.

    Raises:
        KeyError: nothing was published for this pair.
    """
    if (normalization, reg) not in EXPECTED_LOSS:
        raise KeyError((normalization, reg))
    stream = np.random.RandomState(SEED)
    X, y = stream.randn(2, 15), stream.randint(10, size=(2,))
    model = FullyConnectedNet([20, 30], 15, 10, normalization=normalization, reg=reg, dtype=np.float64, seed=SEED)
    for name, w in [(name, w) for _ in range(1 + (reg > 0)) for name, w in model.params.items()]:
        if name.startswith("W"):
            model.params[name] = WEIGHT_SCALE * stream.standard_normal(w.shape)
    return model, X, y
