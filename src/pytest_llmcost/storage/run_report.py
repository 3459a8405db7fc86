"""A run file read back as the report that it was written from.

Of a profile the file keeps the size of every segment, not its text blocks: it comes back with one nameless block per
segment. So its segments are right, and it matches no fingerprint of a baseline. Checked by hand, as the baseline is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Call, Cost, Origin, Outcome, PricedCall, Product, Profile
from pytest_llmcost.core.comparison import Change, Comparison
from pytest_llmcost.core.finding import Finding, Severity, Verdict
from pytest_llmcost.core.prompt import Block, Segment
from pytest_llmcost.core.report import FeatureReport, Group, Month, Prices, Report, TestReport, Totals, Use
from pytest_llmcost.core.run import Origins
from pytest_llmcost.core.usage import FIELDS, Provenance, Usage
from pytest_llmcost.storage.run_row import Row

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


def report(data: Mapping[str, object]) -> Report:
    """Return the report that a parsed run file holds.

    Raises RunFileError, one sentence with the place, for a key that is missing or of the wrong kind.
    """
    file = Row(data)
    git, prices, totals, config = file.row("git"), file.row("prices"), file.row("totals"), file.row("config")
    return Report(
        created_at=file.text("created_at"),
        plugin_version=file.text("plugin_version"),
        origins=Origins(
            commit=git.maybe(git.text, "commit"),
            branch=git.maybe(git.text, "branch"),
            dirty=git.maybe(git.flag, "dirty"),
        ),
        prices=Prices(source=prices.text("source"), version=prices.text("version"), as_of=prices.text("as_of")),
        headline=config.text("scenario"),
        verdict=file.choice("verdict", Verdict),
        totals=_totals(totals),
        calls=tuple(map(_call, file.rows("calls"))),
        tests=tuple(map(_test, file.rows("tests"))),
        features=tuple(map(_feature, file.rows("features"))),
        scenarios=file.named("scenarios", lambda row, name: _month(row.row(name))),
        groups=tuple(map(_group, totals.rows("groups"))),
        budgets=tuple(map(_use, totals.rows("budgets"))),
        findings=tuple(map(_finding, file.rows("findings"))),
        comparison=file.maybe(lambda key: _comparison(file.row(key)), "comparison"),
        no_comparison=config.maybe(config.text, "no_comparison"),
        not_applied=config.texts("not_applied"),
        partial=totals.flag("partial"),
    )


def _usage(row: Row) -> Usage:
    more = {name: row.count(name) for name in FIELDS if row.values.get(name) is not None}
    return Usage(**{**more, "input_tokens": row.count("input_tokens"), "output_tokens": row.count("output_tokens")})


def _totals(row: Row) -> Totals:
    return Totals(
        calls=row.count("calls"),
        tests=row.count("tests"),
        usage=_usage(row.row("usage")),
        cost_usd=row.money("cost_usd"),
        spend_usd=row.money("spend_usd"),
        network_calls=row.count("network_calls"),
        network_tests=row.count("network_tests"),
        unpriced_calls=row.count("unpriced_calls"),
        by_provenance=row.named("by_provenance", Row.count),
    )


def _call(row: Row) -> PricedCall:
    return PricedCall(
        Call(
            test=row.maybe(row.text, "test"),
            phase=row.text("phase"),
            attempt=row.count("attempt"),
            index=row.count("index"),
            requested_model=row.maybe(row.text, "requested_model"),
            status=row.maybe(row.whole, "status"),
            outcome=row.choice("outcome", Outcome),
            stream=row.flag("stream"),
            origin=row.choice("origin", Origin),
            call_site=row.maybe(row.text, "call_site"),
            profile=_profile(row),
            evaluation=bool(row.maybe(row.flag, "evaluation")),
            stale_by=row.maybe(row.whole, "stale_by"),
        ),
        row.maybe(row.text, "feature"),
        Cost(row.maybe(row.money, "cost_usd"), row.text("price_note")),
    )


def _profile(row: Row) -> Profile:
    segments = row.row("segments")
    return Profile(
        product=Product(
            row.text("provider"), row.text("model"), row.text("operation"), row.maybe(row.text, "service_tier")
        ),
        usage=_usage(row.row("usage")),
        usage_source=row.choice("usage_source", Provenance),
        input_tokens_upper=row.count("input_tokens_upper"),
        prompt=row.text("prompt_sha256"),
        blocks=tuple(Block(one, "", segments.count(one)) for one in Segment if one in segments.values),
    )


def _test(row: Row) -> TestReport:
    return TestReport(
        test=row.text("test"),
        outcome=row.text("outcome"),
        attempts=row.count("attempts"),
        features=row.texts("features"),
        weight=row.number("weight"),
        calls=row.count("calls"),
        usage=_usage(row.row("usage")),
        cost_usd=row.maybe(row.money, "cost_usd"),
    )


def _feature(row: Row) -> FeatureReport:
    return FeatureReport(
        name=row.text("name"),
        samples=row.count("samples"),
        carried=row.count("carried"),
        lost=row.count("lost"),
        calls_per_request=row.maybe(row.number, "calls_per_request"),
        input_tokens=row.maybe(row.number, "input_tokens"),
        output_tokens=row.maybe(row.number, "output_tokens"),
        cost_per_request_usd=row.maybe(row.money, "cost_per_request_usd"),
        requests_per_month=row.maybe(row.number, "requests_per_month"),
        monthly_usd=row.named("monthly_usd", _maybe_money),
        provenance=row.maybe(lambda key: row.choice(key, Provenance), "provenance"),
        uncovered=row.flag("uncovered"),
        budgets=tuple(map(_use, row.rows("budgets"))),
    )


def _maybe_money(row: Row, key: str) -> Decimal | None:
    return row.maybe(row.money, key)


def _month(row: Row) -> Month:
    return Month(
        monthly_usd=_maybe_money(row, "monthly_usd"),
        inference_usd=_maybe_money(row, "inference_usd"),
        requests=row.number("requests"),
        overheads_usd=row.named("overheads_usd", Row.money),
        fixed_usd=row.named("fixed_usd", Row.money),
    )


def _group(row: Row) -> Group:
    return Group(
        name=row.text("name"),
        calls=row.count("calls"),
        tests=row.count("tests"),
        cost_usd=row.maybe(row.money, "cost_usd"),
    )


def _use(row: Row) -> Use:
    return Use(
        key=row.text("key"),
        limit=row.money("limit"),
        actual=row.maybe(row.money, "actual"),
        unit=row.text("unit"),
        location=row.maybe(row.text, "location"),
    )


def _finding(row: Row) -> Finding:
    return Finding(
        rule=row.text("rule"),
        severity=row.choice("severity", Severity),
        subject=row.text("subject"),
        limit=row.maybe(row.text, "limit"),
        actual=row.maybe(row.text, "actual"),
        message=row.text("message"),
        location=row.maybe(row.text, "location"),
    )


def _comparison(row: Row) -> Comparison:
    base = row.row("base")
    per = "run" if "run_before_usd" in row.values else "month"
    prefix = "run" if per == "run" else "monthly"
    return Comparison(
        source=base.text("source"),
        commit=base.maybe(base.text, "commit"),
        per=per,
        before_usd=_maybe_money(row, f"{prefix}_before_usd"),
        after_usd=_maybe_money(row, f"{prefix}_after_usd"),
        features=tuple(map(_change, row.rows("features"))),
        gate=tuple(map(_change, row.rows("gate"))),
        added=row.texts("added"),
        removed=row.texts("removed"),
        carried=row.texts("carried"),
    )


def _change(row: Row) -> Change:
    return Change(
        name=row.text("name"), before_usd=_maybe_money(row, "before_usd"), after_usd=_maybe_money(row, "after_usd")
    )
