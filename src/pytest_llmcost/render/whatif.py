"""What if, drawn: the month before and after, what each lever saves, and other models for the same calls."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.candidates import IMAGES
from pytest_llmcost.core.money import CONTEXT, percent
from pytest_llmcost.core.whatif import CHOICE, usd
from pytest_llmcost.render.escape import prose
from pytest_llmcost.render.figures import NONE, count
from pytest_llmcost.render.fit import Part, joined
from pytest_llmcost.render.markdown import explained as explained_in_markdown
from pytest_llmcost.render.markdown_tables import table as drawn
from pytest_llmcost.render.sentences import discounts, prices, provenances
from pytest_llmcost.render.tables import Column, Kind, Table
from pytest_llmcost.render.terminal import Line, explained, table_lines
from pytest_llmcost.render.text import clean, plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.candidates import Candidate, Others
    from pytest_llmcost.core.report import FeatureReport, Report
    from pytest_llmcost.core.whatif import Pulled, WhatIf

_OFFERED, _REFUSED = 20, 10
"""Rows of candidates; JSON has them all."""
_PRICES = frozenset({"price-book", "unpriced"})
"""Rules of findings about what a month is priced with."""


class Shown(NamedTuple):
    """All that is drawn.

    Attributes:
        stated: the report that the run file holds.
        assumed: what the price book had to assume of the calls afterwards.
        others: None where nobody asked for other models.
        explain: features whose month afterwards is unfolded.
    """

    found: WhatIf
    stated: Report
    assumed: tuple[str, ...] = ()
    others: Others | None = None
    explain: tuple[str, ...] = ()


def lines(shown: Shown, *, width: int) -> Iterator[Line]:
    """Yield the months for a terminal of `width` columns."""
    yield Line(clean(headline(shown.found)), ("bold",))
    for table in tables(shown):
        yield from table_lines(table, width)
    for feature in _explained(shown):
        yield from explained(shown.found.after, feature, width)
    yield Line("")
    yield from (Line(clean(note)) for note in notes(shown))


def markdown(shown: Shown) -> str:
    """Return the months as GitHub Markdown."""
    parts = [Part(text=f"### {prose(headline(shown.found)).replace(' -> ', ' → ')}")]
    for one in tables(shown):
        if one.rows:
            more = f"\n\n{one.more}" if one.more else ""
            under = "".join(f"\n\n{prose(text)}" for text in one.under if text)
            parts.append(Part(text=f"**{prose(one.title)}**\n\n{drawn(one)}{under}{more}"))
    for feature in _explained(shown):
        parts += explained_in_markdown(shown.found.after, feature)
    return joined([*parts, Part(text="\n".join(f"- {prose(note)}" for note in notes(shown)))])


def _explained(shown: Shown) -> Iterator[FeatureReport]:
    yield from (one for one in shown.found.after.features if one.name in shown.explain)


def headline(found: WhatIf) -> str:
    """Return both months and the change in one sentence."""
    draw, before, after = found.before.currency.draw, usd(found.before), usd(found.after)
    change = _change(before, after)
    return f"{draw(before)} -> {draw(after)} a month{f' ({change})' if change else ''}, scenario {found.after.headline}"


def _change(before: Decimal | None, after: Decimal | None) -> str:
    return "" if before is None or after is None else percent(before, after) or ""


def tables(shown: Shown) -> Iterator[Table]:
    """Yield the tables: levers, features, and other models where they were asked for."""
    yield _levers(shown.found)
    yield _features(shown.found)
    if shown.others is not None:
        offered = [one for one in shown.others.candidates if one.is_offered]
        refused = [one for one in shown.others.candidates if not one.is_offered]
        yield _offered(shown.found, offered)
        yield _refused(shown.found, refused)


def _levers(found: WhatIf) -> Table:
    """A row for each lever in the order in which they are pulled."""
    draw = found.after.currency.draw
    return Table(
        title="Levers, dollars a month" if found.after.currency.code == "USD" else "Levers, a month",
        columns=(Column("Lever", Kind.WORD), Column("What", Kind.TEXT), Column("In order"), Column("Alone")),
        rows=tuple((one.name, one.said, draw(one.usd, sign=True), _alone(one, found)) for one in found.levers),
        under=tuple(_dearer(one) for one in found.levers),
    )


def _alone(one: Pulled, found: WhatIf) -> str:
    is_lever = one.name not in {"traffic", "conversation"}
    return found.after.currency.draw(one.alone_usd, sign=True) if is_lever else NONE


def _dearer(one: Pulled) -> str:
    if one.name != "prefix cache" or one.usd is None or one.usd <= 0:
        return ""
    return "costs more than it saves: what is written to the cache is dearer than what is read from it saves"


def _features(found: WhatIf) -> Table:
    """A row for each feature with traffic, then overheads and fixed costs, and the whole."""
    before, after, name = found.before, found.after, found.after.headline
    draw = after.currency.draw
    pairs = [
        (then.name, count(now.requests_per_month), then.monthly_usd.get(name), now.monthly_usd.get(name))
        for then, now in zip(before.features, after.features, strict=True)
        if now.requests_per_month is not None and not then.uncovered
    ]
    old, new = before.scenarios[name], after.scenarios[name]
    pairs += [(f"overhead: {key}", "", was, new.overheads_usd.get(key)) for key, was in old.overheads_usd.items()]
    pairs += [(f"fixed: {key}", "", was, new.fixed_usd.get(key)) for key, was in old.fixed_usd.items()]
    rows = [(what, times, draw(one), draw(two), _change(one, two)) for what, times, one, two in pairs]
    if len(rows) > 1:
        rows.append(("Total", "", draw(old.monthly_usd), draw(new.monthly_usd), _change(usd(before), usd(after))))
    return Table(
        title=f"Features, a month of scenario {name}",
        columns=(
            Column("Feature", Kind.NAME),
            Column("Requests/month"),
            Column("Before"),
            Column("After"),
            Column("Change"),
        ),
        rows=tuple(rows),
        has_total=len(rows) > 1,
    )


def _offered(found: WhatIf, offered: list[Candidate]) -> Table:
    return Table(
        title="Other models for the same calls, the cheapest first",
        columns=(Column("Model", Kind.NAME), Column("Month"), Column("Change"), Column("")),
        rows=tuple(_candidate(found, one) for one in offered[:_OFFERED]),
        under=tuple(", ".join(one.doubts) for one in offered[:_OFFERED]),
        more=_more(len(offered) - _OFFERED),
    )


def _refused(found: WhatIf, refused: list[Candidate]) -> Table:
    """What is not offered, with the reason."""
    return Table(
        title="Not offered",
        columns=(Column("Model", Kind.NAME), Column("Month"), Column("Why not", Kind.TEXT)),
        rows=tuple((*_candidate(found, one)[:2], why_not(one)) for one in refused[:_REFUSED]),
        more=_more(len(refused) - _REFUSED),
    )


def _more(left: int) -> str:
    return f"and {plural(left, 'more model')}" if left > 0 else ""


def _candidate(found: WhatIf, one: Candidate) -> tuple[str, ...]:
    draw, before = found.after.currency.draw, usd(found.before)
    known = before is not None and one.monthly_usd is not None
    difference = CONTEXT.subtract(one.monthly_usd, before) if known else None  # type: ignore[arg-type]
    return (
        one.name,
        draw(one.monthly_usd),
        NONE if difference is None else draw(difference, sign=True),
        _change(before, one.monthly_usd),
    )


def why_not(one: Candidate) -> str:
    """Say what a candidate lacks, or with a `?` what nobody knows of it."""
    return ", ".join(one.lacks) if one.lacks else f"? {', '.join(one.unknown)}"


def notes(shown: Shown) -> Iterator[str]:
    """Yield what the figures rest on."""
    found = shown.found
    sources = Counter(str(profile.usage_source) for one in found.calls for profile in one.profiles)
    yield f"usage: {provenances(sources)}"
    yield f"prices: {prices(found.after.prices)}"
    yield from discounts(found.after)
    if basis := found.after.currency.basis:
        yield basis
    yield from _stated(shown)
    if shown.others is not None or any(one.name in {CHOICE, "fallback"} for one in found.levers):
        yield "tokens and cache reads are those of the recorded models; another one counts the same text otherwise"
    if shown.others is not None and IMAGES in shown.others.needs.abilities:
        yield "the calls carry media: a run file does not tell pictures from documents, so models must read pictures"
    yield from (f"price assumed: {one}" for one in shown.assumed)
    yield from (one.message for one in found.before.findings if one.rule in _PRICES)


def _stated(shown: Shown) -> Iterator[str]:
    """Say why the month before is not the one that the file states, where it is not."""
    found, stated = shown.found, shown.stated
    month = stated.scenarios.get(found.before.headline)
    if month is None or month.monthly_usd == usd(found.before):
        return
    carried = sum(one.carried for one in stated.features)
    lent = f": {plural(carried, 'sample')} of a baseline, which it does not hold" if carried else ""
    was, now = (f"{one.source} {one.version}" for one in (stated.prices, found.before.prices))
    moved = f": it was priced with {was}" if was != now and not lent else ""
    yield f"the file itself states {found.before.currency.draw(month.monthly_usd)} a month{lent or moved}"
