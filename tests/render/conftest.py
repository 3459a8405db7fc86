"""Reports to draw, built by hand so that a golden file changes only when a renderer does."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import explained_reports
import outlook_reports
import pytest

from pytest_llmcost.core.advice import Advice
from pytest_llmcost.core.call import Call, Cost, Origin, Outcome, PricedCall, Product, Profile
from pytest_llmcost.core.cause import Cause, Kind
from pytest_llmcost.core.comparison import Change, Comparison
from pytest_llmcost.core.finding import Finding, Severity, Verdict, ranked
from pytest_llmcost.core.prompt import Block, Piece, Segment
from pytest_llmcost.core.prompt_files import PromptFile, PromptReport
from pytest_llmcost.core.report import FeatureReport, Group, Month, Prices, Report, TestReport, Totals, Use
from pytest_llmcost.core.run import Origins, Run, TestOutcome, TestRun
from pytest_llmcost.core.usage import Provenance, Usage

if TYPE_CHECKING:
    from collections.abc import Callable

SUPPORT = Profile(
    product=Product("openai", "gpt-4.1-mini"),
    usage=Usage(input_tokens=1234, output_tokens=210, cache_read_tokens=1024, reasoning_tokens=0),
    usage_source=Provenance.REPORTED,
    input_tokens_upper=1234,
    prompt="5f" * 32,
    blocks=(Block(Segment.SYSTEM, "a" * 16, 800), Block(Segment.HISTORY, "b" * 16, 300), Block(Segment.USER, "c", 90)),
    counted_tokens=1190,
    reported_tokens=1234,
    reported_for=1190,
)
SUMMARY = replace(
    SUPPORT,
    product=Product("anthropic", "claude-sonnet-4-5-20250929", service_tier="priority"),
    usage=Usage(input_tokens=12_450, output_tokens=610),
    usage_source=Provenance.SCALED,
    input_tokens_upper=13_073,
    blocks=(Block(Segment.MEDIA, "d" * 16, 12_000),),
)
UNPRICED = replace(SUPPORT, product=Product("acme", "llama-70b"), blocks=())

TURN = "tests/test_support.py::test_a_refund_is_explained[eu|gift]"
LONG = "tests/summaries/test_long_threads.py::TestThread::test_a_very_long_thread_is_summarized"


def call(profile: Profile, **changes: object) -> Call:
    fields = {
        "test": TURN,
        "phase": "call",
        "attempt": 1,
        "index": 0,
        "requested_model": "gpt-4.1-mini",
        "status": 200,
        "outcome": Outcome.OK,
        "stream": False,
        "origin": Origin.REPLAYED,
        "call_site": "src/app/support.py:41",
        "profile": profile,
    }
    return Call(**(fields | changes))


CALLS = (
    PricedCall(call(SUPPORT), "support_chat", Cost(Decimal("0.0043062"), "openai/gpt-4.1-mini")),
    PricedCall(
        call(SUPPORT, index=1, stream=True, stale_by=-12), "support_chat", Cost(Decimal("0.0043062"), "as told")
    ),
    PricedCall(
        call(SUMMARY, test=LONG, origin=Origin.LIVE, requested_model=None, call_site=None),
        "summarize",
        Cost(Decimal("0.0465"), "anthropic/claude-sonnet-4-5"),
    ),
    PricedCall(
        call(UNPRICED, test=None, phase="shared", status=None, evaluation=True, requested_model="llama-70b"),
        None,
        Cost(None, 'no price is known: add [tool.llmcost.prices."acme/llama-70b"]'),
    ),
)

FEATURES = (
    FeatureReport(
        name="support_chat",
        samples=5,
        carried=2,
        lost=0,
        calls_per_request=Decimal("1.333333333333"),
        input_tokens=Decimal("1645.333333333333"),
        output_tokens=Decimal(280),
        cost_per_request_usd=Decimal("0.005741"),
        requests_per_month=Decimal(500_000),
        monthly_usd={"measured": Decimal("2870.5"), "base": Decimal("3120.25"), "aggressive": Decimal("9900.1")},
        provenance=Provenance.REPORTED,
        uncovered=False,
        budgets=(
            Use(key="monthly_usd", limit=Decimal(2800), actual=Decimal("2870.5"), unit="usd"),
            Use(key="request_usd", limit=Decimal("0.02"), actual=Decimal("0.005741"), unit="usd"),
            Use(
                key="input_tokens", limit=Decimal(4000), actual=Decimal(1234), unit="tokens", location="src/app/a.py:4"
            ),
        ),
    ),
    FeatureReport(
        name="summarize",
        samples=1,
        carried=0,
        lost=1,
        calls_per_request=Decimal(1),
        input_tokens=Decimal(12_450),
        output_tokens=Decimal(610),
        cost_per_request_usd=Decimal("0.0465"),
        requests_per_month=Decimal("7903.225"),
        monthly_usd={"measured": Decimal("367.5"), "base": Decimal("477.75"), "aggressive": Decimal("1653.75")},
        provenance=Provenance.SCALED,
        uncovered=False,
        budgets=(Use(key="calls", limit=Decimal(3), actual=Decimal(1), unit="calls"),),
    ),
    FeatureReport(
        name="search",
        samples=0,
        carried=0,
        lost=0,
        calls_per_request=None,
        input_tokens=None,
        output_tokens=None,
        cost_per_request_usd=None,
        requests_per_month=Decimal(90),
        monthly_usd={"measured": None, "base": None, "aggressive": None},
        provenance=None,
        uncovered=True,
    ),
    FeatureReport(
        name="admin",
        samples=1,
        carried=0,
        lost=0,
        calls_per_request=Decimal(1),
        input_tokens=Decimal(40),
        output_tokens=Decimal("0.5"),
        cost_per_request_usd=Decimal("0.0000011"),
        requests_per_month=None,
        monthly_usd={},
        provenance=Provenance.COUNTED,
        uncovered=False,
    ),
)


def stale(number: int) -> Finding:
    return Finding(
        rule="stale-reply",
        severity=Severity.NOTICE,
        subject=f"tests/test_support.py::test_turn[{number}]",
        message="1 reply older than or foreign to the request (worst: +120 input tokens), renew its recording",
        location="src/app/support.py:41",
    )


FINDINGS = (
    Finding(
        rule="budget.monthly_usd",
        severity=Severity.ERROR,
        subject="support_chat",
        limit="$2,800.00",
        actual="$2,870.50",
        message="`support_chat` uses $2,870.50 of $2,800.00 (dollars a month)",
    ),
    Finding(
        rule="unpriced",
        severity=Severity.WARNING,
        subject="acme/llama-70b",
        message="1 call of `acme/llama-70b`: no price is known",
        location="src/app/support.py:41",
    ),
    Finding(
        rule="uncovered",
        severity=Severity.WARNING,
        subject="search",
        message="`search` declares traffic and no test samples it, so its cost is in no total",
    ),
    *map(stale, range(7)),
)

PROMPTS = (
    PromptReport(
        file=PromptFile(
            path="prompts/support.md",
            sha256="5e" * 32,
            model="gpt-4o",
            encoding="o200k_base",
            tokens=1420,
            upper=1420,
            source=Provenance.COUNTED,
        ),
        limit=1200,
        pattern="prompts/*.md",
        before=1150,
    ),
    PromptReport(
        file=PromptFile(
            path="prompts/de/zusammenfassung.md",
            sha256="6f" * 32,
            model="claude-sonnet-4-5",
            encoding="o200k_base",
            tokens=310,
            upper=465,
            source=Provenance.SCALED,
        ),
        limit=500,
        pattern="prompts/de",
    ),
)

RICH = Report(
    created_at="2026-11-21T10:00:00+00:00",
    plugin_version="0.1.0",
    origins=Origins(commit="3f9c2ab" + "0" * 33, branch="shorter-prompts", dirty=False),
    prices=Prices(source="genai-prices", version="0.2.3", as_of="2026-11-21"),
    headline="measured",
    verdict=Verdict.FAIL,
    totals=Totals(
        calls=4,
        tests=2,
        usage=Usage(input_tokens=16_152, output_tokens=1240, cache_read_tokens=3072, reasoning_tokens=0),
        cost_usd=Decimal("0.0551124"),
        spend_usd=Decimal("0.0465"),
        network_calls=1,
        network_tests=1,
        unpriced_calls=1,
        by_provenance={"scaled": 1, "reported": 3},
    ),
    calls=CALLS,
    tests=(
        TestReport(
            test=LONG,
            outcome="limit",
            attempts=2,
            features=("summarize",),
            weight=Decimal("0.5"),
            calls=1,
            usage=SUMMARY.usage,
            cost_usd=Decimal("0.0465"),
        ),
        TestReport(
            test=TURN,
            outcome="passed",
            attempts=1,
            features=("support_chat",),
            weight=Decimal(1),
            calls=2,
            usage=SUPPORT.usage + SUPPORT.usage,
            cost_usd=Decimal("0.0086124"),
        ),
    ),
    features=FEATURES,
    scenarios={
        "measured": Month(monthly_usd=Decimal(3238), inference_usd=Decimal(3238), requests=Decimal("507993.225")),
        "base": Month(monthly_usd=Decimal(3598), inference_usd=Decimal(3598), requests=Decimal("507993.225")),
        "aggressive": Month(
            monthly_usd=Decimal("12709.235"),
            inference_usd=Decimal("11553.85"),
            requests=Decimal("1523979.675"),
            overheads_usd={"retries": Decimal("1155.385")},
        ),
    },
    groups=(
        Group(name="evaluation", calls=1, tests=0, cost_usd=None),
        Group(name="no feature", calls=3, tests=2, cost_usd=Decimal("0.0000004")),
    ),
    budgets=(Use(key="monthly_usd", limit=Decimal(5000), actual=Decimal(3238), unit="usd"),),
    findings=ranked(FINDINGS),
    comparison=Comparison(
        source="llmcost-baseline.json",
        commit="91d0e4f" + "1" * 33,
        per="month",
        before_usd=Decimal(2613),
        after_usd=Decimal(3238),
        features=(
            Change(name="summarize", before_usd=Decimal("367.5"), after_usd=Decimal("367.5")),
            Change(name="support_chat", before_usd=Decimal("2245.5"), after_usd=Decimal("2870.5")),
        ),
        gate=(Change(name="support_chat", before_usd=Decimal("2000.5"), after_usd=Decimal("2500.5")),),
        added=("tests/test_support.py::test_new",),
        removed=(),
        carried=("tests/test_support.py::test_slow",),
    ),
    prompts=PROMPTS,
    partial=True,
)

NO_TRAFFIC = replace(
    RICH,
    verdict=Verdict.PASS,
    features=(),
    scenarios={},
    groups=(Group(name="no feature", calls=3, tests=2, cost_usd=Decimal("0.0551124")),),
    budgets=(),
    findings=(
        Finding(
            rule="no-traffic",
            severity=Severity.NOTICE,
            subject="[tool.llmcost.features]",
            message="no traffic is declared, so nothing is projected; add [tool.llmcost.features.<name>]",
        ),
    ),
    totals=replace(RICH.totals, unpriced_calls=0, network_calls=0, network_tests=0, spend_usd=Decimal(0)),
    calls=CALLS[:3],
    comparison=None,
    no_comparison="no baseline was found",
    prompts=(),
    partial=False,
)

PER_RUN = replace(
    NO_TRAFFIC,
    comparison=Comparison(
        source="llmcost-baseline.json",
        commit=None,
        per="run",
        before_usd=Decimal("0.0502"),
        after_usd=Decimal("0.0551124"),
        features=(),
        gate=(
            Change(name=LONG, before_usd=Decimal("0.0416"), after_usd=Decimal("0.0465")),
            Change(name=TURN, before_usd=Decimal("0.0086"), after_usd=Decimal("0.0086124")),
        ),
        carried=("tests/test_slow.py::test_slow",),
    ),
    no_comparison=None,
)

DECLARED = {
    "days_per_month": Decimal(30),
    "features": {"support_chat": {"requests_per_month": Decimal(500_000)}},
}

SPLIT = replace(
    SUPPORT,
    prompt="a7" * 32,
    blocks=(Block(Segment.SYSTEM, "e" * 16, 800, (Piece("1" * 16, 500), Piece("2" * 16, 290))), *SUPPORT.blocks[1:]),
    output_limit=400,
)
STALE = replace(
    SPLIT,
    usage=replace(SPLIT.usage, input_tokens=1222, cache_read_tokens=1000),
    usage_source=Provenance.ADJUSTED,
    input_tokens_upper=1222,
    reported_for=1202,
)
SAME_PROMPT_OF_OTHER_SIZE = replace(SPLIT, blocks=(replace(SPLIT.blocks[0], tokens=812), *SPLIT.blocks[1:]))
KEPT = tuple(
    replace(one, call=replace(one.call, profile=profile, stale_by=stale_by, **more))
    for one, profile, stale_by, more in zip(
        CALLS,
        (SPLIT, STALE, SUMMARY, SAME_PROMPT_OF_OTHER_SIZE),
        (None, -12, None, None),
        (
            {"tools_called": ("f" * 16,), "counted_upper": 1200},
            {"note": "the stream was not read to its end"},
            {},
            {},
        ),
        strict=True,
    )
)
_RECORDED = (KEPT[0].call, replace(KEPT[1].call, profile=SPLIT, stale_by=None), KEPT[2].call, KEPT[3].call)

LONGER = Cause(
    kind=Kind.SYSTEM,
    subject="system",
    before="388",
    after="800",
    monthly_usd=Decimal("700.5"),
    location="prompts/support.md",
    test=TURN,
    detail="block 3 of 9 is new",
)
CHEAPER = Cause(kind=Kind.OUTPUT, subject="output", before="280", after="210", monthly_usd=Decimal("-75.5"))
COMPARED = replace(
    RICH.comparison,
    features=(RICH.comparison.features[0], replace(RICH.comparison.features[1], causes=(LONGER, CHEAPER))),
    gate=(replace(RICH.comparison.gate[0], causes=(LONGER, CHEAPER)),),
    scenarios={
        "measured": (Decimal(2613), Decimal(3238)),
        "base": (Decimal("2801.123456789012"), Decimal(3598)),
        "aggressive": (None, Decimal("12709.235")),
    },
    tests=(
        Change(name=LONG, before_usd=None, after_usd=Decimal("0.0465")),
        Change(name=TURN, before_usd=Decimal("0.007312"), after_usd=Decimal("0.0086124")),
    ),
)

KEPT_RUN = replace(
    RICH,
    calls=KEPT,
    comparison=COMPARED,
    advice=(
        Advice(
            kind="batch",
            feature="summarize",
            monthly_usd=Decimal("183.75"),
            message="`summarize` can wait: send it as a batch",
            location="src/app/summaries.py:9",
            test=LONG,
        ),
        Advice(kind="output-limit", feature="admin", monthly_usd=Decimal("1.5"), message="set an output limit"),
    ),
    run=Run(
        calls=_RECORDED,
        tests=(
            TestRun(test=LONG, attempt=1, outcome=TestOutcome.FAILED, weight=Decimal("0.5")),
            TestRun(test=LONG, attempt=2, outcome=TestOutcome.LIMIT, weight=Decimal("0.5"), feature="summarize"),
            TestRun(test=TURN, outcome=TestOutcome.PASSED),
        ),
        missing=frozenset({"tests/test_support.py::test_slow"}),
        searched=frozenset({"tests/test_support.py"}),
        gone=frozenset({"tests/test_old.py"}),
        findings=FINDINGS[:1],
        created_at=RICH.created_at,
        plugin_version=RICH.plugin_version,
        estimator="2",
        origins=RICH.origins,
        prompts=tuple(one.file for one in PROMPTS),
        texts={"1" * 16: "You answer.\n\nTwo \u2014 paragraphs", "c": "Where is it?"},
    ),
)
"""A report that still has the run that it was made of, and says why its months differ."""

REPORTS = {
    "kept_run": KEPT_RUN,
    "rich": RICH,
    "no_traffic": NO_TRAFFIC,
    "per_run": PER_RUN,
    "explained": explained_reports.explained(RICH),
    "explained_run": explained_reports.explained_run(PER_RUN),
    "hostile": explained_reports.hostile(RICH),
    "produced": outlook_reports.produced(),
    "produced_unpriced": outlook_reports.produced(unknown="unknown"),
}

GOLDEN = Path(__file__).parent.parent / "golden"

_OURS = {"key", "unit", "per", "phase", "headline", "kind", "sha256", "currency"}
"""Fields whose words are not foreign: other code looks them up, or whoever reads them takes certain words only."""


@pytest.fixture(scope="session", params=sorted(REPORTS))
def report(request: pytest.FixtureRequest) -> Report:
    """Each of the reports in turn."""
    return REPORTS[request.param]


@pytest.fixture(scope="session")
def rich() -> Report:
    """A report that has something of everything."""
    return RICH


@pytest.fixture(scope="session")
def kept_run() -> Report:
    """The same with its run, with causes and with advice."""
    return KEPT_RUN


@pytest.fixture(scope="session")
def no_traffic() -> Report:
    """A report of a project that declares no feature."""
    return NO_TRAFFIC


@pytest.fixture(scope="session")
def per_run() -> Report:
    """The same, compared with a baseline."""
    return PER_RUN


@pytest.fixture(scope="session")
def explained() -> Report:
    """The report that has something of everything, with causes of every kind, and advice."""
    return explained_reports.explained(RICH)


@pytest.fixture(scope="session")
def explained_run() -> Report:
    """A report of a project that declares no feature, with causes."""
    return explained_reports.explained_run(PER_RUN)


@pytest.fixture(scope="session")
def hostile() -> Report:
    """Causes and advice whose every text wants to break out."""
    return explained_reports.hostile(RICH)


@pytest.fixture(scope="session")
def produced() -> Report:
    """A month that production makes of the tests, with all that it leads to."""
    return REPORTS["produced"]


@pytest.fixture(scope="session")
def declared() -> dict[str, object]:
    """Traffic as a configuration declares it."""
    return DECLARED


@pytest.fixture(scope="session")
def spoiled() -> Callable[[Report, str], Report]:
    """Put a text in front of every foreign string of a report."""
    return _spoiled


def _spoiled(value: Any, text: str) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: _spoiled(getattr(value, one.name), text) for one in fields(value) if one.name not in _OURS}
        return replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(_spoiled(one, text) for one in value)
    return text + value if type(value) is str else value


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with a golden file; with UPDATE_GOLDEN=1 write the file instead."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8", newline="\n")
        assert text == path.read_text(encoding="utf-8")

    return compare
