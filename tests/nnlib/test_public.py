"""Every public name of nnlib, whatever comes: the right numbers, or a ValueError in one sentence.

The names are found, not listed: a new function is tried with the examples of its parameters' names, and a name that has
none is asked for. Of one argument after the other each hostile value of its kind is tried. Arrays that can be read must
give what the same numbers give in float64.
"""

import copy
import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import checks, experiments, health, layers, runs, search
from nnlib.fc_net import FullyConnectedNet
from nnlib.layers import affine_forward
from nnlib.progress import Record
from tests.draws import draws
from tests.nnlib.oracles import arrays_in, assert_one_sentence

MODULES = (
    *("layers", "normalization", "optim", "schedules", "fc_net", "params", "gradient_check", "augmentation", "checks"),
    *("health", "progress", "solver", "data", "experiments", "search", "runs"),
)
LEFT_OUT = {
    "takes_floats": "decorates, when nnlib is imported",
    "bare": "finds what was decorated",
    "made_by": "makes a check, when nnlib is imported",
    "detached": "copies a network",
    "Progress": "is what a Solver inherits",
    "Facts": "a row of a table",
    "open_studies": "imports",
    "storage_url": "takes nothing",
    "status": "takes nothing",
    "shown_url": "tested with all forms of a password",
    "download": "goes to the network",
    "load": "reads the disk",
    "load_cifar10": "reads the disk",
    "Pixels": "reads what was prepared on disk",
    "save_model": "tested with all kinds of files",
    "load_model": "tested with all kinds of files",
    "SavedModel": "what a file held",
    "Pool": "starts processes",
    "Sweep": "starts processes",
    "SearchTask": "is given to a pool",
    "run": "trains",
    "RunState": "what a sweep tells",
    "Snapshot": "what a sweep tells",
    "Comparison": "what is compared",
    "StudyState": "what a search tells",
    "TrialState": "what a search tells",
}


class Example(NamedTuple):
    """A value with which a call works, and the kind of hostile values that are tried in its place."""

    value: Any
    kind: str


RNG = np.random.default_rng(0)
N, D, H, C = 4, 3, 2, 3
SPEC = runs.RunSpec(data="spiral", num_epochs=1, num_train=20)
LABELS = np.array([0, 2, 1, 2])
NETWORK = FullyConnectedNet([2], D, C, dtype=np.float64, seed=0)
BATCH = RNG.normal(size=(N, D))
RESULT = experiments.Result(SPEC, (Record(1, 0, 1.0, 0.1, 0.5, 0.5),))


def draw(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def each(names: str, value: Any) -> dict[str, Any]:
    return dict.fromkeys(names.split(), value)


GOOD: dict[str, dict[str, Any]] = {  # kind -> name of a parameter, or of function and parameter -> a value that works
    "floats": {
        "x": draw(N, D),
        "w": draw(D, H),
        "b": draw(H),
        "dw": draw(D, H),
        "gamma": draw(D),
        "beta": draw(D),
        "df": draw(N, D),
        "dscores": draw(N, C),
        "array": draw(N, D),
        "rel_error.y": draw(N, D),
        **each("X X_train X_val X_test", BATCH),
        **each("flip.X shift.X flip_and_shift.X", draw(N, 2, 3, 4)),
        "update": NETWORK.params.vector.copy(),
        "loss_history": [2.0, 1.0],
    },
    "labels": each("y y_train y_val y_test", LABELS),
    "place": {
        **each("out dw_out", None),
        **each("eval_numerical_gradient.x eval_numerical_gradient_array.x require_place.array", BATCH),
    },
    "number": {
        **each("eps momentum decay_rate beta1 beta2 epsilon learning_rate weight_decay reg p h base warmup", 0.1),
        **each("lr_decay dropout_keep_ratio taper noise low weight_scale train_acc val_acc describe.value", 0.5),
        **each("high white value seconds_per_step", 2.0),
    },
    "whole": {
        **each("t num_classes input_dim D size depth width iterations_per_epoch bins batch_size num_epochs", 3),
        **each("print_every num_train_samples num_val_samples patience checkpoint_every seed dropout_seed", 2),
        **each("global_seed workers num_trials points require_whole.value", 2),
        "num_points": 60,
        "num_train": 60,
        "num_iterations": 9,
    },
    "wholes": {"hidden_dims": [5, 4], "require_wholes.values": [5, 4], **each("W1 b1", (2, 3))},
    "dtype": {"dtype": np.float64},
    "choice": {
        "mode": "train",
        "schedule": "cosine",
        "normalization": "batchnorm",
        "augment": None,
        **each("rule update_rule get_rule.name", "adam"),
        "method": "tpe",
        "pruning": "median",
        "get_normalization.name": "layernorm",
        "layer_of.name": "W2",
        "RunSpec.data": "digits",
        "require_choice.value": "a",
    },
    "settings": {
        "dropout_param": {"p": 0.5, "mode": "train", "seed": 1},
        "bn_param": {"mode": "train", "eps": 1e-5, "momentum": 0.9},
        "ln_param": {"eps": 1e-5},
        "config": None,
        "settings": {"a": 1},
        "shapes": {"W1": (2, 3), "b1": (3,)},
        **each("Blocks.config optim_config", {"learning_rate": 0.1}),
        "data": {"X_train": BATCH, "y_train": LABELS, "X_val": BATCH, "y_val": LABELS},
        "space": {"learning_rate": search.Interval(1e-3, 1)},
    },
    "function": {
        "random": lambda n: np.linspace(0, 0.9, n),
        "f": lambda x: float((x * x).sum()),
        "eval_numerical_gradient_array.f": lambda x: x * x,
    },
    "given": {  # by nnlib itself, or of nnlib's own making: nothing else is tried
        **each("name what verbose need_dx status message label checkpoint_name on_record progress first a", None),
        **each("image_shape mean_image as_floats.dtype above below most", None),
        "least": 1,
        "describe.name": "reg",
        "require_like.array": BATCH,
        "N": N,
        "C": C,
        "name": "x",
        "what": "x",
        "message": "",
        "status": "finished",
        "class_names": ("a",) * C,
        "known": ("a",),
        "choices": ("a", "b"),
        "values": (1, 2),
        "shape": (N, D),
        "model": NETWORK,
        "spec": SPEC,
        "SearchPlan.base": SPEC,
        "Experiment.runs": (SPEC,),
        "experiment": experiments.Experiment("e", (SPEC,)),
        "results": [RESULT],
        "records": RESULT.records,
        "health": health.measure(NETWORK, BATCH, LABELS),
    },
}
EXAMPLES = {name: Example(value, kind) for kind, names in GOOD.items() for name, value in names.items()}

NUMBERS = (
    np.nan,
    np.inf,
    -np.inf,
    -1,
    0,
    0.0,
    1e308,
    -1e-300,
    10**400,
    1.5,
    64.5,
    "1",
    "",
    "abc",
    None,
    True,
    [1],
    {},
    1j,
)
HOSTILE: dict[str, Callable[[Any], Any]] = {  # kind -> from the good value, what else is tried
    "number": lambda _: (*NUMBERS, np.float32(0.25), np.int64(1), np.float64(np.nan), np.array([1.0, 2.0]), b"1"),
    "whole": lambda _: (*NUMBERS, 10**12, 2**63, -(2**70), np.int8(3), np.float64(2), np.array([1, 2]), object()),
    "wholes": lambda good: (
        *([value] for value in NUMBERS),
        *([10**12], [10**6, 10**6], 5, None, "ab", {}, [[3]], np.array(good), tuple(good), object(), [], [2**63]),
    ),
    "dtype": lambda _: (
        None,
        "float32",
        "f",
        int,
        "abc",
        np.nan,
        3,
        complex,
        object,
        "S",
        [1],
        np.float16,
        ">f4",
        bool,
    ),
    "choice": lambda _: (
        "abc",
        "",
        None,
        3,
        np.nan,
        ["adam"],
        {},
        np.array(["adam", "sgd"]),
        True,
        "Adam",
        1j,
        object(),
    ),
    "settings": lambda good: (*(3, "abc", [], np.nan, {"abc": 1}, {3: 1}, {None: None}), *changed_settings(good)),
    "function": lambda _: (
        None,
        3,
        "abc",
        *(lambda _, r=r: r for r in (None, "a", [1, "b"], 1j, np.zeros(7), [[1], []])),
    ),
    "place": lambda good: (
        *([1.0], 3, "abc", np.zeros((D, H), int), np.zeros((H, D)), np.zeros(0), np.zeros((N, D), np.half), {}),
        *(np.broadcast_to(0.0, (D, H)), np.zeros((D, H), complex), pd.DataFrame(np.zeros((D, H))), np.zeros((D, H))),
        *(
            ()
            if good is None
            else (np.asarray(good, np.float32), np.full(good.shape, np.nan), np.full(good.shape, 1e30))
        ),
    ),
    "floats": lambda good: (*readable(np.asarray(good)), *unreadable(np.asarray(good))),
    "labels": lambda good: (
        *(list(good), tuple(good), pd.Series(good), good.astype(np.uint8), good.astype(">i2"), np.repeat(good, 2)[::2]),
        *(good[:, None], np.eye(N, C, dtype=int), np.eye(N, C), good + 0.5, good * 1.0, good > 0, good - 1, good + 1),
        *(good[:2], [], None, 3, "abc", list("abca"), pd.Series(["a"] * N), [[0], [1, 2]], good + 1j, good[None], {}),
    ),
    "cache": lambda good: (None, (), 3, "abc", tuple(good), affine_forward(*(np.ones(s) for s in ((1, 2), (2, 1), 1)))),
}


def readable(good: np.ndarray) -> Iterator[Any]:
    """The same numbers, or others of the same shape, in every form that can be read."""
    yield from (good.tolist(), np.asfortranarray(good), np.repeat(good, 2, axis=-1)[..., ::2], good[::-1])
    yield from ((10 * good).astype(kind) for kind in (np.half, np.float32, np.longdouble, ">f8", int, np.int8))
    yield from (good > 0, (good > 0).tolist(), np.abs(10 * good).astype(np.uint8), (10 * good).astype(int).tolist())
    if good.ndim == 2:
        yield from (pd.DataFrame(good), pd.DataFrame((10 * good).astype(int)), pd.DataFrame(good > 0))
    if good.ndim == 1:
        yield from (pd.Series(good), pd.Series((10 * good).astype(int), index=range(9, 9 + len(good))), tuple(good))
    for odd in (np.nan, np.inf, -np.inf, 1e300, 1e-300, 0.0):
        yield np.where(np.arange(good.size).reshape(good.shape) == 1, odd, good)
        yield np.full(good.shape, odd)


def unreadable(good: np.ndarray) -> Iterator[Any]:
    """What holds no real numbers, or has another shape."""
    yield from (good.astype(object), good.astype(str), good.astype(complex), good.astype("datetime64[s]"))
    yield from (good[..., None], good[None], good[:0], good[..., :0], good[:1], good.ravel(), good.T, np.float64(2.0))
    yield from (None, 3, "abc", b"abc", {}, set(), [[1.0], [2.0, 3.0]], ["a"], [None], object(), lambda: 0, [10**400])
    yield from (np.ma.masked_array(good, good > 0), pd.Series(["a", None]), np.zeros(3, [("a", float)]), [[]], [])


def changed_settings(good: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """The same with one entry missing, or of another value."""
    for name, value in (good or {}).items():
        yield {n: v for n, v in (good or {}).items() if n != name}
        kind = EXAMPLES[name].kind if name in EXAMPLES else "given"
        yield from ((good or {}) | {name: other} for other in hostile(kind, value))


def hostile(kind: str, good: Any) -> list[Any]:
    return list(HOSTILE[kind](good)) if kind in HOSTILE else []


# --------------------------------------------------------------------------------------------------- what is public
def public() -> Iterator[Callable]:
    """Every function and class that nnlib shows, but for records and exceptions."""
    for name in MODULES:
        module = import_module(f"nnlib.{name}")
        shown = [getattr(module, n) for n in getattr(module, "__all__", vars(module)) if not n.startswith("_")]
        for inner in [value for value in shown if inspect.ismodule(value) and hasattr(module, "__all__")]:
            shown += [
                v for n, v in vars(inner).items() if getattr(v, "__module__", "") == inner.__name__ and n[0] != "_"
            ]
        for value in shown:
            own = inspect.isfunction(value) or (inspect.isclass(value) and not issubclass(value, tuple | Exception))
            here = value.__module__.startswith(module.__name__) or hasattr(module, "__all__") if own else False
            if here and value.__module__.startswith("nnlib"):
                yield value


PUBLIC = {f.__name__: f for f in public() if f.__name__ not in LEFT_OUT}


def example(function: Callable, parameter: str) -> Example:
    name = function.__name__
    if parameter in ("dout", "cache") and name.endswith(("_backward", "_backward_alt")):
        forward = getattr(layers, re.sub("_backward(_alt)?$", "_forward", name))
        out, cache = forward(
            **{p: copy.deepcopy(example(forward, p).value) for p in inspect.signature(forward).parameters}
        )
        return (
            Example(cache, "cache")
            if parameter == "cache"
            else Example(np.cos(np.arange(out.size)).reshape(out.shape), "floats")
        )
    found = EXAMPLES.get(f"{name}.{parameter}", EXAMPLES.get(parameter))
    assert found is not None, f"{name} has a parameter {parameter!r} that no function had: give it a value in GOOD."
    return found


def parameters(function: Callable) -> dict[str, Example]:
    if function is runs.RunSpec:
        return {name: example(function, name) for name in runs.SETTINGS}
    told = inspect.signature(function).parameters.values()
    return {p.name: example(function, p.name) for p in told if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def call(function: Callable, arguments: dict[str, Any]) -> Any:
    """What it gives; or the ValueError, which is one sentence."""
    arguments = {name: value if callable(value) else copy.deepcopy(value) for name, value in arguments.items()}
    try:
        return function(**arguments)
    except ValueError as error:
        assert_one_sentence(str(error))
        return error


@pytest.mark.parametrize("name", PUBLIC)
def test_the_examples_work(name):
    found = call(PUBLIC[name], {p: e.value for p, e in parameters(PUBLIC[name]).items()})
    assert not isinstance(found, ValueError), found


@pytest.mark.parametrize("name", PUBLIC)
def test_whatever_comes_the_numbers_are_right_or_one_sentence_says_what_is_wrong(name, capsys):
    function, examples = PUBLIC[name], parameters(PUBLIC[name])
    good = {parameter: e.value for parameter, e in examples.items()}
    faults = []
    for parameter, (value, kind) in examples.items():
        for other in hostile(kind, value):
            try:
                found = call(function, good | {parameter: other})
                if kind == "floats" and other is not None and not isinstance(found, ValueError):
                    assert_like_float64(function, good, parameter, other, found)
            except Exception as error:
                told = f"{parameter} = {checks.shown(other)}, {type(other).__name__}"
                faults.append(" ".join(f"{name} with {told}: {type(error).__name__}: {error}".split())[:300])
    assert not faults, "\n".join(faults)


def assert_like_float64(function: Callable, good: dict[str, Any], parameter: str, other: Any, found: Any) -> None:
    expected = call(function, good | {parameter: np.array(other, np.float64)})
    assert not isinstance(expected, ValueError), f"taken, but not in float64: {expected}"
    ours, theirs = ([a for a in arrays_in([r]) if a.dtype.kind in "fiu"] for r in (found, expected))
    assert len(ours) == len(theirs)
    coarse = np.asarray(other).dtype in (np.half, np.float32)
    rtol, atol = (1e-3, 1e-4) if coarse else (1e-9, 0.0)
    for a, e in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, e, rtol=rtol, atol=atol)


@draws(90)
@given(st.data())
def test_any_number_at_all(data):
    name = data.draw(st.sampled_from(list(PUBLIC)))
    examples = parameters(PUBLIC[name])
    numbers = {p: st.floats() | st.integers() for p, e in examples.items() if e.kind in ("number", "whole")}
    call(PUBLIC[name], {p: e.value for p, e in examples.items()} | data.draw(st.fixed_dictionaries(numbers)))
