"""The update rules to step through: their inputs, nice ones or the course's, their graphs, and nnlib's own code."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from nnlib.derivations import Derivation, update
from nnlib.labs.optimizers.published import PUBLISHED, published_config, published_inputs
from nnlib.optim import DEFAULTS, RULES
from ui.walks.subject import Choice, Choices, Inputs, Outcome, Size, Sizes, Subject, normal, whole

MEMORY = {
    "sgd": (),
    "sgd_momentum": ("velocity",),
    "nesterov_momentum": ("velocity",),
    "adagrad": ("cache",),
    "rmsprop": ("cache",),
    "adam": ("m", "v"),
    "adamw": ("m", "v"),
}
SQUARES = ("cache", "v")  # averages or sums of squares, so never negative
FIRST, PUBLISHED_NUMBERS = "first step", "published"
GIVEN = "as given"  # the learning rate that belongs to the numbers
_D = Size("D", "weights", 1, 5, 3)
_RATE = Choice("learning_rate", "Learning rate", (GIVEN, 1.0, 0.1, 0.01, 0.001))
_STEPS_BEFORE = "t_before"


def _inputs(rule: str, w: Any, dw: Any, config: dict[str, Any]) -> Inputs:
    """Everything that the rule takes as arrays: memory under the names that it has before the step, settings as 0-d."""
    memory = {f"{name}_before": config.get(name, np.zeros_like(w)) for name in MEMORY[rule]}
    steps = {_STEPS_BEFORE: np.array(float(config.get("t", 0)))} if "m" in MEMORY[rule] else {}
    settings = {name: np.array(float(config.get(name, value))) for name, value in DEFAULTS[rule].items()}
    return {"w": w, "dw": dw, **memory, **steps, **settings}


def _config(rule: str, inputs: Inputs, choices: Choices) -> dict[str, Any]:
    """The rule's config from the inputs; what it remembers is copied, since a rule may change it in place."""
    config: dict[str, Any] = {name: float(inputs[name]) for name in DEFAULTS[rule]}
    config |= {name: inputs[f"{name}_before"].copy() for name in MEMORY[rule]}
    if _STEPS_BEFORE in inputs:
        config["t"] = int(inputs[_STEPS_BEFORE])
    if choices["learning_rate"] != GIVEN:
        config["learning_rate"] = float(choices["learning_rate"])
    return config


def _first_step(rule: str) -> Callable[[Sizes, Choices], Inputs]:
    return lambda s, _: _inputs(rule, whole(s["D"], start=1), whole(s["D"], start=3), {"learning_rate": 0.1})


def _published(rule: str) -> Callable[[Sizes, Choices], Inputs]:
    return lambda _, __: _inputs(rule, *published_inputs(), published_config(rule))


def _draw(rule: str) -> Callable[[Generator, Sizes, Choices], Inputs]:
    """A step in the middle of training: the rule remembers something of either size and sign."""

    def draw(rng: Generator, s: Sizes, _: Choices) -> Inputs:
        w, dw = normal(rng, s["D"]), normal(rng, s["D"])
        memory = {name: normal(rng, s["D"]) for name in MEMORY[rule]}
        memory |= {name: np.round(a * a + 0.01, 2) for name, a in memory.items() if name in SQUARES}
        return _inputs(rule, w, dw, {"learning_rate": 0.1, "t": int(rng.integers(1, 10)), **memory})

    return draw


def _derive(rule: str) -> Callable[[Inputs, Choices], Derivation]:
    return lambda i, c: update(rule, i["w"], i["dw"], _config(rule, i, c))


def _code(rule: str) -> Callable[[Inputs, Choices], Outcome]:
    """An update has no backward pass, so there are no gradients to compare."""
    return lambda i, c: (RULES[rule](i["w"], i["dw"], _config(rule, i, c))[0], {})


def _subject(rule: str) -> Subject:
    published = {PUBLISHED_NUMBERS: _published(rule)} if rule in PUBLISHED else {}
    return Subject(
        name=rule,
        title=rule,
        sizes=(_D,),
        draw=_draw(rule),
        derive=_derive(rule),
        code=_code(rule),
        presets={FIRST: _first_step(rule), **published},
        choices=(_RATE,),
    )


UPDATE_RULES: dict[str, Subject] = {rule: _subject(rule) for rule in RULES}
