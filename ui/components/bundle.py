"""What every component needs: its data as JSON, and its modules joined into one."""

import json
import re
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any


def encode(data: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8; NumPy values become lists and numbers, NaN and infinities, which JSON lacks, become null.

    Raises TypeError for anything else that JSON lacks.
    """
    try:
        text = json.dumps(data, allow_nan=False, separators=(",", ":"), default=_plain)
    except ValueError:
        text = json.dumps(_finite(data), allow_nan=False, separators=(",", ":"))
    return text.encode()


def bundle(folder: Path, modules: tuple[str, ...]) -> str:
    """Join ES modules into one: their imports of each other go, the last one's exports stay."""
    *parts, last = ((folder / f"{name}.js").read_text(encoding="utf-8") for name in modules)
    inner = (re.sub(r"^export ", "", part, flags=re.MULTILINE) for part in parts)
    return re.sub(r"^import .*\n", "", "\n".join((*inner, last)), flags=re.MULTILINE)


def _plain(value: Any) -> Any:
    """A NumPy array or scalar as Python has it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    kind = type(value).__name__
    raise TypeError(f"a component takes numbers, text, lists and dictionaries, got {kind}: convert it first.")


def _finite(value: Any) -> Any:
    """The same data with None in the place of NaN and infinities."""
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return _finite(_plain(value))
