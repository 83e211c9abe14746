"""How many examples a property test draws: few by default, all with CI_DEEP=1."""

import os

from hypothesis import settings

DEEP = bool(os.environ.get("CI_DEEP"))


def draws(count: int) -> settings:
    """`count` examples if CI_DEEP is set, else a third of them."""
    return settings(max_examples=count if DEEP else max(5, count // 3))
