"""Checks of how production serves a feature: keys that need each other, and shares that cannot be."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING

from pytest_llmcost.config.problems import Problem
from pytest_llmcost.config.shapes import LARGEST
from pytest_llmcost.core.money import CONTEXT, ZERO, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HISTORY = ("tokens_per_turn", "history_turns", "history_tokens", "history_summary")
"""Keys about a history, which only later turns of a session have."""
TIERED = ("sessions_per_user", "turns_per_session")
"""Keys that each tier has for itself."""
_NEEDS = (
    ("sessions_per_user", "monthly_users", "traffic is users x sessions x turns"),
    ("tiers", "monthly_users", "each tier is a share of them"),
    ("history_summary", "history_turns", "it stands in for the turns that these drop"),
    ("response_cache_lookup", "response_cache_hit_rate", "it is the price of looking into that cache"),
    ("router", "routing", "it chooses among these routes"),
)
_ONE = Decimal(1)


def of_feature(name: str, feature: Mapping[str, object]) -> Iterator[Problem]:
    """Everything in the table of a feature that contradicts itself, its form of traffic aside."""
    table = ("features", name)
    for text in chain(_missing(feature), _doubled(feature), _history(feature)):
        yield Problem(table=table, text=text)
    budget = feature.get("budget")
    if isinstance(budget, dict):
        yield from (Problem(table=(*table, "budget"), text=text) for text in _budget(budget, feature))
    for key in ("tiers", "routing"):
        below = feature.get(key)
        if isinstance(below, dict):
            yield from (Problem(table=(*table, key), text=text) for text in _shares(key, below))


def _budget(budget: Mapping[str, object], feature: Mapping[str, object]) -> Iterator[str]:
    if "share_of_revenue" in budget and "revenue_per_month" not in feature:
        yield "share_of_revenue needs revenue_per_month in the table of the feature"
    if "at" in budget and not {"monthly_usd", "request_usd"} & budget.keys():
        yield "at needs monthly_usd or request_usd: it says what these are held against"


def _missing(feature: Mapping[str, object]) -> Iterator[str]:
    if "monthly_users" in feature and not {"sessions_per_user", "tiers"} & feature.keys():
        yield "monthly_users needs sessions_per_user: traffic is users x sessions x turns"
    for given, needed, why in _NEEDS:
        if given in feature and feature.get(needed) in (None, {}):
            yield f"{given} needs {needed}: {why}"


def _doubled(feature: Mapping[str, object]) -> Iterator[str]:
    for key in TIERED:
        if "tiers" in feature and key in feature:
            yield f"{key} and tiers exclude each other: each tier has its own"


def _history(feature: Mapping[str, object]) -> Iterator[str]:
    given = [key for key in HISTORY if key in feature]
    if feature.get("sample") == "session":
        if not {"turns_per_session", "tiers"} & feature.keys():
            yield 'sample = "session" needs turns_per_session: how many requests one session is'
        yield from (f'{key} has no meaning with sample = "session": its tests show the history' for key in given)
        return
    longest, kept = _longest(feature), _number(feature.get("history_turns"))
    if longest is None:
        return
    if longest == 1:
        yield from (f"{key} needs turns_per_session above 1: a first turn has no history" for key in given)
    elif _number(feature.get("tokens_per_turn")) == 0:
        yield from (f"{key} has no meaning with tokens_per_turn = 0: no turn adds to the history" for key in given[1:])
    elif kept is not None and kept > longest:
        of = "the longest session of a tier" if "tiers" in feature else "turns_per_session"
        yield f"history_turns ({kept}) must not be longer than {of} ({longest})"


def _longest(feature: Mapping[str, object]) -> Decimal | None:
    """Turns of the longest session; None where a value has a problem of its own."""
    tiers = feature.get("tiers")
    tables = [feature] if tiers is None else list(tiers.values()) if isinstance(tiers, dict) else [None]
    found = [_number(one.get("turns_per_session", 1)) if isinstance(one, dict) else None for one in tables]
    known = [turns for turns in found if turns is not None]
    return max(known) if known and len(known) == len(found) else None


def _shares(key: str, below: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with shares that belong together."""
    what, whose = ("model", "routing") if key == "routing" else ("tier", "the tiers")
    if any(not name.strip() for name in below):
        yield f"the name of a {what} must not be empty"
    given = (
        below.values() if key == "routing" else [one.get("share") for one in below.values() if isinstance(one, dict)]
    )
    shares = [_number(share) for share in given]
    if any(share is None or share > 1 for share in shares):
        return
    whole = ZERO
    for share in shares:
        whole = CONTEXT.add(whole, share or ZERO)
    if whole > 1 if key == "routing" else whole != 1:
        yield f"the shares of {whose} add up to {plain(whole):f}, {'more than' if key == 'routing' else 'not to'} 1"


def _number(value: object) -> Decimal | None:
    """Return a number that is within the bounds of all; None for what has a problem of its own."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() and 0 <= number <= LARGEST else None
