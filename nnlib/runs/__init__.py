"""One training run: described (`RunSpec`), its settings (`SETTINGS`), its network kept in a file.

>>> spec = RunSpec(data="digits", depth=2, width=64)
>>> solver = spec.make_solver(spec.load_data())
"""

from nnlib.runs.models import SavedModel, load_model, save_model
from nnlib.runs.settings import SETTINGS
from nnlib.runs.spec import RunSpec

__all__ = ["SETTINGS", "RunSpec", "SavedModel", "load_model", "save_model"]
