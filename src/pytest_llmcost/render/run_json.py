"""The run file: a report as JSON, one row a line, made piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.render.json_text import currency, fields, line, money, named_rows, number, rows, usage
from pytest_llmcost.render.run_calls import call_rows
from pytest_llmcost.render.run_comparison import advice_row, comparison_object
from pytest_llmcost.render.run_features import feature_row, use_row
from pytest_llmcost.render.run_outlook import outlook_row
from pytest_llmcost.render.run_prompt_files import prompt_files
from pytest_llmcost.render.run_prompts import Prompts
from pytest_llmcost.render.run_session import finding_row, git_row, prices_row, session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_llmcost.core.calibration import Ratio
    from pytest_llmcost.core.report import Month, Report, TestReport, Totals

FORMAT = "pytest-llmcost/run"
VERSION = 1


def chunks(report: Report, declared: Mapping[str, object]) -> Iterator[str]:
    """Yield the run file of a report; `declared` is what was configured, any JSON and decimals.

    Money is a decimal string in plain notation, or null while unknown; means and weights are numbers.
    """
    yield "{\n"
    yield from fields(
        {
            "format": FORMAT,
            "version": VERSION,
            "created_at": report.created_at,
            "plugin_version": report.plugin_version,
            "git": git_row(report.origins),
            "prices": prices_row(report.prices),
            "verdict": report.verdict.value,
            "totals": _totals(report.totals, report),
        }
    )
    prompts = Prompts()
    yield from rows("calls", call_rows(report, prompts))
    yield from prompts.sections()
    yield from session(report.run)
    yield from prompt_files(report.prompts)
    yield from rows("tests", (line(_test(one)) for one in report.tests))
    yield from rows("features", (line(feature_row(one)) for one in report.features))
    yield from named_rows(
        "scenarios", ((line(name), line(month_row(month))) for name, month in report.scenarios.items())
    )
    yield from rows("findings", (line(finding_row(one)) for one in report.findings))
    yield f'"comparison":{comparison_object(report.comparison)},\n'
    yield from rows("advice", map(advice_row, report.advice))
    if report.outlook is not None:
        yield from fields({"outlook": outlook_row(report.outlook)})
    yield from rows("calibration", (line(_ratio(one)) for one in report.calibration))
    yield f'"config":{line(_config(report, declared))}\n}}\n'


def _totals(totals: Totals, report: Report) -> dict[str, object]:
    return {
        "calls": totals.calls,
        "tests": totals.tests,
        "usage": usage(totals.usage),
        "cost_usd": money(totals.cost_usd),
        "spend_usd": money(totals.spend_usd),
        "network_calls": totals.network_calls,
        "network_tests": totals.network_tests,
        "unpriced_calls": totals.unpriced_calls,
        "by_provenance": dict(totals.by_provenance),
        "partial": report.partial,
        "budgets": [use_row(use) for use in report.budgets],
        "groups": [
            {"name": group.name, "calls": group.calls, "tests": group.tests, "cost_usd": money(group.cost_usd)}
            for group in report.groups
        ],
    }


def _test(test: TestReport) -> dict[str, object]:
    return {
        "test": test.test,
        "outcome": test.outcome,
        "attempts": test.attempts,
        "features": list(test.features),
        "weight": number(test.weight),
        "calls": test.calls,
        "usage": usage(test.usage),
        "cost_usd": money(test.cost_usd),
    }


def _ratio(ratio: Ratio) -> dict[str, object]:
    """Return what estimates of one kind are scaled by: ratios are decimal strings."""
    return {
        **ratio.kind._asdict(),
        "prompts": ratio.prompts,
        "ratio": money(ratio.middle),
        "low": money(ratio.low),
        "high": money(ratio.high),
        "calls": ratio.used,
    }


def month_row(month: Month) -> dict[str, object]:
    """Return a month of everything."""
    return {
        "monthly_usd": money(month.monthly_usd),
        "inference_usd": money(month.inference_usd),
        "overheads_usd": {name: money(amount) for name, amount in month.overheads_usd.items()},
        "fixed_usd": {name: money(amount) for name, amount in month.fixed_usd.items()},
        "requests": number(month.requests),
    }


def _config(report: Report, declared: Mapping[str, object]) -> dict[str, object]:
    """The traffic as declared, and what was asked of this run."""
    return {
        **declared,
        "scenario": report.headline,
        "no_comparison": report.no_comparison,
        "ignore_below_usd": money(report.ignore_below_usd),
        "currency": currency(report.currency),
    }
