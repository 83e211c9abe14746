"""Settles what must stand before any test module is imported: one BLAS thread, and the marker of the browser tier."""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read once, when NumPy is first imported

from pathlib import Path

import pytest

BROWSER_TESTS = Path(__file__).parent / "tests" / "browser"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in tests/browser as e2e, before `-m` chooses by marker."""
    for item in items:
        if BROWSER_TESTS in item.path.parents:
            item.add_marker(pytest.mark.e2e)
