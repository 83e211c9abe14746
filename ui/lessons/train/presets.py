"""Settings worth seeing: good ones, and bad ones that show what goes wrong. Why each is so: assets/prose/presets.md."""

from dataclasses import replace

from nnlib.runs import best
from nnlib.runs.spec import RunSpec

DIGITS = RunSpec(data="digits", depth=2, width=64, learning_rate=2e-3, batch_size=50, num_epochs=20)
SPIRAL = RunSpec(data="spiral", depth=2, width=16, learning_rate=1e-2, batch_size=50, num_epochs=100)
CIFAR10 = RunSpec(
    data="cifar10", depth=2, width=256, normalization="batchnorm", learning_rate=1e-3, batch_size=100, num_epochs=5
)

TRAIN = {
    "Digits: a good start": DIGITS,
    "Spiral: see the boundary": SPIRAL,
    "CIFAR-10: a good start": CIFAR10,
    "Digits: 97 % in seconds": best.DIGITS,
    "CIFAR-10: the published recipe": best.PUBLISHED_RECIPE,
    "CIFAR-10: our best": best.CIFAR10,
    "Bad: learning rate too low": replace(DIGITS, learning_rate=1e-6),
    "Bad: learning rate too high": replace(DIGITS, update_rule="sgd", learning_rate=10.0),
    "Bad: vanishing": replace(DIGITS, depth=6, weight_scale=1e-2, update_rule="sgd", learning_rate=1e-2),
    "Bad: dead units": replace(DIGITS, update_rule="sgd_momentum", learning_rate=0.5, depth=4),
    "Bad: learns by heart": replace(DIGITS, num_train=50, batch_size=50, num_epochs=200),
}
