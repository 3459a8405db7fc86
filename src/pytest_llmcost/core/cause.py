"""Cause: one term of the difference between two months, in dollars."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


class Kind(StrEnum):
    """What made a month dearer or cheaper."""

    TRAFFIC = "traffic"
    """Declared requests per month."""
    SCENARIO = "scenario"
    """The assumptions of the headline scenario."""
    OVERHEADS = "overheads"
    """Declared costs beside inference, as shares of it."""
    SAMPLES = "samples"
    """Tests added, removed or weighted anew."""
    CALLS = "calls"
    """Calls per request."""
    MODEL = "model"
    """Another model, provider, operation or service tier."""
    SYSTEM = "input.system"
    TOOLS = "input.tools"
    HISTORY = "input.history"
    USER = "input.user"
    MEDIA = "input.media"
    OUTPUT = "output"
    CACHE = "cache"
    """Input tokens read from, or written to, the provider's prefix cache."""
    PRICE = "price"
    """The price book: zero by construction where both sides are priced with one book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One term of the difference of a feature, in US dollars per month (or per run).

    Attributes:
        kind: what moved.
        subject: what it is about: a segment, `gpt-4o-mini -> gpt-4o`, a feature.
        before, after: the figure that moved, as plain decimals or as names; None where one side has none.
        monthly_usd: what it adds; below 0 for a saving. The causes of a feature add up to its difference exactly.
        location: `path:line` of the prompt or of the call that shows it most; None when nobody knows.
        test: node id of the test that shows it most; None when no test does.
        detail: what exactly has changed, one phrase; None when there is no more to say.
    """

    kind: Kind
    subject: str
    before: str | None
    after: str | None
    monthly_usd: Decimal
    location: str | None = None
    test: str | None = None
    detail: str | None = None
