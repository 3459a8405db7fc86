"""Silence: what the baseline knew of a test and this run says no more: its calls, their usage, their output limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Call, Outcome, Profile
from pytest_llmcost.core.finding import Finding, Severity, graded
from pytest_llmcost.core.phrases import named, plural
from pytest_llmcost.core.usage import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.pairing import Pair
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.sampling import Sampled
    from pytest_llmcost.core.settings import Settings

_FROM_REPLY = (Provenance.REPORTED, Provenance.ADJUSTED)
_FROM_COUNT = (Provenance.COUNTED, Provenance.SCALED)


def silence(
    pairs: Sequence[Pair], baseline: Baseline, sampled: Sampled, report: Report, settings: Settings
) -> Iterator[Finding]:
    """Yield what fell silent. A test whose figure is carried is left alone: it did not run, or it failed."""
    yield from _silent(baseline, sampled, report, settings)
    yield from _unreported(pairs)
    yield from _unlimited(pairs)


def _silent(baseline: Baseline, sampled: Sampled, report: Report, settings: Settings) -> Iterator[Finding]:
    """A feature without any sample is told as a whole, by the rule `unsampled`."""
    told = {feature.name for feature in report.features if feature.uncovered}
    with_traffic = {feature.name for feature in report.features if feature.requests_per_month is not None}
    groups: dict[str | None, list[str]] = {}
    for test in sorted(sampled.silent):
        features = set(baseline.tests[test].features)
        for name in sorted(feature for feature in features if feature is not None) or (None,):
            if name not in told:
                groups.setdefault(name, []).append(test)
    for name, tests in groups.items():
        yield Finding(
            rule="silent",
            severity=graded("unsampled", settings) if name in with_traffic else Severity.WARNING,
            subject=name or tests[0],
            location=tests[0],
            message=f"{_of(name)}{named(tests)} passed without a call, where the baseline had some: the figures leave"
            f" {'it' if len(tests) == 1 else 'them'} out; repair {'it' if len(tests) == 1 else 'them'},"
            " or write a new baseline with --llmcost-update-baseline",
        )


def _of(feature: str | None) -> str:
    return "" if feature is None else f"`{feature}`: "


def _unreported(pairs: Iterable[Pair]) -> Iterator[Finding]:
    groups: dict[str | None, list[tuple[str, Call]]] = {}
    for pair in pairs:
        call = _without_usage(pair)
        if call is not None:
            groups.setdefault(pair.feature, []).append((pair.test, call))
    for name, found in groups.items():
        tests = [test for test, _ in found]
        yield Finding(
            rule="unreported",
            severity=Severity.WARNING,
            subject=name or tests[0],
            location=found[0][1].call_site or tests[0],
            message=f"{_of(name)}replies in {named(tests)} no longer report their usage, so their tokens are counted by"
            " us; put the usage back into the mock, or ask the provider for it",
        )


def _without_usage(pair: Pair) -> Call | None:
    """Return the first call without reported usage, where fewer calls report it than in the baseline."""
    after = [call for call in pair.after if call.outcome in (Outcome.OK, Outcome.PARTIAL)]
    counted = [call for call in after if _is_counted(call.profile)]
    counted_then = sum(map(_is_counted, pair.before))
    reported = sum(call.profile.usage_source in _FROM_REPLY for call in after)
    reported_then = sum(profile.usage_source in _FROM_REPLY for profile in pair.before)
    return counted[0] if len(counted) > counted_then and reported < reported_then else None


def _is_counted(profile: Profile) -> bool:
    """Tell whether nothing is from the reply; a stream that was left early may have reported its input."""
    return profile.usage_source in _FROM_COUNT and profile.reported_tokens is None


def _unlimited(pairs: Iterable[Pair]) -> Iterator[Finding]:
    lost: dict[tuple[str | None, str | None], list[tuple[int, str]]] = {}
    for pair in pairs:
        for limit, call in _limits_lost(pair):
            lost.setdefault((pair.feature, call.call_site), []).append((limit, pair.test))
    for (name, site), found in lost.items():
        subject, limit = name or found[0][1], max(limit for limit, _ in found)
        yield Finding(
            rule="output-limit",
            severity=Severity.WARNING,
            subject=subject,
            limit=f"{limit:,}",
            location=site or found[0][1],
            message=f"`{subject}`{f' at {site}' if site else ''} no longer limits its output"
            f" (was {plural(limit, 'token')}): a long answer has no ceiling",
        )


def _limits_lost(pair: Pair) -> Iterator[tuple[int, Call]]:
    if any(then.output_limit for then in pair.before) and any(not one.profile.output_limit for one in pair.after):
        for then, call in pair.aligned():
            if then is not None and call is not None and then.output_limit and call.profile.output_limit is None:
                yield then.output_limit, call
