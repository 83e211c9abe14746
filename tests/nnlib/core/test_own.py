"""Networks and update rules of the learner's own in the training loop, and `train` called again."""

from typing import Any

import numpy as np
import pytest

from nnlib.fc_net import FullyConnectedNet
from nnlib.layers import batchnorm_forward, softmax_loss
from nnlib.optim import RULES
from nnlib.progress import Diverged
from nnlib.solver import Solver
from tests.nnlib.oracles import assert_one_sentence
from tests.nnlib.training import everything_in, global_state, go, histories, network, pictures, records, solver


class Linear:
    """A learner's network: a plain dict of parameters, a plain dict of gradients, and no more."""

    def __init__(self, scale: float = 0.1, seed: int = 3):
        rng = np.random.default_rng(seed)
        self.params = {"W": scale * rng.normal(size=(24, 4)), "b": np.zeros(4)}

    def loss(self, X: Any, y: Any = None) -> Any:
        x = X.reshape(len(X), -1).astype(np.float64)
        scores = x @ self.params["W"] + self.params["b"]
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        return loss, {"b": dscores.sum(axis=0), "W": x.T @ dscores}


class Wrapped(FullyConnectedNet):
    """nnlib's network with a loss of the learner's own, which gives a plain dict."""

    def loss(self, X: Any, y: Any = None) -> Any:  # type: ignore[override]
        out = super().loss(X, y)
        return out if y is None else (out[0], {name: grad.copy() for name, grad in out[1].items()})


def halves(w: np.ndarray, dw: np.ndarray, config: dict[str, Any]) -> Any:
    """A rule that looks at the whole of a parameter, and counts its steps."""
    config["steps"] = config.get("steps", 0) + 1
    return w - config["learning_rate"] * dw / (np.linalg.norm(dw) + 1e-12) / config["steps"] ** 0.5, config


def pushes(w: np.ndarray, dw: np.ndarray, config: dict[str, Any]) -> Any:
    """Momentum once more, as a learner writes it."""
    push = config.get("push", np.zeros_like(w))
    config["push"] = config.setdefault("momentum", 0.9) * push - config["learning_rate"] * dw
    return w + config["push"], config


class Course:
    """The course's training loop, written anew: a config a parameter, one call of `train` after another."""

    def __init__(self, model: Any, data: dict[str, Any], rule: Any, rate: float, lr_decay: float, samples: int):
        self.model, self.data, self.rule, self.lr_decay, self.samples = model, data, rule, lr_decay, samples
        self.configs: dict[str, Any] = {name: {"learning_rate": rate} for name in model.params}
        self.losses, self.train_accs, self.val_accs, self.best = [], [], [], (0.0, {})

    def check(self, part: str) -> float:
        X, y = self.data[f"X_{part}"], self.data[f"y_{part}"]
        if len(X) > self.samples:
            mask = np.random.choice(len(X), self.samples)
            X, y = X[mask], y[mask]
        return float(np.mean(np.argmax(self.model.loss(X), axis=1) == y))

    def train(self, num_epochs: int = 4, batch_size: int = 8) -> None:
        model, X = self.model, self.data["X_train"]
        each = max(len(X) // batch_size, 1)
        for t in range(num_epochs * each):
            mask = np.random.choice(len(X), batch_size)
            loss, grads = model.loss(X[mask], self.data["y_train"][mask])
            self.losses.append(loss)
            for name in list(model.params):
                stepped = self.rule(model.params[name].copy(), grads[name], self.configs[name])
                model.params[name], self.configs[name] = stepped
            ended = (t + 1) % each == 0
            for config in self.configs.values() if ended else ():
                config["learning_rate"] *= self.lr_decay
            if t == 0 or ended:
                self.train_accs.append(self.check("train"))
                self.val_accs.append(self.check("val"))
                if self.val_accs[-1] > self.best[0]:
                    self.best = self.val_accs[-1], {name: w.copy() for name, w in model.params.items()}
        for name, w in self.best[1].items():
            model.params[name] = w.copy()


def both(make: Any, rule: Any, samples: int = 20, train: Any = lambda run: run.train()) -> tuple[Course, Solver]:
    """The course's loop and the Solver, after the same calls from the same state."""
    data = pictures()
    np.random.seed(231)
    course = Course(make(), data, RULES.get(rule, rule) if isinstance(rule, str) else rule, 0.05, 0.5, samples)
    train(course)
    after = global_state()
    np.random.seed(231)
    sizes = {"num_train_samples": samples, "num_val_samples": samples, "lr_decay": 0.5, "learning_rate": 0.05}
    run = solver(make(), data, seed=None, update_rule=rule, **sizes)
    train(run)
    assert global_state() == after
    return course, run


def assert_alike(course: Course, run: Solver) -> None:
    np.testing.assert_allclose(run.loss_history, course.losses, rtol=1e-12)
    assert (run.train_acc_history, run.val_acc_history) == (course.train_accs, course.val_accs)
    assert run.best_val_acc == course.best[0]
    for name, w in course.model.params.items():
        np.testing.assert_allclose(run.model.params[name], w, rtol=1e-9, atol=1e-12, err_msg=name)
        np.testing.assert_array_equal(run.best_params[name], run.model.params[name])


NETWORKS = {
    "a plain object": Linear,
    "nnlib's": lambda: network(None, dtype=np.float64),
    "nnlib's with another loss": lambda: Wrapped([6], 24, 4, dtype=np.float64, weight_scale="he"),
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("rule", [*RULES, halves], ids=[*RULES, "a rule of one's own"])
def test_any_network_trains_by_any_rule_as_in_the_course(make, rule):
    course, run = both(make, rule)
    assert_alike(course, run)
    assert type(run.model) is type(course.model)
    assert run.update_rule == (rule if isinstance(rule, str) else "halves")


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("rule", ["sgd_momentum", halves])
def test_train_goes_on_for_as_many_epochs_each_time(make, rule):
    def thrice(run: Any) -> None:
        run.train()
        run.train()
        run.train()

    course, run = both(make, rule, train=thrice)
    assert len(run.loss_history) == 3 * 24
    assert len(run.val_acc_history) == 3 * 5
    assert_alike(course, run)
    assert list(run.steps()) == []


def test_the_epochs_of_the_next_call_can_be_changed():
    run = solver(num_epochs=2)
    run.train()
    run.num_epochs = 3
    run.train()
    assert (run.iteration, run.epoch) == (5 * 6, 5)


def test_each_call_prints_as_the_first(capsys):
    run = solver(verbose=True, print_every=6, num_epochs=1)
    run.train()
    first = capsys.readouterr().out.splitlines()
    run.train()
    second = capsys.readouterr().out.splitlines()
    assert [line.partition(" loss")[0].partition(" train")[0] for line in first + second] == [
        *("(Iteration 1 / 6)", "(Epoch 0 / 1)", "(Epoch 1 / 1)", "(Iteration 1 / 6)", "(Epoch 1 / 1)", "(Epoch 2 / 1)")
    ]


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_settings_of_each_parameter_changed_between_calls_count(make):
    def change(run: Any) -> None:
        run.train()
        configs = run.configs if isinstance(run, Course) else run.optim_configs
        first, *_ = configs
        configs[first]["learning_rate"] = 0.003
        configs[first]["momentum"] = 0.5
        run.train()

    assert_alike(*both(make, "sgd_momentum", train=change))


@pytest.mark.parametrize("way", ["in place", "as a whole"])
@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("rule", ["sgd_momentum", pushes])
def test_the_rules_settings_changed_between_calls_count(make, way, rule):
    def change(run: Any) -> None:
        run.train()
        told = {"learning_rate": 0.003, "momentum": 0.5}
        if isinstance(run, Course):
            for config in run.configs.values():
                config.update(told)
        elif way == "in place":
            run.optim_config.update(told)
        else:
            run.optim_config = told
        run.train()

    course, run = both(make, rule, train=change)
    assert_alike(course, run)
    assert run.optim_config["momentum"] == 0.5
    assert run.records[24].learning_rate == pytest.approx(0.003)


def test_a_setting_that_the_rule_has_not_is_refused_later_too():
    run = solver(update_rule="adam")
    with pytest.raises(ValueError, match="no setting 'beta3'"):
        run.optim_config = {"beta3": 0.5}


@pytest.mark.parametrize("rate", [-1, np.nan, np.inf, "abc", None])
@pytest.mark.parametrize("rule", ["adam", halves])
def test_a_changed_rate_that_is_none_is_refused(rule, rate):
    for change in (
        lambda run: run.optim_config.update(learning_rate=rate),
        lambda run: run.optim_configs["b"].update(learning_rate=rate),
    ):
        run = solver(Linear(), update_rule=rule)
        run.train()
        change(run)
        with pytest.raises(ValueError, match="learning_rate"):
            run.train()


@pytest.mark.parametrize("num_epochs", [0, -3, 1.5, "abc"])
def test_changed_epochs_that_are_none_are_refused(num_epochs):
    run = solver()
    run.train()
    run.num_epochs = num_epochs
    with pytest.raises(ValueError, match="num_epochs"):
        run.train()


def test_a_rule_of_ones_own_brings_its_learning_rate_or_is_told_one():
    def own(w, dw, config=None):
        config = config or {}
        config.setdefault("learning_rate", 0.25)
        return w - config["learning_rate"] * dw, config

    assert records(solver(Linear(), update_rule=own, optim_config=None))[0].learning_rate == 0.25
    with pytest.raises(ValueError, match="optim_config"):
        solver(Linear(), update_rule=halves, optim_config=None)


def test_a_run_of_ones_own_network_is_kept_and_resumed(tmp_path):
    whole = solver(Linear(), update_rule="adam")
    records(whole)
    go(solver(Linear(), update_rule="adam"), 9).save(tmp_path / "run.npz")
    rest = solver(Linear(seed=8), update_rule="adam")
    rest.resume(tmp_path / "run.npz")
    records(rest)
    assert histories(rest) == histories(whole)
    for name, w in whole.model.params.items():
        np.testing.assert_array_equal(rest.model.params[name], w)


def test_a_finished_run_that_is_resumed_is_not_trained_on(tmp_path):
    run = solver()
    run.train()
    run.save(tmp_path / "run.npz")
    again = solver()
    again.resume(tmp_path / "run.npz")
    again.train()
    assert everything_in(again) == everything_in(run)
    again.train()
    assert again.iteration == 2 * run.iteration


def test_a_run_in_its_second_round_is_kept_and_resumed(tmp_path):
    whole = solver(update_rule="adam")
    whole.train()
    whole.train()
    part = solver(update_rule="adam")
    part.train()
    loss, left = part.model.loss, iter(range(9))

    def interrupted(X: Any, y: Any = None) -> Any:
        if y is not None and next(left, None) is None:
            raise KeyboardInterrupt
        return loss(X, y)

    part.model.loss = interrupted
    with pytest.raises(KeyboardInterrupt):
        part.train()
    assert part.iteration == 24 + 9
    part.save(tmp_path / "run.npz")
    rest = solver(update_rule="adam")
    rest.resume(tmp_path / "run.npz")
    rest.train()
    assert everything_in(rest) == everything_in(whole)


def test_what_a_rule_of_ones_own_remembers_cannot_be_kept(tmp_path):
    with pytest.raises(ValueError, match="halves"):
        solver(update_rule=halves).save(tmp_path / "run.npz")
    assert list(tmp_path.iterdir()) == []


MISTAKEN = {  # what is done to loss, grads and scores, and what is said of it
    "a gradient is missing": (lambda loss, grads: (loss, {"W": grads["W"]}), "for b, but gave None"),
    "a gradient lies": (lambda loss, grads: (loss, {"W": grads["W"].T, "b": grads["b"]}), "for W, but gave an array"),
    "no gradients": (lambda loss, grads: loss, "a number and a dict"),
    "gradients in a list": (lambda loss, grads: (loss, list(grads.values())), "a number and a dict"),
    "a loss an example": (lambda loss, grads: (np.full(8, loss), grads), "a number and a dict"),
    "nothing": (lambda loss, grads: None, "a number and a dict"),
    **{
        f"a loss {odd!r}": (lambda loss, grads, odd=odd: (odd, grads), "a number and a dict")
        for odd in (None, "a", 1j, 10**400, [True], np.array(["a"], object))
    },
}


@pytest.mark.parametrize(("change", "said"), MISTAKEN.values(), ids=MISTAKEN)
def test_a_loss_that_gives_something_else_is_told_what_to_give(change, said):
    class Mistaken(Linear):
        def loss(self, X: Any, y: Any = None) -> Any:
            out = super().loss(X, y)
            return out if y is None else change(*out)

    with pytest.raises(ValueError, match=said):
        records(solver(Mistaken()))


@pytest.mark.parametrize(
    "change",
    [
        *(lambda s: s.argmax(axis=1), lambda s: s[:-1], lambda s: s[:, None], lambda s: None, lambda s: s[:, :0]),
        *(lambda s, kind=kind: s.astype(kind) for kind in (str, object, complex)),
    ],
)
def test_scores_that_are_none_are_told_what_to_be(change):
    class Mistaken(Linear):
        def loss(self, X: Any, y: Any = None) -> Any:
            out = super().loss(X, y)
            return change(out) if y is None else out

    with pytest.raises(ValueError, match="loss\\(X\\) gives scores"):
        records(solver(Mistaken()))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda w, dw, config: w - dw, "next_w like w"),
        (lambda w, dw, config: (dw.sum(), config), "next_w like w"),
        (lambda w, dw, config: None, "next_w like w"),
        (lambda w, dw, config: (w, None), "next_w like w"),
        (lambda w, dw: (w, {}), "takes \\(w, dw, config\\)"),
        ("mine", "no update rule 'mine'"),
    ],
)
def test_a_rule_that_is_none_is_told_what_to_be(rule, said):
    with pytest.raises(ValueError, match=said):
        records(solver(Linear(), update_rule=rule))


def test_a_rule_put_among_nnlibs_is_found_by_name(monkeypatch):
    monkeypatch.setitem(RULES, "pushes", pushes)
    by_name, as_function = (solver(Linear(), update_rule=rule) for rule in ("pushes", pushes))
    records(by_name)
    records(as_function)
    assert histories(by_name) == histories(as_function)


@pytest.mark.parametrize("model", [object(), None, {"W": 1}, type("Empty", (), {"params": {}, "loss": print})()])
def test_what_is_no_network_is_refused(model):
    with pytest.raises(ValueError, match="params"):
        Solver(model, pictures())


def test_a_network_of_ones_own_may_diverge():
    run = solver(Linear(), learning_rate=1e308)
    *_, last = run.steps()
    assert isinstance(last, Diverged)
    assert "your network" in last.message


def test_a_rule_that_no_checkpoint_holds_is_refused_before_an_epoch_is_trained(tmp_path):
    with pytest.raises(ValueError, match="halves"):
        solver(update_rule=halves, checkpoint_name=str(tmp_path / "run"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "value"), [("reg", 0.5), ("use_dropout", True), ("bn_params", [{"momentum": 0.5}])])
def test_a_run_of_ones_own_network_told_otherwise_is_refused(name, value, tmp_path):
    go(solver(Linear(), update_rule="adam"), 9).save(tmp_path / "run.npz")
    other = solver(Linear(), update_rule="adam")
    setattr(other.model, name, value)
    with pytest.raises(ValueError, match=f"has the model's {name} ") as error:
        other.resume(tmp_path / "run.npz")
    assert_one_sentence(error)
    with pytest.raises(ValueError, match=r"the model's class 'Linear' \(here 'FullyConnectedNet'\)"):
        solver(FullyConnectedNet([], 24, 4), update_rule="adam").resume(tmp_path / "run.npz")


class Normalized(Linear):
    """With batch normalization, whose running averages are there from the first batch on."""

    def __init__(self, seed: int = 3):
        super().__init__(seed=seed)
        self.bn_params: list[dict[str, Any]] = [{"mode": "train"}]

    def loss(self, X: Any, y: Any = None) -> Any:
        self.bn_params[0]["mode"] = "test" if y is None else "train"
        x, _ = batchnorm_forward(X.reshape(len(X), -1).astype(np.float64), np.ones(24), np.zeros(24), self.bn_params[0])
        return super().loss(x, y)


def test_running_averages_of_ones_own_network_are_kept_and_resumed(tmp_path):
    whole = solver(Normalized(), update_rule="adam")
    records(whole)
    go(solver(Normalized(), update_rule="adam"), 9).save(tmp_path / "run.npz")
    rest = solver(Normalized(seed=8), update_rule="adam")
    rest.resume(tmp_path / "run.npz")
    records(rest)
    assert histories(rest) == histories(whole)
    for name in ("running_mean", "running_var"):
        np.testing.assert_array_equal(rest.model.bn_params[0][name], whole.model.bn_params[0][name])


@pytest.mark.parametrize(("name", "forged"), [("running_mean", ["a"]), ("running_var", [np.nan]), ("other", [1.0])])
def test_forged_running_averages_are_refused(name, forged):
    arrays, facts = go(solver(Normalized(), update_rule="adam"), 9).state()
    with pytest.raises(ValueError, match="the checkpoint lacks a part") as error:
        solver(Normalized(), update_rule="adam").load_state(arrays | {f"running.0.{name}": np.array(forged)}, facts)
    assert_one_sentence(error)
