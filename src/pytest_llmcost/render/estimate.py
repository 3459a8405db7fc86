"""An estimate, drawn: the month, its scenarios, what one request, session and user cost, and what is bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.money import ZERO, total
from pytest_llmcost.render import run_json
from pytest_llmcost.render.escape import prose
from pytest_llmcost.render.figures import count
from pytest_llmcost.render.markdown import told
from pytest_llmcost.render.markdown_tables import ICONS
from pytest_llmcost.render.markdown_tables import table as drawn
from pytest_llmcost.render.run_config import declared
from pytest_llmcost.render.sentences import discounts, drawn_findings, prices
from pytest_llmcost.render.tables import Column, Kind, Table
from pytest_llmcost.render.terminal import Line, finding_line, table_lines
from pytest_llmcost.render.text import clean, plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.economics import UnitCosts
    from pytest_llmcost.core.estimate import Estimate
    from pytest_llmcost.core.report import Month
    from pytest_llmcost.core.volume import Volume


def lines(found: Estimate, *, width: int) -> Iterator[Line]:
    """Yield the estimate for a terminal of `width` columns."""
    yield Line(clean(_headline(found)), ("bold",))
    for table in _tables(found):
        yield from table_lines(table, width)
    yield Line("")
    yield from (finding_line(severity, one) for severity, one in drawn_findings(found.report))
    yield from (Line(clean(note)) for note in _notes(found))


def markdown(found: Estimate) -> str:
    """Return the estimate as GitHub Markdown."""
    tables = [f"**{prose(table.title)}**\n\n{drawn(table)}" for table in _tables(found) if table.rows]
    findings = [f"- {ICONS[severity]} {told(one)}" for severity, one in drawn_findings(found.report)]
    told_notes = [f"- {prose(note)}" for note in _notes(found)]
    return "\n\n".join([f"### {prose(_headline(found))}", *tables, "\n".join([*findings, *told_notes])]) + "\n"


def in_json(found: Estimate) -> str:
    """Return the run file of the estimate, as `llmcost report` reads it."""
    return "".join(run_json.chunks(found.report, declared(found.settings)))


def _headline(found: Estimate) -> str:
    """Return the month of the headline scenario, and how it is known."""
    report, fixed = found.report, total(found.month.fixed_usd.values())
    part = f", {report.currency.draw(fixed)} of it fixed" if fixed else ""
    known = report.features[0].provenance
    return f"LLM cost: {report.currency.draw(found.month.monthly_usd)} a month ({report.headline}){part}, as {known}"


def _tables(found: Estimate) -> Iterator[Table]:
    yield _scenarios(found)
    yield _units(found)
    yield _volume(found)
    yield _forecast(found)


def _scenarios(found: Estimate) -> Table:
    """A row per scenario; columns for overheads and fixed costs only where there are some."""
    months, draw = found.report.scenarios, found.report.currency.draw
    beside = [
        (title, sums)
        for title, sums in (
            ("Overheads", [total(month.overheads_usd.values()) for month in months.values()]),
            ("Fixed", [total(month.fixed_usd.values()) for month in months.values()]),
        )
        if any(sums)
    ]
    rows = [
        (name, count(month.requests), draw(month.inference_usd), *(draw(sums[place]) for _, sums in beside))
        for place, (name, month) in enumerate(months.items())
    ]
    if beside:
        rows = [(*row, draw(month.monthly_usd)) for row, month in zip(rows, months.values(), strict=True)]
    return Table(
        title="Scenarios, a month",
        columns=(
            Column("Scenario", Kind.NAME),
            Column("Requests"),
            Column("Calls cost" if beside else "Month"),
            *(Column(title) for title, _ in beside),
            *([Column("Month")] if beside else []),
        ),
        rows=tuple(rows),
    )


def _units(found: Estimate) -> Table:
    """What one of something costs: by the calls alone, and of the whole month where that is more."""
    draw, has_more = found.report.currency.draw, _has_beside(found.month)
    rows = [
        (name, draw(each), *([draw(whole)] if has_more else []))
        for (name, each), (_, whole) in zip(_each(found.each), _each(found.whole), strict=True)
        if each is not None
    ]
    return Table(
        title=f"What one costs, scenario {found.report.headline}",
        columns=(Column("One", Kind.WORD), Column("Calls cost"), *([Column("With all")] if has_more else [])),
        rows=tuple(rows),
    )


def _has_beside(month: Month) -> bool:
    return bool(month.overheads_usd or month.fixed_usd)


def _each(costs: UnitCosts) -> tuple[tuple[str, Decimal | None], ...]:
    return ("request", costs.per_request), ("session", costs.per_session), ("user", costs.per_user)


def _volume(found: Estimate) -> Table:
    """What a month buys, of all models together."""
    rows = [
        (name, amount, each)
        for (name, amount), (_, each) in zip(_amounts(found.volume), _amounts(found.request), strict=True)
        if each or not name.startswith(_PART)
    ]
    return Table(
        title=f"What a month buys, scenario {found.report.headline}",
        columns=(Column("What", Kind.WORD), Column("A month"), Column("A request")),
        rows=tuple((name, count(amount), count(each)) for name, amount, each in rows),
    )


_PART = "- "
"""Before the name of what is part of the row above."""


def _amounts(bought: Volume) -> tuple[tuple[str, Decimal], ...]:
    return (
        ("calls", bought.calls),
        ("input tokens", bought.input_tokens),
        (f"{_PART}read from a cache", bought.cache_read_tokens),
        (f"{_PART}written to a cache", bought.cache_write_tokens),
        ("output tokens", bought.output_tokens),
    )


def _forecast(found: Estimate) -> Table:
    """The months to come; no row where no growth is declared."""
    draw, growth = found.report.currency.draw, found.growth_percent or ZERO
    return Table(
        title=f"Forecast, scenario {found.report.headline}, traffic {growth:+f}% a month",
        columns=(Column("In", Kind.WORD), Column("Month")),
        rows=tuple((plural(number, "month"), draw(usd)) for number, usd in enumerate(found.months, 1)),
    )


def _notes(found: Estimate) -> Iterator[str]:
    """Yield what the figures rest on; one line each."""
    report = found.report
    product = report.calls[0].call.profile.product
    yield f"usage and traffic: {report.features[0].provenance}"
    yield from _conversation(found)
    if found.too_short is not None:
        yield (
            f"nothing is read from the prefix cache: no prompt begins with {count(found.too_short)} tokens, its least,"
            " that stay the same (--system-tokens)"
        )
    yield f"model: {product.provider}/{product.model}, {report.calls[0].cost.note}"
    yield f"prices: {prices(report.prices)}"
    yield from discounts(report)
    if basis := report.currency.basis:
        yield basis


def _conversation(found: Estimate) -> Iterator[str]:
    served = found.served
    if served.grows:
        tokens = served.tokens_per_turn
        each = f"what the user writes ({count(served.user_tokens)} tokens) and the answer"
        each = each if tokens is None else f"{count(tokens)} tokens"
        yield f"a session has {count(served.turns_per_session)} turns, and each adds {each} to the history of the next"
