"""The calls of a run file read back: what recurs in many rows is read, and checked, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pytest_llmcost.core.call import Call, Cost, Origin, Outcome, PricedCall, Product, Profile
from pytest_llmcost.core.usage import FIELDS, Provenance, Usage
from pytest_llmcost.storage.call_rows import (
    CallRows,
    asked_part,
    asked_values,
    attempt_values,
    index_value,
    used_values,
)
from pytest_llmcost.storage.run_row import LARGEST, Row

if TYPE_CHECKING:
    from collections.abc import Generator, Hashable, Iterator
    from typing import Any

    from pytest_llmcost.storage.run_prompts import Prompts

_REMEMBERED = 2**15
"""Rows kept for equal ones to come: 20 MB of text at most."""

_FIELDS = frozenset(FIELDS)
_MAYBE = ("counted_tokens", "reported_tokens", "reported_for", "output_limit", "output_tokens_upper")
_PROVENANCES = {str(one): one for one in Provenance}

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Shared:
    """What a row says besides test, phase, attempt and index."""

    feature: str | None
    cost: Cost
    values: dict[str, Any]
    """Fields of the call."""
    profile: Profile
    recorded: Profile
    """The profile as it was recorded: another one than that which is priced, where the reply is stale."""


class Read(NamedTuple):
    """One row: what is its own, and what it shares with equal ones."""

    test: str | None
    phase: str
    attempt: int
    place: int
    """The index of the call."""
    shared: Shared


def calls(file: Row, prompts: Prompts) -> tuple[tuple[PricedCall, ...], tuple[Call, ...]]:
    """Return the calls as they were priced, and as they were recorded: those of the run."""
    priced: list[PricedCall] = []
    recorded: list[Call] = []
    for test, phase, attempt, index, shared in rows(file, prompts):
        call = Call(test=test, phase=phase, attempt=attempt, index=index, profile=shared.profile, **shared.values)
        priced.append(PricedCall(call, shared.feature, shared.cost))
        is_settled = shared.recorded is not shared.profile or call.stale_by is not None
        recorded.append(replace(call, profile=shared.recorded, stale_by=None) if is_settled else call)
    return tuple(priced), tuple(recorded)


def rows(file: Row, prompts: Prompts) -> Iterator[Read]:
    """Yield what each row of a call says, in order. Raises RunFileError, with the place, for what is none."""
    found, reader, done = file.values.get("calls"), _Reader(prompts), 0
    if isinstance(found, CallRows):
        done, is_all = yield from _in_parts(found, reader)
        if is_all:
            return
        file = Row({"calls": found.parsed()})
    for row in islice(file.rows("calls"), done, None):
        yield Read(*_attempt(row), row.count("index"), reader.shared(row))


def _in_parts(found: CallRows, reader: _Reader) -> Generator[Read, None, tuple[int, bool]]:
    """Read rows of our own layout; return how many they were, and whether these are all."""
    parts: dict[bytes, Shared] = {}
    attempts: dict[bytes, tuple[str | None, str, int]] = {}
    position = 0
    for first, number, rest in found:
        attempt, shared, index = attempts.get(first), parts.get(rest), index_value(number)
        if attempt is None and (values := attempt_values(first)) is not None:
            attempt = _attempt(Row(values, f"calls[{position}]"))
            attempts = {first: attempt}  # only the rows after it can have the same
        if shared is None and (shared := reader.in_parts(rest, position)) is not None and len(parts) < _REMEMBERED:
            parts[rest] = shared
        if attempt is None or shared is None or index is None:
            return position, False
        yield Read(*attempt, index, shared)
        position += 1
    return position, True


def _attempt(row: Row) -> tuple[str | None, str, int]:
    return row.maybe(row.text, "test"), row.text("phase"), row.count("attempt")


class _Asked(NamedTuple):
    """Who was asked, and how: few of them make up a run."""

    feature: str | None
    product: Product
    values: dict[str, Any]
    """Fields of the call."""


class _Reader:
    """Reads rows; equal parts of them become one object."""

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts
        self._known: dict[Hashable, Any] = {}
        self._asked: dict[bytes, _Asked] = {}

    def _one(self, value: _Value) -> _Value:
        """Return the first of all equal values. None of the kinds that are kept here is equal to one of another."""
        known = self._known
        return known.setdefault(value, value) if len(known) < _REMEMBERED else known.get(value, value)  # type: ignore[no-any-return]

    def in_parts(self, rest: bytes, position: int) -> Shared | None:
        """Read the last part of a row in our own layout; None where it has another."""
        first, used = asked_part(rest)
        asked = self._asked.get(first)
        if asked is None:
            values = asked_values(first)
            if values is None:
                return None
            asked = _asked(Row(values, f"calls[{position}]"))
            if len(self._asked) < _REMEMBERED:
                self._asked[first] = asked
        more = used_values(used)
        return None if more is None else self._shared(asked, Row(more, f"calls[{position}]"))

    def shared(self, row: Row) -> Shared:
        """Read a row of any layout."""
        return self._shared(_asked(row), row)

    def _shared(self, asked: _Asked, row: Row) -> Shared:
        found = row.values
        profile = self._profile(asked.product, row)
        values = dict(asked.values)
        values["call_site"] = self._one(row.maybe(row.text, "call_site"))
        if "counted_upper" in found:
            values["counted_upper"] = row.maybe(row.count, "counted_upper") or 0
        if "evaluation" in found:
            values["evaluation"] = bool(row.maybe(row.flag, "evaluation"))
        if "stale_by" in found:
            values["stale_by"] = row.maybe(row.whole, "stale_by")
        if "note" in found:
            values["note"] = row.maybe(row.text, "note")
        if "replayed_by" in found:
            values["replayed_by"] = self._one(row.maybe(row.text, "replayed_by"))
        if "tools_called" in found:
            values["tools_called"] = row.texts("tools_called")
        cost = self._one(Cost(row.maybe(row.money, "cost_usd"), self._one(row.text("price_note"))))
        recorded = self._recorded(profile, row.row("recorded")) if "recorded" in found else profile
        return Shared(asked.feature, cost, values, profile, recorded)

    def _profile(self, product: Product, row: Row) -> Profile:
        counted, reported, reported_for, limit, written = _counts(row)
        return Profile(
            product=product,
            usage=self._one(usage(row.row("usage"))),
            usage_source=_PROVENANCES.get(row.text("usage_source")) or row.choice("usage_source", Provenance),
            input_tokens_upper=row.count("input_tokens_upper"),
            prompt=row.text("prompt_sha256"),
            blocks=self._prompts.of(row),
            counted_tokens=counted or 0,
            reported_tokens=reported,
            reported_for=reported_for,
            output_limit=limit,
            output_tokens_upper=written,
        )

    def _recorded(self, profile: Profile, row: Row) -> Profile:
        return replace(
            profile,
            usage=self._one(usage(row.row("usage"))),
            usage_source=row.choice("usage_source", Provenance),
            input_tokens_upper=row.count("input_tokens_upper"),
            reported_for=row.maybe(row.count, "reported_for"),
        )


def _asked(row: Row) -> _Asked:
    product = Product(
        row.text("provider"), row.text("model"), row.text("operation"), row.maybe(row.text, "service_tier")
    )
    values = {
        "requested_model": row.maybe(row.text, "requested_model"),
        "status": row.maybe(row.whole, "status"),
        "outcome": row.choice("outcome", Outcome),
        "stream": row.flag("stream"),
        "origin": row.choice("origin", Origin),
    }
    return _Asked(row.maybe(row.text, "feature"), product, values)


def _counts(row: Row) -> list[int | None]:
    """Read what may be absent, in the order of _MAYBE. One by one, it takes three times as long."""
    found = [row.values.get(name) for name in _MAYBE]
    for name, count in zip(_MAYBE, found, strict=True):
        if count is not None and (type(count) is not int or not 0 <= count <= LARGEST):
            raise row.wrong(name, "a count")
    return found  # type: ignore[return-value]


def usage(row: Row) -> Usage:
    """Read token counts; what is absent the provider does not have."""
    counts = {name: count for name, count in row.values.items() if name in _FIELDS and count is not None}
    for name, count in counts.items():
        if type(count) is not int or not 0 <= count <= LARGEST:
            raise row.wrong(name, "a count")
    if "input_tokens" not in counts or "output_tokens" not in counts:
        raise row.wrong("input_tokens" if "input_tokens" not in counts else "output_tokens", "a count")
    return Usage(**counts)  # type: ignore[arg-type]
