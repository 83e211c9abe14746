"""Numbers as learners read them: "97.0 %", "12,345", "2.30", "6.3e-4"; the app's JavaScript writes them alike."""

from decimal import ROUND_HALF_UP, Context, Decimal
from math import isfinite
from typing import TypeGuard

NOTHING = "–"  # for what is not known or not finite
_EXACT = 17  # significant digits that tell a number from all others


def percent(share: float | None, decimals: int = 1) -> str:
    """A share of 1: 0.97 -> "97.0 %"."""
    return f"{fixed(100 * share, decimals)} %" if _known(share) else NOTHING


def whole(value: float | None) -> str:
    """12345 -> "12,345"."""
    return fixed(value, 0)


def fixed(value: float | None, decimals: int) -> str:
    """So many decimals: -0.126 -> "−0.13"."""
    if not _known(value):
        return NOTHING
    exact = Decimal(float(value))
    digits = max(exact.adjusted() + decimals + 2, 1)
    return _signed(f"{exact.quantize(Decimal(1).scaleb(-decimals), context=Context(digits, ROUND_HALF_UP)):,f}")


def short(value: float | None, digits: int = 3) -> str:
    """What was measured, with so many significant digits: 2.3 -> "2.30", 12345.6 -> "12,346", 0.0000312 -> "3.1e-5"."""
    if not _known(value):
        return NOTHING
    size = abs(value)
    if 1e-3 <= size < 1e5:
        return whole(value) if size >= 10**digits - 0.5 else _signed(f"{_significant(value, digits):f}")
    return scientific(value, min(digits, 2))


def plain(value: float | None, digits: int = 6) -> str:
    """What was set or is exact, with at most so many digits: 0.1 -> "0.1", 0.00001 -> "1e-5"."""
    if not _known(value):
        return NOTHING
    if value == round(value) and abs(value) < 1e7:
        return _signed(str(round(value)))
    found = _significant(value, digits).normalize()
    return _signed(f"{found:f}") if 1e-4 <= abs(float(found)) < 1e7 else _powered(found)


def scientific(value: float | None, digits: int = 2) -> str:
    """A size that may be any: 0.00063 -> "6.3e-4"."""
    if not _known(value):
        return NOTHING
    return _powered(_significant(value, digits)) if value else "0"


def duration(seconds: float) -> str:
    """0.8 -> "0.8 s", 12 -> "12 s", 180 -> "3 min"."""
    if seconds < 1:
        return f"{fixed(seconds, 1)} s"
    return f"{whole(seconds)} s" if seconds < 90 else f"{whole(seconds / 60)} min"


def file_size(num_bytes: float) -> str:
    """Bytes as MB, or kB below one."""
    return f"{whole(num_bytes / 1e6)} MB" if num_bytes >= 1e6 else f"{whole(num_bytes / 1e3)} kB"


def rounded(value: float, digits: int) -> float:
    """The nearest number with so many significant digits."""
    return float(f"{value:.{digits}g}")


def _known(value: float | None) -> TypeGuard[float]:
    return value is not None and isfinite(value)


def _significant(value: float, digits: int) -> Decimal:
    """The number with so many significant digits; halves go away from zero, as they do in JavaScript."""
    if digits >= _EXACT:
        return Decimal(repr(float(value)))
    found = Context(digits, ROUND_HALF_UP).create_decimal_from_float(float(value))
    return found.quantize(Decimal(1).scaleb(found.adjusted() - digits + 1))


def _powered(number: Decimal) -> str:
    return _signed(f"{number:e}".replace("e+", "e"))


def _signed(text: str) -> str:
    """With a minus as wide as a plus, and none before what is zero."""
    return text.replace("-", "−", 1) if text[0] == "-" and text.strip("-0.,") else text.removeprefix("-")
