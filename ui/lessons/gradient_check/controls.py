"""Which network is checked: its description, and the widgets that make it up."""

from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter

import numpy as np
import streamlit as st
from numpy import ndarray

from nnlib.fc_net import FullyConnectedNet
from nnlib.labs.gradient_check.published import published_network
from nnlib.labs.gradient_check.report import STEPS, Report, StepErrors, check, error_curve
from nnlib.normalization import NORMALIZATIONS
from nnlib.numerals import whole
from ui.lessons.gradient_check.words import power
from ui.widgets.options import BOUND, one_of

INPUTS, CLASSES = 15, 10
MOST_LAYERS, MOST_PARAMETERS = 6, 4000
SCALES = ["he", "xavier", "0.01", "0.05", "0.2", "1"]
STRENGTHS = [0.0, 1e-3, 1e-2, 0.1, 1.0, 3.14]
LIMITS = [float(f"1e-{k}") for k in range(2, 11)]
NONE = "none"


@dataclass(frozen=True)
class CheckedNetwork:
    """A network with 15 inputs and 10 classes, and a random batch."""

    hidden_dims: tuple[int, ...] = (20, 30)
    normalization: str | None = None
    reg: float = 0.0
    dropout_keep_ratio: float = 1.0
    dtype: str = "float64"
    weight_scale: str = "he"
    examples: int = 4
    seed: int = 0

    def build(self) -> tuple[FullyConnectedNet, ndarray, ndarray]:
        """model, X (N, 15) of standard normal numbers, y (N,).

        Raises:
            ValueError: the network has too many parameters to be drawn.
        """
        dims = [INPUTS, *self.hidden_dims, CLASSES]
        count = sum((D + 1) * H for D, H in pairwise(dims)) + 2 * bool(self.normalization) * sum(self.hidden_dims)
        if count > MOST_PARAMETERS:  # before so much memory is asked for
            raise ValueError(
                f"This network has {whole(count)} parameters, and each one is drawn, so at most "
                f"{whole(MOST_PARAMETERS)}: take fewer or smaller layers."
            )
        model = FullyConnectedNet(
            self.hidden_dims,
            INPUTS,
            CLASSES,
            self.dropout_keep_ratio,
            self.normalization,
            self.reg,
            self.weight_scale if self.weight_scale in ("he", "xavier") else float(self.weight_scale),
            np.dtype(self.dtype),
            self.seed,
        )
        rng = np.random.default_rng([self.seed, 1])
        X = rng.standard_normal((self.examples, INPUTS))
        return model, X, rng.integers(0, CLASSES, self.examples)


def parse_units(text: str) -> tuple[int, ...]:
    """The numbers of hidden units in "20, 30", say.

    Raises:
        ValueError: it is not a list of whole numbers above 0.
    """
    parts = text.replace(",", " ").split()
    if len(parts) > MOST_LAYERS or not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise ValueError(
            f"Hidden units are up to {MOST_LAYERS} whole numbers above 0, one a layer, but here is “{text}”: write "
            "20, 30, for instance."
        )
    return tuple(map(int, parts))


def network_controls() -> CheckedNetwork:
    """The widgets, in two rows.

    Raises:
        ValueError: the hidden units are not a list of numbers.
    """
    about = {
        "hidden": f"One number a layer; {INPUTS} inputs, {CLASSES} classes.",
        "scale": "Standard deviation of the weights. he: √(2/D), xavier: √(1/D).",
        "keep": "1: no dropout. The seed fixes the masks.",
        "seed": "Weights, batch and dropout masks follow from it.",
    }
    units, norm, precision, weights = st.columns(4, gap="medium")
    hidden = units.text_input("Hidden units", "20, 30", max_chars=40, key="gc_hidden", help=about["hidden"], **BOUND)
    with norm:
        normalization = one_of("Normalization", [NONE, *NORMALIZATIONS], "gc_norm")
    with precision:
        dtype = one_of("Precision", ["float64", "float32"], "gc_dtype")
    scale = weights.select_slider("Weight scale", SCALES, "he", key="gc_scale", help=about["scale"], **BOUND)
    penalty, dropout, batch, random = st.columns(4, gap="medium")
    reg = penalty.select_slider("L2 strength", STRENGTHS, 0.0, key="gc_reg", format_func="{:g}".format, **BOUND)
    keep = dropout.slider("Dropout keeps", 0.3, 1.0, 1.0, 0.1, key="gc_keep", help=about["keep"], **BOUND)
    examples = batch.slider("Examples", 1, 8, 4, key="gc_examples", **BOUND)
    seed = random.number_input("Seed", 0, 999_999, 0, key="gc_seed", help=about["seed"], **BOUND)
    norm_name = None if normalization == NONE else normalization
    return CheckedNetwork(parse_units(hidden), norm_name, reg, keep, dtype, scale, examples, int(seed))


def step_control() -> float:
    """The step size h."""
    return st.select_slider("Step size h", STEPS, 1e-5, key="gc_h", format_func=power, **BOUND)


def limit_control() -> float:
    """The largest relative error that passes."""
    about = "The largest relative error that passes."
    return st.select_slider("Limit", LIMITS, 1e-6, key="gc_limit", format_func=power, help=about, **BOUND)


@st.cache_resource(max_entries=24, show_spinner=False)
def report(network: CheckedNetwork, h: float, limit: float) -> Report:
    """The check of every cell; shared, so only to be read.

    Raises:
        ValueError: as `CheckedNetwork.build`.
    """
    return check(*network.build(), h=h, limit=limit)


@st.cache_resource(max_entries=24, show_spinner=False)
def curve(network: CheckedNetwork) -> tuple[list[StepErrors], float, int]:
    """The errors for all of STEPS, the milliseconds that took, and the number of losses; shared, so only to be read.

    Raises:
        ValueError: as `CheckedNetwork.build`.
    """
    model, X, y = network.build()
    start = perf_counter()
    errors = error_curve(model, X, y, STEPS)
    return errors, 1e3 * (perf_counter() - start), 2 * len(STEPS) * model.params.vector.size


@st.cache_resource(max_entries=8, show_spinner=False)
def published_report(normalization: str | None, reg: float, h: float) -> Report:
    """The check of a network of the published check; shared, so only to be read."""
    return check(*published_network(normalization, reg), h=h, limit=1e-6)
