"""What every component needs: its data as JSON, its modules and its style sheets each joined into one."""

import json
import re
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

_IMPORT = re.compile(r'^import .* from "(.+)";\n', flags=re.MULTILINE)


def encode(data: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8; NumPy values become lists and numbers, NaN and infinities, which JSON lacks, become null.

    Raises TypeError for anything else that JSON lacks.
    """
    try:
        text = json.dumps(data, allow_nan=False, separators=(",", ":"), default=_plain)
    except ValueError:
        text = json.dumps(_finite(data), allow_nan=False, separators=(",", ":"))
    return text.encode()


def mount(name: str, place: str) -> Callable[..., Any]:
    """Register the component whose script `name`.js lies beside the module `place` (its `__file__`)."""
    script = Path(place).with_name(f"{name}.js")
    return component(name, js=bundle(script), css=styles(script))


def bundle(last: Path) -> str:
    """An ES module joined with all that it imports into one: imports go, and only its own exports stay."""
    *parts, own = (path.read_text(encoding="utf-8") for path in _modules(last))
    inner = (re.sub(r"^export ", "", part, flags=re.MULTILINE) for part in parts)
    return _bare(_IMPORT.sub("", "".join((*inner, own))))


def styles(last: Path) -> str:
    """The style sheets of a module and of all that it imports: each lies beside its module, under the same name."""
    sheets = (path.with_suffix(".css") for path in _modules(last))
    return _bare("".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.exists()))


def _bare(text: str) -> str:
    """Code without what only its readers need, as Streamlit sends it again and again: indents and lines of comment."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))


def _modules(last: Path) -> list[Path]:
    """A module behind all that it imports, each behind those that it imports itself."""
    imported = (last.parent / name for name in _IMPORT.findall(last.read_text(encoding="utf-8")))
    found = (path for module in imported for path in _modules(module.resolve()))
    return [*dict.fromkeys(found), last]


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
