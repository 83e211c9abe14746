"""Notebooks of every year's interface run once `cs231n` is replaced, and print the published figures.

A notebook is made of files of cells, in the words of its year (`YEARS`). What a cell is to print stands below it, after
`#>`: words as they are; numbers to the last digit that is given, or below `<` a limit where they are rounding errors,
or near `~` a figure that hangs on every picture, as few copies of CIFAR-10 agree in each pixel. Nobody set seeds in
2016: its notebook has those of 2017.
"""

import contextlib
import io
import re
import types
from pathlib import Path
from string import Template
from typing import Any

import pytest

from nnlib.course import data_utils
from nnlib.data import cifar10

CELLS = Path(__file__).parent / "notebooks"
SHARES = """#> 10.000207878477502 10.014059116977283 10.000207878477502 0.749784 0.0
#> 10.000207878477502 9.977917658761159 10.000207878477502 0.600796 0.0
#> 10.000207878477502 9.987811912159426 10.000207878477502 0.30074 0.0"""
FIRST = {  # of 2016 and 2017, whose p was the share dropped: the share kept that it is here was not published
    "batchnorm": "use_batchnorm=True",
    "plain": "use_batchnorm=False",
    "dropout": "dropout",
    "nodrop": "dropout=0",
    "none": "0",
    "ratios": "0, 0.25, 0.5",
    "second": "*",
    "shares": "0.3, 0.6, 0.75",
    "means": "#> 10.000207878477502 * * * 0.0\n" * 3,
}
LATER = FIRST | {
    "batchnorm": "normalization='batchnorm'",
    "plain": "normalization=None",
    "nodrop": "dropout=1",
    "none": "1",
    "ratios": "1, 0.75, 0.5",
    "second": "2.302371489704412",
    "shares": "0.25, 0.4, 0.7",
    "means": SHARES,
}
LAST = LATER | {"dropout": "dropout_keep_ratio", "nodrop": "dropout_keep_ratio=0.8"}
YEARS = {year: FIRST if year < 2018 else LATER if year < 2021 else LAST for year in range(2016, 2027)}


def notebooks(year: int) -> dict[str, list[str]]:
    """The year's notebooks, and the files of cells that make them."""
    return {
        "FullyConnectedNets": ["nets"] if year > 2020 else ["layers", "nets"],
        "BatchNormalization": ["batchnorm"] if year < 2018 else ["batchnorm", "layernorm"],
        "Dropout": ["dropout"],
    } | ({"two_layer_net": ["layers", "kept"]} if year > 2020 else {})


EVERY = [(year, name) for year in (2017, 2019, 2026) for name in notebooks(year)]  # one year of each interface


def run(year: int, name: str, real: bool) -> None:
    """Run a notebook cell by cell after the replacement, and compare what it prints."""
    text = "\n".join((CELLS / f"{part}.nb").read_text("utf-8") for part in ["setup", *notebooks(year)[name]])
    text = Template(text).substitute(YEARS[year]).replace("cs231n", "nnlib.course")
    notebook = types.ModuleType("notebook")
    for cell in re.split(r"^#%%", text, flags=re.M)[1:]:
        source = "\n".join(line for line in cell.splitlines() if not line.startswith((" real", "%", "#>")))
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(source, f"{name} {year}: {source}", "exec"), notebook.__dict__)  # noqa: S102
        published = " ".join(line[2:] for line in cell.splitlines() if line.startswith("#>"))
        if published and (real or not cell.startswith(" real")):
            assert differences(out.getvalue(), published) == [], out.getvalue()


NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?")


def differences(printed: str, published: str) -> list[tuple[str, str]]:
    """Words and numbers that are not as published."""
    pairs = zip(words(printed), words(published), strict=True)
    return [(here, there) for here, there in pairs if not alike(here, there)]


def words(text: str) -> list[str]:
    return re.findall(r"[<~]?[-+]?\d+\.?\d*(?:e[-+]?\d+)?|[A-Za-z_]\w*|[*/]", text)


def alike(here: str, there: str) -> bool:
    if there == "*":
        return bool(NUMBER.fullmatch(here))
    if there[0] in "<~":
        limit = float(there[1:])
        return float(here) < limit if there[0] == "<" else abs(float(here) - limit) < 0.015
    if not NUMBER.fullmatch(there):
        return here == there
    digits, _, exponent = there.partition("e")
    place = 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))
    return abs(float(here) - float(there)) <= max(1.5 * place if "." in there else 0, 1e-9 * abs(float(there)))


def test_differences_are_found():
    assert differences("loss: 2.5 [1. 2.]", "loss: 2.5 [1. 2.]") == []
    assert differences("loss: 2.300479089768493", "loss: 2.3004790897684924") == []
    assert differences("loss: 2.30048", "loss: 2.3004790897684924") == [("2.30048", "2.3004790897684924")]
    assert differences("W 2e-7 b 0.5", "W <1e-6 c <1e-6") == [("b", "c"), ("0.5", "<1e-6")]


@pytest.fixture
def small_data(small_cifar10, monkeypatch: pytest.MonkeyPatch) -> None:
    """80, 20 and 20 pictures where the course has 49,000, 1,000 and 1,000."""
    load = data_utils.load_cifar10
    monkeypatch.setenv("CIFAR10_DIR", str(small_cifar10.root))
    monkeypatch.setattr(data_utils, "load_cifar10", lambda *_: load(None, 80, 20, 20))


@pytest.mark.parametrize(("year", "name"), EVERY)
def test_a_notebook_prints_the_published_figures(year, name, small_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(year, name, real=False)


@pytest.fixture
def real_data(real_cifar10, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first 1,000 of the course's training pictures, which is all that these notebooks use, and the rest whole."""

    def load(*_: Any) -> dict[str, Any]:
        data = cifar10.load().subset(1000).as_dict()
        return {name: part.exact() if name.startswith("X") else part for name, part in data.items()}

    monkeypatch.setattr(data_utils, "load_cifar10", load)


@pytest.mark.parametrize(("year", "name"), [(2018, "Dropout"), (2017, "BatchNormalization")])
def test_on_the_real_pictures_its_runs_are_as_published(year, name, real_data):
    run(year, name, real=True)
