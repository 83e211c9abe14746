"""The best settings known here: for CIFAR-10 ours and the published recipe, and for digits, ready within seconds.

What each ingredient of ours is worth, `python -m bench best_model --ablation` measures.
"""

from dataclasses import replace

from nnlib.runs.spec import RunSpec

CIFAR10 = RunSpec(
    data="cifar10",
    depth=3,
    width=1024,
    taper=0.5,
    normalization="batchnorm",
    update_rule="adamw",
    learning_rate=3e-3,
    weight_decay=0.05,
    schedule="cosine",
    warmup=0.2,
    batch_size=256,
    num_epochs=30,
    augment="flip and shift",
)

# The course's assignment asks for 50 % and says 55 % can be had. Published were all training pictures, 10 epochs,
# batches of 100 and Adam; the sizes were not, so these are ours.
PUBLISHED_RECIPE = RunSpec(
    data="cifar10", depth=3, width=256, normalization="batchnorm", update_rule="adam", batch_size=100, num_epochs=10
)

DIGITS = RunSpec(
    data="digits",
    depth=2,
    width=256,
    normalization="batchnorm",
    dropout_keep_ratio=0.7,
    update_rule="adamw",
    learning_rate=5e-3,
    weight_decay=0.1,
    schedule="cosine",
    warmup=0.1,
    batch_size=50,
    num_epochs=40,
)

# What is left out, or put in another's place -> the settings without it.
ABLATION = {
    "all of it": CIFAR10,
    "no shifts": replace(CIFAR10, augment="flip"),
    "no shifts and no flips": replace(CIFAR10, augment=None),
    "no batch normalization": replace(CIFAR10, normalization=None),
    "layer normalization instead": replace(CIFAR10, normalization="layernorm"),
    "constant learning rate": replace(CIFAR10, schedule="constant", warmup=0.0, learning_rate=1e-3),
    "no weight decay": replace(CIFAR10, weight_decay=0.0),
    "SGD with momentum": replace(CIFAR10, update_rule="sgd_momentum", learning_rate=0.05),
    "256-128-64 units": replace(CIFAR10, width=256),
    "10 epochs": replace(CIFAR10, num_epochs=10),
}
