"""Published figures of the same experiments (a CS231n assignment 2 notebook, 2024), met as far as they can be."""

import os
import platform
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from nnlib.data import cifar10
from nnlib.fc_net import FullyConnectedNet
from nnlib.gradient_check import check_network, rel_error
from nnlib.layers import batchnorm_backward, batchnorm_backward_alt, batchnorm_forward
from nnlib.optim import RULES
from nnlib.solver import Solver
from tests.places import ROOT

INITIAL_LOSSES = {None: (2.3004790897684924, 7.052114776533016), "batchnorm": (2.2611955101340957, 6.996533220108303)}


@pytest.mark.parametrize("normalization", INITIAL_LOSSES)
def test_initial_losses_and_gradient_checks(normalization):
    np.random.seed(231)
    X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
    for reg, published in zip((0, 3.14), INITIAL_LOSSES[normalization], strict=True):
        model = FullyConnectedNet(
            [20, 30],
            input_dim=15,
            num_classes=10,
            reg=reg,
            weight_scale=5e-2,
            dtype=np.float64,
            normalization=normalization,
        )
        loss, _ = model.loss(X, y)
        assert loss == pytest.approx(published, rel=1e-14)
        errors = check_network(model, X, y)
        # As published: where a ReLU is near its kink or a gradient near 0, W1 and W2 are off by more than the rest.
        limits = {"W1": 1.2e-4 if normalization else 1e-6, "W2": 3e-5}
        assert {name: e for name, e in errors.items() if e > limits.get(name, 2e-6)} == {}


def line(first: float, last: float) -> np.ndarray:
    return np.linspace(first, last, 20).reshape(4, 5)


@pytest.mark.parametrize(
    ("rule", "config", "published", "limit"),
    [
        (
            "sgd_momentum",
            {"learning_rate": 1e-3, "velocity": line(0.6, 0.9)},
            {
                "next_w": [0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789],
                "velocity": [0.5406, 0.55475789, 0.56891579, 0.58307368, 0.59723158],
            },
            1e-8,
        ),
        (
            "rmsprop",
            {"learning_rate": 1e-2, "cache": line(0.6, 0.9)},
            {
                "next_w": [-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247],
                "cache": [0.5976, 0.6126277, 0.6277108, 0.64284931, 0.65804321],
            },
            1e-6,
        ),
        (
            "adam",
            {"learning_rate": 1e-2, "m": line(0.6, 0.9), "v": line(0.7, 0.5), "t": 5},
            {
                "next_w": [-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977],
                "v": [0.69966, 0.68908382, 0.67851319, 0.66794809, 0.65738853],
            },
            1e-6,
        ),
    ],
)
def test_update_rules(rule, config, published, limit):
    next_w, config = RULES[rule](line(-0.4, 0.6), line(-0.6, 0.4), config)
    for name, first_row in published.items():
        found = next_w if name == "next_w" else config[name]
        assert rel_error(found[0], np.array(first_row)) < limit, name


def test_the_two_ways_back_through_batchnorm():
    np.random.seed(231)
    x, dout = 5 * np.random.randn(100, 500) + 12, np.random.randn(100, 500)
    gamma, beta = np.random.randn(500), np.random.randn(500)
    _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
    staged, alt = batchnorm_backward(dout, cache), batchnorm_backward_alt(dout, cache)
    for a, b in zip(staged, alt, strict=True):
        assert np.linalg.norm(a - b) <= 1e-12 * np.linalg.norm(a)
    assert rel_error(staged[0], alt[0]) < 1e-9  # entry by entry, those next to 0 included


def thousand_pictures() -> dict[str, Any]:
    """1,000 training and 1,000 validation pictures, prepared as published: float64, minus the mean of 49,000."""
    dataset = cifar10.load()
    images = dataset.X_train.images
    mean = sum(images[i : i + 1000].sum(axis=0, dtype=np.int64) for i in range(0, 49000, 1000)) / 49000
    return {
        "X_train": images[:1000] - mean,
        "y_train": dataset.y_train[:1000],
        "X_val": dataset.X_val.images - mean,
        "y_val": dataset.y_val,
    }


def batchnorm_deep() -> list[Solver]:
    """The two nets, with batchnorm and without, and their runs, as published."""
    np.random.seed(231)
    hidden_dims, data = [100, 100, 100, 100, 100], thousand_pictures()
    bn_model = FullyConnectedNet(hidden_dims, weight_scale=2e-2, normalization="batchnorm")
    model = FullyConnectedNet(hidden_dims, weight_scale=2e-2, normalization=None)
    return [
        Solver(
            each,
            data,
            num_epochs=10,
            batch_size=50,
            update_rule="adam",
            optim_config={"learning_rate": 1e-3},
            verbose=True,
            print_every=20,
        )
        for each in (bn_model, model)
    ]


def test_deep_nets_with_and_without_batchnorm(real_cifar10, capsys):
    """Losses are met to all digits at iteration 1; later ones drift, since the pictures carry JPEG noise here."""
    bn, plain = batchnorm_deep()
    bn.train()
    plain.train()
    first = capsys.readouterr().out.splitlines()[0]
    assert re.fullmatch(r"\(Iteration 1 / 200\) loss: 2\.34097[345]", first)  # the last digit: as for the few below
    few = 0.0031  # of a thousand pictures may tip over, as rounding differs from one CPU's matrix kernels to another's
    assert (bn.train_acc_history[0], bn.val_acc_history[0]) == pytest.approx((0.107, 0.115), abs=few)
    assert (bn.train_acc_history[1], bn.val_acc_history[1]) == pytest.approx((0.314, 0.266), abs=few)
    assert bn.loss_history[20] == pytest.approx(2.039365, rel=1e-4)
    assert (bn.train_acc_history[10], bn.val_acc_history[10]) == pytest.approx((0.773, 0.311), abs=0.1)
    assert (plain.train_acc_history[10], plain.val_acc_history[10]) == pytest.approx((0.714, 0.331), abs=0.1)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="other CPUs have other matrix kernels")
def test_the_first_epoch_is_exactly_as_published_with_the_commonest_kernels(real_cifar10):
    script = """
from tests.nnlib.core.test_published import batchnorm_deep
run = batchnorm_deep()[0]
for record in run.steps():
    if record.val_acc is not None or record.iteration == 21:
        print(f"{record.iteration} {record.loss:f} {record.train_acc} {record.val_acc}")
    if record.iteration == 21:
        break
"""
    environment = os.environ | {"OPENBLAS_CORETYPE": "Haswell"}  # read when NumPy is first imported
    command = [sys.executable, "-W", "error", "-c", script]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    first, epoch, after = run.stdout.splitlines()
    assert first == "1 2.340974 0.107 0.115"
    assert epoch.split()[2:] == ["0.314", "0.266"]
    assert float(after.split()[1]) == pytest.approx(2.039365, rel=1e-4)
