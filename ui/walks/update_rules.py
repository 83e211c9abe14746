"""The update rules to step through: their inputs, nice ones or the course's, their graphs, and nnlib's own code."""

from typing import Any

import numpy as np
from numpy.random import Generator

from nnlib.derivations import update
from nnlib.labs.optimizers.published import DW, PUBLISHED, W
from nnlib.optim import DEFAULTS, RECORDS, RULES
from ui.walks.subject import Choice, Choices, Inputs, Size, Sizes, Subject, normal, whole

FIRST, PUBLISHED_NUMBERS = "first step", "published"
GIVEN = "as given"  # the learning rate that belongs to the numbers
_D = Size("D", "weights", 1, 5, 3)
_RATE = Choice("learning_rate", "Learning rate", (GIVEN, 1.0, 0.1, 0.01, 0.001))
_STEPS_BEFORE = "t_before"


def _inputs(rule: str, w: Any, dw: Any, config: dict[str, Any]) -> Inputs:
    """Everything that the rule takes as arrays: memory under the names that it has before the step, settings as 0-d."""
    memory = {f"{name}_before": config.get(name, np.zeros_like(w)) for name in RECORDS[rule].memory}
    steps = {_STEPS_BEFORE: np.array(float(config.get("t", 0)))} if RECORDS[rule].counts else {}
    settings = {name: np.array(float(config.get(name, value))) for name, value in DEFAULTS[rule].items()}
    return {"w": w, "dw": dw, **memory, **steps, **settings}


def _config(rule: str, inputs: Inputs, choices: Choices) -> dict[str, Any]:
    """The rule's config from the inputs."""
    config: dict[str, Any] = {name: float(inputs[name]) for name in DEFAULTS[rule]}
    config |= {name: inputs[f"{name}_before"] for name in RECORDS[rule].memory}
    if _STEPS_BEFORE in inputs:
        config["t"] = int(inputs[_STEPS_BEFORE])
    if choices["learning_rate"] != GIVEN:
        config["learning_rate"] = float(choices["learning_rate"])
    return config


def _subject(rule: str) -> Subject:
    def draw(rng: Generator, s: Sizes, _: Choices) -> Inputs:
        """A step in the middle of training: the rule remembers something of either size and sign."""
        w, dw = normal(rng, s["D"]), normal(rng, s["D"])
        memory = {name: normal(rng, s["D"]) for name in RECORDS[rule].memory}
        memory |= {name: np.round(memory[name] ** 2 + 0.01, 2) for name in RECORDS[rule].squares}
        return _inputs(rule, w, dw, {"learning_rate": 0.1, "t": int(rng.integers(1, 10)), **memory})

    def first_step(s: Sizes, _: Choices) -> Inputs:
        return _inputs(rule, whole(s["D"], start=1), whole(s["D"], start=3), {"learning_rate": 0.1})

    def published(_: Sizes, __: Choices) -> Inputs:
        return _inputs(rule, W, DW, PUBLISHED[rule].config)

    return Subject(
        name=rule,
        title=rule,
        sizes=(_D,),
        draw=draw,
        derive=lambda i, c: update(rule, i["w"], i["dw"], _config(rule, i, c)),
        code=lambda i, c: (RULES[rule](i["w"], i["dw"], _config(rule, i, c))[0], {}),  # there is no backward pass
        presets={FIRST: first_step} | ({PUBLISHED_NUMBERS: published} if rule in PUBLISHED else {}),
        choices=(_RATE,),
    )


UPDATE_RULES: dict[str, Subject] = {rule: _subject(rule) for rule in RULES}
