"""What if, as JSON: money as decimal strings in US dollars, null while it is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.whatif import usd
from pytest_llmcost.render.json_text import currency, fields, line, money, number, rows
from pytest_llmcost.render.run_json import month_row
from pytest_llmcost.render.run_session import prices_row
from pytest_llmcost.render.whatif import notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.candidates import Candidate
    from pytest_llmcost.core.whatif import Pulled, WhatIf
    from pytest_llmcost.render.whatif import Shown

FORMAT = "pytest-llmcost/whatif"
VERSION = 1


def in_json(shown: Shown) -> str:
    """Return the months, the levers, the features and the candidates."""
    return "".join(_chunks(shown)).rstrip().removesuffix(",") + "\n}\n"


def _chunks(shown: Shown) -> Iterator[str]:
    found = shown.found
    name = found.after.headline
    yield "{\n"
    yield from fields(
        {
            "format": FORMAT,
            "version": VERSION,
            "created_at": found.before.created_at,
            "scenario": name,
            "prices": prices_row(found.after.prices),
            "currency": currency(found.after.currency),
            "before": month_row(found.before.scenarios[name]),
            "after": month_row(found.after.scenarios[name]),
        }
    )
    yield from rows("levers", (line(_lever(one)) for one in found.levers))
    yield from rows("features", map(line, _features(found)))
    if shown.others is None:
        yield from fields({"candidates": None})
    else:
        yield from rows("candidates", (line(_candidate(one, found)) for one in shown.others.candidates))
    yield from rows("notes", map(line, notes(shown)))


def _lever(one: Pulled) -> dict[str, object]:
    return {"name": one.name, "what": one.said, "usd": money(one.usd), "alone_usd": money(one.alone_usd)}


def _features(found: WhatIf) -> Iterator[dict[str, object]]:
    name = found.after.headline
    for then, now in zip(found.before.features, found.after.features, strict=True):
        if now.requests_per_month is not None and not then.uncovered:
            yield {
                "name": now.name,
                "requests_per_month": number(now.requests_per_month),
                "before_usd": money(then.monthly_usd.get(name)),
                "after_usd": money(now.monthly_usd.get(name)),
            }


def _candidate(one: Candidate, found: WhatIf) -> dict[str, object]:
    before = usd(found.before)
    known = one.monthly_usd if before is None or one.monthly_usd is None else CONTEXT.subtract(one.monthly_usd, before)
    return {
        "name": one.name,
        "monthly_usd": money(one.monthly_usd),
        "change_usd": None if before is None else money(known),
        "offered": one.is_offered,
        "lacks": list(one.lacks),
        "unknown": list(one.unknown),
        "doubts": list(one.doubts),
    }
