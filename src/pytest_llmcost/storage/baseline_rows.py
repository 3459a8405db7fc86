"""The rows of a baseline file, checked by hand: every worker reads it, and pydantic is slow to import."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from pytest_llmcost.core.baseline import Acceptance, Baseline, Entry
from pytest_llmcost.core.call import Product, Profile
from pytest_llmcost.core.prompt import Block, Piece, Segment
from pytest_llmcost.core.usage import FIELDS, Provenance, Usage
from pytest_llmcost.storage.baseline_header import read_header
from pytest_llmcost.storage.row_values import (
    WrongRowError,
    count,
    day,
    decimal,
    entries,
    new,
    one_of,
    table,
    text,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEGMENTS = {str(segment): segment for segment in Segment}
_PROVENANCES = {str(provenance): provenance for provenance in Provenance}
_PRODUCT = frozenset({"provider", "model", "operation", "service_tier"})
_USAGE = frozenset(FIELDS)


def decode(document: Mapping[str, object], source: str) -> Baseline:
    """Return the baseline of a parsed file. Raises WrongRowError for anything that `dumps` does not write."""
    rows = read_rows(document)
    return Baseline(header=read_header(document), tests=rows.tests, accepted=rows.in_order(), source=source)


def read_rows(document: Mapping[str, object], known: Rows | None = None) -> Rows:
    """Return what the rows of every section stand for, beside those that are `known`. Raises WrongRowError."""
    rows = known or Rows()
    walk(document, "accepted", (6,), rows.acceptance)
    walk(document, "pieces", (2,), rows.piece)
    walk(document, "blocks", (2, 3, 4), rows.block)
    walk(document, "calls", (11,), rows.call)
    walk(document, "tests", (4,), rows.test)
    return rows


def acceptances(text: str) -> tuple[Acceptance, ...]:
    """Return the rows of accepted increases in a text that need not be a baseline."""
    reader = Rows()
    for line in text.split("\n"):
        with suppress(ValueError, RecursionError):  # no other row has as many fields, and days in the right places
            row = json.loads(line.strip().removesuffix(","))
            if isinstance(row, list):
                reader.acceptance(row)
    return reader.in_order()


@dataclass(slots=True)
class Rows:
    """The rows read so far, which later rows refer to."""

    accepted: list[Acceptance] = field(default_factory=list)
    pieces: dict[str, Piece] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    parts: dict[str, tuple[Piece, ...]] = field(default_factory=dict)
    spare: dict[str, int] = field(default_factory=dict)
    blocks: dict[tuple[str, str, int], Block] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    tests: dict[str, Entry] = field(default_factory=dict)

    def acceptance(self, row: list[object]) -> None:
        """Read an accepted increase."""
        on, by, reason, before, after, until = row
        self.accepted.append(
            Acceptance(
                on=day(on),
                by=text(by),
                reason=text(reason),
                before_usd=None if before is None else decimal(before),
                after_usd=None if after is None else decimal(after),
                until=None if until is None else day(until),
            )
        )

    def in_order(self) -> tuple[Acceptance, ...]:
        """Return the acceptances by day; one that a merge left in twice is one."""
        return tuple(sorted(dict.fromkeys(self.accepted), key=attrgetter("on", "reason", "by")))

    def piece(self, row: list[object]) -> None:
        """Read a piece: its fingerprint and tokens."""
        fingerprint, tokens = row
        name = new(fingerprint, self.pieces)
        self.pieces[name] = Piece(name, count(tokens))

    def block(self, row: list[object]) -> None:
        """Read a block: its fingerprint, its tokens, the pieces that it is made of, and its spare tokens."""
        fingerprint, tokens, *more = row
        name = new(fingerprint, self.tokens)
        self.tokens[name] = count(tokens)
        if more:
            self.parts[name] = tuple([self._piece(one) for one in entries(more[0])])
        if len(more) > 1:
            self.spare[name] = count(more[1])

    def _piece(self, name: object) -> Piece:
        found = self.pieces.get(text(name))
        if found is None:
            raise WrongRowError(f"refers to the unknown piece {text(name)[:60]!r}")
        return found

    def call(self, row: list[object]) -> None:
        """Read a call profile, whose blocks are known."""
        name, product, usage, provenance, upper, prompt, blocks, counted, reported, reported_for, limit = row
        self.profiles[new(name, self.profiles)] = Profile(
            product=_product(table(product)),
            usage=_usage(table(usage)),
            usage_source=one_of(_PROVENANCES, provenance),
            input_tokens_upper=count(upper),
            prompt=text(prompt),
            blocks=tuple([self._reference(block) for block in entries(blocks)]),
            counted_tokens=count(counted),
            reported_tokens=None if reported is None else count(reported),
            reported_for=None if reported_for is None else count(reported_for),
            output_limit=None if limit is None else count(limit),
        )

    def _reference(self, row: object) -> Block:
        match row:
            case [str() as segment, str() as fingerprint]:
                tokens = self.tokens.get(fingerprint)
            case [str() as segment, str() as fingerprint, own]:
                tokens = count(own)
            case _:
                raise WrongRowError("has a block that is no pair of segment and fingerprint")
        if tokens is None:
            raise WrongRowError(f"refers to the unknown block {fingerprint[:60]!r}")
        key = (segment, fingerprint, tokens)
        if key not in self.blocks:
            pieces, spare = self.parts.get(fingerprint, ()), self.spare.get(fingerprint, 0)
            self.blocks[key] = Block(one_of(_SEGMENTS, segment), fingerprint, tokens, pieces=pieces, spare=spare)
        return self.blocks[key]

    def test(self, row: list[object]) -> None:
        """Read a test, whose calls are known."""
        name, weight, feature, ids = row
        calls = tuple([self._profile(one) for one in entries(ids)])
        each = cast("list[object]", feature) if isinstance(feature, list) else [feature] * len(calls)
        if len(each) != len(calls):
            raise WrongRowError(f"has {len(calls)} calls and {len(each)} features")
        features = tuple([None if one is None else text(one) for one in each])
        self.tests[new(name, self.tests)] = Entry(calls=calls, features=features, weight=decimal(weight))

    def _profile(self, name: object) -> Profile:
        found = self.profiles.get(text(name))
        if found is None:
            raise WrongRowError(f"refers to the unknown call {text(name)[:60]!r}")
        return found


def _product(table: dict[str, object]) -> Product:
    _known(table, _PRODUCT)
    tier = table.get("service_tier")
    return Product(
        text(table.get("provider")),
        text(table.get("model")),
        text(table.get("operation", "chat")),
        None if tier is None else text(tier),
    )


def _usage(table: dict[str, object]) -> Usage:
    _known(table, _USAGE)
    return Usage(**{name: count(found) for name, found in table.items()})


def _known(table: dict[str, object], names: frozenset[str]) -> None:
    """Refuse a key of a later release: to leave it out would change the price of the call."""
    if not table.keys() <= names:
        name = min(table.keys() - names)
        raise WrongRowError(f"has the unknown key {name[:60]!r}, perhaps of a newer pytest-llmcost")
