"""The history of a baseline, drawn: one row per commit, and below it what does not fit into a row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity
from pytest_llmcost.core.history import FIRST
from pytest_llmcost.core.money import percent
from pytest_llmcost.render.escape import code, prose
from pytest_llmcost.render.figures import NONE
from pytest_llmcost.render.json_text import currency
from pytest_llmcost.render.markdown_tables import table as drawn
from pytest_llmcost.render.run_session import prices_row
from pytest_llmcost.render.sentences import prices
from pytest_llmcost.render.tables import Column, Kind, Table
from pytest_llmcost.render.terminal import Line, table_lines
from pytest_llmcost.render.text import clean, plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.baseline import Acceptance
    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.history import History, Step

FORMAT = "pytest-llmcost/log"
VERSION = 1

_HASH = 7
_GET_THE_REST = "git fetch --unshallow (fetch-depth: 0 for actions/checkout, GIT_DEPTH: 0 on GitLab)"


def lines(history: History, *, width: int) -> Iterator[Line]:
    """Yield the history for a terminal of `width` columns; causes and subjects are cut to fit, notes are not."""
    yield Line(clean(f"LLM cost: {_headline(history)}"), ("bold",))
    yield from (Line(clean(basis)) for basis in _basis(history))
    yield from table_lines(_table(history), width)
    told = [Line(clean(note)) for note in _notes(history)]
    if told:
        yield from (Line(""), *told)


def markdown(history: History) -> str:
    """Return the history as GitHub Markdown."""
    table = _table(history)
    parts = [f"### LLM cost {_headline(history).replace(' -> ', ' → ')}"]
    if table.rows:
        parts += [f"{code(history.feature)} in {code(history.source)}" if history.feature else code(history.source)]
        parts.append(str(drawn(table)))
    parts += ["\n".join(f"- {prose(note)}" for note in _notes(history))] if any(_notes(history)) else []
    return "\n\n".join([*parts, f"<sub>{' · '.join(map(prose, _basis(history)))}</sub>"]) + "\n"


def in_json(history: History) -> str:
    """Return the history as JSON: amounts in US dollars as decimal strings, null while unknown; a commit a line."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "baseline": history.source,
        "prices": prices_row(history.prices),
        "currency": currency(history.currency),
        "scenario": history.scenario,
        "feature": history.feature,
        "is_shallow": history.is_shallow,
    }
    fields = "".join(f"{_dumped(key)}:{_dumped(value)},\n" for key, value in head.items())
    rows = ",\n".join(_dumped(_row_in_json(step)) for step in history.steps)
    return f'{{\n{fields}"commits":[\n{rows}\n]\n}}\n'


def _headline(history: History) -> str:
    """Return from what to what it went, over how many commits; no foreign text, for a heading shows it as it is."""
    ends = history.ends()
    if ends is None:
        return f"unknown over {plural(len(history.steps), 'commit')}" if history.steps else "no commit to show"
    (oldest, newest), draw = ends, history.currency.draw
    start = oldest.after_usd if oldest.before_usd is None else oldest.before_usd
    over = f"over {plural(len(history.steps), 'commit')}"
    if oldest.per != newest.per:
        return f"{draw(newest.after_usd)} a {newest.per} {over}"
    if start == newest.after_usd and start is not None:
        change: str | None = "unchanged"
    else:
        change = None if start is None or newest.after_usd is None else percent(start, newest.after_usd)
    raises = sum(step.is_raise for step in history.steps)
    told = [one for one in (change, plural(raises, "raise") if raises else None) if one]
    return f"{draw(start)} -> {draw(newest.after_usd)} a {newest.per} {', '.join([over, *told])}"


def _basis(history: History) -> Iterator[str]:
    """Yield what all figures rest on."""
    yield f"prices: {prices(history.prices)}; every commit is repriced at this one book"
    yield from (f"discount: {key} {one.terms}" for key, one in history.discounts.items())
    if basis := history.currency.basis:
        yield basis
    yield f"traffic: as the baseline of each commit declares it, under the scenario {history.scenario}"


def _table(history: History) -> Table:
    kinds = {step.per for step in history.steps if step.per}
    what = f"{history.feature} in {history.source}" if history.feature else history.source
    return Table(
        title=f"{what}, commit by commit",
        columns=(
            Column("Date", Kind.WORD),
            Column("Commit", Kind.WORD),
            Column(kinds.pop().capitalize() if len(kinds) == 1 else "Cost"),
            Column("Change"),
            Column("Main cause", Kind.NAME),
            Column("Subject", Kind.NAME),
        ),
        rows=tuple(_row(step, history) for step in history.steps),
        marks=tuple(Severity.WARNING if step.is_raise else None for step in history.steps),
    )


def _row(step: Step, history: History) -> tuple[str, ...]:
    return (
        step.commit.date,
        step.commit.hash[:_HASH],
        history.currency.draw(step.after_usd),
        _change(step, history.currency),
        _cause(step, history.feature),
        step.commit.subject,
    )


def _change(step: Step, currency: Currency) -> str:
    if step.note == FIRST:
        return "new"
    return NONE if step.change_usd == 0 else currency.draw(step.change_usd, sign=True)


def _cause(step: Step, feature: str | None) -> str:
    """Draw what changed most: `model: chat, gpt-4o-mini -> gpt-4o`; the feature alone where no cause is known.

    The kind comes first, because what is cut off is the middle. A feature that the title names is left out.
    """
    if step.problem is not None:
        return "cannot be read"
    if step.cause is None or step.part is None:
        return step.part or NONE
    kind, subject = step.cause.kind.value, step.cause.subject
    is_told = subject in {"", step.part, kind, kind.rpartition(".")[2]}
    rest = [one for one in (step.part if step.part != feature else "", "" if is_told else subject) if one]
    word = kind.removeprefix("input.")
    return f"{word}: {', '.join(rest)}" if rest else word


def _notes(history: History) -> Iterator[str]:
    """Yield what the rows have no room for, in their order."""
    for step in history.steps:
        name = step.commit.hash[:_HASH]
        if step.problem is not None:
            yield f"{name}: {step.problem}; the next commit is compared with the last that can be read"
        if step.note not in (None, FIRST):
            yield f"{name}: {step.note}"
        yield from (f"{name}: {_accepted(one, history.currency)}" for one in step.accepted)
    if history.is_shallow:
        yield f"the clone is shallow: what came before is not shown, and {_GET_THE_REST} gets it"


def _accepted(one: Acceptance, currency: Currency) -> str:
    until = f", until {one.until}" if one.until else ""
    by = f" by {one.by}" if one.by else ""
    before, after = currency.draw(one.before_usd), currency.draw(one.after_usd)
    return f"increase from {before} to {after} accepted{by} on {one.on}{until}: {one.reason}"


def _row_in_json(step: Step) -> dict[str, object]:
    return {
        "commit": step.commit.hash,
        "is_merge": step.commit.is_merge,
        "authored_at": step.commit.authored_at,
        "author": step.commit.author,
        "subject": step.commit.subject,
        "per": step.per,
        "before_usd": _money(step.before_usd),
        "after_usd": _money(step.after_usd),
        "change_usd": _money(step.change_usd),
        "changed_most": step.part,
        "cause": None if step.cause is None else _cause_in_json(step.cause),
        "accepted": [
            {
                "on": one.on,
                "by": one.by,
                "reason": one.reason,
                "before_usd": _money(one.before_usd),
                "after_usd": _money(one.after_usd),
                "until": one.until,
            }
            for one in step.accepted
        ],
        "problem": step.problem,
        "note": step.note,
    }


def _cause_in_json(cause: Cause) -> dict[str, object]:
    return {
        "kind": cause.kind.value,
        "subject": cause.subject,
        "before": cause.before,
        "after": cause.after,
        "monthly_usd": _money(cause.monthly_usd),
        "location": cause.location,
        "test": cause.test,
        "detail": cause.detail,
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _dumped(value: object) -> str:
    # Not ASCII only: names are for people. What UTF-8 cannot hold becomes the escape that JSON has for it.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "".join(f"\\u{ord(char):04x}" if "\ud800" <= char <= "\udfff" else char for char in text)
