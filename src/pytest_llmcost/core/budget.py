"""Budget: limits in dollars, tokens and calls. None everywhere means that nothing is limited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

LEVELS = ("mean", "p50", "p95")
"""The weighted mean over the samples, or a percentile of what they cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureBudget:
    """Limits of one feature; equal to the limit passes."""

    monthly_usd: Decimal | None = None
    request_usd: Decimal | None = None
    """Of the weighted mean over the samples."""
    input_tokens: int | None = None
    """Of the largest single call."""
    system_tokens: int | None = None
    """Of the largest single call: its system prompt and tool definitions."""
    output_tokens: int | None = None
    """Of the largest single call."""
    calls: int | None = None
    """Of the largest sample."""
    share_of_revenue: Decimal | None = None
    """Of the month, as a share of `Feature.revenue_per_month`, from 0 to 1."""
    at: str = LEVELS[0]
    """What `request_usd`, `monthly_usd` and `share_of_revenue` are held against: one of LEVELS.

    The months of `p50` are those of the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBudget:
    """Limits of the whole application and of the run itself; equal to the limit passes."""

    monthly_usd: Decimal | None = None
    run_usd: Decimal | None = None
    """Of what reached a real socket in this run."""
    test_usd: Decimal | None = None
    """Of any one test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one test (marker) or of one block of code (`llmcost.limit()`); equal to the limit passes."""

    max_cost: Decimal | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    max_calls: int | None = None
