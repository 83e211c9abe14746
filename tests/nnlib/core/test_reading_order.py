"""The door of nnlib names everything behind it."""

import re

import nnlib
from tests.places import ROOT


def test_the_reading_order_names_every_module_and_folder():
    here = [path for path in (ROOT / "nnlib").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    found = {path.stem for path in here} - {"__init__"}
    assert found - set(re.findall(r"\w+", nnlib.__doc__ or "")) == set()
