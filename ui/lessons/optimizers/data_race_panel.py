"""The race of update rules on data: controls, the prediction, live curves, the outcome, published beside got."""

from collections.abc import Callable
from functools import partial
from statistics import fmean

import pandas as pd
import streamlit as st

from nnlib.experiments import Experiment, Result, Snapshot
from nnlib.experiments.published import SEEDS, Comparison
from nnlib.numerals import NOTHING, fixed, percent, plain, whole
from nnlib.optim import RULES
from ui import lesson
from ui.components.surface_race import short_name
from ui.lessons.optimizers.data_race import PRESETS, Range, Standing, make, published, rates, standings, verdict
from ui.lessons.optimizers.data_race_charts import accuracy_frame, accuracy_spec, loss_frame, loss_spec
from ui.lessons.optimizers.race import LARGEST_RATE, USUAL, number
from ui.runs.sweeps import find, sweep_panel
from ui.runs.take_home import take_home
from ui.widgets import datasets
from ui.widgets.options import BOUND, one_of

PAGE = "optimizers"
SWEEP = "data_race"
QUANTITIES = {"train_acc": "training", "val_acc": "validation"}
# of a run, and how each is written
FIGURES: dict[str, tuple[Callable[[Result], float | None], Callable[[float], str]]] = {
    "training accuracy": (lambda result: result.train_acc, percent),
    "validation accuracy": (lambda result: result.val_acc, percent),
    "final loss": (lambda result: result.final_loss, partial(fixed, decimals=3)),
    "ms a step": (lambda result: result.seconds_per_step and 1e3 * result.seconds_per_step, partial(fixed, decimals=2)),
}


def data_race_panel() -> None:
    """The whole part of the page."""
    data, rules, count = _controls()
    if not rules:
        st.info(lesson.text(PAGE, "race no rules"))
        return
    picture, settings = st.columns([3.6, 1], gap="medium")
    with settings:
        epochs, first = _length(data)
        experiment = make(data, _rates(data, rules), epochs, range(first, first + count))
    with picture:
        options = [short_name(rule) for rule in rules]
        guess = lesson.predict(PAGE, "predict data race", options, "drace_guess", epochs=epochs)
        if guess is None:
            return
        snapshot = sweep_panel(SWEEP, experiment, _draw, "Start the race")
        sweep = find(SWEEP)
        shown = experiment if sweep is None else sweep.experiment
        if snapshot is not None and snapshot.state != "running":
            _outcome(shown, snapshot, guess)
        take_home(shown, [] if snapshot is None else snapshot.results, "drace_home")


def _controls() -> tuple[str, list[str], int]:
    """Data set, rules, how many seeds."""
    here = datasets.of_course()
    with st.container(horizontal=True, gap="medium"):
        data = one_of("Data", here, "drace_data", format_func=datasets.title)
        rules = st.pills(
            "Rules", list(RULES), selection_mode="multi", default=USUAL, key="drace_rules", wrap=True, **BOUND
        )
        count = one_of("Seeds", [1, 3, 5], "drace_seeds", help=lesson.text(PAGE, "data race seeds"))
    if len(here) < len(PRESETS):
        st.caption(lesson.text(PAGE, "data race no cifar10"))
    return data, [rule for rule in RULES if rule in (rules or [])], count


def _length(data: str) -> tuple[int, int]:
    """Epochs, and the first seed."""
    usual = PRESETS[data].runs[0].num_epochs
    with st.container(horizontal=True, gap="small"):
        epochs = st.number_input("Epochs", 1, 20, usual, key="drace_epochs", width=125, **BOUND)
        seed = st.number_input("First seed", 0, 9999, 0, key="drace_seed", width=125, **BOUND)
    return int(epochs or usual), int(seed or 0)


def _rates(data: str, rules: list[str]) -> dict[str, float]:
    """A learning rate for each rule, and below them what all have in common."""
    chosen = {}
    for rule in rules:
        usual, label = rates(data)[rule], lesson.text(PAGE, "race rate", rule=short_name(rule))
        how = {"step": usual / 10, "width": 165}
        chosen[rule] = number(label, usual / 1e6, LARGEST_RATE, usual, f"drace_{data}_{rule}_rate", **how)
    spec = PRESETS[data].runs[0]
    values = {"layers": spec.depth + 1, "hidden": spec.depth, "width": spec.width}
    examples = whole(spec.num_train) if spec.num_train else lesson.text(PAGE, "data race all")
    lesson.show(PAGE, "data race network", **values, scale=spec.weight_scale, batch=spec.batch_size, examples=examples)
    return chosen


def _draw(snapshot: Snapshot) -> None:
    """The curves and the numbers of all runs so far."""
    now = standings(snapshot.runs)
    rules, n = tuple(s.rule for s in now), len(now[0].runs)
    losses, top = loss_frame(now)
    st.vega_lite_chart(losses, loss_spec(rules, n == 1), key="drace_loss")
    if top is not None:
        st.caption(lesson.text(PAGE, "data race cut", top=fixed(top, 2)))
    for column, (quantity, words) in zip(st.columns(2), QUANTITIES.items(), strict=True):
        spec = accuracy_spec(rules, f"{words.capitalize()} accuracy")
        column.vega_lite_chart(accuracy_frame(now, quantity), spec, key=f"drace_{quantity}")
    if n > 1:
        st.caption(lesson.text(PAGE, "data race band", n=n))
    st.table(_table(now))
    st.caption(lesson.text(PAGE, "data race time"))
    for standing in now:
        for message in dict.fromkeys(run.message for run in standing.runs if run.state == "diverged"):
            lesson.show(PAGE, "data race diverged", rule=short_name(standing.rule), message=message)


def _table(now: list[Standing]) -> pd.DataFrame:
    """A row a rule: how far it is, and what its finished runs came to."""
    rows = {}
    for standing in now:
        about = {"learning rate": plain(standing.spec.learning_rate), "runs": _states(standing)}
        figures = {name: _written(standing.over_seeds(figure), how) for name, (figure, how) in FIGURES.items()}
        rows[short_name(standing.rule)] = about | figures
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")


def _states(standing: Standing) -> str:
    states = [run.state for run in standing.runs]
    return ", ".join(f"{states.count(state)} {state}" if len(states) > 1 else state for state in dict.fromkeys(states))


def _written(values: Range | None, how: Callable[[float], str]) -> str:
    """A mean; and where there are several values, from which to which."""
    if values is None:
        return NOTHING
    mean, low, high = map(how, values)
    return mean if low == high else f"{mean} ({low} to {high})"


def _outcome(experiment: Experiment, snapshot: Snapshot, guess: str) -> None:
    """Who was ahead, beside the guess; and what was published."""
    now = standings(snapshot.runs)
    end, n = verdict(now), len(now[0].runs)
    if snapshot.state == "stopped" or end is None:
        st.info(lesson.text(PAGE, "data race stopped" if snapshot.state == "stopped" else "data race nobody"))
        return
    names = [short_name(rule) for rule in end.leaders]
    right = "data race right" if len(names) == 1 else "data race right together"
    part = right if guess in names else "data race wrong"
    values = {"guess": guess, "leaders": " and ".join(names), "best": percent(end.best)}
    said = [lesson.text(PAGE, part, **values, epochs=experiment.runs[0].num_epochs)]
    if end.lead is not None:
        said.append(lesson.text(PAGE, "data race lead", lead=fixed(100 * end.lead, 1)))
    said.append(lesson.text(PAGE, "data race one seed" if n == 1 else "data race seeds won", wins=end.wins, n=n))
    with st.container(border=True, key="drace_outcome"):
        st.markdown(" ".join(said))
    data = experiment.runs[0].data
    if compared := published(data, snapshot.results):
        _published(compared, n)


def _published(compared: dict[tuple[str, str], list[Comparison]], n: int) -> None:
    """Published figures, ours of forty seeds, and this race's."""
    st.subheader("Published, and got")
    rows = {}
    for (rule, quantity), found in compared.items():
        figure = found[0].figure
        here = [comparison.here for comparison in found]
        rows[f"{short_name(rule)}, {QUANTITIES[quantity]}"] = {
            "published": percent(figure.published),
            f"here, {SEEDS} seeds": f"{percent(figure.mean)} ± {fixed(100 * (figure.sd or 0), 1)}",
            "this race": _written((fmean(here), min(here), max(here)), percent),
            "met": "yes" if found[0].met else "no",
        }
    st.table(pd.DataFrame.from_dict(rows, orient="index").rename_axis("accuracy"))
    lesson.show(PAGE, "data race published", seeds=SEEDS, n=n)
