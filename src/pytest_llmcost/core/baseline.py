"""Baseline: the committed token profile of the main branch, by test. Tokens and fingerprints, never dollars."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt import spare_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.prompt_files import PromptFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one test of the main branch did: its calls in order, each with the feature that it served.

    `calls` and `features` have the same length; a feature is None for calls that no feature claims.
    """

    calls: tuple[Profile, ...]
    features: tuple[str | None, ...]
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the figures of a baseline rest on, so that a change of it can be told from a change of the code."""

    plugin_version: str = ""
    commit: str | None = None
    requests_per_month: Mapping[str, Decimal] = field(default_factory=dict)
    """Declared traffic by feature."""
    scenarios: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    overheads: Mapping[str, Decimal] = field(default_factory=dict)
    """Declared shares of the inference cost by name."""
    production: Mapping[str, Production] = field(default_factory=dict)
    """How production serves a feature, by name, where it is declared to differ from the tests."""
    models: Mapping[str, str] = field(default_factory=dict)
    price_book: str = ""
    """Name and version of the price book."""
    prices_as_of: str = ""
    """ISO date."""
    estimator: str = ""
    """Version of the token estimator: counts of another one do not compare."""
    prompts: Mapping[str, PromptFile] = field(default_factory=dict)
    """Files that are held to a size without any test, by path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """An increase that somebody accepted: `llmcost accept RUN --reason TEXT`.

    Attributes:
        on: ISO date.
        by: name of the author, as git knows it; empty when it knows none.
        reason: as typed.
        before_usd, after_usd: US dollars a month (or a run) then; None where a price was unknown.
        until: ISO date of the last day on which it holds; None for always.
    """

    on: str
    by: str
    reason: str
    before_usd: Decimal | None
    after_usd: Decimal | None
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The header, the tests by node id, and where all this was read."""

    header: Header = field(default_factory=Header)
    tests: Mapping[str, Entry] = field(default_factory=dict)
    accepted: tuple[Acceptance, ...] = ()
    """In order of acceptance."""
    source: str = ""
    """For people: `llmcost-baseline.json`, `git:main`, …"""

    def known_blocks(self) -> dict[str, int]:
        """Token counts of every block and piece by fingerprint, spare ones by `spare_name()`: no tokenizer needed."""
        blocks = {block for entry in self.tests.values() for profile in entry.calls for block in profile.blocks}
        pieces = {piece.fingerprint: piece.tokens for block in blocks for piece in block.pieces}
        spare = {spare_name(block.fingerprint): block.spare for block in blocks if block.spare}
        return pieces | spare | {block.fingerprint: block.tokens for block in blocks}
