"""Widgets that make up a `RunSpec`; each is bound to the address bar under its field's name."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from nnlib.augmentation import AUGMENTATIONS, SHIFT
from nnlib.optim import DEFAULTS, RULES
from nnlib.runs.spec import POINTS, RunSpec
from nnlib.schedules import SCHEDULES, learning_rate
from ui.widgets import datasets
from ui.widgets.charts import as_spec, thinned, tips, x, y
from ui.widgets.options import choice, number, one_of, short

STEPS = (1, 2, 5)
LEARNING_RATES = [float(f"{m}e{e}") for e in range(-6, 2) for m in STEPS]
WEIGHT_SCALES: list[str] = ["he", "xavier", *(f"{m}e{e}" for e in range(-5, 0) for m in STEPS), "1"]
STRENGTHS = [0.0, *(float(f"{m}e{e}") for e in range(-5, 0) for m in STEPS)]
TAPERS = [1.0, 0.75, 0.5, 0.25]
WIDTHS = [4, 8, 16, 32, 50, 64, 100, 128, 200, 256, 512, 1024]
BATCHES = [1, 2, 5, 10, 20, 50, 100, 128, 200, 256, 500]
TRAINING_SIZES = [0, 50, 100, 500, 1000, 4000, 10000, 20000]
EPOCHS = [1, 2, 5, 10, 20, 40, 60, 100, 200, 500]
BOUND: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}
NONE = "none"


def preset(specs: dict[str, RunSpec], label: str, key: str, about: str) -> str:
    """A list of named specs; choosing one sets all the controls to it."""

    def choose() -> None:
        set_controls(specs[st.session_state[key]])

    return st.selectbox(label, list(specs), key=key, on_change=choose, help=about, **BOUND)


def set_controls(spec: RunSpec) -> None:
    """Put a spec's values into the widgets; to be called before they are drawn, as from a callback."""
    for key, value in _shown(spec).items():
        st.session_state[key] = value


def beyond(spec: RunSpec) -> list[str]:
    """Names of the settings that the widgets cannot be set to."""
    reach = {
        "seed": (0, 999_999),
        "depth": (1, 10),
        "dropout_keep_ratio": (0.1, 1),
        "lr_decay": (0.5, 1),
        "warmup": (0, 0.5),
        "patience": (0, 20),
        **{
            name: (min(options), max(options))
            for name, options in (
                *(("width", WIDTHS), ("taper", TAPERS), ("reg", STRENGTHS), ("weight_decay", STRENGTHS)),
                *(("learning_rate", LEARNING_RATES), ("batch_size", BATCHES), ("num_epochs", EPOCHS)),
                ("num_train", TRAINING_SIZES if spec.data == "cifar10" else [0, 1000]),
            )
        },
    }
    values = _shown(spec) | {"weight_scale": 0}
    found = [name for name, (least, most) in reach.items() if not least <= values[name] <= most]
    if spec.data not in datasets.available():
        found.append("data")
    scale = number(_scale_name(spec.weight_scale))
    return [*found, "weight_scale"] if scale is not None and not 1e-5 <= scale <= 1 else found


def address(spec: RunSpec) -> dict[str, str]:
    """What the address bar must hold for the controls to stand at this spec."""
    texts = {"data": datasets.TITLES.__getitem__} | FORMATS
    not_drawn = {
        "augment": spec.data != "cifar10",
        "num_train": spec.data in POINTS,
        "weight_decay": "weight_decay" not in DEFAULTS[spec.update_rule],
        "lr_decay": spec.schedule != "step",
    }
    return {key: texts.get(key, str)(value) for key, value in _shown(spec).items() if not not_drawn.get(key)}


def _shown(spec: RunSpec) -> dict[str, Any]:
    """The value of each widget."""
    shown = {field.name: getattr(spec, field.name) for field in fields(RunSpec)}
    shown["augment"] = spec.augment or NONE
    shown["normalization"] = spec.normalization or NONE
    shown["weight_scale"] = _scale_name(spec.weight_scale)
    shown["patience"] = spec.patience or 0
    return shown


def _scale_name(scale: float | str) -> str:
    """The one of WEIGHT_SCALES that means this scale, or the number itself."""
    same = (name for name in WEIGHT_SCALES if name == scale or (name[0].isdigit() and float(name) == scale))
    return next(same, scale if isinstance(scale, str) else short(scale))


FORMATS: dict[str, Callable[[Any], str]] = {
    "num_train": lambda n: f"{n:,}" if n else "all",
    "taper": lambda t: f"× {short(t)}" if t < 1 else "the same",
    **dict.fromkeys(("reg", "learning_rate", "weight_decay"), short),
}


def data_controls(default: RunSpec) -> dict[str, Any]:
    names = datasets.available()
    name = st.selectbox(
        "Data", names, index=_at(names, default.data), key="data", format_func=datasets.TITLES.__getitem__, **BOUND
    )
    seed = st.number_input(
        "Seed",
        0,
        999_999,
        default.seed,
        key="seed",
        help="Initial weights, batches and dropout follow from it.",
        **BOUND,
    )
    chosen = {"data": name, "seed": int(seed), "num_train": 0, "augment": None}
    if name not in POINTS:
        sizes = [n for n in TRAINING_SIZES if name == "cifar10" or n <= 1000]
        chosen["num_train"] = _choice("Training pictures", sizes, default.num_train, "num_train")
    if name == "cifar10":
        augment = one_of(
            "Change pictures at random",
            [NONE, *AUGMENTATIONS],
            "augment",
            default.augment or NONE,
            help=f"flip: half of each batch, left to right. shift: by up to {SHIFT} pixels each way.",
        )
        chosen["augment"] = augment if augment != NONE else None
    return chosen


def network_controls(default: RunSpec) -> dict[str, Any]:
    depth = st.slider("Hidden layers", 1, 10, default.depth, key="depth", **BOUND)
    width = _choice("Units in the first", WIDTHS, default.width, "width")
    taper = _choice("Each further layer", TAPERS, default.taper, "taper")
    normalization = one_of(
        "Normalization", [NONE, "batchnorm", "layernorm"], "normalization", default.normalization or NONE
    )
    scale = _choice(
        "Weight scale",
        WEIGHT_SCALES,
        _scale_name(default.weight_scale),
        "weight_scale",
        help="Standard deviation of the initial weights. he: √(2/D), xavier: √(1/D), for D inputs.",
    )
    keep = st.slider(
        "Dropout keeps",
        0.1,
        1.0,
        default.dropout_keep_ratio,
        0.05,
        key="dropout_keep_ratio",
        help="1: no dropout.",
        **BOUND,
    )
    reg = _choice("L2 strength", STRENGTHS, default.reg, "reg")
    return {
        "depth": depth,
        "width": width,
        "taper": taper,
        "normalization": normalization if normalization != NONE else None,
        "weight_scale": scale if scale in ("he", "xavier") else float(scale),
        "dropout_keep_ratio": keep,
        "reg": reg,
    }


def training_controls(default: RunSpec) -> dict[str, Any]:
    rules = list(RULES)
    rule = st.selectbox("Update rule", rules, index=_at(rules, default.update_rule), key="update_rule", **BOUND)
    rate = _choice("Learning rate", LEARNING_RATES, default.learning_rate, "learning_rate")
    chosen: dict[str, Any] = {"update_rule": rule, "learning_rate": rate}
    if "weight_decay" in DEFAULTS[rule]:
        chosen["weight_decay"] = _choice("Weight decay", STRENGTHS, default.weight_decay, "weight_decay")
    schedule = chosen["schedule"] = one_of("Schedule", SCHEDULES, "schedule", default.schedule)
    if schedule == "step":
        chosen["lr_decay"] = st.slider("Factor an epoch", 0.5, 1.0, default.lr_decay, 0.01, key="lr_decay", **BOUND)
    chosen["warmup"] = st.slider(
        "Warm-up",
        0.0,
        0.5,
        default.warmup,
        0.05,
        key="warmup",
        help="Share of the run in which the rate climbs.",
        **BOUND,
    )
    chosen["batch_size"] = _choice("Batch size", BATCHES, default.batch_size, "batch_size")
    chosen["num_epochs"] = _choice("Epochs", EPOCHS, default.num_epochs, "num_epochs")
    patience = st.slider(
        "Early stopping",
        0,
        20,
        default.patience or 0,
        key="patience",
        help="Epochs without a better validation accuracy after which the run stops; 0: never.",
        **BOUND,
    )
    chosen["patience"] = patience or None
    return chosen


# columns: step, learning_rate
LEARNING_RATE = as_spec(
    alt.Chart()
    .mark_line(interpolate="step-after")
    .encode(
        x("step", "step", tickCount=4, grid=False),
        y("learning_rate", tickCount=3, format="~g", zero=True),
        tooltip=tips("step", learning_rate=".3e"),
    ),
    title="Learning rate over the run",
    height=180,
)


def learning_rate_preview(spec: RunSpec, num_train: int) -> None:
    """A small chart of what the schedule will do with so many training examples."""
    per_epoch = max(num_train // spec.batch_size, 1)
    total = spec.num_epochs * per_epoch
    steps = thinned(total, 101)
    rates = [
        learning_rate(spec.schedule, spec.learning_rate, t, total, per_epoch, spec.lr_decay, spec.warmup) for t in steps
    ]
    frame = pd.DataFrame({"step": [t + 1 for t in steps], "learning_rate": rates})
    st.vega_lite_chart(frame, LEARNING_RATE, key="learning_rate_preview")


def _choice(label: str, options: Sequence[Any], value: Any, key: str, **how: Any) -> Any:
    return choice(label, options, value, key, FORMATS.get(key, str), **how, **BOUND)


def _at(options: Sequence[Any], value: Any) -> int:
    return options.index(value) if value in options else 0
