"""A quote, drawn: a row for each rate, a column for each service tier, and below them how they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.render.escape import code, prose
from pytest_llmcost.render.figures import NONE
from pytest_llmcost.render.json_text import currency as currency_row
from pytest_llmcost.render.json_text import fields, line, money, rows
from pytest_llmcost.render.markdown_tables import table as drawn
from pytest_llmcost.render.run_session import prices_row
from pytest_llmcost.render.sentences import prices
from pytest_llmcost.render.tables import Column, Kind, Table
from pytest_llmcost.render.terminal import Line, table_lines
from pytest_llmcost.render.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.quote import Quote, Rate, TierQuote

FORMAT = "pytest-llmcost/prices"
VERSION = 1
_UNIT = "million tokens"


def lines(quote: Quote, currency: Currency, *, width: int) -> Iterator[Line]:
    """Yield the quote for a terminal of `width` columns."""
    yield Line(clean(quote.name), ("bold",))
    yield Line(clean(f"prices: {prices(quote.prices)}"))
    yield from table_lines(_table(quote, currency), width)
    yield Line("")
    yield from (Line(clean(note)) for note in _notes(quote, currency))


def markdown(quote: Quote, currency: Currency) -> str:
    """Return the quote as GitHub Markdown."""
    notes = "\n".join(f"- {prose(note)}" for note in _notes(quote, currency))
    parts = [
        f"### {code(quote.name)}",
        str(drawn(_table(quote, currency))),
        notes,
        f"<sub>prices: {prices(quote.prices)}</sub>",
    ]
    return "\n\n".join(parts) + "\n"


def in_json(quote: Quote, currency: Currency) -> str:
    """Return the quote as JSON, rates as decimal strings in US dollars."""
    head = {"format": FORMAT, "version": VERSION, "asked": quote.asked, "name": quote.name}
    head |= {"prices": prices_row(quote.prices), "currency": currency_row(currency)}
    parts = ["{\n", *fields(head), *rows("tiers", (line(_tier(one)) for one in quote.tiers))]
    return "".join(parts).rstrip().removesuffix(",") + "\n}\n"


def _table(quote: Quote, currency: Currency) -> Table:
    kinds = list(dict.fromkeys((rate.what, rate.above, rate.per) for tier in quote.tiers for rate in tier.rates))
    by_tier = [{(rate.what, rate.above, rate.per): rate for rate in tier.rates} for tier in quote.tiers]
    return Table(
        title=f"{_word(currency)} per million tokens, unless a row says otherwise",
        columns=(Column("Rate", Kind.WORD), *(Column(tier.tier) for tier in quote.tiers)),
        rows=tuple((_what(*kind), *(_figure(each.get(kind), currency) for each in by_tier)) for kind in kinds),
    )


def _what(what: str, above: int, per: str) -> str:
    size = f", above {above:,} input tokens" if above else ""
    return f"{what}{size}" if per == _UNIT else f"{what}{size}, per {per}"


def _word(currency: Currency) -> str:
    return "US dollars" if currency.code == "USD" else currency.word


def _figure(rate: Rate | None, currency: Currency) -> str:
    """Draw a rate exactly, and that of the list where a discount is off it."""
    if rate is None:
        return NONE
    listed = "" if rate.list_usd is None else f" (list {currency.draw_exactly(rate.list_usd)})"
    return f"{currency.draw_exactly(rate.usd)}{listed}"


def _notes(quote: Quote, currency: Currency) -> Iterator[str]:
    """Yield how each tier is known; tiers of the same note are told together."""
    by_note: dict[str, list[str]] = {}
    for tier in quote.tiers:
        by_note.setdefault(tier.note, []).append(tier.tier)
    for note, tiers in by_note.items():
        yield f"{', '.join(tiers)}: {note}"
    if basis := currency.basis:
        yield basis


def _tier(tier: TierQuote) -> dict[str, object]:
    rates = [
        {"what": one.what, "above": one.above, "per": one.per, "usd": money(one.usd), "list_usd": money(one.list_usd)}
        for one in tier.rates
    ]
    return {"tier": tier.tier, "note": tier.note, "doubts": list(tier.doubts), "rates": rates}
