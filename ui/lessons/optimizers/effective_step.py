"""The effective step of adaptive rules: a gradient signal, what each rule makes of it, and Adam uncorrected too."""

import streamlit as st

from nnlib.labs.optimizers.effective_step import CURVES, SIGNALS, UNCORRECTED, effect, signal
from nnlib.numerals import fixed
from ui import lesson
from ui.lessons.optimizers.effective_step_charts import FACTORS, WEIGHTS, factors_frame, weights_frame
from ui.widgets.options import BOUND

PAGE = "optimizers"
STEPS = 1000
GUESSES = ("0.01", "0.005", "0.0003", "0.00001")


def effective_step_panel() -> None:
    """Controls, the prediction, both charts, and the numbers behind them."""
    guess = lesson.predict(PAGE, "predict adagrad", GUESSES, "es_guess")
    if guess is None:
        return
    constant = effect("adagrad", signal("constant", STEPS), {"learning_rate": 0.01})
    last = fixed(-constant.updates[-1], 6)
    and_it = ", and it" if guess == "0.0003" else "; it"
    lesson.show(PAGE, "adagrad outcome", guess=guess, and_it=and_it, last=last, share=fixed(STEPS**0.5, 1))
    controls, charts = st.columns([1, 3.4], gap="large")
    with controls:
        name, seed, settings = _controls()
    gradients = signal(name, STEPS, seed)
    effects = [effect(curve, gradients, settings) for curve in CURVES]
    with charts:
        theme = st.context.theme.type or "light"
        left, right = st.columns(2)
        left.vega_lite_chart(factors_frame(effects), FACTORS[theme], key="es_factors")
        right.vega_lite_chart(weights_frame(effects), WEIGHTS[theme], key="es_weights")
        updates = {e.rule: abs(e.updates) / settings["learning_rate"] for e in effects}
        lesson.show(
            PAGE,
            "correction",
            first=fixed(updates["adam"][0], 2),
            first_off=fixed(updates[UNCORRECTED][0], 2),
            most_off=fixed(updates[UNCORRECTED].max(), 2),
            at=int(updates[UNCORRECTED].argmax()) + 1,
        )
    st.subheader("What to look for")
    lesson.show(PAGE, "effective look for")


def _controls() -> tuple[str, int, dict[str, float]]:
    """Signal, seed, and the settings of the rules."""
    name = st.segmented_control("Gradient", SIGNALS, default=SIGNALS[0], required=True, key="es_signal", **BOUND)
    name = name or SIGNALS[0]  # an empty value in the address
    lesson.show(PAGE, f"signal {name}")
    seed = st.number_input("Seed of the noise", 0, 9999, 0, key="es_seed", disabled=name != "noisy", **BOUND)
    rate = st.select_slider("Learning rate", (0.001, 0.01, 0.1), 0.01, key="es_rate", **BOUND)
    decay = st.select_slider("decay_rate (rmsprop)", (0.9, 0.99, 0.999), 0.99, key="es_decay", **BOUND)
    beta1 = st.select_slider("beta1 (adam)", (0.0, 0.5, 0.9, 0.99), 0.9, key="es_beta1", **BOUND)
    beta2 = st.select_slider("beta2 (adam)", (0.9, 0.99, 0.999, 0.9999), 0.999, key="es_beta2", **BOUND)
    return name, int(seed or 0), {"learning_rate": rate, "decay_rate": decay, "beta1": beta1, "beta2": beta2}
