"""One JSON object of a run file, read key by key, so that what is wrong is told with its place."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from pytest_llmcost.errors import RunFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from enum import StrEnum

LARGEST = 2**53
"""No count is larger: beyond it, other readers of JSON lose digits."""

_MONEY = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?")
_SIGNED = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")

_Value = TypeVar("_Value")
_Choice = TypeVar("_Choice", bound="StrEnum")


@dataclass(frozen=True, slots=True)
class Row:
    """An object and where it stands. Every reader raises RunFileError for a value of another kind.

    An absent key reads like null. Keys that nobody asks for are ignored: a later version may have more to tell.
    """

    values: Mapping[str, object]
    place: str = ""

    def wrong(self, key: str, expected: str) -> RunFileError:
        """Return the error about one key."""
        return RunFileError(
            f"the run file is damaged ({self._path(key)} is not {expected}):"
            " write a new one with pytest --llmcost --llmcost-report=json"
        )

    def _path(self, key: str) -> str:
        name = key[:60] if key.isprintable() else ascii(key[:60])
        return f"{self.place}.{name}" if self.place else name

    def text(self, key: str) -> str:
        """Read a string."""
        value = self.values.get(key)
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def flag(self, key: str) -> bool:
        """Read true or false."""
        value = self.values.get(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def whole(self, key: str) -> int:
        """Read a whole number of either sign."""
        value = self.values.get(key)
        if type(value) is not int or abs(value) > LARGEST:
            raise self.wrong(key, "a whole number")
        return value

    def count(self, key: str) -> int:
        """Read a whole number from 0."""
        value = self.values.get(key)
        if type(value) is not int or not 0 <= value <= LARGEST:
            raise self.wrong(key, "a count")
        return value

    def number(self, key: str) -> Decimal:
        """Read a number from 0 that need not be whole."""
        value = self.values.get(key)
        if type(value) is int and 0 <= value <= LARGEST:
            return Decimal(value)
        # The shortest text of a double is what was written.
        if type(value) is float and math.isfinite(value) and value >= 0:
            return Decimal(repr(value))
        raise self.wrong(key, "a number from 0")

    def money(self, key: str) -> Decimal:
        """Read a decimal string from 0, in plain notation."""
        value = self.values.get(key)
        if not isinstance(value, str) or not _MONEY.fullmatch(value):
            raise self.wrong(key, 'an amount such as "0.25"')
        return Decimal(value)

    def signed(self, key: str) -> Decimal:
        """Read a decimal string of either sign, in plain notation."""
        value = self.values.get(key)
        if not isinstance(value, str) or not _SIGNED.fullmatch(value):
            raise self.wrong(key, 'an amount such as "-0.25"')
        return Decimal(value)

    def choice(self, key: str, kind: Callable[[str], _Choice]) -> _Choice:
        """Read one of the words of an enumeration."""
        value = self.text(key)
        try:
            return kind(value)
        except ValueError:
            raise self.wrong(key, "a word that this version knows") from None

    def maybe(self, read: Callable[[str], _Value], key: str) -> _Value | None:
        """Read with another reader of this row; None for null or an absent key."""
        return None if self.values.get(key) is None else read(key)

    def row(self, key: str) -> Row:
        """Read an object."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "an object")
        return Row(value, self._path(key))

    def rows(self, key: str) -> Iterator[Row]:
        """Read a list of objects."""
        value = self.values.get(key)
        if not isinstance(value, list):
            raise self.wrong(key, "a list")
        path = self._path(key)
        for position, one in enumerate(value):
            if not isinstance(one, dict):
                raise self.wrong(f"{key}[{position}]", "an object")
            yield Row(one, f"{path}[{position}]")

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of strings."""
        value = self.values.get(key)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(key, "a list of texts")
        return tuple(value)

    def amounts(self, key: str) -> tuple[Decimal, ...]:
        """Read a list of decimal strings from 0, in plain notation."""
        value = self.values.get(key)
        if not isinstance(value, list):
            raise self.wrong(key, "a list of amounts")
        each = {f"{key}[{position}]": one for position, one in enumerate(value)}
        return tuple(Row(each, self.place).money(name) for name in each)

    def named(self, key: str, read: Callable[[Row, str], _Value]) -> dict[str, _Value]:
        """Read an object whose keys are names, each value with the reader `read`."""
        row = self.row(key)
        return {name: read(row, name) for name in row.values}
