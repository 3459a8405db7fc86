"""Settings: `[tool.llmcost]` after validation, as the rest of the package reads it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.budget import FeatureBudget, RunBudget
from pytest_llmcost.core.currency import USD, Currency
from pytest_llmcost.core.production import PLAIN, Production
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED, Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from pytest_llmcost.core.discount import Discount
    from pytest_llmcost.core.traffic import Traffic

FAIL_ON = ("budget", "regression", "unpriced", "unsampled")
"""The groups of findings that fail a run unless `fail_on` says otherwise."""

IGNORED = Decimal(1)
"""US dollars a month below which a change is not worth a word, unless `ignore_below_usd` says otherwise."""

DEFAULT_MODEL = "gpt-4o"
"""Whose tokens are counted where nobody names a model."""

OF_THE_PROJECT = r"^(?!/|\s*$|[A-Za-z]:)(?!(?:.*/)?\.\.?(?:/|$))[^\\]+$"
"""A pattern that a path within the project can match: relative, with `/`, without `.` and `..` as a folder."""

FAIL_ON_CHOICES = (*FAIL_ON, "estimated", "live", "stale-reply", "uncovered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """A user's own prices of one model, in USD per million tokens, or a piece: what comes after `cache_write_1h`.

    None falls back to `input`, an hour's write to `cache_write`; a piece without a price has none.
    """

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    request: Decimal | None = None
    web_search: Decimal | None = None
    rerank_search: Decimal | None = None
    document_page: Decimal | None = None
    audio_second: Decimal | None = None
    input_character: Decimal | None = None
    image: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A product capability: which tests and call sites stand for it, its traffic and its limits."""

    name: str
    tests: tuple[str, ...] = ()
    """Node-id prefixes or globs."""
    call_sites: tuple[str, ...] = ()
    """Files whose calls belong to the feature, whichever test runs them; paths from the root, or globs."""
    traffic: Traffic | None = None
    production: Production = PLAIN
    """How it is served in production, where that differs from the tests."""
    budget: FeatureBudget = field(default_factory=FeatureBudget)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLimit:
    """Files that are held to a size without any test; equal to the limit passes."""

    pattern: str
    """A path from the root, a folder, or a glob."""
    max_tokens: int
    model: str | None = None
    """Whose tokens; None for the default model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole table, defaults filled in."""

    scenario: str = MEASURED.name
    baseline: str | None = None
    """Path of the baseline file from the root; None when the table sets none."""
    fail_on: tuple[str, ...] = FAIL_ON
    evaluation: tuple[str, ...] = ()
    days_per_month: Decimal = Decimal(30)
    prices_as_of: date | None = None
    max_increase_percent: Decimal | None = Decimal(10)
    max_increase_usd: Decimal | None = None
    ignore_below_usd: Decimal = IGNORED
    warn_at_percent: Decimal = Decimal(90)
    features: tuple[Feature, ...] = ()
    budget: RunBudget = field(default_factory=RunBudget)
    scenarios: tuple[Scenario, ...] = (MEASURED, *DEFAULTS)
    """`measured` first, then the three defaults and the user's own, in the order of declaration."""
    overheads: Mapping[str, Decimal] = field(default_factory=dict)
    """Costs beside inference by name, each as a share of the inference cost."""
    fixed_monthly_usd: Mapping[str, Decimal] = field(default_factory=dict)
    """US dollars per month by name, whatever the traffic."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Names that the price book cannot know -> `provider/model` that it knows."""
    prices: Mapping[str, Rates] = field(default_factory=dict)
    """Model, or `provider/model`, -> the user's own rates."""
    discounts: Mapping[str, Discount] = field(default_factory=dict)
    """Provider, model or `provider/model`, as a prefix or glob -> what is taken off its list price."""
    currency: Currency = USD
    """What amounts are drawn in for people; budgets and limits stay in US dollars."""
    prompts: tuple[PromptLimit, ...] = ()
    store_text: bool = False
    """Keep the text of prompts in run files."""
    subprocesses: bool = False
    """Also record in processes that tests start."""
    not_applied: tuple[str, ...] = ()
    """Keys that are declared and valid but have no effect yet."""

    @property
    def production(self) -> dict[str, Production]:
        """How production serves a feature, by name, where it is declared to differ from the tests."""
        return {one.name: one.production for one in self.features if one.production != PLAIN}


def fingerprint(settings: Settings) -> str:
    """Return 16 hexadecimal digits that tell one configuration from another, whatever its headline scenario is."""
    return hashlib.sha256(repr(replace(settings, scenario="")).encode("utf-8", "surrogatepass")).hexdigest()[:16]
