"""A notebook in the course's calling style runs on nnlib once its imports are renamed: all cells, digits included."""

import runpy
from pathlib import Path

import pytest

RENAMED_TO_MODULES = {
    "cs231n.classifiers.fc_net": "nnlib.fc_net",
    "cs231n.layers": "nnlib.layers",
    "cs231n.optim": "nnlib.optim",
    "cs231n.solver": "nnlib.solver",
    "cs231n.gradient_check": "nnlib.gradient_check",
    "cs231n.data_utils import get_CIFAR10_data": "nnlib.data import load_cifar10 as get_CIFAR10_data",
}
RENAMED_TO_NNLIB = dict.fromkeys(RENAMED_TO_MODULES, "nnlib") | {
    "cs231n.data_utils import get_CIFAR10_data": "nnlib.data import load_cifar10 as get_CIFAR10_data"
}

SETUP = """
import numpy as np
from cs231n.classifiers.fc_net import *
from cs231n.data_utils import get_CIFAR10_data
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.solver import Solver

def rel_error(x, y):
    return np.max(np.abs(x - y) / (np.maximum(1e-8, np.abs(x) + np.abs(y))))

data = get_CIFAR10_data(num_training=80, num_validation=20, num_test=20)
for k, v in list(data.items()):
    print(f"{k}: {v.shape}")
assert data["X_train"].dtype == np.float64

def check_nets(limit, **kwargs):
    np.random.seed(231)
    N, D, H1, H2, C = 2, 15, 20, 30, 10
    X = np.random.randn(N, D)
    y = np.random.randint(C, size=(N,))
    initial = []
    for reg in [0, 3.14]:
        model = FullyConnectedNet(
            [H1, H2], input_dim=D, num_classes=C, reg=reg, weight_scale=5e-2, dtype=np.float64, **kwargs
        )
        loss, grads = model.loss(X, y)
        initial.append(loss)
        for name in sorted(grads):
            f = lambda _: model.loss(X, y)[0]
            grad_num = eval_numerical_gradient(f, model.params[name], verbose=False, h=1e-5)
            assert rel_error(grad_num, grads[name]) < limit, name
    return initial
"""

FULLY_CONNECTED_NETS = """
num_inputs, input_shape, output_dim = 2, (4, 5, 6), 3
input_size = num_inputs * np.prod(input_shape)
weight_size = output_dim * np.prod(input_shape)
x = np.linspace(-0.1, 0.5, num=input_size).reshape(num_inputs, *input_shape)
w = np.linspace(-0.2, 0.3, num=weight_size).reshape(np.prod(input_shape), output_dim)
b = np.linspace(-0.3, 0.1, num=output_dim)
out, _ = affine_forward(x, w, b)
correct_out = np.array([[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]])
assert rel_error(out, correct_out) < 1e-8

np.random.seed(231)
x, w, b = np.random.randn(10, 2, 3), np.random.randn(6, 5), np.random.randn(5)
dout = np.random.randn(10, 5)
dx_num = eval_numerical_gradient_array(lambda x: affine_forward(x, w, b)[0], x, dout)
dw_num = eval_numerical_gradient_array(lambda w: affine_forward(x, w, b)[0], w, dout)
db_num = eval_numerical_gradient_array(lambda b: affine_forward(x, w, b)[0], b, dout)
_, cache = affine_forward(x, w, b)
dx, dw, db = affine_backward(dout, cache)
assert max(rel_error(dx_num, dx), rel_error(dw_num, dw), rel_error(db_num, db)) < 1e-7

x = np.random.randn(10, 10)
dout = np.random.randn(*x.shape)
dx_num = eval_numerical_gradient_array(lambda x: relu_forward(x)[0], x, dout)
_, cache = relu_forward(x)
assert rel_error(dx_num, relu_backward(dout, cache)) < 1e-8

num_classes, num_inputs = 10, 50
x = 0.001 * np.random.randn(num_inputs, num_classes)
y = np.random.randint(num_classes, size=num_inputs)
loss, dx = softmax_loss(x, y)
dx_num = eval_numerical_gradient(lambda x: softmax_loss(x, y)[0], x, verbose=False)
assert abs(loss - 2.3) < 0.01 and rel_error(dx_num, dx) < 1e-6

plain = check_nets(1e-4)
assert np.allclose(plain, [2.3004790897684924, 7.052114776533016], rtol=1e-14)

num_train = 50
small_data = {
    "X_train": data["X_train"][:num_train],
    "y_train": data["y_train"][:num_train],
    "X_val": data["X_val"],
    "y_val": data["y_val"],
}
model = FullyConnectedNet([100, 100], weight_scale=1e-2, dtype=np.float64)
solver = Solver(
    model,
    small_data,
    print_every=10,
    num_epochs=20,
    batch_size=25,
    update_rule="sgd",
    optim_config={"learning_rate": 1e-3},
)
solver.train()
assert len(solver.loss_history) == 40 and len(solver.train_acc_history) == len(solver.val_acc_history) == 21
assert max(solver.train_acc_history) > 0.5

from cs231n.optim import sgd_momentum
N, D = 4, 5
w = np.linspace(-0.4, 0.6, num=N * D).reshape(N, D)
dw = np.linspace(-0.6, 0.4, num=N * D).reshape(N, D)
v = np.linspace(0.6, 0.9, num=N * D).reshape(N, D)
config = {"learning_rate": 1e-3, "velocity": v}
next_w, _ = sgd_momentum(w, dw, config=config)
assert rel_error(next_w[0], np.array([0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789])) < 1e-7
assert rel_error(config["velocity"][0], np.array([0.5406, 0.55475789, 0.56891579, 0.58307368, 0.59723158])) < 1e-7

from cs231n.optim import adam, rmsprop
config = {"learning_rate": 1e-2, "cache": np.linspace(0.6, 0.9, num=N * D).reshape(N, D)}
next_w, _ = rmsprop(w, dw, config=config)
assert abs(config["cache"][0, 0] - 0.5976) < 1e-7
m = np.linspace(0.6, 0.9, num=N * D).reshape(N, D)
v = np.linspace(0.7, 0.5, num=N * D).reshape(N, D)
config = {"learning_rate": 1e-2, "m": m, "v": v, "t": 5}
next_w, _ = adam(w, dw, config=config)
assert abs(config["v"][0, 0] - 0.69966) < 1e-7 and abs(next_w[0, 0] + 0.40094747) < 1e-8

learning_rates = {"rmsprop": 1e-4, "adam": 1e-3, "sgd": 5e-3, "sgd_momentum": 5e-3}
solvers = {}
for update_rule in learning_rates:
    model = FullyConnectedNet([100, 100, 100, 100, 100], weight_scale=5e-2)
    solver = Solver(
        model,
        small_data,
        num_epochs=2,
        batch_size=25,
        update_rule=update_rule,
        optim_config={"learning_rate": learning_rates[update_rule]},
        lr_decay=0.9,
        verbose=False,
    )
    solvers[update_rule] = solver
    solver.train()
for update_rule, solver in solvers.items():
    curves = solver.loss_history, solver.train_acc_history, solver.val_acc_history
    assert [len(curve) for curve in curves] == [4, 3, 3] and np.all(np.isfinite(solver.loss_history))
    assert solver.best_val_acc == max(solver.val_acc_history)
    assert set(solver.best_params) == set(solver.model.params)

best_model = solvers["adam"].model
y_test_pred = np.argmax(best_model.loss(data["X_test"]), axis=1)
y_val_pred = np.argmax(best_model.loss(data["X_val"]), axis=1)
print("Validation set accuracy: ", (y_val_pred == data["y_val"]).mean())
print("Test set accuracy: ", (y_test_pred == data["y_test"]).mean())
assert (y_val_pred == data["y_val"]).mean() == solvers["adam"].best_val_acc
"""

BATCH_NORMALIZATION = """
np.random.seed(231)
N, D1, D2, D3 = 200, 50, 60, 3
X = np.random.randn(N, D1)
W1 = np.random.randn(D1, D2)
W2 = np.random.randn(D2, D3)
a = np.maximum(0, X.dot(W1)).dot(W2)
gamma, beta = np.asarray([1.0, 2.0, 3.0]), np.asarray([11.0, 12.0, 13.0])
a_norm, _ = batchnorm_forward(a, gamma, beta, {"mode": "train"})
assert np.allclose(a_norm.mean(axis=0), beta) and np.allclose(a_norm.std(axis=0), gamma, atol=1e-5)

bn_param = {"mode": "train"}
gamma, beta = np.ones(D3), np.zeros(D3)
for t in range(50):
    X = np.random.randn(N, D1)
    a = np.maximum(0, X.dot(W1)).dot(W2)
    batchnorm_forward(a, gamma, beta, bn_param)
bn_param["mode"] = "test"
X = np.random.randn(N, D1)
a_norm, _ = batchnorm_forward(np.maximum(0, X.dot(W1)).dot(W2), gamma, beta, bn_param)
assert np.all(np.abs(a_norm.mean(axis=0)) < 0.2) and np.all(np.abs(a_norm.std(axis=0) - 1) < 0.2)

N, D = 4, 5
x = 5 * np.random.randn(N, D) + 12
gamma, beta = np.random.randn(D), np.random.randn(D)
dout = np.random.randn(N, D)
for forward, backwards in (
    (batchnorm_forward, (batchnorm_backward, batchnorm_backward_alt)),
    (layernorm_forward, (layernorm_backward,)),
):
    param = {"mode": "train"} if forward is batchnorm_forward else {}
    fx = lambda x: forward(x, gamma, beta, param)[0]
    fg = lambda a: forward(x, a, beta, param)[0]
    fb = lambda b: forward(x, gamma, b, param)[0]
    dx_num = eval_numerical_gradient_array(fx, x, dout)
    da_num = eval_numerical_gradient_array(fg, gamma.copy(), dout)
    db_num = eval_numerical_gradient_array(fb, beta.copy(), dout)
    _, cache = forward(x, gamma, beta, param)
    for backward in backwards:
        dx, dgamma, dbeta = backward(dout, cache)
        assert max(rel_error(dx_num, dx), rel_error(da_num, dgamma), rel_error(db_num, dbeta)) < 1e-6

initial = check_nets(2e-4, normalization="batchnorm")
assert np.allclose(initial, [2.2611955101340957, 6.996533220108303], rtol=1e-14)
check_nets(1e-3, normalization="layernorm")

np.random.seed(231)
small_data = {k: data[k][:80] for k in ("X_train", "y_train", "X_val", "y_val")}
bn_model = FullyConnectedNet([30, 30], weight_scale=2e-2, normalization="batchnorm")
model = FullyConnectedNet([30, 30], weight_scale=2e-2, normalization=None)
for each in (bn_model, model):
    solver = Solver(
        each,
        small_data,
        num_epochs=3,
        batch_size=40,
        update_rule="adam",
        optim_config={"learning_rate": 1e-3},
        verbose=True,
        print_every=20,
    )
    solver.train()
    assert solver.loss_history[-1] < solver.loss_history[0]
a_norm, _ = layernorm_forward(a, np.ones(D3), np.zeros(D3), {"mode": "train"})
assert np.allclose(a_norm.mean(axis=1), 0)
"""

DROPOUT = """
np.random.seed(231)
x = np.random.randn(500, 500) + 10
for p in [0.25, 0.4, 0.7]:
    out, _ = dropout_forward(x, {"mode": "train", "p": p})
    out_test, _ = dropout_forward(x, {"mode": "test", "p": p})
    assert abs(out.mean() - x.mean()) < 0.1 and out_test.mean() == x.mean()
    assert abs((out == 0).mean() - (1 - p)) < 0.01 and (out_test == 0).mean() == 0

x = np.random.randn(10, 10) + 10
dout = np.random.randn(*x.shape)
dropout_param = {"mode": "train", "p": 0.2, "seed": 123}
out, cache = dropout_forward(x, dropout_param)
dx = dropout_backward(dout, cache)
dx_num = eval_numerical_gradient_array(lambda xx: dropout_forward(xx, dropout_param)[0], x, dout)
assert rel_error(dx, dx_num) < 1e-8

for dropout_keep_ratio in [1, 0.75, 0.5]:
    check_nets(1e-4, dropout_keep_ratio=dropout_keep_ratio, seed=123)

solvers = {}
for dropout_keep_ratio in [1, 0.25]:
    model = FullyConnectedNet([50], dropout_keep_ratio=dropout_keep_ratio)
    solver = Solver(
        model,
        data,
        num_epochs=5,
        batch_size=40,
        update_rule="adam",
        optim_config={"learning_rate": 5e-4},
        verbose=True,
        print_every=100,
    )
    solver.train()
    solvers[dropout_keep_ratio] = solver
assert max(solvers[1].train_acc_history) >= max(solvers[0.25].train_acc_history)
"""


NOTEBOOKS = {
    "FullyConnectedNets": FULLY_CONNECTED_NETS,
    "BatchNormalization": BATCH_NORMALIZATION,
    "Dropout": DROPOUT,
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_on_nnlib(name, small_cifar10, monkeypatch, tmp_path):
    monkeypatch.setenv("CIFAR10_DIR", str(small_cifar10.root))
    run(NOTEBOOKS[name], RENAMED_TO_NNLIB, tmp_path / "notebook.py")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_on_nnlibs_modules_of_the_same_names(name, small_cifar10, monkeypatch, tmp_path):
    monkeypatch.setenv("CIFAR10_DIR", str(small_cifar10.root))
    run(NOTEBOOKS[name], RENAMED_TO_MODULES, tmp_path / "notebook.py")


def run(cells: str, renamed: dict[str, str], notebook: Path) -> None:
    source = SETUP + cells
    for old, new in renamed.items():
        source = source.replace(f"from {old}", f"from {new}")
    assert "cs231n" not in source
    notebook.write_text(source, encoding="utf-8")
    runpy.run_path(str(notebook))
