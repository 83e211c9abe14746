"""How hypothesis runs: never against the clock, and always the same examples on the build server."""

import os

from hypothesis import settings

settings.register_profile("unit", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("unit")
