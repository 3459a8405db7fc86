"""Causes in words: what moved, from what to what, and the one short reason that a reviewer reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.money import CONTEXT, ZERO
from pytest_llmcost.render.figures import change, pair, shares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.comparison import Change, Comparison

_NUMBER = re.compile(r"[0-9]{1,30}(\.[0-9]{1,60})?")
"""A plain decimal of a sane size: whatever else a run file holds is drawn as a name."""

_NONE = "none"
"""One side has nothing of the kind."""

_MINOR = Decimal("0.1")
"""A second reason is given from this part of the first one's dollars on."""


@dataclass(frozen=True, slots=True)
class Name:
    """A part of a phrase that somebody else has named: raw, each renderer makes it safe."""

    text: str


Phrase = tuple[str | Name, ...]
"""Words and figures of ours, and names in between."""

WORDS = {
    Kind.TRAFFIC: "declared traffic",
    Kind.SCENARIO: "scenario",
    Kind.OVERHEADS: "overheads",
    Kind.SAMPLES: "tests added or removed",
    Kind.CALLS: "calls per request",
    Kind.MODEL: "model",
    Kind.SYSTEM: "system prompt",
    Kind.TOOLS: "tool definitions",
    Kind.HISTORY: "history",
    Kind.USER: "user input",
    Kind.MEDIA: "media",
    Kind.OUTPUT: "output",
    Kind.CACHE: "cache reads",
    Kind.PRICE: "price book",
}
"""What a reviewer reads for a kind."""

INPUT = frozenset({Kind.SYSTEM, Kind.TOOLS, Kind.HISTORY, Kind.USER, Kind.MEDIA})
"""Causes within the request's input."""

_TOKENS = INPUT | {Kind.OUTPUT}

_SHARES = frozenset({Kind.CACHE, Kind.OVERHEADS})

_UNITS = {
    **dict.fromkeys(_TOKENS, " tokens"),
    Kind.TRAFFIC: " requests",
    Kind.SAMPLES: " tests",
    Kind.CALLS: " calls",
    Kind.CACHE: " cached",
}

_REASONS = {
    Kind.TRAFFIC: ("traffic ", " requests"),
    Kind.SAMPLES: ("", " tests"),
    Kind.CALLS: ("", " calls per request"),
    Kind.CACHE: ("cache hits ", ""),
}
"""What stands around the two figures in a reason."""


def plain(phrase: Phrase) -> str:
    """Return a phrase as one text, its names raw."""
    return "".join(part.text if isinstance(part, Name) else part for part in phrase)


def ranked(comparison: Comparison) -> tuple[tuple[str, Cause], ...]:
    """Return every cause that moved something with its feature (per run: its test), the largest first."""
    changes = comparison.features if comparison.per == "month" else comparison.gate
    found = [(change.name, cause) for change in changes for cause in change.causes if cause.monthly_usd]
    return tuple(sorted(found, key=lambda one: (-one[1].monthly_usd.copy_abs(), one[0], one[1].kind, one[1].subject)))


def is_explained(comparison: Comparison) -> bool:
    """Whether the causes explain everything: no side of any change is unknown."""
    changes = comparison.features if comparison.per == "month" else comparison.gate
    return all(change.before_usd is not None and change.after_usd is not None for change in changes)


def moved(cause: Cause) -> Phrase:
    """Return the figure or the name before and after, with its unit: `2,310 -> 4,150 tokens`."""
    if cause.before is None and cause.after is None:
        return ()
    unit = "" if _is_named(cause) else _UNITS.get(cause.kind, "")
    before, *after = _sides(cause)
    if cause.after is None:
        return tuple(part for part in (before, unit, *after) if part)
    return tuple(part for part in (before, *after, unit) if part)


def reasons(change: Change) -> Iterator[Phrase]:
    """Yield why a feature changed: its largest cause, and the next one where that is not small beside it."""
    causes = sorted((one for one in change.causes if one.monthly_usd), key=lambda one: -one.monthly_usd.copy_abs())
    for cause in causes[:2]:
        if cause.monthly_usd.copy_abs() >= CONTEXT.multiply(causes[0].monthly_usd.copy_abs(), _MINOR):
            yield reason(cause)


def reason(cause: Cause) -> Phrase:
    """Return one short reason: `system prompt +1,840 tokens per call`."""
    word = WORDS[cause.kind]
    if _is_named(cause):
        is_told = cause.kind is Kind.MODEL and not _is_still(cause)
        return _sides(cause) if is_told else (f"{word} ", *_sides(cause))
    if _is_still(cause):
        return (word,)
    if cause.kind in _TOKENS:
        more = change(_number(cause.before) or ZERO, _number(cause.after) or ZERO)
        return (f"{word} {more} tokens per call",)
    start, end = _REASONS.get(cause.kind, (f"{word} ", ""))
    return tuple(part for part in (start, *_sides(cause), end) if part)


def place(feature: str, cause: Cause) -> str | None:
    """Return where a cause is to be seen: the file with its line, else the test; None when that is the row itself."""
    return cause.location or (cause.test if cause.test != feature else None)


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None and _NUMBER.fullmatch(text) else None


def _is_named(cause: Cause) -> bool:
    """Whether a cause moved from name to name, not from figure to figure."""
    given = [text for text in (cause.before, cause.after) if text is not None]
    return bool(given) and (cause.kind is Kind.MODEL or any(_number(text) is None for text in given))


def _is_still(cause: Cause) -> bool:
    """Whether nothing is to be seen of the move: what went up in one call went down in another."""
    before, after = _number(cause.before), _number(cause.after)
    return cause.before == cause.after or (not _is_named(cause) and before is not None and before == after)


def _sides(cause: Cause) -> Phrase:
    before, after = cause.before, cause.after
    if _is_named(cause):
        sides: list[str | Name] = [_NONE if text is None else Name(text) for text in (before, after)]
    else:
        sides = list(_figures(cause))
    return (sides[0],) if _is_still(cause) else (sides[0], " -> ", sides[1])


def _figures(cause: Cause) -> tuple[str, str]:
    drawn = shares if cause.kind in _SHARES else pair
    before, after = drawn(_number(cause.before), _number(cause.after))
    return _NONE if cause.before is None else before, _NONE if cause.after is None else after
