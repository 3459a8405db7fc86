"""The calls of a run file read back: what recurs in many rows is read, and checked, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pytest_llmcost.core.call import Call, Cost, Origin, Outcome, PricedCall, Product, Profile
from pytest_llmcost.core.usage import FIELDS, Provenance, Usage
from pytest_llmcost.storage.call_rows import CallRows, own_values, shared_values
from pytest_llmcost.storage.run_row import LARGEST, Row

if TYPE_CHECKING:
    from collections.abc import Generator, Hashable, Iterator
    from typing import Any

    from pytest_llmcost.storage.run_prompts import Prompts

_REMEMBERED = 2**15
"""Rows kept for equal ones to come: 20 MB of text at most."""

_FIELDS = frozenset(FIELDS)

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
        done, is_all = yield from _in_halves(found, reader)
        if is_all:
            return
        file = Row({"calls": found.parsed()})
    for row in islice(file.rows("calls"), done, None):
        yield Read(*_own(row), reader.shared(row))


def _in_halves(found: CallRows, reader: _Reader) -> Generator[Read, None, tuple[int, bool]]:
    """Read rows of our own layout; return how many they were, and whether these are all."""
    known: dict[bytes, Shared] = {}
    names: dict[str | None, str | None] = {}
    position = 0
    for own, rest in found:
        values = own_values(own)
        shared = known.get(rest)
        if shared is None and (more := shared_values(rest)) is not None:
            shared = reader.shared(Row(more, f"calls[{position}]"))
            if len(known) < _REMEMBERED:
                known[rest] = shared
        if values is None or shared is None:
            return position, False
        test, phase, attempt, index = _own(Row(values, f"calls[{position}]"))
        yield Read(names.setdefault(test, test), phase, attempt, index, shared)
        position += 1
    return position, True


def _own(row: Row) -> tuple[str | None, str, int, int]:
    return row.maybe(row.text, "test"), row.text("phase"), row.count("attempt"), row.count("index")


class _Reader:
    """Reads rows; equal parts of them become one object."""

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts
        self._known: dict[Hashable, Any] = {}

    def _one(self, value: _Value) -> _Value:
        """Return the first of all equal values. None of the kinds that are kept here is equal to one of another."""
        return self._known.setdefault(value, value)  # type: ignore[no-any-return]

    def shared(self, row: Row) -> Shared:
        profile = self._profile(row)
        values = {
            "requested_model": row.maybe(row.text, "requested_model"),
            "status": row.maybe(row.whole, "status"),
            "outcome": row.choice("outcome", Outcome),
            "stream": row.flag("stream"),
            "origin": row.choice("origin", Origin),
            "call_site": self._one(row.maybe(row.text, "call_site")),
            "evaluation": bool(row.maybe(row.flag, "evaluation")),
            "note": row.maybe(row.text, "note"),
            "counted_upper": row.maybe(row.count, "counted_upper") or 0,
            "stale_by": row.maybe(row.whole, "stale_by"),
            "tools_called": row.texts("tools_called") if "tools_called" in row.values else (),
        }
        cost = Cost(row.maybe(row.money, "cost_usd"), self._one(row.text("price_note")))
        recorded = self._recorded(profile, row.row("recorded")) if "recorded" in row.values else profile
        return Shared(self._one(row.maybe(row.text, "feature")), cost, values, profile, recorded)

    def _profile(self, row: Row) -> Profile:
        product = Product(
            row.text("provider"), row.text("model"), row.text("operation"), row.maybe(row.text, "service_tier")
        )
        return Profile(
            product=self._one(product),
            usage=self._one(usage(row.row("usage"))),
            usage_source=row.choice("usage_source", Provenance),
            input_tokens_upper=row.count("input_tokens_upper"),
            prompt=self._one(row.text("prompt_sha256")),
            blocks=self._prompts.of(row),
            counted_tokens=row.maybe(row.count, "counted_tokens") or 0,
            reported_tokens=row.maybe(row.count, "reported_tokens"),
            reported_for=row.maybe(row.count, "reported_for"),
            output_limit=row.maybe(row.count, "output_limit"),
        )

    def _recorded(self, profile: Profile, row: Row) -> Profile:
        return replace(
            profile,
            usage=self._one(usage(row.row("usage"))),
            usage_source=row.choice("usage_source", Provenance),
            input_tokens_upper=row.count("input_tokens_upper"),
            reported_for=row.maybe(row.count, "reported_for"),
        )


def usage(row: Row) -> Usage:
    """Read token counts; what is absent the provider does not have."""
    counts = {name: count for name, count in row.values.items() if name in _FIELDS and count is not None}
    for name, count in counts.items():
        if type(count) is not int or not 0 <= count <= LARGEST:
            raise row.wrong(name, "a count")
    if "input_tokens" not in counts or "output_tokens" not in counts:
        raise row.wrong("input_tokens" if "input_tokens" not in counts else "output_tokens", "a count")
    return Usage(**counts)  # type: ignore[arg-type]
