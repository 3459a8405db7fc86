"""Production as a row of primitives, spelled as in the configuration, and back from one that nobody has to trust."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar, cast

from pytest_llmcost.core.money import CONTEXT, ZERO, plain
from pytest_llmcost.core.production import PLAIN, Production, SideCall, Summary, Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Table = Mapping[str, object]

_Value = TypeVar("_Value")

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,15})(\.[0-9]{1,12})?", re.ASCII)
_LARGEST = 10**15
_MOST_TURNS = 1000
_ONE = Decimal(1)
_NUMBERS = ("turns_per_session", "tokens_per_turn", "cache_hit_rate", "response_cache_hit_rate")
_COUNTS = ("history_turns", "history_tokens")


def row(production: Production) -> dict[str, object]:
    """Return what differs from the default: decimals as text, counts as numbers, tables as objects.

    What users write as measured is no part of it.
    """
    found: dict[str, object] = {"sample": "session"} if production.is_session else {}
    for key in (*_NUMBERS, *_COUNTS, "batch"):
        value = getattr(production, key)
        if value != getattr(PLAIN, key):
            found[key] = _text(value) if isinstance(value, Decimal) else value
    tables: dict[str, dict[str, object]] = {
        "tiers": {tier.name: _tier(tier) for tier in production.tiers},
        "history_summary": _summary(production.summary),
        "response_cache_lookup": _side_call(production.response_cache_lookup),
        "routing": {model: _text(share) for model, share in production.routes},
        "router": _side_call(production.router),
        "fallback": _fallback(production.fallback),
    }
    return found | {key: table for key, table in tables.items() if table}


def production(found: object) -> Production:
    """Return what a row stands for.

    Raises:
        ValueError: a short phrase, for anything that `row` does not write of a valid configuration.
    """
    given = _object(found, "it")
    made = Production(
        is_session="sample" in given,
        turns_per_session=_turns(given),
        tiers=tuple(_tier_of(name, one) for name, one in _below(given, "tiers").items()),
        tokens_per_turn=_maybe(_amount, given, "tokens_per_turn"),
        history_turns=_maybe(_count, given, "history_turns"),
        history_tokens=_maybe(_count, given, "history_tokens"),
        summary=_summary_of(_below(given, "history_summary")),
        cache_hit_rate=_maybe(_share, given, "cache_hit_rate"),
        response_cache_hit_rate=_maybe(_share, given, "response_cache_hit_rate") or ZERO,
        response_cache_lookup=_side_call_of(_below(given, "response_cache_lookup")),
        batch=given.get("batch") is True,
        routes=tuple((model, _share(_below(given, "routing"), model)) for model in _below(given, "routing")),
        router=_side_call_of(_below(given, "router")),
        fallback=_fallback_of(_below(given, "fallback")),
    )
    # Whatever reads as the same but is not written so, unknown keys included, was not written by us.
    if row(made) != given:
        raise ValueError("it holds a key or a value that is never written")
    if made.routes and _sum(share for _, share in made.routes) > 1:
        raise ValueError("the shares of routing add up to more than 1")
    if made.tiers and _sum(tier.share for tier in made.tiers) != 1:
        raise ValueError("the shares of tiers do not add up to 1")
    return made


def _tier(tier: Tier) -> dict[str, object]:
    found: dict[str, object] = {"share": _text(tier.share), "sessions_per_user": _text(tier.sessions_per_user)}
    if tier.turns_per_session != 1:
        found["turns_per_session"] = _text(tier.turns_per_session)
    if tier.revenue_per_user is not None:
        found["revenue_per_user"] = _text(tier.revenue_per_user)
    return found


def _summary(summary: Summary | None) -> dict[str, object]:
    return {} if summary is None else {"model": summary.model, "tokens": _text(summary.tokens)}


def _side_call(side: SideCall | None) -> dict[str, object]:
    if side is None:
        return {}
    found: dict[str, object] = {"model": side.model}
    if side.input_tokens is not None:
        found["input_tokens"] = _text(side.input_tokens)
    if side.output_tokens:
        found["output_tokens"] = _text(side.output_tokens)
    return found


def _fallback(fallback: tuple[str, Decimal] | None) -> dict[str, object]:
    return {} if fallback is None else {"model": fallback[0], "share": _text(fallback[1])}


def _tier_of(name: str, found: object) -> Tier:
    given = _object(found, "a tier")
    return Tier(
        name=name,
        share=_share(given, "share"),
        sessions_per_user=_amount(given, "sessions_per_user"),
        turns_per_session=_turns(given),
        revenue_per_user=_maybe(_amount, given, "revenue_per_user"),
    )


def _summary_of(given: Table) -> Summary | None:
    return Summary(model=_model(given), tokens=_amount(given, "tokens")) if given else None


def _side_call_of(given: Table) -> SideCall | None:
    if not given:
        return None
    return SideCall(
        model=_model(given),
        input_tokens=_maybe(_amount, given, "input_tokens"),
        output_tokens=_maybe(_amount, given, "output_tokens") or ZERO,
    )


def _fallback_of(given: Table) -> tuple[str, Decimal] | None:
    return (_model(given), _share(given, "share")) if given else None


def _text(number: Decimal) -> str:
    return f"{plain(number):f}"


def _sum(shares: Iterable[Decimal]) -> Decimal:
    whole = ZERO
    for share in shares:
        whole = CONTEXT.add(whole, share)
    return whole


def _maybe(read: Callable[[Table, str], _Value], given: Table, key: str) -> _Value | None:
    return read(given, key) if key in given else None


def _turns(given: Table) -> Decimal:
    turns = _maybe(_amount, given, "turns_per_session") or _ONE
    if not 1 <= turns <= _MOST_TURNS:
        raise ValueError(f"turns_per_session must be from 1 to {_MOST_TURNS}")
    return turns


def _amount(given: Table, key: str) -> Decimal:
    value = given.get(key)
    if isinstance(value, str) and _DECIMAL.fullmatch(value) and Decimal(value) <= _LARGEST:
        return Decimal(value)
    raise ValueError(f"{_known(key)} must be a number from 0 to 1e15 in quotes")


def _share(given: Table, key: str) -> Decimal:
    value = given.get(key)
    if isinstance(value, str) and _DECIMAL.fullmatch(value) and Decimal(value) <= 1:
        return Decimal(value)
    raise ValueError(f"{_known(key)} must be a number from 0 to 1 in quotes")


def _known(key: str) -> str:
    """Return a key of ours; the name of a model is not repeated, whatever it may be."""
    return key if key.isidentifier() and key in _KEYS else "a share"


_KEYS = frozenset(
    {*_NUMBERS, "share", "tokens", "input_tokens", "output_tokens", "sessions_per_user", "revenue_per_user"}
)


def _count(given: Table, key: str) -> int:
    value = given.get(key)
    # Not isinstance: true and false are whole numbers to Python.
    if type(value) is int and 0 <= value <= _LARGEST:
        return value
    raise ValueError(f"{key} must be a count from 0 to 1e15")


def _model(given: Table) -> str:
    value = given.get("model")
    if isinstance(value, str) and value:
        return value
    raise ValueError("model must be a text")


def _below(given: Table, key: str) -> Table:
    return _object(given.get(key, {}), key)


def _object(found: object, what: str) -> Table:
    if isinstance(found, dict):
        return cast("Table", found)
    raise ValueError(f"{what} must be an object")
