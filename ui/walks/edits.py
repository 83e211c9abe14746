"""The numbers that a learner changed, as a text that fits into a link: x[0,1]=0.5; dout[2,0]=-1."""

import re
from collections.abc import Mapping

from numpy import ndarray

from nnlib.numerals import whole

LIMIT = 1e6
_EDIT = re.compile(r"\s*(\w+)\s*\[\s*([\d\s,]*)\]\s*=\s*(.*?)\s*")

Index = tuple[int, ...]


def parse(text: str) -> dict[tuple[str, Index], str]:
    """Name and index of each changed cell -> what was typed.

    Raises:
        ValueError: a part has another form.
    """
    found = {}
    for part in filter(str.strip, text.split(";")):
        match = _EDIT.fullmatch(part)
        if not match:
            raise ValueError(
                f"changed numbers are written like x[0,1]=0.5; w[2,0]=-1, but here stands {part.strip()!r}."
            )
        name, index, typed = match.groups()
        try:
            found[name, tuple(int(i) for i in index.split(",") if i.strip())] = typed
        except ValueError:
            raise ValueError(
                f"an index is whole numbers with commas, as in x[0,1], but here stands [{index}]."
            ) from None
    return found


def write(edits: Mapping[tuple[str, Index], str]) -> str:
    """The text of these changes."""
    return "; ".join(f"{name}[{','.join(map(str, index))}]={typed}" for (name, index), typed in edits.items())


def apply(inputs: Mapping[str, ndarray], edits: Mapping[tuple[str, Index], str]) -> dict[str, ndarray]:
    """The inputs with the changes made, in copies.

    Raises:
        ValueError: there is no such input or cell, or what was typed is not a number that it can hold.
    """
    changed = {name: a.copy() for name, a in inputs.items()}
    for (name, index), typed in edits.items():
        if name not in changed:
            raise ValueError(f"only inputs can be changed, and here these are {', '.join(changed)}, but not {name!r}.")
        a = changed[name]
        if len(index) != a.ndim or any(i >= n for i, n in zip(index, a.shape, strict=True)):
            shape = "×".join(map(str, a.shape)) or "a single number"
            raise ValueError(
                f"{name} is {shape}, so there is no {name}[{','.join(map(str, index))}]: choose another cell."
            )
        a[index] = number(typed, a.dtype.kind in "iu", inputs)
    return changed


def number(typed: str, label: bool, inputs: Mapping[str, ndarray]) -> float:
    """The number that was typed; a comma may stand for the decimal point.

    Raises:
        ValueError: it is no number, or too large, or, as a label, no class.
    """
    try:
        value = float(typed.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        raise ValueError(f"a cell holds a number, such as -1.5 or 2e-3, but {typed.strip()!r} is none.") from None
    if not abs(value) <= LIMIT:
        raise ValueError(
            f"numbers go from -{whole(LIMIT)} to {whole(LIMIT)} here, but this is {typed.strip()}: choose "
            "a smaller one."
        )
    if label:
        scores = inputs.get("b2", inputs["x"][0] if "x" in inputs else None)
        classes = 0 if scores is None else len(scores)
        if value not in range(classes):
            raise ValueError(
                f"a label is a class, a whole number from 0 to {classes - 1}, but this is {typed.strip()}."
            )
    return value
