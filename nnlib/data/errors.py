"""What goes wrong with data, said in one sentence."""

import operator

ADVICE = "delete it and get a sound copy of CIFAR-10, or set CIFAR10_DIR to another folder"


class DataError(ValueError):
    """Data that cannot be had or used; the message is one sentence: what was expected, what arrived, what to do."""


class Unreadable(DataError):
    """A file cannot be read now; later it may be."""

    def __init__(self, path: object, error: OSError) -> None:
        super().__init__(f"{path} cannot be read ({error.strerror}); see to it, or set CIFAR10_DIR to another folder.")


class DownloadCancelled(DataError):
    """The download was stopped on request; nothing of it was kept."""


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """The value as an int in low..high.

    Raises:
        DataError: it is none; names it.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise DataError(f"{name} must be a whole number from {low} to {high}, but is {value!r:.60}.") from None
    if not low <= number <= high:
        raise DataError(f"{name} must be from {low} to {high}, but is {number}.")
    return number
