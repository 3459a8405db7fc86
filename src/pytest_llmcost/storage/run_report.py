"""A run file read back as the report that it was written from, and as the run that this was made of.

Checked by hand, as the baseline is. Shapes and spare tokens of blocks are not in the file: they come back empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.calibration import Kind, Ratio
from pytest_llmcost.core.discount import in_force
from pytest_llmcost.core.finding import Verdict
from pytest_llmcost.core.report import Group, Month, Prices, Report, TestReport, Totals
from pytest_llmcost.storage.run_calls import calls, usage
from pytest_llmcost.storage.run_comparison import advice, comparison
from pytest_llmcost.storage.run_features import feature, use
from pytest_llmcost.storage.run_outlook import outlook
from pytest_llmcost.storage.run_prompt_files import prompt_reports
from pytest_llmcost.storage.run_prompts import Prompts
from pytest_llmcost.storage.run_row import Row
from pytest_llmcost.storage.run_session import finding, origins
from pytest_llmcost.storage.run_session import run as session
from pytest_llmcost.storage.run_settings import currency, discounts, ignored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pytest_llmcost.core.run import Run


def report(data: Mapping[str, object]) -> Report:
    """Return the report that a parsed run file holds.

    Raises RunFileError, one sentence with the place, for a key that is missing or of the wrong kind.
    """
    file = Row(data)
    prices, totals, config = file.row("prices"), file.row("totals"), file.row("config")
    priced, recorded = calls(file, Prompts(file))
    return Report(
        created_at=file.text("created_at"),
        plugin_version=file.text("plugin_version"),
        origins=origins(file.row("git")),
        prices=Prices(
            source=prices.text("source"),
            version=prices.text("version"),
            as_of=prices.text("as_of"),
            dated=prices.maybe(prices.text, "dated") or "",
            age_days=prices.maybe(prices.count, "age_days"),
        ),
        headline=config.text("scenario"),
        verdict=file.choice("verdict", Verdict),
        totals=_totals(totals),
        calls=priced,
        tests=tuple(map(_test, file.rows("tests"))),
        features=tuple(map(feature, file.rows("features"))),
        scenarios=file.named("scenarios", lambda row, name: _month(row.row(name))),
        groups=tuple(map(_group, totals.rows("groups"))),
        budgets=tuple(map(use, totals.rows("budgets"))),
        findings=tuple(map(finding, file.rows("findings"))),
        comparison=file.maybe(lambda key: comparison(file.row(key)), "comparison"),
        no_comparison=config.maybe(config.text, "no_comparison"),
        partial=totals.flag("partial"),
        advice=tuple(map(advice, file.rows("advice"))),
        outlook=file.maybe(lambda key: outlook(file.row(key)), "outlook"),
        calibration=tuple(map(_ratio, file.rows("calibration"))),
        ignore_below_usd=ignored(config),
        prompts=prompt_reports(file),
        discounts=in_force(discounts(config), prices.text("as_of")),
        currency=currency(config),
        run=file.maybe(lambda _: session(file, recorded), "session"),
    )


def run(data: Mapping[str, object]) -> Run:
    """Return the run that a parsed run file was made of, its calls as they were recorded.

    Raises RunFileError as `report` does, and for a file without a session.
    """
    file = Row(data)
    _, recorded = calls(file, Prompts(file))
    return session(file, recorded)


def _totals(row: Row) -> Totals:
    return Totals(
        calls=row.count("calls"),
        tests=row.count("tests"),
        usage=usage(row.row("usage")),
        cost_usd=row.money("cost_usd"),
        spend_usd=row.money("spend_usd"),
        network_calls=row.count("network_calls"),
        network_tests=row.count("network_tests"),
        unpriced_calls=row.count("unpriced_calls"),
        by_provenance=row.named("by_provenance", Row.count),
    )


def _ratio(row: Row) -> Ratio:
    return Ratio(
        kind=Kind(*map(row.text, Kind._fields)),
        prompts=row.count("prompts"),
        middle=row.money("ratio"),
        low=row.money("low"),
        high=row.money("high"),
        used=row.count("calls"),
    )


def _test(row: Row) -> TestReport:
    return TestReport(
        test=row.text("test"),
        outcome=row.text("outcome"),
        attempts=row.count("attempts"),
        features=row.texts("features"),
        weight=row.number("weight"),
        calls=row.count("calls"),
        usage=usage(row.row("usage")),
        cost_usd=row.maybe(row.money, "cost_usd"),
    )


def _maybe_money(row: Row, key: str) -> Decimal | None:
    return row.maybe(row.money, key)


def _month(row: Row) -> Month:
    return Month(
        monthly_usd=_maybe_money(row, "monthly_usd"),
        inference_usd=_maybe_money(row, "inference_usd"),
        requests=row.number("requests"),
        overheads_usd=row.named("overheads_usd", Row.money),
        fixed_usd=row.named("fixed_usd", _maybe_money),
    )


def _group(row: Row) -> Group:
    return Group(
        name=row.text("name"),
        calls=row.count("calls"),
        tests=row.count("tests"),
        cost_usd=row.maybe(row.money, "cost_usd"),
    )
