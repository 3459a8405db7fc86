"""JUnit: what each test cost, as properties in the file of pytest's own `--junitxml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmcost.plugin.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.call import Call, Price
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.plugin.session import Session


class Junit:
    """Beside the session where `--junitxml` is given, in every process that runs tests."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.recording = session.recording

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the figures on the report of the teardown: pytest reads properties there, when the test is over."""
        report = yield
        self._describe(item, report)
        return report

    @guarded
    def _describe(self, item: pytest.Item, report: pytest.TestReport) -> None:
        recording, test = self.recording, self._session.name(item)
        ended, attempt = recording.ended, recording.attempt(test)
        # What could not be read is not there, but what was read before it still is.
        if report.when == "teardown" and ended.calls and ended.tests[0][:2] == (test, attempt):
            calls = recording.reading.settled(test, ended.calls)
            # Not on the item: there, the next attempt of a rerun would find them.
            report.user_properties.extend(of_test(calls, recording.reading.price, attempt))

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Describe the run as a whole, where it ends; pytest writes its file after this."""
        ending = self._session.ending
        if ending is None or ending.report is None:
            return
        from _pytest.junitxml import xml_key

        xml: Any = session.config.stash.get(xml_key, None)
        if xml is not None:
            for name, value in of_run(ending.report, judged=not ending.options.record_only):
                xml.add_global_property(name, value)


def of_test(calls: Sequence[Call], price: Price, attempt: int) -> Iterator[tuple[str, str]]:
    """Yield what one attempt at a test used; nothing without calls. Calls that judge the product are left out."""
    from pytest_llmcost.core.call import cost
    from pytest_llmcost.core.money import total
    from pytest_llmcost.core.usage import total_usage, weakest
    from pytest_llmcost.render.text import clean

    own = [call for call in calls if not call.evaluation]
    if not own:
        return
    costs = [cost(call, price).usd for call in own]
    usage = total_usage(call.profile.usage for call in own)
    products = (call.profile.product for call in own)
    models = sorted({clean(f"{product.provider}/{product.model}") for product in products})
    provenance = weakest(call.profile.usage_source for call in own)
    yield "llmcost.calls", str(len(own))
    yield from _dollars("llmcost.cost_usd", total(costs))
    yield from _count("llmcost.unpriced_calls", costs.count(None) or None)
    yield "llmcost.input_tokens", str(usage.input_tokens)
    yield from _count("llmcost.cache_read_tokens", usage.cache_read_tokens)
    yield "llmcost.output_tokens", str(usage.output_tokens)
    yield "llmcost.models", ", ".join(models)
    yield "llmcost.provenance", provenance.value if provenance else ""
    yield from _count("llmcost.attempt", attempt if attempt > 1 else None)


def of_run(report: Report, *, judged: bool) -> Iterator[tuple[str, str]]:
    """Yield what the whole run found out; without a verdict where it was to give none."""
    from pytest_llmcost.render.sentences import monthly

    totals = report.totals
    if judged:
        yield "llmcost.verdict", report.verdict.value
    yield "llmcost.calls", str(totals.calls)
    yield from _dollars("llmcost.cost_usd", None if totals.unpriced_calls else totals.cost_usd)
    yield from _count("llmcost.unpriced_calls", totals.unpriced_calls or None)
    if report.headline in report.scenarios:
        yield from _dollars("llmcost.monthly_usd", monthly(report))
        yield "llmcost.scenario", report.headline


def _dollars(name: str, amount: Decimal | None) -> Iterator[tuple[str, str]]:
    """Yield US dollars as a plain decimal; an unknown amount is left out, never 0."""
    if amount is not None:
        yield name, f"{amount:f}"


def _count(name: str, count: int | None) -> Iterator[tuple[str, str]]:
    if count is not None:
        yield name, str(count)
