"""What all of nnlib asks of its arguments, each thing asked in one place and refused in one sentence.

Arrays: those of float32 and float64 are taken as they are, also when they are not contiguous. What else is real and
NumPy can read (lists, pandas, integers, booleans, half) is computed in floats: half in float32, the rest in float64.
Text, objects, complex and masked numbers, and rows of different lengths are refused. What is changed in place is
refused, not copied, unless it is of floats. NaN and infinity go on as IEEE 754 says, without NumPy's warnings (`ieee`).
Labels are judged by `as_labels`, wherever they meet predictions.
"""

from collections.abc import Callable, Collection
from difflib import get_close_matches
from functools import wraps
from inspect import signature
from math import isfinite
from typing import Any, TypeVar, cast

import numpy as np
from numpy import ndarray

Function = TypeVar("Function", bound=Callable)
Check = Callable[[str, Any], Any]  # name and value -> the value to go on with

_FORMULAS: dict[Callable, Any] = {}  # decorated function -> the formula

ieee = np.errstate(all="ignore")  # decorates what computes with numbers that others bring


# ----------------------------------------------------------------------------------------------------------- arrays
def takes_floats(*names: str, fits: Callable | None = None, **checks: Check) -> Callable[[Function], Function]:
    """Decorates a formula: what comes by these names is an array of floats there, and NumPy does not warn.

    A network, whose arrays are of floats already, calls the formula alone (`bare`).

    Args:
        names: of parameters that are arrays.
        fits: takes the same arguments, and raises a ValueError if they do not fit together.
        checks: by the name of another parameter, what takes name and value, and gives the value to go on with.
    """

    def decorate(function: Function) -> Function:
        known = dict.fromkeys(names, as_floats) | checks
        places = [(i, name, known[name]) for i, name in enumerate(signature(function).parameters) if name in known]

        @wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            told = list(args)
            for i, name, check in places:
                if i < len(told):
                    told[i] = check(name, told[i])
                elif name in kwargs:
                    kwargs[name] = check(name, kwargs[name])
            if fits is not None:
                fits(*told, **kwargs)
            return calm(*told, **kwargs)

        calm = ieee(function)
        _FORMULAS[checked] = function
        function.__qualname__ += ".__wrapped__"  # where pickle finds it
        return cast(Function, checked)

    return decorate


def bare(function: Function) -> Function:
    """The formula that `takes_floats` decorates; another function as it is."""
    return _FORMULAS.get(function, function)


def as_floats(name: str, array: Any, dtype: np.dtype | None = None) -> ndarray:
    """The array, in float32 or float64; in dtype, if one is given."""
    if type(array) is ndarray and (array.dtype.char in "fd" if dtype is None else array.dtype == dtype):
        return array
    array = _read(name, array)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} holds {array.dtype}, but must hold real numbers: make it an array of floats.")
    if dtype is None and array.dtype.char not in "fd":
        dtype = np.dtype(np.float32 if array.dtype == np.half else np.float64)
    return array if dtype is None else array.astype(dtype, copy=False)


def made_by(kind: type) -> Check:
    """A check, for `takes_floats`, that a cache is what the forward pass gave."""

    def check(name: str, cache: Any) -> Any:
        if not isinstance(cache, kind):
            what = f"what the forward pass gave beside its output, a {kind.__name__}"
            raise ValueError(f"{name} is {shown(cache)}, but must be {what}.")
        return cache

    return check


def require_place(name: str, array: Any, shape: tuple[int, ...], *dtypes: np.dtype) -> None:
    """ValueError unless the array can be written to: of this shape, of floats, of these dtypes."""
    fits = type(array) is ndarray and array.shape == shape and array.dtype.char in "fd" and array.flags.writeable
    if not fits or any(array.dtype != dtype for dtype in dtypes):
        what = f"{name} is written to, so must be an array of {' and '.join(map(str, dtypes)) or 'floats'} {shape}"
        raise ValueError(f"{what}, but is {shown(array)}.")


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
            found, advice = f"holds fractions, like {y[y != np.rint(y)][0]}", "give ints, a class each"
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
MOST = 10**8  # of a network: 400 MB, and with Adam's memory four times that
_WHOLE = (int, np.integer)
_REAL = (float, np.floating, *_WHOLE)


def require_whole(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """The value as an int; ValueError unless it is a whole number of at least `least` and at most `most`."""
    whole = isinstance(value, _WHOLE) and not isinstance(value, bool)
    if whole and value >= least and (most is None or value <= most):
        return int(value)
    limit = "" if most is None else f" and at most {most}"
    raise ValueError(f"{name} is {shown(value)}, but must be a whole number of at least {least}{limit}.")


def require_wholes(name: str, values: Any, least: int = 1) -> list[int]:
    """The values as a list of ints; ValueError unless each is a whole number of at least `least`."""
    try:
        return [require_whole(name, value, least) for value in ([None] if isinstance(values, str) else values)]
    except (TypeError, ValueError) as error:  # not iterable; not whole
        what = f"whole numbers of at least {least}"
        raise ValueError(f"{name} are {shown(values)}, but must be a list of {what}.") from error


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
    try:
        real = isinstance(value, _REAL) and not isinstance(value, bool)
        number = float(value) if real else np.nan
    except OverflowError:  # an int beyond all floats
        number = np.nan
    if (
        isfinite(number)
        and (least is None or number >= least)
        and (above is None or number > above)
        and (most is None or number <= most)
        and (below is None or number < below)
    ):
        return number
    low, high = f"{least} <=" if above is None else f"{above} <", f"<= {most}" if below is None else f"< {below}"
    bounds = f": choose {low} {name} {high}"
    if most is below is None:
        bounds = f" of at least {least}" if least is not None else f" above {above}" if above is not None else ""
    raise ValueError(f"{name} is {shown(value)}, but must be a finite number{bounds}.")


def require_dtype(dtype: Any) -> np.dtype:
    """The dtype; ValueError unless it is one of floats."""
    try:
        found = np.dtype(dtype)
    except Exception as error:  # of several kinds, and a warning where those are errors
        raise ValueError(f"dtype is {shown(dtype)}, but must be one of floats, np.float32 or np.float64.") from error
    if dtype is None or found not in (np.half, np.float32, np.float64):
        raise ValueError(f"dtype is {shown(dtype)}, but must be one of floats, np.float32 or np.float64.")
    return found


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
