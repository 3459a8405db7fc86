"""Numbers on the command line: exact, within bounds, and refused with one line when they are not."""

from __future__ import annotations

from argparse import ArgumentTypeError
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from pytest_llmcost.config.shapes import DECIMAL_PLACES, LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable


def number(*, least: int = 0, most: int = LARGEST, above: int | None = None) -> Callable[[str], Decimal]:
    """Return what reads a number from `least` to `most`, or above `above`."""
    bounds = f"from {least:,}" if above is None else f"above {above:,}"

    def read(text: str) -> Decimal:
        value = _decimal(text, f"a number {bounds} to {most:,}")
        low = value <= above if above is not None else value < least
        if low or value > most:
            raise ArgumentTypeError(f"must be a number {bounds} to {most:,}, got {_cut(text)}")
        return value

    return read


def whole(*, least: int = 0, most: int) -> Callable[[str], int]:
    """Return what reads a whole number from `least` to `most`."""

    def read(text: str) -> int:
        expected = f"a whole number from {least:,} to {most:,}"
        value = _decimal(text, expected)
        if not least <= value <= most or value != value.to_integral_value():
            raise ArgumentTypeError(f"must be {expected}, got {_cut(text)}")
        return int(value)

    return read


def share(text: str) -> Decimal:
    """Read a share from 0 to 1."""
    value = _decimal(text, "a share from 0 to 1")
    if not 0 <= value <= 1:
        hint = f" (for {value:f}%, write {value.scaleb(-2):f})" if 2 <= value <= 100 else ""  # noqa: PLR2004 - percent
        raise ArgumentTypeError(f"must be a share from 0 to 1, got {_cut(text)}{hint}")
    return value


def pair(text: str, *, mark: str, form: str) -> tuple[str, str]:
    """Split a name from the value behind it at the last `mark`; `form` is what the user should write."""
    name, found, value = text.rpartition(mark)
    if not found or not name.strip() or not value.strip():
        raise ArgumentTypeError(f"must be {form}, got {_cut(text)}")
    return name.strip(), value.strip()


def _decimal(text: str, expected: str) -> Decimal:
    """Read a number as it is written; NaN, infinities and more digits than any amount has are none."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ArgumentTypeError(f"must be {expected}, got {_cut(text)}") from None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or value.adjusted() > len(str(LARGEST)):
        raise ArgumentTypeError(f"must be {expected}, got {_cut(text)}")
    if exponent < -DECIMAL_PLACES:
        raise ArgumentTypeError(f"must be {expected} with at most {DECIMAL_PLACES} decimal places, got {_cut(text)}")
    return value


def _cut(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")  # noqa: PLR2004 - a readable length
