"""The run file: a report as JSON, one row a line, made piece by piece."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.usage import FIELDS, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_llmcost.core.call import PricedCall, Product, Profile
    from pytest_llmcost.core.comparison import Change, Comparison
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.report import FeatureReport, Month, Report, TestReport, Totals, Use

FORMAT = "pytest-llmcost/run"
VERSION = 1

_REMEMBERED = 4096
"""Fragments kept for the next row: enough for what recurs, and far below the size of a large run."""

_COUNTS = attrgetter(*FIELDS)

_SURROGATE = re.compile("[\ud800-\udfff]")


def chunks(report: Report, declared: Mapping[str, object]) -> Iterator[str]:
    """Yield the run file of a report; `declared` is the traffic as declared, any JSON and decimals.

    Money is a decimal string in plain notation, or null while unknown; means and weights are numbers.
    """
    yield "{\n"
    yield from _fields(
        {
            "format": FORMAT,
            "version": VERSION,
            "created_at": report.created_at,
            "plugin_version": report.plugin_version,
            "git": {
                "commit": report.origins.commit,
                "branch": report.origins.branch,
                "dirty": report.origins.dirty,
            },
            "prices": {
                "source": report.prices.source,
                "version": report.prices.version,
                "as_of": report.prices.as_of,
            },
            "verdict": report.verdict.value,
            "totals": _totals(report.totals, report),
        }
    )
    yield from _rows("calls", _calls(report.calls))
    yield from _rows("tests", (_line(_test(one)) for one in report.tests))
    yield from _rows("features", (_line(_feature(one)) for one in report.features))
    yield from _table("scenarios", {name: _month(month) for name, month in report.scenarios.items()})
    yield from _rows("findings", (_line(_finding(one)) for one in report.findings))
    yield from _comparison(report.comparison)
    yield f'"config":{_line(_config(report, declared))}\n}}\n'


def _fields(values: Mapping[str, object]) -> Iterator[str]:
    for key, value in values.items():
        yield f'"{key}":{_line(value)},\n'


def _rows(key: str, rows: Iterable[str]) -> Iterator[str]:
    yield f'"{key}":['
    between = "\n"
    for row in rows:
        yield between + row
        between = ",\n"
    yield "\n],\n"


def _table(key: str, rows: Mapping[str, object]) -> Iterator[str]:
    body = ",\n".join(f"{_line(name)}:{_line(row)}" for name, row in rows.items())
    yield f'"{key}":{{\n{body}\n}},\n'


def _line(value: object) -> str:
    return _encodable(_dumped(value))


def _encodable(row: str) -> str:
    """Escape lone surrogates, which UTF-8 cannot hold: node ids of tests can have them."""
    return row if row.isascii() else _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", row)


def _foreign(value: object) -> object:
    """Encode what the declared configuration may hold besides plain JSON."""
    return _number(value) if isinstance(value, Decimal) else str(value)


_dumped = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_foreign).encode


def _money(amount: Decimal | None) -> str | None:
    """Write equal amounts alike: a price book may give 0.00007000."""
    return None if amount is None else f"{CONTEXT.normalize(amount):f}"


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _usage(usage: Usage) -> dict[str, int]:
    return {name: count for name, count in zip(FIELDS, _COUNTS(usage), strict=True) if count is not None}


def _totals(totals: Totals, report: Report) -> dict[str, object]:
    return {
        "calls": totals.calls,
        "tests": totals.tests,
        "usage": _usage(totals.usage),
        "cost_usd": _money(totals.cost_usd),
        "spend_usd": _money(totals.spend_usd),
        "network_calls": totals.network_calls,
        "network_tests": totals.network_tests,
        "unpriced_calls": totals.unpriced_calls,
        "by_provenance": dict(totals.by_provenance),
        "partial": report.partial,
        "budgets": [_use(use) for use in report.budgets],
        "groups": [
            {"name": group.name, "calls": group.calls, "tests": group.tests, "cost_usd": _money(group.cost_usd)}
            for group in report.groups
        ],
    }


def _use(use: Use) -> dict[str, object]:
    return {
        "key": use.key,
        "limit": _money(use.limit),
        "actual": _money(use.actual),
        "unit": use.unit,
        "location": use.location,
    }


def _calls(calls: Iterable[PricedCall]) -> Iterator[str]:
    """Encode calls by hand: of a large run they are nearly all, and most of a row recurs."""
    text = lru_cache(_REMEMBERED)(_dumped)
    names = lru_cache(_REMEMBERED)(_names)
    # By identity: to hash a profile costs more than to encode it. The report keeps every profile alive.
    profiles: dict[int, str] = {}
    for one in calls:
        call, usd = one.call, one.cost.usd
        counts = profiles.get(id(call.profile))
        if counts is None:
            if len(profiles) >= _REMEMBERED:
                profiles.clear()
            counts = profiles[id(call.profile)] = _counts(call.profile)
        cost = "null" if usd is None else f'"{usd:f}"'
        more = "" if call.stale_by is None else f',"stale_by":{call.stale_by}'
        if call.evaluation:
            more += ',"evaluation":true'
        yield _encodable(
            f'{{"test":{text(call.test)},"phase":{text(call.phase)},"attempt":{call.attempt},"index":{call.index},'
            f'"feature":{text(one.feature)},{names(call.profile.product)},'
            f'"requested_model":{text(call.requested_model)},"status":{text(call.status)},'
            f'"outcome":"{call.outcome}","stream":{"true" if call.stream else "false"},'
            f'"origin":"{call.origin}",{counts},"cost_usd":{cost},"price_note":{text(one.cost.note)},'
            f'"call_site":{text(call.call_site)},"prompt_sha256":{_dumped(call.profile.prompt)}{more}}}'
        )


def _names(product: Product) -> str:
    names = {"provider": product.provider, "model": product.model, "operation": product.operation}
    if product.service_tier is not None:
        names["service_tier"] = product.service_tier
    return _dumped(names)[1:-1]


def _counts(profile: Profile) -> str:
    segments = [f'"{segment}":{tokens}' for segment, tokens in profile.segments.items() if tokens]
    usage = [f'"{name}":{count}' for name, count in _usage(profile.usage).items()]
    return (
        f'"usage":{{{",".join(usage)}}},"usage_source":"{profile.usage_source}",'
        f'"input_tokens_upper":{profile.input_tokens_upper},"segments":{{{",".join(segments)}}}'
    )


def _test(test: TestReport) -> dict[str, object]:
    return {
        "test": test.test,
        "outcome": test.outcome,
        "attempts": test.attempts,
        "features": list(test.features),
        "weight": _number(test.weight),
        "calls": test.calls,
        "usage": _usage(test.usage),
        "cost_usd": _money(test.cost_usd),
    }


def _feature(feature: FeatureReport) -> dict[str, object]:
    return {
        "name": feature.name,
        "samples": feature.samples,
        "carried": feature.carried,
        "lost": feature.lost,
        "calls_per_request": _number(feature.calls_per_request),
        "input_tokens": _number(feature.input_tokens),
        "output_tokens": _number(feature.output_tokens),
        "cost_per_request_usd": _money(feature.cost_per_request_usd),
        "requests_per_month": _number(feature.requests_per_month),
        "monthly_usd": {name: _money(amount) for name, amount in feature.monthly_usd.items()},
        "provenance": feature.provenance,
        "uncovered": feature.uncovered,
        "budgets": [_use(use) for use in feature.budgets],
    }


def _month(month: Month) -> dict[str, object]:
    return {
        "monthly_usd": _money(month.monthly_usd),
        "inference_usd": _money(month.inference_usd),
        "overheads_usd": {name: _money(amount) for name, amount in month.overheads_usd.items()},
        "fixed_usd": {name: _money(amount) for name, amount in month.fixed_usd.items()},
        "requests": _number(month.requests),
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "limit": finding.limit,
        "actual": finding.actual,
        "message": finding.message,
        "location": finding.location,
    }


def _comparison(comparison: Comparison | None) -> Iterator[str]:
    if comparison is None:
        yield '"comparison":null,\n'
        return
    per_month = comparison.per == "month"
    sums = (_money(comparison.before_usd), _money(comparison.after_usd))
    monthly = dict(zip(("monthly_before_usd", "monthly_after_usd"), sums if per_month else (None, None), strict=True))
    per_run = {} if per_month else dict(zip(("run_before_usd", "run_after_usd"), sums, strict=True))
    yield '"comparison":{\n'
    yield from _fields({"base": {"commit": comparison.commit, "source": comparison.source}, **monthly, **per_run})
    yield from _rows("features", (_line({**_change(one), "causes": []}) for one in comparison.features))
    yield from _rows("gate", (_line(_change(one)) for one in comparison.gate))
    yield from _fields({"added": comparison.added, "removed": comparison.removed})
    yield f'"carried":{_line(comparison.carried)}\n}},\n'


def _change(change: Change) -> dict[str, object]:
    return {"name": change.name, "before_usd": _money(change.before_usd), "after_usd": _money(change.after_usd)}


def _config(report: Report, declared: Mapping[str, object]) -> dict[str, object]:
    """The traffic as declared, and what was asked of this run."""
    return {
        **declared,
        "scenario": report.headline,
        "not_applied": report.not_applied,
        "no_comparison": report.no_comparison,
    }
