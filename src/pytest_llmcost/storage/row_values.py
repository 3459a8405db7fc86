"""Row values: what stands in the rows of a baseline, checked one by one. Each raises WrongRowError for all else."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Choice = TypeVar("_Choice")

LARGEST_EXPONENT = 30
LARGEST = 2**53
"""No count is larger: beyond it, other readers of JSON lose digits."""


class WrongRowError(ValueError):
    """What is wrong with a row, as one phrase."""


def count(found: object) -> int:
    """Return a count; raises WrongRowError for anything else."""
    # Not isinstance: true and false are whole numbers to Python.
    if type(found) is int and 0 <= found <= LARGEST:
        return found
    raise WrongRowError("has something else where a count from 0 to 2**53 must stand")


def text(found: object) -> str:
    """Return a text; raises WrongRowError for anything else."""
    if isinstance(found, str):
        return found
    raise WrongRowError("has something else where a text must stand")


def new(found: object, known: Mapping[str, object]) -> str:
    """Return a name that no row before this one has."""
    name = text(found)
    if name in known:
        raise WrongRowError(f"repeats {name[:60]!r}, which an earlier row has")
    return name


def day(found: object) -> str:
    """Return a day in the one form in which texts stand in the order of days."""
    with suppress(ValueError):
        if date.fromisoformat(text(found)).isoformat() == found:
            return text(found)
    raise WrongRowError("has something else where a day such as 2026-11-30 must stand")


def texts(found: object) -> dict[str, str]:
    """Return an object of texts."""
    return {name: text(value) for name, value in table(found).items()}


def decimal(found: object) -> Decimal:
    """Return a number from 0, which stands in quotes."""
    try:
        number = Decimal(text(found))
    except InvalidOperation:
        number = Decimal("NaN")
    # A huge exponent is short to write and endless to calculate with.
    if number.is_finite() and not number.is_signed() and abs(number.adjusted()) <= LARGEST_EXPONENT:
        return number
    raise WrongRowError("has something else where a decimal number from 0 up must stand in quotes")


def entries(found: object) -> list[object]:
    """Return a list."""
    if isinstance(found, list):
        return found
    raise WrongRowError("has something else where a list must stand")


def table(found: object) -> dict[str, object]:
    """Return an object."""
    if isinstance(found, dict):
        return found
    raise WrongRowError("has something else where an object must stand")


def one_of(choices: Mapping[str, _Choice], found: object) -> _Choice:
    """Return what a word stands for."""
    choice = choices.get(text(found))
    if choice is None:
        raise WrongRowError(f"has {text(found)[:60]!r} where {', '.join(choices)} can stand")
    return choice


def walk(
    document: Mapping[str, object], section: str, widths: tuple[int, ...], take: Callable[[list[object]], None]
) -> None:
    """Hand every row of a section on; empty rows only end one."""
    rows = document.get(section)
    if not isinstance(rows, list):
        raise WrongRowError(f"the section {section!r} is missing")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) not in (0, *widths):
            raise WrongRowError(f"row {number} of {section} does not have {' or '.join(map(str, widths))} fields")
        try:
            if row:
                take(row)
        except WrongRowError as problem:
            raise WrongRowError(f"row {number} of {section} {problem}") from None
