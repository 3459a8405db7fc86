"""Report: everything that is drawn or written, in one value; `build_report` is the only composer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_llmcost.core.currency import USD, Currency
from pytest_llmcost.core.money import CONTEXT, ZERO
from pytest_llmcost.core.settings import IGNORED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pytest_llmcost.core.advice import Advice
    from pytest_llmcost.core.calibration import Ratio
    from pytest_llmcost.core.call import PricedCall
    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.discount import Discount
    from pytest_llmcost.core.economics import UnitCosts
    from pytest_llmcost.core.explanation import Bought
    from pytest_llmcost.core.finding import Finding, Verdict
    from pytest_llmcost.core.layers import Layer
    from pytest_llmcost.core.outlook import Outlook
    from pytest_llmcost.core.prompt_files import PromptReport
    from pytest_llmcost.core.run import Origins, Run
    from pytest_llmcost.core.spread import Spread
    from pytest_llmcost.core.tiers import TierReport
    from pytest_llmcost.core.usage import Provenance, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of one budget is used; `actual` is None while it is unknown, `unit` is `usd`, `tokens` or `calls`."""

    key: str
    limit: Decimal
    actual: Decimal | None
    unit: str
    location: str | None = None
    estimate: Decimal | None = None
    """What was estimated, where `actual` is the upper bound of an estimate; None where it is none."""
    at: str = "mean"
    """What of the samples is held against the limit: their mean, or a percentile."""

    @property
    def share(self) -> Decimal | None:
        """Actual over limit; None while the actual is unknown, or for a limit of 0 with something used."""
        if self.actual is None or (not self.limit and self.actual):
            return None
        return CONTEXT.divide(self.actual, self.limit) if self.limit else ZERO

    @property
    def is_broken(self) -> bool:
        """Equal to the limit passes."""
        return self.actual is not None and self.actual > self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureReport:
    """One feature: what a request costs, and what a month costs by scenario (USD; None while unknown).

    Attributes:
        samples: tests that stand for it, carried ones included.
        carried: of these, tests that gave no sample in this run and keep the baseline's figure.
        lost: tests of the feature that ran or exist, but gave no sample and have no baseline.
        calls_per_request, input_tokens, output_tokens: weighted means; None without samples.
        requests_per_month: declared; None where no traffic is declared.
        provenance: the weakest among its calls.
    """

    name: str
    samples: int
    carried: int
    lost: int
    calls_per_request: Decimal | None
    input_tokens: Decimal | None
    output_tokens: Decimal | None
    cost_per_request_usd: Decimal | None
    requests_per_month: Decimal | None
    monthly_usd: Mapping[str, Decimal | None]
    provenance: Provenance | None
    uncovered: bool
    budgets: tuple[Use, ...] = ()
    monthly_upper_usd: Decimal | None = None
    """What a month of the headline scenario costs at most, by the bounds of its estimates; None where there is none."""
    layers: tuple[Layer, ...] = ()
    """Of the month of the headline scenario, from the naive to the full one."""
    bought: tuple[Bought, ...] = ()
    """The same month as amounts at a rate each; empty while a call has no price."""
    how: tuple[str, ...] = ()
    """Its traffic, and what production does to the calls of a test, in sentences."""
    spread: Spread | None = None
    """How much its samples differ; None without traffic, or while one has no price."""
    units: UnitCosts | None = None
    """The same month per request, session, user and conversion; None where there is no month."""
    tiers: tuple[TierReport, ...] = ()
    """The same month by kind of users; empty where none are declared."""
    forecast_usd: tuple[Decimal, ...] = ()
    """The next twelve months; empty while a call has no price."""
    peak_usd: Decimal | None = None
    """A month of nothing but the busiest time; None where no peak is declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestReport:
    """One test: its last attempt, and what all its attempts spent. `cost_usd` is None while a call has no price."""

    __test__ = False

    test: str
    outcome: str
    attempts: int
    features: tuple[str, ...]
    weight: Decimal
    calls: int
    usage: Usage
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The whole application under one scenario, in USD per month; None while a part has no price."""

    monthly_usd: Decimal | None
    inference_usd: Decimal | None
    requests: Decimal
    overheads_usd: Mapping[str, Decimal] = field(default_factory=dict)
    fixed_usd: Mapping[str, Decimal | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Calls that are in no sample: `no feature`, `evaluation`, `shared`, `collection`, `not a sample`."""

    name: str
    calls: int
    tests: int
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over every call. `spend_usd` is what reached a real socket; `unpriced_calls` are in no dollars."""

    calls: int
    tests: int
    usage: Usage
    cost_usd: Decimal
    spend_usd: Decimal
    network_calls: int
    network_tests: int
    unpriced_calls: int
    by_provenance: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Which price book, of which version, at which date (ISO).

    `dated` is the day of its newest price (ISO), and `age_days` how much older that is than `as_of`, at least 0; empty
    and None where nobody knows.
    """

    source: str
    version: str
    as_of: str
    dated: str = ""
    age_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run found out. Every renderer reads this and nothing else."""

    created_at: str
    plugin_version: str
    origins: Origins
    prices: Prices
    headline: str
    """Name of the headline scenario."""
    verdict: Verdict
    totals: Totals
    calls: tuple[PricedCall, ...]
    tests: tuple[TestReport, ...]
    features: tuple[FeatureReport, ...]
    scenarios: Mapping[str, Month]
    groups: tuple[Group, ...]
    budgets: tuple[Use, ...]
    """Of the whole application."""
    findings: tuple[Finding, ...]
    comparison: Comparison | None
    no_comparison: str | None = None
    """Why there is nothing to compare with; None when there is."""
    partial: bool = False
    advice: tuple[Advice, ...] = ()
    """The largest saving first."""
    calibration: tuple[Ratio, ...] = ()
    """What estimates are scaled by; of most calls first."""
    ignore_below_usd: Decimal = IGNORED
    """Smaller changes of a month are no reason to speak up."""
    outlook: Outlook | None = None
    """What the month of the headline scenario leads to; None without traffic."""
    prompts: tuple[PromptReport, ...] = ()
    """Files that are held to a size without any test."""
    discounts: Mapping[str, Discount] = field(default_factory=dict)
    """Those that hold on the day of the prices."""
    currency: Currency = USD
    """What all amounts are drawn in."""
    run: Run | None = None
    """What the report was made of, its calls in the order of `calls`; None where nobody kept it."""
