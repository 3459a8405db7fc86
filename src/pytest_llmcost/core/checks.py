"""Checks: every rule that a report can break; each yields findings, none decides what they mean together."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_llmcost.core.bounds import matters
from pytest_llmcost.core.call import Call, Origin, Outcome, Profile
from pytest_llmcost.core.comparison_checks import months_before
from pytest_llmcost.core.finding import Finding, Severity, graded
from pytest_llmcost.core.phrases import named, plural
from pytest_llmcost.core.price_checks import priced
from pytest_llmcost.core.projection import together
from pytest_llmcost.core.run import file_of
from pytest_llmcost.core.usage import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from pytest_llmcost.core.assignment import Assignment
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.facts import Facts
    from pytest_llmcost.core.report import FeatureReport, Report, Use
    from pytest_llmcost.core.sampling import Sampled
    from pytest_llmcost.core.settings import Settings


def check(report: Report, facts: Facts) -> Iterator[Finding]:
    """Yield everything that a finished report breaks or nearly breaks."""
    settings, before = facts.settings, months_before(report.comparison)
    # A feature's budget is about inference, and the baseline's month of it is known with the overheads in it only.
    is_inference = facts.baseline is not None and not together(facts.baseline.header.overheads)
    for feature in report.features:
        known = before.get(feature.name) if is_inference else None
        yield from budgets(feature.name, feature.budgets, settings, known)
        yield from _coverage(feature, settings, facts.sampled)
        yield from _estimates(feature, report, settings)
    month = report.scenarios.get(report.headline)
    # The baseline's month has no fixed costs in it.
    whole = None if month is not None and month.fixed_usd else before.get("total")
    yield from budgets("total", report.budgets, settings, whole)
    yield from priced(report, facts)
    yield from _claims(report, facts.assignment)
    yield from _stale(report, settings)
    yield from _live(report, settings)
    yield from _unread(report)
    if not any(feature.requests_per_month is not None for feature in report.features):
        yield _no_traffic()


def budgets(
    subject: str, uses: Iterable[Use], settings: Settings, before: Decimal | None = None, *, told: str = ""
) -> Iterator[Finding]:
    """Compare uses with their limits; `before` is the baseline's month in dollars, None for none.

    `told` says what is used, where the key of a budget alone does not.
    """
    for use in uses:
        limit, actual = (_drawn(use, amount, settings.currency) for amount in (use.limit, use.actual))
        what = told or _BUDGET_WORDS[use.key].format(settings.currency.word)
        what += "" if use.at == "mean" else f", at the {use.at} of the samples"
        said = f"{what}{_doubt(use, settings.currency)}{_moved(use, before, settings.currency)}"
        finding = Finding(
            rule=f"budget.{use.key}",
            severity=graded("budget", settings),
            subject=subject,
            limit=limit,
            actual=actual,
            location=use.location,
            message=f"`{subject}` uses {actual} of {limit} ({said})",
        )
        share = use.share
        if use.is_broken:
            yield finding
        elif share is not None and share * 100 >= settings.warn_at_percent and use.actual:
            yield Finding(
                rule=finding.rule,
                severity=Severity.WARNING if share < 1 else Severity.NOTICE,
                subject=subject,
                limit=limit,
                actual=actual,
                location=use.location,
                message=f"{finding.message}: {share * 100:.0f}% of the limit",
            )


def _doubt(use: Use, currency: Currency) -> str:
    return "" if use.estimate is None else f", at most; {_drawn(use, use.estimate, currency)} as estimated"


def _moved(use: Use, before: Decimal | None, currency: Currency) -> str:
    usd = use.actual if use.estimate is None else use.estimate
    then, now = currency.draw(before), currency.draw(usd)
    moved = use.key == "monthly_usd" and before and usd is not None and then != now
    return f": {then} → {now}" if moved else ""


_BUDGET_WORDS = {
    "monthly_usd": "{} a month",
    "share_of_revenue": "{} a month, held against a share of the revenue",
    "request_usd": "{} per 1,000 requests",
    "input_tokens": "input tokens of the largest call",
    "system_tokens": "system prompt and tool tokens of the largest call",
    "output_tokens": "output tokens of the largest call",
    "calls": "calls per request",
    "run_usd": "{} of real spend in this run",
    "test_usd": "{} of the dearest test",
}


def _drawn(use: Use, amount: Decimal | None, currency: Currency) -> str:
    if use.unit == "usd":
        return currency.draw(amount * 1000 if amount is not None and use.key == "request_usd" else amount)
    return "?" if amount is None else f"{amount:,f}"


def _coverage(feature: FeatureReport, settings: Settings, sampled: Sampled) -> Iterator[Finding]:
    if not feature.uncovered:
        return
    had = sum(one.feature == feature.name for one in sampled.base)
    if not had and not feature.lost:
        yield Finding(
            rule="uncovered",
            severity=graded("uncovered", settings),
            subject=feature.name,
            message=f"`{feature.name}` declares traffic and no test samples it, so its cost is in no total;"
            " name its tests or call sites",
        )
        return
    quiet = len({one.test for one in sampled.base if one.feature == feature.name} & sampled.silent)
    why = [f"{plural(feature.lost, 'test')} of it ran without a sample, or not at all"] if feature.lost else []
    why += [f"its {plural(quiet, 'test')} made no call"] if quiet else []
    why = why or [f"the baseline had {plural(had, 'sample')}"]
    yield Finding(
        rule="unsampled",
        severity=graded("unsampled", settings),
        subject=feature.name,
        message=f"`{feature.name}` has no sample left ({', and '.join(why)}): its cost is in no total;"
        " run or repair its tests",
    )


def _estimates(feature: FeatureReport, report: Report, settings: Settings) -> Iterator[Finding]:
    own = [one.call for one in report.calls if one.feature == feature.name]
    guessed = [call for call in own if call.profile.usage_source is Provenance.SCALED]
    if guessed:
        yield Finding(
            rule="estimated",
            severity=graded("estimated", settings, Severity.NOTICE),
            subject=feature.name,
            location=guessed[0].call_site,
            message=f"`{feature.name}`: {len(guessed)} of {len(own)} calls do not report all of their usage;"
            f" what they leave out is estimated{_up_to(feature, report)}",
        )


def _up_to(feature: FeatureReport, report: Report) -> str:
    draw, headline = report.currency.draw, report.headline
    usd, upper = feature.monthly_usd.get(headline), feature.monthly_upper_usd
    return f", so a month of {draw(usd)} may be up to {draw(upper)}" if matters(usd, upper) else ""


def _claims(report: Report, assignment: Assignment) -> Iterator[Finding]:
    claims = {
        one.call.test: assignment.of_test(one.call.test) for one in report.calls if one.call.test and not one.feature
    }
    claims |= {one.call.call_site: assignment.of_site(one.call.call_site) for one in report.calls if one.call.call_site}
    for subject, features in sorted((name, claimed) for name, claimed in claims.items() if name and len(claimed) > 1):
        yield Finding(
            rule="equal-claim",
            severity=Severity.ERROR,
            subject=subject,
            location=subject,
            message=f"{' and '.join(f'`{name}`' for name in features)} have equal claim to it,"
            " so its calls are in neither; make one pattern longer, or mark the test",
        )


def _stale(report: Report, settings: Settings) -> Iterator[Finding]:
    """One changed prompt makes the replies of many tests old: they are told together, by feature."""
    groups: dict[tuple[str, bool], list[Call]] = {}
    for one in report.calls:
        if one.call.stale_by:
            adjusted = _is_adjusted(one.call.profile)
            subject = one.feature or (file_of(one.call.test) if one.call.test else one.call.phase)
            groups.setdefault((subject, adjusted), []).append(one.call)
    for (subject, adjusted), calls in groups.items():
        worst = max(calls, key=lambda call: abs(call.stale_by or 0))
        tests = named(sorted({call.test for call in calls if call.test}))
        what = (
            "counted in; renew the recordings" if adjusted else "left as reported; renew the recordings, or the mocks"
        )
        yield Finding(
            rule="stale-reply",
            severity=graded("stale-reply", settings, Severity.NOTICE),
            subject=subject,
            location=worst.call_site,
            message=f"{plural(len(calls), 'reply', 'replies')} older than or foreign to the request (worst:"
            f" {worst.stale_by:+,} input tokens), {what}{f' of {tests}' if tests else ''}{_sources(calls)}",
        )


def _is_adjusted(profile: Profile) -> bool:
    """Tell whether a difference is counted in; where a stream was left early, the provenance is that of its output."""
    then = profile.reported_for
    return profile.usage_source is Provenance.ADJUSTED or (then is not None and then != profile.counted_tokens)


def _sources(calls: Iterable[Call]) -> str:
    """Name the first cassettes and mocks with the worst difference of each; those who have no name are left out."""
    worst: dict[str, int] = {}
    for call in calls:
        name, by = call.replayed_by, call.stale_by or 0
        if name is not None and abs(by) >= abs(worst.get(name, 0)):
            worst[name] = by
    found = sorted(worst.items(), key=lambda one: (-abs(one[1]), one[0]))
    few = [f"`{name}` ({by:+,})" for name, by in found[:_SOURCES]]
    more = [f"{len(found) - _SOURCES:,} more"] if len(found) > _SOURCES else []
    return f"; the replies are of {' and '.join([', '.join(few), *more])}" if few else ""


_SOURCES = 3
"""Cassettes or mocks in one message; the rest is counted."""


def _live(report: Report, settings: Settings) -> Iterator[Finding]:
    if "live" not in settings.fail_on:
        return
    tests = Counter(one.call.test or one.call.phase for one in report.calls if one.call.origin is Origin.LIVE)
    for test, count in sorted(tests.items()):
        yield Finding(
            rule="live", severity=Severity.ERROR, subject=test, message=f"{plural(count, 'call')} reached the network"
        )


def _unread(report: Report) -> Iterator[Finding]:
    """Tell of prompts that nobody could read and no reply has counted: their input is in no total."""
    calls = [one.call for one in report.calls if _is_unread(one.call)]
    tests = sorted({call.test or call.phase for call in calls})
    if calls:
        yield Finding(
            rule="not-captured",
            severity=Severity.WARNING,
            subject="input",
            location=next((call.call_site for call in calls if call.call_site), None),
            message=f"the {plural(len(calls), 'request')} of {named(tests)}"
            " cannot be read, and no reply states the tokens: the input of these calls is in no total; tell it with"
            " llmcost.record()",
        )


def _is_unread(call: Call) -> bool:
    profile, is_answered = call.profile, call.outcome in (Outcome.OK, Outcome.PARTIAL)
    is_blind = profile.usage_source is not Provenance.REPORTED and not profile.blocks
    return is_answered and is_blind and not profile.usage.input_tokens and profile.product.operation in _PROMPTED


_PROMPTED = frozenset({"chat", "embeddings"})
"""Operations that have no request without input."""


def _no_traffic() -> Finding:
    return Finding(
        rule="no-traffic",
        severity=Severity.NOTICE,
        subject="[tool.llmcost.features]",
        message="no traffic is declared, so nothing is projected; add [tool.llmcost.features.<name>] with tests and"
        " requests_per_month to pyproject.toml",
    )
