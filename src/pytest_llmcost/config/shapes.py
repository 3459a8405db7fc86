"""Shapes: what a value of `[tool.llmcost]` may look like, as data that a validator and a JSON Schema are made from.

Shapes hold plain dictionaries, so that declaring the table costs next to nothing and imports nothing. They are named
tuples because a frozen dataclass takes a millisecond to define, and every start of pytest would pay it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 10**15
DECIMAL_PLACES = 12
"""Bounds of every number: beyond them exact fractions would eat the memory, and no amount is that fine."""


class Value(NamedTuple):
    """A single value.

    Attributes:
        expects: completes the sentence "<key> must be ...".
        core: its schema for the validator of pydantic.
        json: its JSON Schema.
    """

    expects: str
    core: Mapping[str, Any]
    json: Mapping[str, Any]


class Items(NamedTuple):
    """A list of values of one kind."""

    item: Value
    expects: str


class Table(NamedTuple):
    """A table with known keys; `rules` are the JSON Schema keywords that tie its keys together."""

    keys: Mapping[str, Key]
    rules: Mapping[str, Any] = MappingProxyType({})
    expects: str = "a table"


class Named(NamedTuple):
    """A table whose keys are names that the user chooses; `names` is the JSON Schema of such a name."""

    each: Value | Table
    names: Mapping[str, Any] = MappingProxyType({})
    expects: str = "a table"


class Key(NamedTuple):
    """A key of a table.

    Attributes:
        about: one sentence or two for the person who fills it in, unit included.
        default: what holds when the key is absent; None means that it is unset.
    """

    shape: Shape
    about: str
    default: object = None
    required: bool = False


Shape: TypeAlias = Value | Items | Table | Named


def number(*, ge: int | None = None, gt: int | None = None, le: int | None = None, lt: int | None = None) -> Value:
    """A number, kept exactly as it is written; never a bool, an infinity or a string."""
    core: dict[str, Any] = {"type": "decimal", "strict": True, "allow_inf_nan": False}
    bounds = {"ge": ge, "gt": gt, "le": LARGEST if le is None else le, "lt": lt}
    core |= {name: Decimal(bound) for name, bound in bounds.items() if bound is not None}
    keywords = {"minimum": ge, "exclusiveMinimum": gt, "maximum": bounds["le"], "exclusiveMaximum": lt}
    return Value(
        expects=_bounded("a number", ge=ge, gt=gt, le=le) + (f" and below {lt}" if lt is not None else ""),
        core=_before(_exact, core),
        json={"type": "number"} | {name: bound for name, bound in keywords.items() if bound is not None},
    )


def whole(*, ge: int) -> Value:
    """A whole number."""
    return Value(
        expects=_bounded("a whole number", ge=ge),
        core={"type": "int", "strict": True, "ge": ge, "le": LARGEST},
        json={"type": "integer", "minimum": ge, "maximum": LARGEST},
    )


def choice(*options: str) -> Value:
    """One of a few words."""
    return Value(
        expects="one of " + ", ".join(f'"{option}"' for option in options),
        core={"type": "literal", "expected": list(options)},
        json={"enum": list(options)},
    )


def _bounded(what: str, *, ge: int | None = None, gt: int | None = None, le: int | None = None) -> str:
    if ge is not None and le is not None:
        return f"{what} from {ge} to {le}"
    lower = f" above or equal to {ge}" if ge is not None else f" above {gt}"
    return what + lower + (f" and below or equal to {le}" if le is not None else "")


def _before(convert: object, core: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function-before", "function": {"type": "no-info", "function": convert}, "schema": core}


def _exact(value: object) -> object:
    """A number as Decimal; a float by its shortest form, which is what was written. A bool is left to be refused.

    Raises:
        ValueError: too many decimal places. Releases of pydantic differ in how they see 1e-999999999.
    """
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value) if type(value) is int else value
    exponent = number.as_tuple().exponent if isinstance(number, Decimal) else 0
    if isinstance(exponent, int) and exponent < -DECIMAL_PLACES:
        raise ValueError(value)
    return number


def _day(value: object) -> object:
    """A date from YYYY-MM-DD and no other form; anything else is left to be refused."""
    if not isinstance(value, str):
        return value
    day = date.fromisoformat(value)
    return day if day.isoformat() == value else value


TEXT = Value(
    expects="a non-empty string",
    core={"type": "str", "strict": True, "min_length": 1},
    json={"type": "string", "minLength": 1},
)
TEXTS = Items(item=TEXT, expects="a list of strings")
FLAG = Value(expects="true or false", core={"type": "bool", "strict": True}, json={"type": "boolean"})
DAY = Value(
    expects="a date such as 2026-11-01",
    core=_before(_day, {"type": "date", "strict": True}),
    json={"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
)
CODE = Value(
    expects='a code of three capital letters such as "EUR"',
    core={"type": "str", "strict": True, "pattern": "^[A-Z]{3}$"},
    json={"type": "string", "pattern": "^[A-Z]{3}$"},
)
AMOUNT = number(ge=0)
SHARE = number(ge=0, le=1)
PERCENT = number(ge=0, le=100)
COUNT = whole(ge=0)
