"""What all of nnlib asks of its arguments, each thing asked in one place and refused in one sentence.

Arrays: those of float32 and float64 are taken as they are, also when they are not contiguous. What else is real and
NumPy can read (lists, pandas, integers, booleans, half) is computed in floats: half in float32, the rest in float64.
Text, objects, complex and masked numbers, and rows of different lengths are refused. What is changed in place is
refused, not copied, unless it is of floats. NaN and infinity go on as IEEE 754 says, without NumPy's warnings (`ieee`).
Labels are judged by `as_labels`, wherever they meet predictions.
"""

import sys
from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy import ndarray

ieee = np.errstate(all="ignore")  # decorates what computes with numbers that others bring


# ----------------------------------------------------------------------------------------------------------- arrays
def floats(**arrays: Any) -> list[ndarray]:
    """The arrays, in their order, as arrays of float32 or float64."""
    return [
        array if type(array) is ndarray and array.dtype.char in "fd" else _as_floats(name, array)
        for name, array in arrays.items()
    ]


def _as_floats(name: str, array: Any) -> ndarray:
    array = _read(name, array)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} holds {array.dtype}, but must hold real numbers: make it an array of floats.")
    return array if array.dtype.char in "fd" else array.astype(np.float32 if array.dtype == np.half else np.float64)


def as_labels(name: str, y: Any, N: int, C: int) -> ndarray:
    """y as an array, if it is one whole number from 0 to C - 1 for each of N examples."""
    y = _read(name, y)
    if y.shape == (N,) and y.dtype.kind in "iu" and (N == 0 or (y.min() >= 0 and y.max() < C)):
        return y
    if y.shape != (N,):
        found = f"has shape {y.shape}"
        advice = f"take {name}.ravel()" if y.size == N else "give as many labels as examples"
        if y.ndim == 2 and y.size != N and len(y) == N:
            advice = f"if it is one-hot, take {name}.argmax(axis=1)"
    elif y.dtype.kind in "iu":
        found, advice = f"goes from {y.min()} to {y.max()}", f"number the classes from 0 to {C - 1}"
    elif y.dtype.kind in "fb":
        found, advice = f"holds {y.dtype}", f"take {name}.astype(int)"
        if y.dtype.kind == "f" and not np.all(y == np.rint(y)):
            found, advice = f"holds fractions, like {y[y != np.rint(y)][0]}", "give the number of each example's class"
    else:
        found, advice = f"holds {y.dtype}", f"take np.unique({name}, return_inverse=True)[1]"
    what = f"labels are whole numbers from 0 to {C - 1}, one for each of {N} examples"
    raise ValueError(f"{what}, but {name} {found}: {advice}.")


def _read(name: str, array: Any) -> ndarray:
    """What NumPy reads in it."""
    if isinstance(array, np.ma.MaskedArray):
        raise ValueError(f"{name} is a masked array, and what is masked would count: fill it first.")
    try:
        return np.asarray(array)
    except Exception as error:  # of any kind, as it is for the object to say how it is read
        raise ValueError(f"{name} is {shown(array)}, which is no array: give it rows of one length.") from error


def require_like(name: str, array: ndarray, shape: tuple[int, ...]) -> None:
    """ValueError unless the array has this shape: broadcasting would hide the mistake."""
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, but must have {shape}, a number for each it belongs to.")


# ---------------------------------------------------------------------------------------------------------- numbers
def require_whole(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """The value as an int; ValueError unless it is a whole number of at least `least` and at most `most`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if whole and value >= least and (most is None or value <= most):
        return int(value)
    limit = "" if most is None else f" and at most {most:,}"
    raise ValueError(f"{name} is {shown(value)}, but must be a whole number of at least {least}{limit}.")


def require_number(
    name: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    """The value as a float; ValueError unless it is a finite number within the bounds."""
    value = value.item() if isinstance(value, np.generic) else value  # a bound is no float32
    if (
        isinstance(value, float | int)
        and not isinstance(value, bool)
        and abs(value) <= sys.float_info.max  # neither NaN nor infinite, nor an int beyond all floats
        and (least is None or value >= least)
        and (above is None or value > above)
        and (most is None or value <= most)
        and (below is None or value < below)
    ):
        return float(value)
    low = f"{least} <= " if least is not None else f"{above} < " if above is not None else ""
    high = f" <= {most}" if most is not None else f" < {below}" if below is not None else ""
    bounds = f", with {low}{name}{high}" if low or high else ""
    raise ValueError(f"{name} is {shown(value)}, but must be a finite number{bounds}.")


def generator(name: str, seed: Any) -> np.random.Generator:
    """A generator that this seed makes: a whole number of at least 0, or a sequence of such."""
    try:
        return np.random.default_rng(seed if isinstance(seed, list | tuple) else require_whole(name, seed, least=0))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is {shown(seed)}, but must be a whole number of at least 0.") from error


# ------------------------------------------------------------------------------------------------------------ names
def require_mode(mode: Any) -> None:
    """ValueError unless mode is "train" or "test"."""
    if not isinstance(mode, str) or mode not in ("train", "test"):
        raise ValueError(f"mode is {shown(mode)}, but a layer knows two: set it to 'train' or 'test'.")


def require_choice(what: str, value: Any, choices: Collection[str]) -> str:
    """The value; ValueError unless it is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"there is no {what} {shown(value)}: choose one of {', '.join(choices)}.")
    return value


def require_names(what: str, settings: Any, known: Collection[str]) -> dict[str, Any]:
    """The settings; ValueError unless they are a dict of known names; the nearest is named."""
    if not isinstance(settings, dict):
        raise ValueError(f"{what} is {shown(settings)}, but must be a dict with any of {', '.join(known)}.")
    for name in settings:
        if name not in known:
            near = get_close_matches(str(name), known, 1)
            hint = f"did you mean {near[0]!r}" if near else f"it has {', '.join(known)}"
            raise ValueError(f"{what} has no setting {shown(name)}: {hint}.")
    return settings


def shown(value: Any) -> str:
    """A value as a message shows it: on one line, and short."""
    if hasattr(value, "shape") and hasattr(value, "dtype") and value.shape:
        return f"an array of {value.dtype} {value.shape}"
    try:
        text = " ".join(repr(value.item() if isinstance(value, np.generic) else value).split())
    except Exception:  # an int of 5,000 digits, an object that cannot be shown
        return f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
