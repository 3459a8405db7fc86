"""The reports behind the pictures: a shop whose support agent became dearer, the same unchanged, and its first run."""

from dataclasses import replace
from decimal import Decimal

from pytest_llmcost.core.advice import Advice
from pytest_llmcost.core.cause import Cause, Kind
from pytest_llmcost.core.comparison import Change, Comparison
from pytest_llmcost.core.finding import Finding, Severity, Verdict
from pytest_llmcost.core.report import FeatureReport, Month, Report, TestReport, Use
from pytest_llmcost.core.usage import Provenance, Usage
from pytest_llmcost.render.place import Place

PLACE = Place(
    head="3f9c2ab" + "0" * 33,
    base="main",
    files=f"https://github.com/acme/shop/blob/3f9c2ab{'0' * 33}/",
    run="https://github.com/acme/shop/actions/runs/123456789",
)

REFUND = "tests/test_support.py::test_refund[eu|gift]"
HANDOVER = "tests/test_support.py::test_handover"
THREAD = "tests/test_summary.py::test_long_thread"

_UNCHANGED = ("search", "tag", "title", "translate", "route", "rank", "reply", "rewrite", "extract")


def _cause(kind: Kind, usd: int, before: str, after: str, **more: str) -> Cause:
    return Cause(kind=kind, monthly_usd=Decimal(usd), before=before, after=after, **{"subject": kind.value, **more})


CHANGES = (
    Change(
        name="classify",
        before_usd=Decimal(180),
        after_usd=Decimal(164),
        causes=(_cause(Kind.CALLS, -16, "2", "1"),),
    ),
    *(Change(name=name, before_usd=Decimal(14), after_usd=Decimal(14)) for name in _UNCHANGED[:-1]),
    Change(name=_UNCHANGED[-1], before_usd=Decimal(15), after_usd=Decimal(15)),
    Change(
        name="summarize",
        before_usd=Decimal(215),
        after_usd=Decimal(241),
        causes=(_cause(Kind.MODEL, 26, "small-4", "medium-4", location="app/summarize.py:41", test=THREAD),),
    ),
    Change(
        name="support_agent",
        before_usd=Decimal(560),
        after_usd=Decimal(879),
        causes=(
            _cause(Kind.SYSTEM, 182, "2310", "4150", location="prompts/support.md:12", test=REFUND),
            _cause(Kind.CACHE, 137, "0.82", "0.41", detail="prompt differs from token 96 on"),
        ),
    ),
)  # fmt: skip

_USES = {
    "support_agent": (Use(key="request_usd", limit=Decimal("0.005"), actual=Decimal("0.00642"), unit="usd"),),
    "summarize": (Use(key="request_usd", limit=Decimal("0.002"), actual=Decimal("0.00151"), unit="usd"),),
}


def _feature(change: Change) -> FeatureReport:
    each = _USES[change.name][0].actual if change.name in _USES else Decimal("0.0026")
    return FeatureReport(
        name=change.name,
        samples=12,
        carried=0,
        lost=0,
        calls_per_request=Decimal(1),
        input_tokens=Decimal(4150),
        output_tokens=Decimal(210),
        cost_per_request_usd=each,
        requests_per_month=Decimal(40_000),
        monthly_usd={"measured": change.after_usd},
        provenance=Provenance.REPORTED,
        uncovered=False,
        budgets=_USES.get(change.name, ()),
    )


def _test(name: str, calls: int, given: int, made: int, usd: str) -> TestReport:
    return TestReport(
        test=name,
        outcome="passed",
        attempts=1,
        features=("support_agent",),
        weight=Decimal(1),
        calls=calls,
        usage=Usage(input_tokens=given, output_tokens=made),
        cost_usd=Decimal(usd),
    )


_TESTS = (
    _test(REFUND, 3, 12_450, 610, "0.0221"),
    _test(HANDOVER, 2, 8300, 420, "0.0151"),
    _test(THREAD, 3, 6120, 900, "0.0074"),
    *(_test(f"tests/test_all.py::test_{number:03}", 1, 900, 90, "0.0004") for number in range(140)),
)

_BROKEN = Finding(
    rule="budget.request_usd",
    severity=Severity.ERROR,
    subject="support_agent",
    limit="$5.00",
    actual="$6.42",
    message="`support_agent` uses $6.42 of $5.00 (dollars per 1,000 requests)",
)
_CLOSE = Finding(
    rule="budget.monthly_usd",
    severity=Severity.WARNING,
    subject="total",
    limit="$1,500.00",
    actual="$1,411.00",
    message="`total` uses $1,411.00 of $1,500.00 (dollars a month: $1,082.00 → $1,411.00): 94% of the limit",
)


def changed(rich: Report) -> Report:
    """The support agent became dearer: its prompt grew, and breaks the cache."""
    return replace(
        rich,
        verdict=Verdict.FAIL,
        prompts=(),
        totals=replace(rich.totals, calls=317, tests=143, network_calls=0, network_tests=0, spend_usd=Decimal(0),
                       unpriced_calls=0, by_provenance={"reported": 317}),
        tests=_TESTS,
        features=tuple(map(_feature, CHANGES)),
        scenarios={
            "measured": _month("1411", 480_000),
            "launch": _month("5039", 1_710_000),
            "launch, cold cache": _month("8190", 1_710_000),
        },
        budgets=(Use(key="monthly_usd", limit=Decimal(1500), actual=Decimal(1411), unit="usd"),),
        findings=(_BROKEN, _CLOSE),
        comparison=Comparison(
            source="llmcost-baseline.json",
            commit="91d0e4f" + "1" * 33,
            per="month",
            before_usd=Decimal(1082),
            after_usd=Decimal(1411),
            features=CHANGES,
            gate=CHANGES,
            scenarios={
                "measured": (Decimal(1082), Decimal(1411)),
                "launch": (Decimal(3864), Decimal(5039)),
                "launch, cold cache": (Decimal(5910), Decimal(8190)),
            },
            tests=(
                Change(name=HANDOVER, before_usd=Decimal("0.0098"), after_usd=Decimal("0.0151")),
                Change(name=REFUND, before_usd=Decimal("0.0143"), after_usd=Decimal("0.0221")),
                Change(name=THREAD, before_usd=Decimal("0.0061"), after_usd=Decimal("0.0074")),
            ),
        ),
        advice=(
            Advice(
                kind="cache-break",
                feature="support_agent",
                monthly_usd=Decimal(137),
                message="something near token 96 changes on every call; moved behind the fixed text, it lets the"
                " cache work again",
                location="app/support.py:41",
            ),
        ),
        partial=False,
    )  # fmt: skip


def _month(usd: str, requests: int) -> Month:
    return Month(monthly_usd=Decimal(usd), inference_usd=Decimal(usd), requests=Decimal(requests))


def unchanged(rich: Report) -> Report:
    """Nothing moved."""
    report = changed(rich)
    features = tuple(replace(one, after_usd=one.before_usd, causes=()) for one in CHANGES)
    same = replace(report.comparison, after_usd=Decimal(1082), features=features, gate=features, scenarios={}, tests=())
    return replace(
        report,
        verdict=Verdict.PASS,
        findings=(),
        comparison=same,
        scenarios={"measured": _month("1082", 480_000)},
        features=tuple(replace(_feature(one), budgets=()) for one in features),
        budgets=(Use(key="monthly_usd", limit=Decimal(1500), actual=Decimal(1082), unit="usd"),),
    )


def first(rich: Report) -> Report:
    """There is no baseline yet."""
    report = unchanged(rich)
    return replace(
        report,
        comparison=None,
        no_comparison="No baseline yet: --llmcost-update-baseline writes llmcost-baseline.json.",
    )
