"""JSON as the run file has it: one row a line, money as decimal strings, and nothing that UTF-8 cannot hold."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.usage import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.usage import Usage

_COUNTS = attrgetter(*FIELDS)

_KEYS = tuple(f'"{name}":' for name in FIELDS)

_SURROGATE = re.compile("[\ud800-\udfff]")


def fields(values: Mapping[str, object]) -> Iterator[str]:
    """Yield keys of an object, a line each."""
    for key, value in values.items():
        yield f'"{key}":{line(value)},\n'


def rows(key: str, made: Iterable[str]) -> Iterator[str]:
    """Yield a list under a key, a line for each row."""
    yield f'"{key}":['
    between = "\n"
    for row in made:
        yield between + row
        between = ",\n"
    yield "\n],\n"


def named_rows(key: str, made: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield an object under a key, a line for each name with its row, both encoded."""
    yield f'"{key}":{{'
    between = "\n"
    for name, row in made:
        yield encodable(f"{between}{name}:{row}")
        between = ",\n"
    yield "\n},\n"


def line(value: object) -> str:
    """Encode a value on one line."""
    return encodable(dumped(value))


def encodable(row: str) -> str:
    """Escape lone surrogates, which UTF-8 cannot hold: node ids of tests can have them."""
    return row if row.isascii() else _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", row)


def _foreign(value: object) -> object:
    """Encode what the declared configuration may hold besides plain JSON."""
    return number(value) if isinstance(value, Decimal) else str(value)


dumped = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_foreign).encode
"""Encode a value; what comes out may hold lone surrogates."""


def money(amount: Decimal | None) -> str | None:
    """Write equal amounts alike: a price book may give 0.00007000."""
    return None if amount is None else f"{CONTEXT.normalize(amount):f}"


def currency(shown: Currency) -> dict[str, str | None]:
    """Return what reports draw amounts in, and its rate: amounts in JSON are in US dollars all the same."""
    day = shown.as_of.isoformat() if shown.as_of else None
    return {"code": shown.code, "per_usd": f"{shown.per_usd:f}", "as_of": day}


def number(value: Decimal | None) -> int | float | None:
    """Write a mean or a weight: whole where it is whole."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def usage(counts: Usage) -> dict[str, int]:
    """Return the counts by name; what a provider does not have is absent."""
    return {name: count for name, count in zip(FIELDS, _COUNTS(counts), strict=True) if count is not None}


def usage_text(counts: Usage) -> str:
    """Encode counts as `dumped(usage(counts))` would, at a third of its cost."""
    pairs = [f"{name}{count}" for name, count in zip(_KEYS, _COUNTS(counts), strict=True) if count is not None]
    return f"{{{','.join(pairs)}}}"
