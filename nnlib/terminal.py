"""What the command lines share: arguments checked as they are read, one sentence for what is wrong, any terminal."""

import argparse
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from difflib import get_close_matches
from errno import EINVAL, EIO, ENOSPC, EPIPE
from math import inf, isfinite
from pathlib import Path
from typing import Any, NoReturn

SOME = 25  # names in a message
INTERRUPTED = 130  # the exit code after Ctrl-C, as shells have it, and after SIGTERM


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, takes no option twice and none by its first letters; ends with an example.

    After parsing, `given` holds the names of the options that were there.
    """

    def __init__(self, program: str, about: str | None, example: str):
        how: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
        super().__init__(program, description=about, epilog=f"example:\n  {program} {example}", **how)
        self.register("action", None, _Once)
        self.register("action", "store", _Once)

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if action.option_strings and arg_strings == ["--"]:  # of "--seeds=--" argparse makes an empty list
            raise argparse.ArgumentError(action, "expected one argument, but got '--'")
        return super()._get_values(action, arg_strings)  # type: ignore[misc]

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split()).rstrip('.')} (--help tells more).\n")


class _Once(argparse._StoreAction):
    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        given = vars(namespace).setdefault("given", set())
        if option_string and self.dest in given:
            raise argparse.ArgumentError(self, "is given twice")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


def whole(least: int, most: int) -> Callable[[str], int]:
    """What reads a whole number between bounds."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r:.60} is not a whole number from {least} to {most}")
        return int(text)

    return read


COUNT = whole(1, 1000)
WORKERS = whole(1, max(64, os.cpu_count() or 1))


def positive(text: str) -> float:
    """What reads a number above 0."""
    found = number(text)
    if isinstance(found, str) or not (isfinite(found) and found > 0):
        raise argparse.ArgumentTypeError(f"{text!r:.60} is not a number above 0")
    return float(found)


def number(text: str) -> int | float | str:
    """The number that a text is, in the digits of ASCII; the text, if it is none."""
    for kind in (int, float) if text.isascii() and "_" not in text else ():
        with suppress(ValueError):
            return kind(text)
    return text


def one_of(what: str, known: Iterable[str]) -> Callable[[str], str]:
    """What reads a name, and tells the nearest if there is none such."""
    known = list(known)

    def read(text: str) -> str:
        if text not in known:
            raise argparse.ArgumentTypeError(advised(f"there is no {what} {text!r:.60}", text, known))
        return text

    return read


def advised(fault: str, name: str, known: Iterable[str]) -> str:
    """The sentence about a name that there is not: the nearest that there is, or some."""
    known = list(known)
    nearest = get_close_matches(name, known, 1)
    some = ", ".join([*known[:SOME], *(["..."] if len(known) > SOME else [])])
    return f"{fault}: " + (f"did you mean {nearest[0]}?" if nearest else f"choose from {some}.")


def writable(text: str) -> Path:
    """What reads the path of a file to write, and finds out before any work whether that can be done."""
    path = Path(text).expanduser()
    try:
        if path.exists():
            if not text or path.is_dir():
                raise IsADirectoryError(0, "it is a folder")
            if not os.access(path, os.W_OK):
                raise PermissionError(0, "it can only be read")
        else:
            path.touch()
            path.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise argparse.ArgumentTypeError(f"{text!r:.200} cannot be written ({reason}): choose another file") from None
    return path


def _once_in(seconds: float) -> Callable[..., None]:
    """What answers Ctrl-C, but not once more while its work is being kept."""
    last = -inf

    def answer(*_: object) -> None:
        nonlocal last
        if time.monotonic() - last > seconds:
            last = time.monotonic()
            raise KeyboardInterrupt

    return answer


def run_program(main: Callable[[Sequence[str] | None], int]) -> NoReturn:
    """Do a program: what the terminal cannot show is replaced, and whoever stops reading or presses Ctrl-C ends it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it is closed
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        getattr(sys, name).reconfigure(errors="replace")
    answer = _once_in(3.0)
    for end in (signal.SIGINT, signal.SIGTERM):  # what a batch system or `docker stop` sends
        signal.signal(end, answer)
    try:
        code = main(None)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
        print("Stopped.", file=sys.stderr)
    except ModuleNotFoundError as missing:
        if (missing.name or "nnlib").startswith("nnlib"):
            raise
        code = 2
        print(f"The package {missing.name} is not installed here: pip install {missing.name}", file=sys.stderr)
    except OSError as error:  # of the standard output: a reader that has seen enough, a full disk
        if error.errno not in (EPIPE, ENOSPC, EIO, EINVAL):
            raise
        code = 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python would complain of it once more
        if not isinstance(error, BrokenPipeError):
            print(f"The output cannot be written ({error.strerror}).", file=sys.stderr)
    sys.exit(code)
