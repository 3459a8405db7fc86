"""Declared: a feature that has no tests, by what its user says of one request; a run of it as if a test had told so."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Call, Origin, Outcome, Profile
from pytest_llmcost.core.money import ZERO
from pytest_llmcost.core.production import PLAIN, Production
from pytest_llmcost.core.prompt import Block, Segment
from pytest_llmcost.core.run import Run, TestOutcome, TestRun
from pytest_llmcost.core.sample import Sample
from pytest_llmcost.core.settings import Feature, Settings
from pytest_llmcost.core.usage import Provenance, Usage

if TYPE_CHECKING:
    from pytest_llmcost.core.call import Product
    from pytest_llmcost.core.traffic import Traffic

TEST = "declared"
"""The one test of such a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What one request of a feature uses, how often it is made, and how production serves it.

    Attributes:
        input_tokens: of the first call of a request; the system prompt is part of them.
        output_tokens: of each call.
        system_tokens: the fixed front of each call, which a prefix cache can hold.
        calls: per request; those of an agent come one after the other.
        tokens_per_call: what each of them carries more than the one before.
        growth_percent_per_month, revenue_per_month, conversion_rate: as of a feature of the settings.
    """

    name: str
    product: Product
    input_tokens: int
    output_tokens: int
    system_tokens: int = 0
    calls: int = 1
    tokens_per_call: int = 0
    traffic: Traffic
    production: Production = PLAIN
    growth_percent_per_month: Decimal = ZERO
    revenue_per_month: Decimal | None = None
    conversion_rate: Decimal | None = None

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The calls of one request, in order."""
        return tuple(self._profile(earlier) for earlier in range(self.calls))

    @property
    def sample(self) -> Sample:
        """The one sample of the feature."""
        return Sample(test=TEST, feature=self.name, profiles=self.profiles, weight=Decimal(1))

    def run(self, created_at: str = "", plugin_version: str = "") -> Run:
        """Return the run of one test that tells of these calls, as `llmcost.record()` does."""
        calls = tuple(_call(self, index, profile) for index, profile in enumerate(self.profiles))
        told = TestRun(test=TEST, outcome=TestOutcome.PASSED, feature=self.name)
        return Run(calls=calls, tests=(told,), created_at=created_at, plugin_version=plugin_version)

    def settings(self, of: Settings) -> Settings:
        """Return settings with this feature alone, and what a project's say of money and scenarios; without limits."""
        feature = Feature(
            name=self.name,
            traffic=self.traffic,
            production=self.production,
            growth_percent_per_month=self.growth_percent_per_month,
            revenue_per_month=self.revenue_per_month,
            conversion_rate=self.conversion_rate,
        )
        return Settings(
            scenario=of.scenario,
            days_per_month=of.days_per_month,
            prices_as_of=of.prices_as_of,
            features=(feature,),
            scenarios=of.scenarios,
            overheads=of.overheads,
            fixed_monthly_usd=of.fixed_monthly_usd,
            one_time_usd=of.one_time_usd,
            embeddings=of.embeddings,
            price_decline_percent_per_year=of.price_decline_percent_per_year,
            self_hosting=of.self_hosting,
            models=of.models,
            prices=of.prices,
            discounts=of.discounts,
            currency=of.currency,
        )

    def _profile(self, earlier: int) -> Profile:
        tokens = self.input_tokens + earlier * self.tokens_per_call
        blocks = self._blocks(earlier)
        return Profile(
            product=self.product,
            usage=Usage(input_tokens=tokens, output_tokens=self.output_tokens),
            usage_source=Provenance.DECLARED,
            input_tokens_upper=tokens,
            prompt=_digest(*(block.fingerprint for block in blocks)),
            blocks=blocks,
            counted_tokens=tokens,
        )

    def _blocks(self, earlier: int) -> tuple[Block, ...]:
        is_agent = self.calls > 1
        parts = [
            (Segment.TOOLS if is_agent else Segment.SYSTEM, "system", self.system_tokens),
            (Segment.USER, "user", self.input_tokens - self.system_tokens),
            *((Segment.HISTORY, f"call {call}", self.tokens_per_call) for call in range(earlier)),
        ]
        blocks = (Block(segment, _digest(TEST, name)[:16], tokens) for segment, name, tokens in parts)
        # The tools of an agent, be there none, tell its calls from the turns of a conversation.
        return tuple(block for block in blocks if block.tokens or block.segment is Segment.TOOLS)


def _call(declared: Declared, index: int, profile: Profile) -> Call:
    return Call(
        test=TEST,
        phase="call",
        attempt=1,
        index=index,
        requested_model=declared.product.model,
        status=None,
        outcome=Outcome.OK,
        stream=False,
        origin=Origin.RECORDED,
        call_site=None,
        profile=profile,
        counted_upper=profile.counted_tokens,
    )


def _digest(*names: str) -> str:
    return sha256("\n".join(names).encode("utf-8", "surrogatepass")).hexdigest()
