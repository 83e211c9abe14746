"""Every walk that the app can show: each line that it lights computes the very numbers that stand beside it."""

import inspect
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import product
from types import FrameType
from typing import Any

import numpy as np
import pytest
from numpy import ndarray

from nnlib.derivations import Derivation, Line, assignments
from tests.places import ROOT
from ui import walks
from ui.walks.subject import Subject


def subjects() -> Iterator[Subject]:
    """All that the modules of ui.walks hold, in tables or alone."""
    for info in pkgutil.iter_modules(walks.__path__):
        for value in vars(import_module(f"ui.walks.{info.name}")).values():
            held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
            yield from (item for item in held if isinstance(item, Subject))


SUBJECTS = {subject.name: subject for subject in subjects()}
WALKS = {
    " ".join([name, *map(str, chosen), preset]): (subject, chosen, preset)
    for name, subject in SUBJECTS.items()
    for chosen in product(*(choice.options for choice in subject.choices))
    for preset in [*subject.presets, "random"]
}


def build(walk: str) -> tuple[Subject, dict[str, Any], dict[str, ndarray], Derivation]:
    """The subject, what is chosen, its inputs, and the graph walked back."""
    subject, chosen, preset = WALKS[walk]
    choices = {choice.name: option for choice, option in zip(subject.choices, chosen, strict=True)}
    sizes = {size.name: size.default for size in subject.sizes}
    draw = subject.presets.get(preset, lambda s, c: subject.draw(np.random.default_rng(7), s, c))
    inputs = draw(sizes, choices)
    return subject, choices, inputs, subject.derive(inputs, choices)


def executed(run: Callable[[], object], lines: set[Line]) -> dict[Line, list[Any]]:
    """What these variables were when a line had just assigned them; later changes in place are not seen."""
    wanted = defaultdict(list)
    for line in lines:
        wanted[inspect.unwrap(line.function).__code__].append(line)
    found: dict[Line, list[Any]] = defaultdict(list)
    last: dict[tuple[FrameType, str], Any] = {}

    def look(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code not in wanted:
            return None if event == "call" else look
        values = frame.f_locals
        for line in wanted[frame.f_code]:
            value = values.get(line.variable)
            if value is not None and value is not last.get((frame, line.variable)):
                last[frame, line.variable] = value
                found[line].append(np.array(value) if isinstance(value, ndarray | float | int) else value)
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        run()
    finally:
        sys.settrace(before)
    return found


def test_the_walks_are_found():
    assert set(SUBJECTS) >= {"affine", "softmax", "batchnorm", "layernorm", "network", "simplified", "sgd", "adamw"}
    assert len(WALKS) > 100


def test_no_subject_hides_from_the_tables():
    """A page takes its subjects from ui.walks: nothing else makes one."""
    makers = [path for path in ROOT.glob("[pu]*/**/*.py") if re.search(r"\bSubject\($", path.read_text(), re.M)]
    assert {path.parent.name for path in makers} == {"walks"}


@pytest.mark.parametrize("walk", WALKS)
def test_each_name_is_assigned_on_exactly_one_line(walk):
    d = build(walk)[3]
    for part in (d, *d.updates.values()):
        assert set(part.lines) == set(part.nodes)
        for line in [*part.lines.values(), *part.gradient_lines.values()]:
            assigned, given = assignments(line.function)[line.variable], inspect.signature(line.function).parameters
            where = f"{line.variable} is assigned on lines {assigned} of {line.function.__name__}"
            assert line.variable in given or len(assigned) == 1, where
        computed = [name for name, node in part.nodes.items() if node.op]
        assert not [name for name in computed if part.lines[name].variable in given_to(part.lines[name])]


def given_to(line: Line) -> set[str]:
    """The parameters of the line's function."""
    return set(inspect.signature(line.function).parameters)


@pytest.mark.parametrize("walk", WALKS)
def test_each_lit_line_computes_the_numbers_shown(walk):
    subject, choices, inputs, d = build(walk)
    found = executed(lambda: subject.code(inputs, choices), {*d.lines.values(), *d.gradient_lines.values()})
    for name, line in d.lines.items():
        if line.variable != "config":  # a dict, of which the line takes one entry
            assert any(same(value, d.nodes[name].value) for value in found[line]), f"{name}: {line}"
    ran = {line.function for line in found}
    for name, line in d.gradient_lines.items():
        node = d.nodes[name]
        # with L2 a weight's gradient has a second part, which loss adds; the walk shows them as two ways
        shown = [node.gradient, *([b.value for b in node.branches] if name in ("W1", "W2") else [])]
        if node.gradient is not None and line.function in ran:
            assert any(same(value, s) for value in found[line] for s in shown), f"d{name}: {line}"


def same(value: Any, shown: Any) -> bool:
    """Up to round-off, which may be as large as the largest entry's."""
    value, shown = np.asarray(value), np.asarray(shown)
    if value.shape != shown.shape:
        return False
    return bool(np.allclose(value, shown, rtol=1e-9, atol=1e-9 * max(1.0, float(np.abs(shown).max(initial=0)))))
