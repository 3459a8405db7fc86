"""Advice: what to change first, in dollars a month, from the recorded calls alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing to change.

    Attributes:
        kind: `cache-break`, `prefix-cache`, `duplicates`, `history`, `pretty-json`, `repeated`, `unused-tools`,
            `output-limit`, `model`, `batch`.
        feature: whose month it would make cheaper.
        monthly_usd: US dollars a month that it would save under the headline scenario, above 0.
        message: one sentence: what the calls show, and what to do.
        location: `path:line` of the call that shows it most; None when nobody knows.
        test: node id of the test that shows it most; None when no test does.
    """

    kind: str
    feature: str
    monthly_usd: Decimal
    message: str
    location: str | None = None
    test: str | None = None
