"""A pickle of plain values and uint8 arrays, read as data: nothing that it names is imported, nothing is called.

`pickle` does whatever a file asks for. Here `pickletools` only takes the file apart, and the few steps of which the
batches of CIFAR-10's Python version are made, written by Python 2 or 3, build dicts, lists and arrays.
"""

import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np

VALUES = {  # steps that hold a value; Python 2's texts and bytes are of one kind, and come as Latin-1
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
CONSTANTS = {"NONE": None, "NEWFALSE": False, "NEWTRUE": True, "EMPTY_TUPLE": ()}
RECONSTRUCT = {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"}
FROMBUFFER = {"numpy.core.numeric _frombuffer", "numpy._core.numeric _frombuffer"}
KNOWN = {"numpy ndarray", "numpy dtype", "_codecs encode"} | RECONSTRUCT | FROMBUFFER


class _Name(str):
    """What a pickle would import."""


class _Array:
    """What is to become an array; `array` is None until its content has come."""

    array: Any = None


_MARK, _UINT8 = object(), object()


def load(content: bytes, max_steps: int) -> dict[str, Any]:
    """The dict that was pickled, its arrays read-only.

    max_steps: so many are taken, since one byte of a hostile pickle makes an object of 64.

    Raises:
        ValueError: it is no pickle of a dict, it is damaged, or it holds anything else.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for step, (opcode, value, _) in enumerate(pickletools.genops(content)):
            if step >= max_steps:
                raise ValueError("it has far more parts than a batch")
            _take(opcode.name, value, stack, memo)
        pairs = stack.pop().items()
    except (IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"it is not put together as its pickles are ({type(error).__name__})") from None
    return {key: item.array if type(item) is _Array else item for key, item in pairs}


def _take(name: str, value: Any, stack: list[Any], memo: dict[int, Any]) -> None:
    """One step."""
    if name in VALUES:
        stack.append(value)
    elif name in CONSTANTS:
        stack.append(CONSTANTS[name])
    elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
        memo[len(memo) if value is None else value] = stack[-1]
    elif name in ("GET", "BINGET", "LONG_BINGET"):
        stack.append(memo[value])
    elif name in STEPS:
        STEPS[name](stack, value)
    elif name not in ("PROTO", "FRAME", "STOP"):
        raise ValueError(f"it holds a step {name}, which no batch has")


def _marked(stack: list[Any]) -> list[Any]:
    """What lies above the last mark, taken off with it."""
    above = []
    while (item := stack.pop()) is not _MARK:
        above.append(item)
    return above[::-1]


def _last(stack: list[Any], count: int) -> list[Any]:
    return [stack.pop() for _ in range(count)][::-1]


def _extend(stack: list[Any], items: list[Any]) -> None:
    if type(stack[-1]) is not list:
        raise TypeError
    stack[-1].extend(items)


def _update(stack: list[Any], items: list[Any]) -> None:
    keys = [key if type(key) is str else key.decode("ascii") for key in items[::2]]
    stack[-1].update(zip(keys, items[1::2], strict=True))


def _dict(stack: list[Any], items: list[Any]) -> None:
    stack.append({})
    _update(stack, items)


def _named(name: str) -> _Name:
    if name not in KNOWN:
        raise ValueError(f"it asks for {name!r:.80}, which no batch does")
    return _Name(name)


def _made(function: Any, arguments: Any) -> Any:
    """What one of the known functions would make of these arguments."""
    if type(function) is not _Name:
        raise TypeError
    if function in RECONSTRUCT:
        return _Array()
    if function == "numpy dtype" and arguments[0] in ("u1", "|u1"):
        return _UINT8
    if function == "_codecs encode" and arguments[1:] == ("latin1",):
        return arguments[0].encode("latin-1")
    if function in FROMBUFFER:
        content, dtype, shape, order = arguments
        array = _Array()
        _fill([array], (1, shape, dtype, order == "F", content))
        return array
    raise ValueError(f"it holds a {function!s:.80}, but not of bytes")


def _fill(stack: list[Any], state: Any) -> None:
    """Give the array on top its content; a dtype needs none."""
    if stack[-1] is _UINT8:
        return
    _, shape, dtype, is_fortran, content = state
    if type(stack[-1]) is not _Array or dtype is not _UINT8:
        raise TypeError
    content = content.encode("latin-1") if isinstance(content, str) else content
    stack[-1].array = np.frombuffer(content, np.uint8).reshape(shape, order="F" if is_fortran else "C")


STEPS: dict[str, Callable[[list[Any], Any], None]] = {
    "MARK": lambda stack, _: stack.append(_MARK),
    "EMPTY_DICT": lambda stack, _: stack.append({}),
    "EMPTY_LIST": lambda stack, _: stack.append([]),
    "DICT": lambda stack, _: _dict(stack, _marked(stack)),
    "LIST": lambda stack, _: stack.append(_marked(stack)),
    "TUPLE": lambda stack, _: stack.append(tuple(_marked(stack))),
    "TUPLE1": lambda stack, _: stack.append(tuple(_last(stack, 1))),
    "TUPLE2": lambda stack, _: stack.append(tuple(_last(stack, 2))),
    "TUPLE3": lambda stack, _: stack.append(tuple(_last(stack, 3))),
    "APPEND": lambda stack, _: _extend(stack, _last(stack, 1)),
    "APPENDS": lambda stack, _: _extend(stack, _marked(stack)),
    "SETITEM": lambda stack, _: _update(stack, _last(stack, 2)),
    "SETITEMS": lambda stack, _: _update(stack, _marked(stack)),
    "GLOBAL": lambda stack, name: stack.append(_named(name)),
    "STACK_GLOBAL": lambda stack, _: stack.append(_named(" ".join(_last(stack, 2)))),
    "REDUCE": lambda stack, _: stack.append(_made(*_last(stack, 2))),
    "BUILD": lambda stack, _: _fill(stack, stack.pop()),
}
