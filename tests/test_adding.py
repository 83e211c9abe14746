"""Adding an update rule, a normalization or a layer: done in a copy of the code, it appears wherever it should.

The files touched are those that CONTRIBUTING.md lists; whatever else must know of it finds it by itself.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT

# file -> what stands there once, and what is put before it
RULE = {
    "nnlib/optim.py": [
        (
            "class Rule(NamedTuple)",
            """def signed(w: ndarray, dw: ndarray, config: Config | None = None, out: ndarray | None = None):
    config = _complete("signed", config, w, dw)
    velocity = 0.5 * config["velocity"] + dw
    step = config["learning_rate"] * velocity / (np.sqrt(velocity * velocity) + config["blur"])
    next_w = np.subtract(w, step, out=out)
    config["velocity"] = velocity
    return next_w, config


""",
        ),
        (
            "        Rule(adamw",
            '        Rule(signed, "signs", {"learning_rate": 1e-3, "blur": 1e-2}, ("velocity",)),\n',
        ),
    ],
    "nnlib/derivations/rules.py": [
        (
            "def _settings(",
            """def _signed(d: Derivation, w: Node, dw: Node, config: Config) -> None:
    learning_rate, blur = Node(config["learning_rate"]), Node(config["blur"])
    velocity = d.add("velocity", 0.5 * _before(d, config, "velocity") + dw)
    step = d.add("step", learning_rate * velocity / (apply("sqrt", apply("square", velocity)) + blur))
    d.add("next_w", w - step)


""",
        ),
        ('    "adamw": _adamw,', '    "signed": _signed,\n'),
    ],
}
NORMALIZATION = {
    "nnlib/normalization.py": [
        (
            "class Normalization(NamedTuple)",
            """class RmsnormCache(NamedTuple):
    var: ndarray
    rstd: ndarray
    xhat: ndarray
    gamma: ndarray


def rmsnorm_forward(x: ndarray, gamma: ndarray, beta: ndarray, rms_param: dict[str, Any]):
    var = (x * x).mean(axis=1, keepdims=True)
    rstd = 1 / np.sqrt(var + rms_param.get("eps", 1e-5))
    xhat = x * rstd
    out = gamma * xhat + beta
    return out, RmsnormCache(var, rstd, xhat, gamma)


def rmsnorm_backward(dout: ndarray, cache: RmsnormCache):
    _, rstd, xhat, gamma = cache
    dbeta, dgamma, dxhat = dout.sum(axis=0), (dout * xhat).sum(axis=0), dout * gamma
    dx = (dxhat - xhat * (dxhat * xhat).mean(axis=1, keepdims=True)) * rstd
    return dx, dgamma, dbeta


""",
        ),
        (
            '        Normalization("layernorm"',
            '        Normalization("rmsnorm", "RMS normalization", "rms", rmsnorm_forward, rmsnorm_backward, 1),\n',
        ),
    ],
    "nnlib/derivations/layers.py": [
        (
            "ADD_NORM: ",
            """def add_rmsnorm(d: Derivation, x: Node, gamma: Node, beta: Node, rms_param: Any, out: str = "out"):
    from nnlib.normalization import rmsnorm_backward, rmsnorm_forward

    d.enter(rmsnorm_forward, rmsnorm_backward, x=x, gamma=gamma, beta=beta)
    var = d.add("var", apply("mean", apply("square", x), axis=1, keepdims=True))
    rstd = d.add("rstd", apply("rsqrt", var + rms_param.get("eps", 1e-5)))
    xhat = d.add("xhat", x * rstd)
    return d.add(out, gamma * xhat + beta, "out")


""",
        ),
        (
            '"batchnorm": add_batchnorm',
            '"rmsnorm": add_rmsnorm, ',
        ),
    ],
}
LAYER = {
    "nnlib/layers.py": [
        (
            "class DropoutCache(NamedTuple)",
            """class SquareCache(NamedTuple):
    x: ndarray


def square_forward(x: ndarray):
    out = x * x
    return out, SquareCache(x)


def square_backward(dout: ndarray, cache: SquareCache):
    dx = 2 * dout * cache.x
    return dx


""",
        )
    ],
    "nnlib/derivations/layers.py": [
        (
            "def dropout(",
            """def square(x: ndarray) -> Derivation:
    d = Derivation("square")
    node = d.input("x", x)
    d.enter(layers.square_forward, layers.square_backward, x=node)
    d.add("out", apply("square", node))
    return d


""",
        )
    ],
    "ui/walks/layers.py": [
        (
            '    layer("relu"',
            """    layer(
        "square", "Square", (N, D), _plain_shapes, derivations.layers.square,
        layers.square_forward, layers.square_backward,
    ),
""",
        )
    ],
}
LOOK = """
import json
import numpy as np
from nnlib import derivations, normalization, optim
from nnlib.data import points
from nnlib.fc_net import FullyConnectedNet
from nnlib.gradient_check import check_network
from nnlib.labs.gradient_check.report import check
from nnlib.labs.optimizers.surfaces import SURFACES
from nnlib.labs.optimizers.walks import walk
from nnlib.runs.spec import RunSpec
from ui.components.surface_race import _track
from ui.lessons.optimizers import data_race, data_race_charts
from ui.walks.agreement import agreement
from ui.walks.layers import SUBJECTS
from ui.walks.update_rules import UPDATE_RULES

def agree(subject):
    choices = {choice.name: choice.options[0] for choice in subject.choices}
    inputs = subject.draw(np.random.default_rng(0), {size.name: size.default for size in subject.sizes}, choices)
    return max(agreement(subject, inputs, choices, subject.derive(inputs, choices)))

def trained(**settings):
    spec = RunSpec(data="moons", num_epochs=1, width=4, depth=1, **settings)
    solver = spec.make_solver(spec.load_data())
    solver.train()
    return bool(np.isfinite(solver.loss_history).all())

network = {choice.name: choice.options for choice in SUBJECTS["network"].choices}
model = FullyConnectedNet([4, 3], 3, 2, normalization="rmsnorm", dtype=np.float64, weight_scale="he", seed=0)
rng = np.random.default_rng(0)
model.params.vector[:] += 0.3 * rng.normal(size=model.params.vector.shape)  # no bias of 0, at ReLU's kink
X, y = rng.normal(size=(5, 3)), rng.integers(0, 2, 5)
track = _track(walk(SURFACES["bowl"], "signed", (1.0, 1.0), 5))
print(json.dumps({
    "rule": {
        "defaults": optim.DEFAULTS["signed"], "trains": trained(update_rule="signed"),
        "stepped": agree(UPDATE_RULES["signed"]), "in the network": "signed" in network["rule"],
        "race": [track["label"], [memory["signed"] for memory in track["memory"]], len(track["dash"].split()) > 1],
        "rate in the race": data_race.rates("digits")["signed"],
        "in the chart": "signs" in json.dumps(data_race_charts.loss_spec(("signed",), True)),
    },
    "normalization": {
        "trains": trained(normalization="rmsnorm"), "gradients": max(check_network(model, X, y).values()),
        "report": all((verdicts == 0).all() for verdicts in check(model, X, y).verdicts.values()),
        "stepped": agree(SUBJECTS["rmsnorm"]), "in the network": "rmsnorm" in network["norm"],
    },
    "layer": {"title": SUBJECTS["square"].title, "stepped": agree(SUBJECTS["square"])},
}))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """What a process sees of all three in a copy of the code that has them."""
    tree = tmp_path_factory.mktemp("grown")
    for folder in ("nnlib", "ui", "assets", ".streamlit"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for changes in (RULE, NORMALIZATION, LAYER):
        for file, additions in changes.items():
            add(tree / file, additions)
    run = subprocess.run([sys.executable, "-c", LOOK], cwd=tree, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def add(file: Path, additions: list[tuple[str, str]]) -> None:
    source = file.read_text(encoding="utf-8")
    for place, new in additions:
        assert source.count(place) == 1, place
        source = source.replace(place, new + place)
    file.write_text(source, encoding="utf-8")


def test_at_most_three_files_are_touched():
    assert [len(changes) for changes in (RULE, NORMALIZATION, LAYER)] == [2, 2, 3]


def test_a_new_update_rule_trains_steps_and_races(seen):
    rule = seen["rule"]
    assert rule.pop("stepped") < 1e-6
    assert rule == {
        "defaults": {"learning_rate": 1e-3, "blur": 1e-2},
        "trains": True,
        "in the network": True,
        "race": ["signs", [True], True],
        "rate in the race": 1e-3,
        "in the chart": True,
    }


def test_a_new_normalization_trains_and_is_checked(seen):
    norm = seen["normalization"]
    assert norm.pop("stepped") < 1e-6
    assert norm.pop("gradients") < 1e-6
    assert norm == {"trains": True, "report": True, "in the network": True}


def test_a_new_layer_can_be_walked_through(seen):
    assert seen["layer"].pop("stepped") < 1e-6
    assert seen["layer"] == {"title": "Square"}
