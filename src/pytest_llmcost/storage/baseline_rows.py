"""The rows of a baseline file, checked by hand: every worker reads it, and pydantic is slow to import."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar, cast

from pytest_llmcost.core.baseline import Acceptance, Baseline, Entry, Header
from pytest_llmcost.core.call import Product, Profile
from pytest_llmcost.core.prompt import Block, Piece, Segment
from pytest_llmcost.core.prompt_files import PromptFile
from pytest_llmcost.core.usage import FIELDS, Provenance, Usage
from pytest_llmcost.storage.row_values import WrongRowError
from pytest_llmcost.storage.row_values import count as _count
from pytest_llmcost.storage.row_values import text as _text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LARGEST_EXPONENT = 30

_Choice = TypeVar("_Choice", Segment, Provenance)
_Value = TypeVar("_Value")

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
    _walk(document, "accepted", (6,), rows.acceptance)
    _walk(document, "pieces", (2,), rows.piece)
    _walk(document, "blocks", (2, 3, 4), rows.block)
    _walk(document, "calls", (11,), rows.call)
    _walk(document, "tests", (4,), rows.test)
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
                on=_day(on),
                by=_text(by),
                reason=_text(reason),
                before_usd=None if before is None else _decimal(before),
                after_usd=None if after is None else _decimal(after),
                until=None if until is None else _day(until),
            )
        )

    def in_order(self) -> tuple[Acceptance, ...]:
        """Return the acceptances by day; one that a merge left in twice is one."""
        return tuple(sorted(dict.fromkeys(self.accepted), key=attrgetter("on", "reason", "by")))

    def piece(self, row: list[object]) -> None:
        """Read a piece: its fingerprint and tokens."""
        fingerprint, tokens = row
        name = _new(fingerprint, self.pieces)
        self.pieces[name] = Piece(name, _count(tokens))

    def block(self, row: list[object]) -> None:
        """Read a block: its fingerprint, its tokens, the pieces that it is made of, and its spare tokens."""
        fingerprint, tokens, *more = row
        name = _new(fingerprint, self.tokens)
        self.tokens[name] = _count(tokens)
        if more:
            self.parts[name] = tuple([self._piece(one) for one in _list(more[0])])
        if len(more) > 1:
            self.spare[name] = _count(more[1])

    def _piece(self, name: object) -> Piece:
        found = self.pieces.get(_text(name))
        if found is None:
            raise WrongRowError(f"refers to the unknown piece {_text(name)[:60]!r}")
        return found

    def call(self, row: list[object]) -> None:
        """Read a call profile, whose blocks are known."""
        name, product, usage, provenance, upper, prompt, blocks, counted, reported, reported_for, limit = row
        self.profiles[_new(name, self.profiles)] = Profile(
            product=_product(_object(product)),
            usage=_usage(_object(usage)),
            usage_source=_one_of(_PROVENANCES, provenance),
            input_tokens_upper=_count(upper),
            prompt=_text(prompt),
            blocks=tuple([self._reference(block) for block in _list(blocks)]),
            counted_tokens=_count(counted),
            reported_tokens=None if reported is None else _count(reported),
            reported_for=None if reported_for is None else _count(reported_for),
            output_limit=None if limit is None else _count(limit),
        )

    def _reference(self, row: object) -> Block:
        match row:
            case [str() as segment, str() as fingerprint]:
                tokens = self.tokens.get(fingerprint)
            case [str() as segment, str() as fingerprint, own]:
                tokens = _count(own)
            case _:
                raise WrongRowError("has a block that is no pair of segment and fingerprint")
        if tokens is None:
            raise WrongRowError(f"refers to the unknown block {fingerprint[:60]!r}")
        key = (segment, fingerprint, tokens)
        if key not in self.blocks:
            pieces, spare = self.parts.get(fingerprint, ()), self.spare.get(fingerprint, 0)
            self.blocks[key] = Block(_one_of(_SEGMENTS, segment), fingerprint, tokens, pieces=pieces, spare=spare)
        return self.blocks[key]

    def test(self, row: list[object]) -> None:
        """Read a test, whose calls are known."""
        name, weight, feature, ids = row
        calls = tuple([self._profile(one) for one in _list(ids)])
        each = cast("list[object]", feature) if isinstance(feature, list) else [feature] * len(calls)
        if len(each) != len(calls):
            raise WrongRowError(f"has {len(calls)} calls and {len(each)} features")
        features = tuple([None if one is None else _text(one) for one in each])
        self.tests[_new(name, self.tests)] = Entry(calls=calls, features=features, weight=_decimal(weight))

    def _profile(self, name: object) -> Profile:
        found = self.profiles.get(_text(name))
        if found is None:
            raise WrongRowError(f"refers to the unknown call {_text(name)[:60]!r}")
        return found


def _walk(
    table: Mapping[str, object], section: str, widths: tuple[int, ...], take: Callable[[list[object]], None]
) -> None:
    """Hand every row of a section on; empty rows only end one."""
    rows = table.get(section)
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


def read_header(document: Mapping[str, object]) -> Header:
    """Return the header. Raises WrongRowError."""
    table = document.get("header")
    if not isinstance(table, dict):
        raise WrongRowError("the section 'header' is missing")
    single = ("plugin_version", "commit", "price_book", "prices_as_of", "estimator")
    if any(not isinstance(table.get(name), str) for name in single if name != "commit" or table.get(name) is not None):
        raise WrongRowError(f"one of {', '.join(single)} in the header is no text")
    prompts = _pairs(table, "prompts", _prompt) if "prompts" in table else {}
    return Header(
        **{name: table[name] for name in single if name in table},
        requests_per_month=_pairs(table, "requests_per_month", _decimal),
        scenarios=_pairs(table, "scenarios", _texts),
        overheads=_pairs(table, "overheads", _decimal),
        models=_pairs(table, "models", _text),
        prompts={path: replace(one, path=path) for path, one in prompts.items()},
    )


def _prompt(row: object) -> PromptFile:
    """Read what a prompt file was counted as; its path stands before it."""
    match row:
        case [digest, model, encoding, tokens, upper, source]:
            return PromptFile(
                path="",
                sha256=_text(digest),
                model=_text(model),
                encoding=_text(encoding),
                tokens=_count(tokens),
                upper=_count(upper),
                source=_one_of(_PROVENANCES, source),
            )
    raise WrongRowError("has something else where the 6 fields of a prompt file must stand")


def _pairs(header: Mapping[str, object], section: str, read: Callable[[object], _Value]) -> dict[str, _Value]:
    found: dict[str, _Value] = {}

    def take(row: list[object]) -> None:
        name, value = row
        found[_new(name, found)] = read(value)

    _walk(header, section, (2,), take)
    return found


def _product(table: dict[str, object]) -> Product:
    _known(table, _PRODUCT)
    tier = table.get("service_tier")
    return Product(
        _text(table.get("provider")),
        _text(table.get("model")),
        _text(table.get("operation", "chat")),
        None if tier is None else _text(tier),
    )


def _usage(table: dict[str, object]) -> Usage:
    _known(table, _USAGE)
    return Usage(**{name: _count(count) for name, count in table.items()})


def _known(table: dict[str, object], names: frozenset[str]) -> None:
    """Refuse a key of a later release: to leave it out would change the price of the call."""
    if not table.keys() <= names:
        name = min(table.keys() - names)
        raise WrongRowError(f"has the unknown key {name[:60]!r}, perhaps of a newer pytest-llmcost")


def _one_of(choices: Mapping[str, _Choice], found: object) -> _Choice:
    choice = choices.get(_text(found))
    if choice is None:
        raise WrongRowError(f"has {_text(found)[:60]!r} where {', '.join(choices)} can stand")
    return choice


def _new(found: object, known: Mapping[str, object]) -> str:
    name = _text(found)
    if name in known:
        raise WrongRowError(f"repeats {name[:60]!r}, which an earlier row has")
    return name


def _day(found: object) -> str:
    """Read a day in the one form in which texts stand in the order of days."""
    with suppress(ValueError):
        if date.fromisoformat(_text(found)).isoformat() == found:
            return _text(found)
    raise WrongRowError("has something else where a day such as 2026-11-30 must stand")


def _texts(found: object) -> dict[str, str]:
    return {name: _text(value) for name, value in _object(found).items()}


def _decimal(found: object) -> Decimal:
    try:
        number = Decimal(_text(found))
    except InvalidOperation:
        number = Decimal("NaN")
    # A huge exponent is short to write and endless to calculate with.
    if number.is_finite() and not number.is_signed() and abs(number.adjusted()) <= LARGEST_EXPONENT:
        return number
    raise WrongRowError("has something else where a decimal number from 0 up must stand in quotes")


def _list(found: object) -> list[object]:
    if isinstance(found, list):
        return found
    raise WrongRowError("has something else where a list must stand")


def _object(found: object) -> dict[str, object]:
    if isinstance(found, dict):
        return found
    raise WrongRowError("has something else where an object must stand")
