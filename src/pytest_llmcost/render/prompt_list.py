"""The list of `llmcost tokens`, drawn: a row per prompt file, never a word of its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.render.escape import prose
from pytest_llmcost.render.figures import NONE, share
from pytest_llmcost.render.json_text import currency, fields, line, money, rows
from pytest_llmcost.render.markdown_tables import table as drawn
from pytest_llmcost.render.prompt_tables import mark
from pytest_llmcost.render.run_prompt_files import counted_row
from pytest_llmcost.render.run_session import prices_row
from pytest_llmcost.render.sentences import prices
from pytest_llmcost.render.tables import Column, Kind, Table
from pytest_llmcost.render.terminal import Line, table_lines
from pytest_llmcost.render.text import clean, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from pytest_llmcost.core.prompt_costs import PricedPrompt, PromptList

FORMAT = "pytest-llmcost/tokens"
VERSION = 1


class _Drawn(NamedTuple):
    """A column, what it says of a file and of all files, in words or US dollars, and whether it is worth its room."""

    column: Column
    cell: Callable[[PricedPrompt], str | Decimal | None]
    whole: Callable[[PromptList], str | Decimal | None] = lambda _: ""
    is_shown: Callable[[PromptList], bool] = lambda _: True


def lines(found: PromptList, *, width: int) -> Iterator[Line]:
    """Yield the list for a terminal of `width` columns."""
    yield Line(clean(_headline(found)), ("bold",) if not found.too_long else ("bold", "red"))
    yield from table_lines(_table(found), width)
    yield Line("")
    yield from (Line(clean(remark.replace("`", ""))) for remark in _remarks(found))


def markdown(found: PromptList) -> str:
    """Return the list as GitHub Markdown."""
    shown = _table(found)
    parts = [f"### {_headline(found)}", *([str(drawn(shown))] if shown.rows else [])]
    parts += ["\n".join(f"- {prose(one)}" for one in (*_remarks(found), *found.problems))]
    return "\n\n".join(parts) + "\n"


def in_json(found: PromptList) -> str:
    """Return the list as JSON: money as decimal strings in US dollars, null while unknown; a file a line."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "prices": prices_row(found.prices),
        "currency": currency(found.currency),
        "total": {
            "tokens": found.tokens,
            "tokens_upper": found.upper,
            "usd_per_1000_requests": money(found.usd(_plain)),
            "cached_usd_per_1000_requests": money(found.usd(_cached)),
        },
        "too_long": found.too_long,
        "remarks": list(found.remarks),
        "problems": list(found.problems),
    }
    files = "".join(rows("files", (line(_row(one)) for one in found.rows))).removesuffix(",\n")
    return f"{{\n{''.join(fields(head))}{files}\n}}\n"


def _row(one: PricedPrompt) -> dict[str, object]:
    return {
        **counted_row(one.report.file),
        "pattern": one.report.pattern,
        "max_tokens": one.report.limit,
        "usd_per_1000_requests": money(one.plain_usd),
        "cached_usd_per_1000_requests": money(one.cached_usd),
        "price_note": one.note,
    }


def _headline(found: PromptList) -> str:
    """Return how many tokens there are in how many files; no foreign text."""
    bound = f" (at most {found.upper:,})" if found.upper != found.tokens else ""
    over = f", {found.too_long:,} too long" if found.too_long else ""
    return f"{plural(found.tokens, 'token')}{bound} in {plural(len(found.rows), 'file')}{over}"


def _remarks(found: PromptList) -> Iterator[str]:
    yield from found.remarks
    if found.rows and not _has_encodings(found):
        yield f"encoding: {found.rows[0].report.file.encoding}"
    yield "each file is counted as it stands, placeholders of templates included, without what frames a message"
    yield (
        f"prices: {prices(found.prices)}, for 1,000 requests with the file as input;"
        " cached is what tokens cost that the provider reads from its cache"
    )
    if basis := found.currency.basis:
        yield basis


def _table(found: PromptList) -> Table:
    columns = [one for one in _COLUMNS if one.is_shown(found)]
    cells = [tuple(_cell(column.cell(one), found) for column in columns) for one in found.rows]
    has_total = len(cells) > 1
    if has_total:
        cells.append(tuple(_cell(column.whole(found), found) for column in columns))
    return Table(
        title=f"Prompt files, {found.currency.word} per 1,000 requests",
        columns=tuple(column.column for column in columns),
        rows=tuple(cells),
        marks=(*(mark(one.report) for one in found.rows), *([None] if has_total else [])),
        has_total=has_total,
    )


def _cell(said: str | Decimal | None, found: PromptList) -> str:
    return said if isinstance(said, str) else found.currency.draw(said)


def _plain(one: PricedPrompt) -> Decimal | None:
    return one.plain_usd


def _cached(one: PricedPrompt) -> Decimal | None:
    return one.cached_usd


def _limit(one: PricedPrompt) -> str:
    return NONE if one.report.limit is None else f"{one.report.limit:,}"


def _used(one: PricedPrompt) -> str:
    return NONE if one.report.use is None else share(one.report.use)


def _has_estimate(found: PromptList) -> bool:
    return any(not one.report.file.is_exact for one in found.rows)


def _has_encodings(found: PromptList) -> bool:
    return len({one.report.file.encoding for one in found.rows}) > 1


def _has_limit(found: PromptList) -> bool:
    return any(one.report.limit is not None for one in found.rows)


_COLUMNS = (
    _Drawn(Column("File", Kind.NAME), lambda one: one.report.file.path, lambda _: "Total"),
    _Drawn(Column("Tokens"), lambda one: f"{one.report.file.tokens:,}", lambda found: f"{found.tokens:,}"),
    _Drawn(
        Column("At most"), lambda one: f"{one.report.file.upper:,}", lambda found: f"{found.upper:,}", _has_estimate
    ),
    _Drawn(Column("Known", Kind.WORD), lambda one: one.report.file.source.value),
    _Drawn(Column("Model", Kind.NAME), lambda one: one.report.file.model),
    _Drawn(Column("Encoding", Kind.WORD), lambda one: one.report.file.encoding, is_shown=_has_encodings),
    _Drawn(Column("Limit"), _limit, is_shown=_has_limit),
    _Drawn(Column("Used"), _used, is_shown=_has_limit),
    _Drawn(Column("Plain"), _plain, lambda found: found.usd(_plain)),
    _Drawn(Column("Cached"), _cached, lambda found: found.usd(_cached)),
)
