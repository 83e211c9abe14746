"""Take it home: an experiment, or one run, as a short script or a notebook that gives the same numbers.

>>> experiment = EXPERIMENTS["digits_batchnorm_deep"]        # for a run alone: Experiment("my_run", (spec,))
>>> script(experiment), notebook(experiment)                 # the text of a .py file, of an .ipynb file
>>> nnlib.experiments.to_csv(experiment, results)            # the records, as both of them write them too

What comes out needs nothing but nnlib, numpy and altair. It writes NAME.csv and, as a script, its charts as NAME.html.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from nnlib.data import DATASETS
from nnlib.experiments.description import Experiment
from nnlib.experiments.results import COLUMNS
from nnlib.runs.spec import RunSpec

# left out where all runs have the default
NETWORK = ("dropout_keep_ratio", "normalization", "reg")
TRAINING = ("warmup", "patience", "augment")
DECAY = RunSpec.weight_decay

TITLE = """Layer by Layer: {name}, on {data}.

Needs nnlib (the project's folder of that name, or the project installed with pip), numpy and altair."""

IMPORTS = """import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported: more threads would round sums differently

import csv

import altair as alt
{numpy}
from nnlib import FullyConnectedNet, Record, Solver
from nnlib.data import {module}"""

MAKE_SOLVER = """def make_solver({arguments}):
    dataset = {dataset}
    data = dataset.as_dict(){exact}
    model = FullyConnectedNet({network})
    return Solver({training})"""

EXACT = """
    for X in ("X_train", "X_val"):
        data[X] = data[X].exact().astype(np.float32)  # the mean image is subtracted in float64, as the course does"""

OWN_STREAMS = "solvers = (make_solver(**run) for run in RUNS)"
ONE_STREAM = """np.random.seed({seed})  # one stream of random numbers for all: the networks first, then their batches
solvers = [make_solver(**run) for run in RUNS]"""

TRAIN = """COLUMNS = {columns}
rows = []
{solvers}
for run, solver in zip(RUNS, solvers):
    for record in solver.steps():
        if isinstance(record, Record):
            rows.append(run | dict(zip(COLUMNS, record)))
        else:
            print(record.message)  # it diverged
    print(*run.values(), f"best validation accuracy: {{solver.best_val_acc:.3f}}")

with open("{name}.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.DictWriter(file, [*RUNS[0], *COLUMNS], lineterminator="\\n")
    writer.writeheader()
    writer.writerows(rows)"""

CURVES = """labelled = [row | {"run": ", ".join(str(row[name]) for name in RUNS[0])} for row in rows]
thinned = [row for i, row in enumerate(labelled) if i % (len(rows) // 2000 + 1) == 0]
measured = [row for row in labelled if row["val_acc"] is not None]
loss = alt.Chart(alt.Data(values=thinned), title="Loss (nats)").mark_line(opacity=0.7)
accuracy = alt.Chart(alt.Data(values=measured), title="Validation accuracy").mark_line(point=True)
chart = loss.encode(x="iteration:Q", y="loss:Q", color="run:N") | accuracy.encode(
    x="epoch:Q", y="val_acc:Q", color="run:N"
)"""

AGAINST = """best = {{}}
for row in rows:
    settings = tuple(row[name] for name in RUNS[0])
    best[settings] = max(best.get(settings, 0), row["val_acc"] or 0)
values = [dict(zip(RUNS[0], settings)) | {{"best": accuracy}} for settings, accuracy in best.items()]
for value in values:
    value["run"] = ", ".join(str(value[name]) for name in RUNS[0] if name != "{x}")
chart = alt.Chart(alt.Data(values=values), title="Best validation accuracy").mark_line(point=True).encode(
    x=alt.X("{x}:Q").scale(type="{scale}"), y="best:Q", color="run:N"
)"""


def script(experiment: Experiment) -> str:
    """A Python file."""
    title, *cells = _cells(experiment)
    return "\n\n\n".join([f'"""{title}\n"""', *cells, f'chart.save("{file_name(experiment)}.html")']) + "\n"


def notebook(experiment: Experiment) -> str:
    """A Jupyter notebook (nbformat 4.5)."""
    title, *cells = _cells(experiment)
    sources = [("markdown", title), *(("code", cell) for cell in cells), ("code", "chart")]
    document = {
        "cells": [_notebook_cell(i, kind, source) for i, (kind, source) in enumerate(sources)],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1) + "\n"


def _notebook_cell(i: int, kind: str, source: str) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": f"cell-{i}", "metadata": {}, "source": source.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _cells(experiment: Experiment) -> list[str]:
    """The title, then the code in pieces."""
    name, data, seed = file_name(experiment), experiment.runs[0].data, experiment.global_seed
    source = DATASETS[data]
    return [
        "\n".join(filter(None, (TITLE.format(name=name, data=data), source.place))),
        IMPORTS.format(module=source.code.partition(".")[0], numpy="" if seed is None else "import numpy as np\n"),
        _make_solver(experiment),
        _runs(experiment),
        TRAIN.format(
            columns=_literal(COLUMNS),
            solvers=OWN_STREAMS if seed is None else ONE_STREAM.format(seed=seed),
            name=name,
        ),
        _chart(experiment),
    ]


def _make_solver(experiment: Experiment) -> str:
    """The function that builds a network and its solver; its arguments are the settings that vary."""
    run = experiment.runs[0]
    value = {name: name if name in experiment.varied else _literal(setting) for name, setting in vars(run).items()}
    source = DATASETS[run.data]
    seed = [f"seed={value['seed']}"] if experiment.global_seed is None else []
    network = [
        _hidden_dims(experiment, value),
        f"input_dim={source.num_features}",
        f"num_classes={len(source.class_names)}",
        f"weight_scale={value['weight_scale']}",
        *_changed(NETWORK, value),
        *seed,
    ]
    schedule = [f"{name}={value[name]}" for name in ("schedule", "lr_decay")]
    training = [
        *("model", "data"),
        f"update_rule={value['update_rule']}",
        f"optim_config={_optim_config(experiment, value)}",
        f"batch_size={_batch_size(experiment)}",
        f"num_epochs={value['num_epochs']}",
        *(schedule if value["schedule"] != '"constant"' else ()),
        *_changed(TRAINING, value),
        "verbose=False",
        *seed,
    ]
    return MAKE_SOLVER.format(
        arguments=", ".join(experiment.varied),
        dataset=_dataset(experiment),
        exact=EXACT if source.pixels and experiment.global_seed is not None else "",
        network="".join(f"\n        {argument}," for argument in network) + "\n    ",
        training="".join(f"\n        {argument}," for argument in training) + "\n    ",
    )


def _changed(names: Iterable[str], value: dict[str, str]) -> list[str]:
    """The arguments that are not what `RunSpec` and their function have by default."""
    return [f"{name}={value[name]}" for name in names if value[name] != _literal(getattr(RunSpec, name))]


def _hidden_dims(experiment: Experiment, value: dict[str, str]) -> str:
    """As short as the runs allow: one list for all, or a formula."""
    runs, varied = experiment.runs, {"width", "depth", "taper"} & set(experiment.varied)
    if all(run.taper == 1 for run in runs):
        return f"[{value['width']}] * {value['depth']}"
    if not varied:
        return repr(runs[0].hidden_dims)
    return f"[max(1, round({value['width']} * {value['taper']}**i)) for i in range({value['depth']})]"


def _optim_config(experiment: Experiment, value: dict[str, str]) -> str:
    """The update rule's settings, other than its defaults."""
    rules = {run.update_rule for run in experiment.runs if run.optim_config.get("weight_decay", DECAY) != DECAY}
    config = f'{{"learning_rate": {value["learning_rate"]}}}'
    if not rules:
        return config
    decay = f'{{"weight_decay": {value["weight_decay"]}}}'
    if "update_rule" in experiment.varied:
        return f"{config} | ({decay} if update_rule in {json.dumps(sorted(rules))} else {{}})"
    return f"{config[:-1]}, {decay[1:]}"


def _dataset(experiment: Experiment) -> str:
    run, source = experiment.runs[0], DATASETS[experiment.runs[0].data]
    loaded = source.code.format(seed="seed" if "seed" in experiment.varied else run.seed)
    if "num_train" in experiment.varied:
        whole = source.num_train
        return f"{loaded}.subset(min(num_train or {whole}, {whole}))  # 0 stands for all"
    return f"{loaded}.subset({run.num_examples})" if run.num_train else loaded


def _batch_size(experiment: Experiment) -> str:
    """No more than there are examples."""
    run = experiment.runs[0]
    if not {"batch_size", "num_train"} & set(experiment.varied):
        return str(min(run.batch_size, run.num_examples))
    size = "batch_size" if "batch_size" in experiment.varied else run.batch_size
    fits = all(run.batch_size <= run.num_examples for run in experiment.runs)
    return str(size) if fits else f'min({size}, len(data["y_train"]))'


def _runs(experiment: Experiment) -> str:
    """The settings of each run that not all have in common."""
    if not experiment.varied:
        return "RUNS = [{}]  # one run; for more, give make_solver arguments and write them here"
    rows = [{name: getattr(run, name) for name in experiment.varied} for run in experiment.runs]
    return "RUNS = [\n" + "".join(f"    {_literal(row)},\n" for row in rows) + "]"


def _chart(experiment: Experiment) -> str:
    axis = experiment.axis
    if axis is None:
        return CURVES
    values = [getattr(run, axis) for run in experiment.runs]
    spread = min(values) > 0 and max(values) > 50 * min(values)
    return AGAINST.format(x=axis, scale="log" if spread else "linear")


def file_name(experiment: Experiment) -> str:
    """Safe as a file's name and inside quotes."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", experiment.name) or "experiment"


def _literal(value: Any) -> str:
    """A setting as Python says it, strings in double quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_literal, value)) + ")"
    if isinstance(value, str):
        return json.dumps(value)
    return repr(value.item() if hasattr(value, "item") else value)
