"""A month in production, as the composer makes it of a small run: conversations, levers, overheads, plans."""

from decimal import Decimal

from pytest_llmcost.core.against import Against
from pytest_llmcost.core.break_even import Machine
from pytest_llmcost.core.budget import FeatureBudget
from pytest_llmcost.core.call import Call, Cost, Origin, Outcome, Product, Profile
from pytest_llmcost.core.compose import Book, build_report
from pytest_llmcost.core.production import Production, SideCall
from pytest_llmcost.core.prompt import Block, Segment
from pytest_llmcost.core.report import Prices, Report
from pytest_llmcost.core.run import Origins, Run, TestOutcome, TestRun
from pytest_llmcost.core.scenario import MEASURED, Scenario
from pytest_llmcost.core.settings import Embedding, Feature, FineTuning, Settings
from pytest_llmcost.core.traffic import Traffic
from pytest_llmcost.core.usage import Provenance, Usage

_RATES = {"small": (Decimal("0.15"), Decimal("0.60")), "embedder": (Decimal("0.02"), Decimal(0))}
_TESTS = tuple(f"tests/test_support.py::test_{name}" for name in ("refund", "order", "return", "invoice", "complaint"))
_DIGEST = "tests/test_digest.py::test_day"


def _price(product: Product, usage: Usage) -> Cost:
    """Prices of three models; a batch costs half, what is read from the cache half of the input."""
    if product.model == "unknown":
        return Cost(None, "no price: add [tool.llmcost.prices.unknown]")
    given, made = _RATES.get(product.model, (Decimal("2.50"), Decimal(10)))
    read = usage.cache_read_tokens or 0
    usd = (given * (usage.input_tokens - read) + given / 2 * read + made * usage.output_tokens) / 10**6
    return Cost(usd / 2 if product.service_tier == "batch" else usd, "as stated")


def _call(test: str, given: int, made: int) -> Call:
    profile = Profile(
        product=Product("openai", "gpt-4o"),
        usage=Usage(input_tokens=given, output_tokens=made),
        usage_source=Provenance.REPORTED,
        input_tokens_upper=given,
        prompt=f"{given:016}",
        blocks=(Block(Segment.SYSTEM, "a" * 16, 1_500), Block(Segment.USER, f"{given:016}", given - 1_500)),
        counted_tokens=given,
        reported_tokens=given,
        reported_for=given,
    )
    return Call(
        test=test,
        phase="call",
        attempt=1,
        index=0,
        requested_model="gpt-4o",
        status=200,
        outcome=Outcome.OK,
        stream=False,
        origin=Origin.REPLAYED,
        call_site="src/app/support.py:41",
        profile=profile,
        counted_upper=given,
    )


def _run() -> Run:
    calls = [_call(test, 1_600 + 100 * at, 120 + 40 * at) for at, test in enumerate(_TESTS)]
    calls.append(_call(_DIGEST, 9_000, 400))
    return Run(
        calls=tuple(calls),
        tests=tuple(TestRun(test=one.test or "", outcome=TestOutcome.PASSED) for one in calls),
        estimator="1",
        created_at="2026-11-27T10:00:00Z",
        plugin_version="0.0.0",
        origins=Origins(commit="3f9c2ab" + "0" * 33, branch="main", dirty=False),
    )


def _features(support: str, digest: str, unknown: str) -> tuple[Feature, ...]:
    chat = Feature(
        name=support,
        tests=("tests/test_support.py",),
        traffic=Traffic(monthly_users=Decimal(50_000), sessions_per_user=Decimal("1.5"), turns_per_session=Decimal(8)),
        production=Production(
            turns_per_session=Decimal(8),
            history_turns=4,
            cache_hit_rate=Decimal("0.8"),
            routes=(("small", Decimal("0.6")),),
            router=SideCall(model="small", input_tokens=Decimal(300), output_tokens=Decimal(5)),
            fallback=("gpt-4o", Decimal("0.05")),
            response_cache_hit_rate=Decimal("0.34"),
            response_cache_lookup=SideCall(model="embedder"),
        ),
        budget=FeatureBudget(monthly_usd=Decimal(1_000), request_usd=Decimal("0.002"), at="p95"),
        growth_percent_per_month=Decimal(5),
        peak_factor=Decimal(3),
        revenue_per_month=Decimal(16_000),
        conversion_rate=Decimal("0.02"),
    )
    routed = Production(batch=True, routes=((unknown, Decimal("0.1")),) if unknown else ())
    traffic = Traffic(requests_per_day=Decimal(1_000))
    return chat, Feature(name=digest, tests=("tests/test_digest.py",), traffic=traffic, production=routed)


def produced(text: str = "", unknown: str = "") -> Report:
    """Return the report; `text` stands in front of all names that users choose, `unknown` has no price."""
    headline = f"{text}launch"
    settings = Settings(
        features=_features(f"{text}support_chat", f"{text}daily_digest", unknown),
        scenario=headline,
        scenarios=(MEASURED, Scenario(name=headline, traffic=Decimal("1.2"))),
        overheads={f"{text}retries": Decimal("0.10"), f"{text}evaluation": Decimal("0.15")},
        fixed_monthly_usd={f"{text}vector_db": Decimal(500)},
        one_time_usd={f"{text}development": Decimal(12_000)},
        embeddings={f"{text}docs": Embedding(model="embedder", tokens=50_000_000, refreshes_per_month=Decimal(1))},
        runs_per_month=Decimal(400),
        price_decline_percent_per_year=Decimal(20),
        self_hosting=Machine(usd_per_month=Decimal(3_000), tokens_per_day=Decimal(100_000_000)),
        fine_tuning={f"{text}own": FineTuning(feature=f"{text}daily_digest", model="small", training_usd=Decimal(500))},
    )
    prices = Prices(source="genai-prices", version="0.2.3", as_of="2026-11-27")
    return build_report(_run(), settings, Against(None, "there is no baseline"), Book(price=_price, prices=prices))
