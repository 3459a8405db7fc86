"""A quote, drawn: a row for each rate, a column for each service tier, and below them how they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.render.escape import code, prose
from pytest_llmcost.render.figures import NONE
from pytest_llmcost.render.json_text import fields, line, rows
from pytest_llmcost.render.markdown_tables import table as drawn
from pytest_llmcost.render.run_session import prices_row
from pytest_llmcost.render.sentences import prices
from pytest_llmcost.render.tables import Column, Kind, Table
from pytest_llmcost.render.terminal import Line, table_lines
from pytest_llmcost.render.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.quote import Quote, Rate, TierQuote

FORMAT = "pytest-llmcost/prices"
VERSION = 1
_UNIT = "million tokens"


def lines(quote: Quote, *, width: int) -> Iterator[Line]:
    """Yield the quote for a terminal of `width` columns."""
    yield Line(clean(quote.name), ("bold",))
    yield Line(clean(f"prices: {prices(quote.prices)}"))
    yield from table_lines(_table(quote), width)
    yield Line("")
    yield from (Line(clean(note)) for note in _notes(quote))


def markdown(quote: Quote) -> str:
    """Return the quote as GitHub Markdown."""
    notes = "\n".join(f"- {prose(note)}" for note in _notes(quote))
    parts = [f"### {code(quote.name)}", str(drawn(_table(quote))), notes, f"<sub>prices: {prices(quote.prices)}</sub>"]
    return "\n\n".join(parts) + "\n"


def in_json(quote: Quote) -> str:
    """Return the quote as JSON, rates as decimal strings in US dollars."""
    head = {"format": FORMAT, "version": VERSION, "asked": quote.asked, "name": quote.name}
    head |= {"prices": prices_row(quote.prices)}
    parts = ["{\n", *fields(head), *rows("tiers", (line(_tier(one)) for one in quote.tiers))]
    return "".join(parts).rstrip().removesuffix(",") + "\n}\n"


def _table(quote: Quote) -> Table:
    kinds = list(dict.fromkeys((rate.what, rate.above, rate.per) for tier in quote.tiers for rate in tier.rates))
    by_tier = [{(rate.what, rate.above, rate.per): rate for rate in tier.rates} for tier in quote.tiers]
    return Table(
        title="US dollars per million tokens, unless a row says otherwise",
        columns=(Column("Rate", Kind.WORD), *(Column(tier.tier) for tier in quote.tiers)),
        rows=tuple((_what(*kind), *(_figure(each.get(kind)) for each in by_tier)) for kind in kinds),
    )


def _what(what: str, above: int, per: str) -> str:
    size = f", above {above:,} input tokens" if above else ""
    return f"{what}{size}" if per == _UNIT else f"{what}{size}, per {per}"


def _figure(rate: Rate | None) -> str:
    """Draw a rate exactly, with the two decimals that a price has at least."""
    if rate is None:
        return NONE
    whole, _, cents = f"{rate.usd:f}".partition(".")
    return f"${whole}.{cents:0<2}"


def _notes(quote: Quote) -> Iterator[str]:
    """Yield how each tier is known; tiers of the same note are told together."""
    by_note: dict[str, list[str]] = {}
    for tier in quote.tiers:
        by_note.setdefault(tier.note, []).append(tier.tier)
    for note, tiers in by_note.items():
        yield f"{', '.join(tiers)}: {note}"


def _tier(tier: TierQuote) -> dict[str, object]:
    rates = [{"what": one.what, "above": one.above, "per": one.per, "usd": f"{one.usd:f}"} for one in tier.rates]
    return {"tier": tier.tier, "note": tier.note, "doubts": list(tier.doubts), "rates": rates}
