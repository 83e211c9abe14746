"""Each name of the course's room, against figures of another way, and what it refuses."""

import copy
import pickle
import re
import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import nnlib
from nnlib.course import optim
from nnlib.course.classifiers.fc_net import FullyConnectedNet, TwoLayerNet
from nnlib.course.data_utils import get_CIFAR10_data
from nnlib.course.gradient_check import eval_numerical_gradient, grad_check_sparse
from nnlib.course.layer_utils import affine_relu_backward, affine_relu_forward
from nnlib.course.layers import dropout_forward, softmax_loss, svm_loss
from nnlib.course.solver import Solver
from nnlib.course.vis_utils import visualize_grid
from nnlib.data import DataError
from tests.nnlib.training import global_state, pictures
from tests.places import ROOT

NET: dict[str, Any] = {"hidden_dims": [6, 5], "input_dim": 24, "num_classes": 4}


def net(**told: Any) -> FullyConnectedNet:
    return FullyConnectedNet(**(NET | told))


# ----------------------------------------------------------------------------------------------------------- networks
@pytest.mark.parametrize(
    ("told", "keep"),
    [
        ({}, 1),
        ({"dropout_keep_ratio": 0.75}, 0.75),
        *[({"dropout": ratio}, ratio or 1) for ratio in (0, 0.25, 0.5, 0.75, 1)],
        *[({"dropout": share, "use_batchnorm": bn}, 1 - share) for share in (0, 0.25, 0.75) for bn in (True, False)],
    ],
)
def test_dropout_means_what_it_meant(told, keep):
    model = net(**told)
    assert (model.dropout_keep_ratio, model.use_dropout) == (keep, keep != 1)
    assert model.normalization == ("batchnorm" if told.get("use_batchnorm") else None)


@pytest.mark.parametrize(
    "told",
    [*({"dropout": ratio} for ratio in (-0.1, 1.5, float("nan"), "abc", True)), {"dropout": 1, "use_batchnorm": True}],
)
def test_a_dropout_that_cannot_be_tells_of_both_meanings(told):
    with pytest.raises(ValueError, match=r"keep .* 2018.* dropped in 2016"):
        net(**told)
    with pytest.raises(ValueError, match=r"keep .* dropped \(2016, 2017\): 1 - p"):
        dropout_forward(np.ones(3), {"mode": "train", "p": 0})
    with pytest.raises(ValueError, match="two names"):
        net(dropout=0.5, dropout_keep_ratio=0.5)


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "abc"])
def test_a_seed_that_numpy_cannot_take_is_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        dropout_forward(np.ones(3), {"mode": "train", "p": 0.5, "seed": seed})


def test_the_seed_is_the_dropout_layers_and_weights_come_from_the_global_state():
    X, y = np.ones((3, 24)), np.arange(3)
    np.random.seed(5)
    first = net(dropout=0.5, seed=1, dtype=np.float64)
    np.random.seed(5)
    other = net(dropout=0.5, seed=2, dtype=np.float64)
    plain = [0.01 * np.random.RandomState(5).standard_normal(24 * 6).reshape(24, 6)]
    np.testing.assert_array_equal(first.params["W1"], plain[0])
    np.testing.assert_array_equal(first.params.vector, other.params.vector)
    assert first.loss(X, y)[0] == first.loss(X, y)[0] != other.loss(X, y)[0]
    np.random.seed(1)
    np.random.rand(3, 5)  # the last layer's mask: each layer seeds anew
    expected = global_state()
    first.loss(X, y)
    assert global_state() == expected


@pytest.mark.parametrize("mode", ["train", "test"])
def test_a_seeded_dropout_layer_draws_the_courses_mask(mode):
    x = np.arange(1.0, 13).reshape(3, 4)
    out, _ = dropout_forward(x, {"mode": mode, "p": 0.3, "seed": 123})
    state = np.random.RandomState(123)
    expected = x * (state.random_sample(x.shape) < 0.3) / 0.3 if mode == "train" else x
    np.testing.assert_allclose(out, expected, rtol=1e-15)
    assert np.random.rand() == state.random_sample()


def test_two_layers_are_the_formula():
    np.random.seed(3)
    model = TwoLayerNet(5, 7, 4, weight_scale=0.5, reg=0.1)
    W1, W2 = (0.5 * w for w in np.split(np.random.RandomState(3).standard_normal(35 + 28), [35]))
    W1, W2 = W1.reshape(5, 7), W2.reshape(7, 4)
    X, y = np.random.randn(6, 5), np.array([0, 1, 2, 3, 0, 1])
    scores = np.maximum(0, X @ W1) @ W2
    np.testing.assert_allclose(model.loss(X), scores, rtol=1e-13)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -np.log(p[np.arange(6), y]).mean() + 0.05 * ((W1**2).sum() + (W2**2).sum())
    assert model.loss(X, y)[0] == pytest.approx(expected, rel=1e-13)
    assert model.params["W1"].dtype == np.float64


@pytest.mark.parametrize("name", ["best.npy", "best.npz", "a folder/best"])
def test_a_network_is_kept_and_taken_up(tmp_path, name, capsys):
    model, other = net(normalization="batchnorm"), net(normalization="batchnorm")
    model.loss(np.random.randn(8, 24), np.zeros(8, int))
    model.save(str(tmp_path / name))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [name.rpartition("/")[2]]
    assert other.load(str(tmp_path / name))
    for key, array in model.state().items():
        np.testing.assert_array_equal(other.state()[key], array)
    assert other.load(str(tmp_path / "none.npy")) is False
    assert [line.rpartition(".")[0].rpartition(" ")[2] for line in capsys.readouterr().out.splitlines()] == [
        *("saved", "loaded", "available")
    ]


@pytest.mark.parametrize("name", ["", "a folder/", None, 3, "\0"])
def test_what_names_no_file_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for use in (net().save, net().load):
        with pytest.raises(ValueError, match="file"):
            use(name)
    assert list(tmp_path.iterdir()) == []


def test_files_of_others_are_refused(tmp_path):
    np.save(tmp_path / "pickled.npy", np.array({"W1": np.ones(3)}), allow_pickle=True)
    net().save(str(tmp_path / "small.npy"))
    for name, model in (("pickled.npy", net()), ("small.npy", TwoLayerNet())):
        before = model.state()
        with pytest.raises(ValueError, match=r"choose another|build the same"):
            model.load(str(tmp_path / name))
        assert all(np.array_equal(before[key], array) for key, array in model.state().items())


@pytest.mark.parametrize("again", [copy.deepcopy, lambda kept: pickle.loads(pickle.dumps(kept))])  # noqa: S301 - its own
@pytest.mark.parametrize("own", [{}, {"dropout": 0.5, "seed": 3, "normalization": "batchnorm"}])
def test_networks_and_solvers_are_kept_by_any_means(tmp_path, again, own):
    model = net(**own)
    solver = Solver(model, pictures(), "adam", batch_size=8, num_epochs=1, verbose=False)
    solver.train()
    X = np.ones((3, 24))
    for twin in (again(model), again(solver).model):
        np.testing.assert_array_equal(twin.loss(X), model.loss(X))
        twin.params["W1"] += 1
        assert not np.array_equal(twin.loss(X), model.loss(X))
    assert again(solver).loss_history == solver.loss_history
    np.save(tmp_path / "params.npy", model.params)  # type: ignore[arg-type] - as of the course's dict
    kept = np.load(tmp_path / "params.npy", allow_pickle=True).item()
    assert kept.keys() == model.params.keys()
    for name, w in model.params.items():
        np.testing.assert_array_equal(kept[name], w)


def test_what_the_dropout_layers_are_told_can_be_read():
    assert net().dropout_param == net(dropout=1).dropout_param == {}
    for told in ({"dropout": 0.75}, {"dropout": 0.25, "use_batchnorm": False}, {"dropout_keep_ratio": 0.75}):
        assert net(seed=5, **told).dropout_param == {"mode": "train", "p": 0.75, "seed": 5}


# ------------------------------------------------------------------------------------------------------------- layers
def test_svm_loss_is_the_sum_of_margins():
    x, y = np.random.RandomState(0).standard_normal((7, 5)), np.array([0, 4, 2, 2, 1, 3, 0])
    margins = [max(0, x[i, j] - x[i, y[i]] + 1) for i in range(7) for j in range(5) if j != y[i]]
    loss, dx = svm_loss(x, y)
    assert loss == pytest.approx(sum(margins) / 7, rel=1e-14)
    np.testing.assert_allclose(dx, eval_numerical_gradient(lambda x: svm_loss(x, y)[0], x, verbose=False), atol=1e-9)
    assert svm_loss(np.ones((3, 5)), y[:3])[0] == 4
    assert svm_loss(x.astype(np.float32), y)[1].dtype == np.float32


@pytest.mark.parametrize("y", [np.array([0, 1]), np.array([0, 1, 5]), np.array([0, 1, -1]), np.zeros((3, 1), int)])
def test_svm_loss_refuses_what_softmax_loss_refuses(y):
    said = []
    for loss in (svm_loss, softmax_loss):
        with pytest.raises(ValueError, match=r"\S") as error:
            loss(np.ones((3, 5)), y)
        said.append(str(error.value))
    assert said[0] == said[1]


def test_svm_loss_takes_lists_and_infinity_without_a_warning():
    loss, dx = svm_loss([[1, 2, 4]], [0])  # type: ignore[arg-type]
    assert (loss, dx.tolist()) == (2 + 4, [[-2, 1, 1]])
    assert np.isnan(svm_loss(np.array([[np.inf, np.inf]]), np.array([0]))[0])


def test_affine_and_relu_are_one():
    x, w, b = np.random.randn(4, 2, 3), np.random.randn(6, 5), np.random.randn(5)
    out, cache = affine_relu_forward(x, w, b)
    a = x.reshape(4, 6) @ w + b
    np.testing.assert_allclose(out, np.maximum(a, 0), rtol=1e-12)
    dx, dw, db = affine_relu_backward(np.ones_like(out), cache)
    np.testing.assert_allclose(dx.reshape(4, 6), (a > 0) @ w.T, rtol=1e-12)
    np.testing.assert_allclose(dw, x.reshape(4, 6).T @ (a > 0), rtol=1e-12)
    np.testing.assert_allclose(db, (a > 0).sum(axis=0))
    with pytest.raises(ValueError, match="AffineReluCache"):
        affine_relu_backward(out, tuple(cache))  # type: ignore[arg-type]


# -------------------------------------------------------------------------------------------- checks, data, pictures
def test_a_few_entries_are_checked(capsys):
    x = np.array([[1.0, 2.0], [3.0, -4.0]])
    grad_check_sparse(lambda x: float((x**2).sum()), x, 2 * x, num_checks=6)
    lines = capsys.readouterr().out.splitlines()
    found = [re.fullmatch(r"numerical: (\S+) analytic: (\S+), relative error: (\S+)", line) for line in lines]
    assert len(found) == 6
    for match in found:
        numerical, analytic, error = map(float, match.groups())  # type: ignore[union-attr]
        assert numerical == analytic
        assert analytic in 2 * x
        assert error < 1e-9
    grad_check_sparse(lambda x: float((x**2).sum()), x, 3 * x, num_checks=1)
    assert float(capsys.readouterr().out.rpartition(" ")[2]) == pytest.approx(0.2)
    np.testing.assert_array_equal(x, [[1, 2], [3, -4]])


@pytest.mark.parametrize(
    ("x", "grad", "num_checks"),
    [
        *((x, x, 1) for x in (np.ones(0), [1.0], np.ones(3, int))),
        *((np.ones(3), grad, 1) for grad in (np.ones(4), None)),
        (np.ones(3), np.ones(3), -1),
    ],
)
def test_what_cannot_be_checked_is_refused(x, grad, num_checks):
    with pytest.raises(ValueError, match=r"\S"):
        grad_check_sparse(lambda x: float(np.sum(x)), x, grad, num_checks)


@pytest.mark.parametrize("padding", [0, 1, 3])
@pytest.mark.parametrize("N", [1, 4, 5])
def test_pictures_lie_in_a_grid(N, padding):
    Xs = np.random.RandomState(N).standard_normal((N, 4, 2, 3))
    grid = visualize_grid(Xs, ubound=100, padding=padding)
    K = int(np.ceil(np.sqrt(N)))
    assert grid.shape == (K * 4 + (K - 1) * padding, K * 2 + (K - 1) * padding, 3)
    left = grid.copy()
    for i, picture in enumerate(Xs):
        top, side = i // K * (4 + padding), i % K * (2 + padding)
        stretched = 100 * (picture - picture.min()) / (picture.max() - picture.min())
        np.testing.assert_allclose(grid[top : top + 4, side : side + 2], stretched, atol=1e-12)
        left[top : top + 4, side : side + 2] = 0
    assert not left.any()


def test_a_picture_of_one_value_is_dark_and_what_is_no_picture_is_refused():
    assert not visualize_grid(np.full((2, 3, 3, 1), 7)).any()
    for Xs, said in [
        (np.ones((3, 3, 1)), "N, H"),
        (np.ones((0, 3, 3, 1)), "N, H"),
        (np.full((1, 1, 1, 1), "a"), "real"),
    ]:
        with pytest.raises(ValueError, match=said):
            visualize_grid(Xs)
    assert np.isnan(visualize_grid(np.array([0, 1, np.inf, np.nan]).reshape(1, 2, 2, 1))).any()
    with pytest.raises(ValueError, match="padding"):
        visualize_grid(np.ones((1, 1, 1, 1)), padding=-1)


def test_the_data_come_by_position(small_cifar10, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(small_cifar10.root))
    centred, raw = get_CIFAR10_data(60, 30, 10), get_CIFAR10_data(60, 30, 10, False)
    images = small_cifar10.images.astype(np.float64)
    for part, rows in {"train": slice(60), "val": slice(60, 90), "test": slice(100, 110)}.items():
        np.testing.assert_array_equal(raw[f"X_{part}"], images[rows])
        np.testing.assert_array_equal(centred[f"X_{part}"], images[rows] - images[:60].mean(axis=0))
        np.testing.assert_array_equal(raw[f"y_{part}"], small_cifar10.labels[rows])
    assert centred["X_train"].dtype == np.float64


def test_without_the_data_one_sentence_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path))
    with pytest.raises(DataError, match=r"nnlib\.data\.download\(\)") as error:
        get_CIFAR10_data()
    assert "\n" not in str(error.value)


# ------------------------------------------------------------------------------------------------------------- solver
def test_a_rule_put_into_optim_is_found_by_name_and_comes_first(monkeypatch):
    def mine(w, dw, config):
        return w + 0 * dw, config

    for name in ("mine", "adam"):
        monkeypatch.setattr(optim, name, mine, raising=False)
        model = net()
        before = model.params.vector.copy()
        optim_config = {"learning_rate": 1e-3}
        solver = Solver(model, pictures(), name, optim_config, batch_size=8, num_epochs=1, verbose=False)
        solver.train()
        np.testing.assert_array_equal(model.params.vector, before)
    nnlib.Solver(net(), pictures(), mine, {"learning_rate": 1.0}, batch_size=8, num_epochs=1, verbose=False).train()
    with pytest.raises(ValueError, match="no update rule 'yours'"):
        Solver(net(), pictures(), "yours")


def test_lines_are_printed_as_the_course_prints_them(capsys):
    lines = []
    for print_every in (2, -2):
        np.random.seed(0)
        Solver(net(), pictures(), batch_size=8, num_epochs=2, print_every=print_every).train()
        lines.append(capsys.readouterr().out)
    assert lines[0] == lines[1] != ""
    with pytest.raises(ValueError, match="print_every is 0"):
        Solver(net(), pictures(), print_every=0)


def test_a_run_is_kept_and_resumed_as_nnlibs(tmp_path):
    def solver() -> Solver:
        np.random.seed(4)
        told = {"update_rule": "adam", "batch_size": 8, "num_epochs": 3, "verbose": False}
        return Solver(net(dropout=0.5, seed=3, normalization="batchnorm"), pictures(), **told)

    whole, part, rest = solver(), solver(), solver()
    np.random.seed(8)
    whole.train()
    np.random.seed(8)
    for _, _ in pairwise(zip(range(10), part.steps(), strict=False)):
        pass
    part.save(tmp_path / "run.npz")
    rest.resume(tmp_path / "run.npz")
    rest.train()
    assert rest.loss_history == whole.loss_history
    other = Solver(net(dropout=0.5, seed=4, normalization="batchnorm"), pictures(), "adam", batch_size=8, num_epochs=3)
    with pytest.raises(ValueError, match="dropout_seed"):
        other.resume(tmp_path / "run.npz")


def test_the_page_for_those_who_come_names_every_module():
    page = (ROOT / "COURSE.md").read_text(encoding="utf-8")
    room = ROOT / "nnlib" / "course"
    there = {path.relative_to(room).with_suffix("").as_posix().replace("/", ".") for path in room.rglob("*.py")}
    assert {name for name in there if not name.endswith("__init__")} <= set(re.findall(r"`([\w.]+)`", page))
    assert "COURSE.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_room_is_light():
    heavy = "{'pooch', 'requests', 'streamlit', 'urllib.request', 'matplotlib'}"
    modules = "nnlib.course.classifiers.fc_net, nnlib.course.solver, nnlib.course.data_utils, nnlib.course.vis_utils"
    script = f"import sys, {modules}; print(*sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout.split(), run.stderr) == ([], "")
